"""How good a risk is: does it rank, is it as high as it says, and does it warn in time?"""

from dataclasses import dataclass

import numpy as np

from .back_test import calibration
from .errors import InvalidInput, NotEnoughData
from .grouping import key_codes, ranks
from .survival_times import normal_quantile


def area_under_curve(score, outcome) -> float:
    """Chance that one with the outcome has a higher score than one without (ties one half).

    The area under the ROC curve, by ranks (Hanley & McNeil 1982, Radiology 143, 29-36). Refuses
    ``NotEnoughData("one_outcome")``.

    >>> area_under_curve([0.1, 0.4, 0.4, 0.8], [0, 0, 1, 1])
    0.875
    """
    score, outcome = np.asarray(score, dtype=np.float64), np.asarray(outcome).astype(bool)
    positive, negative = int(outcome.sum()), int((~outcome).sum())
    if positive == 0 or negative == 0:
        raise NotEnoughData("one_outcome", "all outcomes are the same", rows=len(outcome))
    sum_of_ranks = ranks(score)[outcome].sum()
    return float((sum_of_ranks - positive * (positive + 1) / 2) / (positive * negative))


def calibration_error(risk, outcome, groups: int = 10) -> float:
    """Mean distance of risk from what came, over groups of equal size by risk (equal risk, equal
    group): the expected calibration error.

    >>> calibration_error([0.2] * 5 + [0.8] * 5, [0, 0, 0, 0, 1, 1, 1, 1, 1, 0])
    0.0
    """
    table = calibration(np.asarray(risk, dtype=float), np.asarray(outcome, dtype=float), groups)
    gap = np.abs(table["expected"] - table["observed"])
    return float(np.sum(table["customers"] * gap) / np.sum(table["customers"]))


def share_interval(hits: int, trials: int, level: float = 0.95) -> tuple[float, float]:
    """Limits of a share (Wilson 1927, JASA 22, 209-212).

    >>> low, high = share_interval(8, 10)
    >>> round(low, 3), round(high, 3)
    (0.49, 0.943)
    """
    z = normal_quantile(level)
    share, shrink = hits / trials, 1 + z**2 / trials
    centre = (share + z**2 / (2 * trials)) / shrink
    reach = z / shrink * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    return max(float(centre - reach), 0.0), min(float(centre + reach), 1.0)


@dataclass(frozen=True, eq=False)
class EarlyWarning:
    """What warnings on later data were worth.

    top : share warned of in each period, as asked; flagged : as it came out (ties are all warned
        of)
    leavers : how many left; captured : share of them warned of in the very period they left,
        with ``captured_low``, ``captured_high`` (95 %); lift : captured / flagged
    warned : share of leavers warned of in that period or any before, with limits
    lead_time : (warned leavers,) int64 ascending, periods from the first warning to the leaving
    median_lead_time : float, NaN if nobody was warned
    false_alarms : share of the customers ever warned of who were still there at the end
    """

    top: float
    flagged: float
    leavers: int
    captured: float
    captured_low: float
    captured_high: float
    lift: float
    warned: float
    warned_low: float
    warned_high: float
    lead_time: np.ndarray
    median_lead_time: float
    false_alarms: float


def early_warning(risk, customer, period, event, *, top: float = 0.1) -> EarlyWarning:
    """Warn in each period of the ``top`` share of customers by risk; count what came.

    One row per customer and period they began, on data later than those of the fit:

    risk : (n,), known at the beginning of the period
    customer : (n,) keys; period : (n,) int64, calendar periods in order
    event : (n,), 1 if the customer left in that period

    Warned of is whoever has fewer than ``top`` of the period's customers strictly above.

    Refuses ``NotEnoughData("nobody_left")``, ``InvalidInput``: ``unequal_lengths``,
    ``impossible_share``, ``period_twice``.

    >>> record = early_warning(
    ...     risk=[0.9, 0.2, 0.1, 0.3, 0.4, 0.8], customer=[1, 2, 3, 1, 2, 3],
    ...     period=[1, 1, 1, 2, 2, 2], event=[0, 0, 0, 1, 0, 1], top=0.3)
    >>> record.captured, record.warned, record.lead_time.tolist(), record.false_alarms
    (0.5, 1.0, [0, 1], 0.0)
    """
    risk, event = np.asarray(risk, dtype=np.float64), np.asarray(event).astype(bool)
    period = np.asarray(period)
    keys, who = key_codes(np.asarray(customer))
    if not risk.shape == event.shape == period.shape == who.shape:
        raise InvalidInput("unequal_lengths", "risk, customer, period and event must match")
    if not 0 < top < 1:
        raise InvalidInput("impossible_share", "top must lie between 0 and 1", top=top)
    _, when = np.unique(period, return_inverse=True)
    if len(np.unique(who * (int(when.max(initial=0)) + 1) + when)) < len(who):
        raise InvalidInput("period_twice", "a customer has two rows in one period")
    leavers = int(event.sum())
    if leavers == 0:
        raise NotEnoughData("nobody_left", "nobody left on the later data", rows=len(event))
    flag = _warned_of(risk, when, top)
    first = np.full(len(keys), np.iinfo(np.int64).max)
    np.minimum.at(first, who[flag], period[flag].astype(np.int64))
    left, left_in = who[event], period[event].astype(np.int64)
    in_time = first[left] <= left_in
    lead = np.sort((left_in - first[left])[in_time])
    ever = np.unique(who[flag])
    captured = int((flag & event).sum())
    return EarlyWarning(
        top,
        float(flag.mean()),
        leavers,
        captured / leavers,
        *share_interval(captured, leavers),
        captured / leavers / float(flag.mean()),
        float(in_time.mean()),
        *share_interval(int(in_time.sum()), leavers),
        lead,
        float(np.median(lead)) if len(lead) else float("nan"),
        float(1 - np.isin(ever, left).mean()),
    )


def _warned_of(risk, when, top):
    order = np.lexsort((-risk, when))
    sorted_when, sorted_risk = when[order], risk[order]
    begin = np.searchsorted(sorted_when, sorted_when, side="left")
    size = np.searchsorted(sorted_when, sorted_when, side="right") - begin
    place = np.arange(len(risk))
    new = np.ones(len(risk), dtype=bool)
    new[1:] = (sorted_risk[1:] != sorted_risk[:-1]) | (sorted_when[1:] != sorted_when[:-1])
    # Equal risk, equal warning: all of a tie stand where its first stands.
    above = np.maximum.accumulate(np.where(new, place, 0)) - begin
    flag = np.empty(len(risk), dtype=bool)
    flag[order] = above < top * size
    return flag
