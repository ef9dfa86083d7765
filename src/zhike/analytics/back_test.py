"""Would the model have known? Fit on the past, predict what has come, beat the naive rule."""

from dataclasses import dataclass

import numpy as np

from .base_table import customer_base, purchase_days_between
from .beta_geo import Identifiability, choose_purchase_model
from .errors import InvalidInput, NotEnoughData
from .grading import grade
from .purchase_model import PurchaseModel
from .tables import epoch_day


@dataclass(frozen=True, eq=False)
class BackTest:
    """The record of one time-split test.

    model : the fitted model; verdict : why it is this one
    customers : int, seen before the split
    expected_total, observed_total : purchase days after the split
    correlation : Pearson, of expected and observed per customer (NaN if either does not vary)
    capture, naive_capture : share of the observed purchase days that fell to the tenth of customers
        ranked highest by the model, and by frequency alone
    beats_naive : bool, capture >= naive capture
    calibration : dict of arrays by decile of the expectation (equal expectation, equal decile; some
        may be empty and are left out): ``decile``, ``customers``, ``expected``, ``observed`` (means
        per customer)
    coverage : share of customers whose observed purchases lie in the 90 % interval
    """

    model: PurchaseModel
    verdict: Identifiability
    customers: int
    expected_total: float
    observed_total: int
    correlation: float
    capture: float
    naive_capture: float
    beats_naive: bool
    calibration: dict[str, np.ndarray]
    coverage: float


def backtest(
    transactions,
    *,
    split,
    until,
    customer: str = "customer",
    day: str = "day",
    amount: str = "amount",
    choose=choose_purchase_model,
) -> BackTest:
    """Fit on rows up to ``split`` (inclusive), predict from there to ``until``, compare.

    ``transactions`` and the names of its columns as for ``customer_base``. ``choose``: a function
    of (frequency, recency, age) that returns (fitted model, verdict); by default BG/NBD, or
    Gamma-Poisson where drop-out cannot be seen.

    Refuses: ``InvalidInput("split_not_before_until")``; ``NotEnoughData("no_holdout_purchases")``;
    what the models refuse.

    >>> import numpy as np
    >>> random = np.random.default_rng(5)
    >>> customer, day = random.integers(1, 300, 3000) ** 2 // 300, random.integers(0, 200, 3000)
    >>> rows = {"customer": customer, "day": day, "amount": np.full(3000, 100)}
    >>> record = backtest(rows, split=140, until=199)
    >>> ratio = record.expected_total / record.observed_total
    >>> record.verdict.code, record.observed_total, round(ratio, 1)
    ('no_dropout_seen', 833, 1.0)
    """
    split, until = epoch_day(split), epoch_day(until)
    if until <= split:
        raise InvalidInput(
            "split_not_before_until", "split must lie before until", split=split, until=until
        )
    base = customer_base(transactions, until=split, customer=customer, day=day, amount=amount)
    model, verdict = choose(base.frequency, base.recency, base.age)
    history = base.frequency, base.recency, base.age
    expected = model.expected_purchases(until - split, *history)
    observed = purchase_days_between(
        transactions,
        base,
        after=split,
        until=until,
        customer=customer,
        day=day,
        amount=amount,
    )
    if not observed.any():
        raise NotEnoughData(
            "no_holdout_purchases", "nobody bought after the split", customers=len(base)
        )
    low, high = model.interval(until - split, *history)
    varies = np.ptp(expected) > 0 and np.ptp(observed) > 0
    captured, naive = capture(expected, observed), capture(base.frequency, observed)
    return BackTest(
        model=model,
        verdict=verdict,
        customers=len(base),
        expected_total=float(expected.sum()),
        observed_total=int(observed.sum()),
        correlation=float(np.corrcoef(expected, observed)[0, 1]) if varies else float("nan"),
        capture=captured,
        naive_capture=naive,
        beats_naive=captured >= naive,
        calibration=calibration(expected, observed),
        coverage=float(np.mean((low <= observed) & (observed <= high))),
    )


def capture(score, outcome, top: float = 0.1) -> float:
    """Share of ``outcome`` that falls to the ``top`` share of customers with the highest ``score``.

    Customers tied at the edge share the remaining places equally, which is what dealing them out by
    lot would give on average; so the result does not depend on the order of rows.

    >>> capture([3, 2, 2, 1], [6, 2, 0, 2], top=0.5)
    0.7
    """
    score, outcome = np.asarray(score, dtype=float), np.asarray(outcome, dtype=float)
    places = round(top * len(score))
    edge = np.sort(score)[len(score) - places] if places else np.inf
    above, tied = score > edge, score == edge
    share = (places - above.sum()) / max(tied.sum(), 1)
    return float((outcome[above].sum() + share * outcome[tied].sum()) / outcome.sum())


def calibration(expected, observed, groups: int = 10) -> dict[str, np.ndarray]:
    """Mean expectation against mean observation, by equal parts of the expectation.

    Cut by value (:func:`grade`), so equal expectations stay together and parts may be empty.

    >>> calibration([1.0, 3.0], [0, 4], groups=2)["observed"].tolist()
    [0.0, 4.0]
    """
    decile = grade(expected, groups)
    size = np.bincount(decile, minlength=groups + 1)
    kept = np.flatnonzero(size)
    return {
        "decile": kept,
        "customers": size[kept],
        "expected": np.bincount(decile, weights=expected)[kept] / size[kept],
        "observed": np.bincount(decile, weights=observed)[kept] / size[kept],
    }
