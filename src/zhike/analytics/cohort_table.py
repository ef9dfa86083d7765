"""Cohorts by period of the first purchase: who came back, and what they brought."""

from dataclasses import dataclass

import numpy as np

from .errors import InvalidInput, NotEnoughData
from .grouping import distinct_cells, exact_sums, key_codes
from .tables import columns, epoch_days, whole_numbers

PERIODS = {"month": "M", "year": "Y"}


@dataclass(frozen=True, eq=False)
class Cohorts:
    """Retention by cohort: C cohorts (rows) by C periods since the first purchase (columns).

    Column 0 is the period of the first purchase itself.

    Attributes
    ----------
    period : (C,) ISO text of each period, without gaps, e.g. ``2011-03``
    customers : (C,) int64, customers who first bought in it
    active : (C, C) int64, of those, how many bought in the n-th period after
    retention : (C, C) float64, active / customers; NaN for periods still to come and for empty
        cohorts
    value : (C, C) int64, minor units incl. returns, by cohort and periods since
    revenue : (C,) int64, minor units incl. returns, of each calendar period, whoever bought
    purchases : (C,) int64, rows with a positive amount in each calendar period
    buyers : (C,) int64, customers with such a row in it
    complete : (C,) bool, False for the last period, which may still be running
    """

    period: np.ndarray
    customers: np.ndarray
    active: np.ndarray
    retention: np.ndarray
    value: np.ndarray
    revenue: np.ndarray
    purchases: np.ndarray
    buyers: np.ndarray
    complete: np.ndarray


def cohorts(
    transactions,
    *,
    period: str = "month",
    customer: str = "customer",
    day: str = "day",
    amount: str = "amount",
) -> Cohorts:
    """Cohort tables of ``transactions`` (as for ``customer_base``).

    ``period`` is ``month``, ``quarter`` or ``year``. A customer belongs to the period of the first
    row with a positive amount. Returns count in
    ``value`` and ``revenue`` in the period in which they happened; those before the first purchase,
    or of customers who never bought, in ``revenue`` only.

    Raises ``NotEnoughData("no_purchase")`` without any purchase.

    >>> day = ["2026-01-05", "2026-02-07", "2026-02-09"]
    >>> table = cohorts({"customer": [1, 1, 2], "day": day, "amount": [100, 50, 70]})
    >>> table.period.tolist(), table.customers.tolist(), table.revenue.tolist()
    (['2026-01', '2026-02'], [1, 1], [100, 120])
    >>> table.active.tolist(), table.buyers.tolist()
    ([[1, 1], [1, 0]], [1, 2])
    """
    keys, days, amounts = columns(transactions, customer, day, amount)
    amounts = whole_numbers(amounts, amount)
    months = _period_numbers(days, day, period)
    bought = amounts > 0
    if not bought.any():
        raise NotEnoughData("no_purchase", "no row has a positive amount", rows=len(amounts))
    start = int(months.min())
    position = months - start
    size = int(position.max()) + 1

    keys, codes = key_codes(keys)
    first = np.full(len(keys), size, dtype=np.int64)
    np.minimum.at(first, codes[bought], position[bought])
    customers = np.bincount(first, minlength=size + 1)[:size]

    since = position - first[codes]
    seen = distinct_cells(codes[bought], since[bought], len(keys), size)
    active = np.bincount(first[seen // size] * size + seen % size, minlength=size * size)
    counted = since >= 0
    value = exact_sums((first[codes] * size + since)[counted], amounts[counted], size * size)
    active, value = active.reshape(size, size), value.reshape(size, size)

    reached = np.add.outer(np.arange(size), np.arange(size)) < size
    with np.errstate(divide="ignore", invalid="ignore"):
        retention = np.where(
            reached & (customers[:, None] > 0), active / customers[:, None], np.nan
        )
    return Cohorts(
        period=_labels(start + np.arange(size), period),
        customers=customers,
        active=active,
        retention=retention,
        value=value,
        revenue=exact_sums(position, amounts, size),
        purchases=np.bincount(position[bought], minlength=size),
        buyers=np.bincount(first[seen // size] + seen % size, minlength=size),
        complete=np.arange(size) < size - 1,
    )


def _period_numbers(days, name, period):
    """Number of the month, quarter or year of each day, counted from 1970."""
    dates = epoch_days(days, name).astype("datetime64[D]")
    if period == "quarter":
        return dates.astype("datetime64[M]").astype(np.int64) // 3
    if period not in PERIODS:
        raise InvalidInput("unknown_period", "period must be month, quarter or year", period=period)
    return dates.astype(f"datetime64[{PERIODS[period]}]").astype(np.int64)


def _labels(numbers, period):
    if period == "quarter":
        return np.array([f"{1970 + number // 4}-Q{number % 4 + 1}" for number in numbers.tolist()])
    return numbers.astype(f"datetime64[{PERIODS[period]}]").astype(str)
