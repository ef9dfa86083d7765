"""Life-cycle stage of each customer, by rules that adapt to the customer's own rhythm."""

from dataclasses import dataclass, fields

import numpy as np

from .errors import NotEnoughData
from .tables import columns

STAGES = ("prospect", "exploration", "build_up", "stability", "decline", "lost")
RELATIONS = ("none", "new", "returning", "silent")
RULES = (
    "no_purchase",
    "silent_too_long",
    "silent_for_long",
    "spending_fell",
    "first_purchase",
    "few_purchases",
    "spending_rises",
    "steady",
)
STAGE_OF_RULE = {
    "no_purchase": "prospect",
    "silent_too_long": "lost",
    "silent_for_long": "decline",
    "spending_fell": "decline",
    "first_purchase": "exploration",
    "few_purchases": "build_up",
    "spending_rises": "build_up",
    "steady": "stability",
}


@dataclass(frozen=True, eq=False)
class LifeCycle:
    """Per customer, shape (customers,): the verdict and the numbers behind it.

    ``stage``: one of ``STAGES``; ``relation``: one of ``RELATIONS``; ``rule``: the one of ``RULES``
    that fired; ``gap``: days since the last purchase; ``usual_interval``: days; ``silence``: gap /
    usual interval; ``trend``: recent / previous value (NaN where the windows cannot show one). For
    prospects the numbers are NaN.
    """

    stage: np.ndarray
    relation: np.ndarray
    rule: np.ndarray
    gap: np.ndarray
    usual_interval: np.ndarray
    silence: np.ndarray
    trend: np.ndarray

    def to_dict(self) -> dict[str, np.ndarray]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


def lifecycle(
    base,
    *,
    silent_after: float = 2.5,
    lost_after: float = 5.0,
    fell_below: float = 0.5,
    rises_above: float = 1.25,
    stable_from: int = 4,
    typical_interval: float | None = None,
    period: int | None = None,
) -> LifeCycle:
    """Stage and relation of each customer.

    Parameters
    ----------
    base : ``CustomerBase``, or any table with ``orders, frequency, recency, age, recent_value,
        previous_value``; rows with ``orders`` 0 are prospects
    silent_after, lost_after : gap in usual intervals from which a customer is silent, and lost
    fell_below, rises_above : recent / previous value from which spending fell, and rises
    stable_from : purchase days from which a customer can be stable
    typical_interval : days between purchases of a typical customer; default the median of the
        repeat customers' means
    period : days of each of the two value windows; default ``base.period``, or 180

    The usual interval is the customer's own mean drawn towards the typical one as by one further
    interval: (recency + typical) / (frequency + 1). So a weekly buyer is silent after three weeks,
    a yearly one after two years and a half, and somebody who bought once is judged by the others.

    A trend is read only where two purchases are usual within a window: of a slower customer the
    windows show chance.

    The first rule that applies decides:

    1. ``no_purchase``: prospect
    2. ``silent_too_long``: gap >= lost_after usual intervals: lost
    3. ``silent_for_long``: gap >= silent_after usual intervals: decline
    4. ``spending_fell``: recent value < fell_below × previous, with ``stable_from`` purchase days:
       decline
    5. ``first_purchase``: one purchase day: exploration
    6. ``few_purchases``: fewer than ``stable_from`` purchase days: build_up
    7. ``spending_rises``: recent value > rises_above × previous: build_up
    8. ``steady``: stability

    Relation: none (never bought), silent (rules 2 and 3), new (one purchase day), returning.

    Refuses with ``NotEnoughData("no_repeat_purchase")`` if nobody came back and no
    ``typical_interval`` is given.

    >>> rows = {"customer": [1, 1, 1, 2, 3], "day": [0, 20, 40, 45, 10], "amount": [5, 5, 5, 5, 5]}
    >>> verdict = lifecycle(customer_base(rows, until=60))
    >>> verdict.stage.tolist(), verdict.relation.tolist()
    (['build_up', 'exploration', 'decline'], ['returning', 'new', 'silent'])
    """
    orders, frequency, recency, age, recent, previous = columns(
        base, "orders", "frequency", "recency", "age", "recent_value", "previous_value"
    )
    period = getattr(base, "period", 180) if period is None else period
    bought = orders > 0
    if typical_interval is None:
        typical_interval = _typical_interval(frequency[bought], recency[bought])
    gap = np.where(bought, age - recency, np.nan)
    usual = np.where(bought, (recency + typical_interval) / (frequency + 1.0), np.nan)
    silence = gap / usual
    with np.errstate(divide="ignore", invalid="ignore"):
        trend = np.where((previous > 0) & (2 * usual <= period), recent / previous, np.nan)
    purchase_days = frequency + 1

    fired = {
        "no_purchase": ~bought,
        "silent_too_long": silence >= lost_after,
        "silent_for_long": silence >= silent_after,
        "spending_fell": (trend < fell_below) & (purchase_days >= stable_from),
        "first_purchase": purchase_days == 1,
        "few_purchases": purchase_days < stable_from,
        "spending_rises": trend > rises_above,
        "steady": np.ones(len(bought), dtype=bool),
    }
    decided = np.argmax(np.stack([fired[rule] for rule in RULES]), axis=0)
    rule = np.array(RULES)[decided]
    relation = np.select(
        [~bought, silence >= silent_after, purchase_days == 1],
        ["none", "silent", "new"],
        "returning",
    )
    stage = np.array([STAGE_OF_RULE[name] for name in RULES])[decided]
    return LifeCycle(stage, relation, rule, gap, usual, silence, trend)


def _typical_interval(frequency, recency):
    repeated = frequency > 0
    if not repeated.any():
        raise NotEnoughData(
            "no_repeat_purchase", "nobody came back, so no usual interval is known", repeaters=0
        )
    return float(np.median(recency[repeated] / frequency[repeated]))
