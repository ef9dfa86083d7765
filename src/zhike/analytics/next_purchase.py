"""When the next purchase is due, and how unusual the present silence is."""

from dataclasses import dataclass, fields

import numpy as np

from .base_table import CustomerBase
from .purchase_model import PurchaseModel

FEWEST_OWN_INTERVALS = 3


@dataclass(frozen=True, eq=False)
class NextPurchase:
    """Per customer, shape (customers,).

    ``day``: int64, epoch day on which the next purchase is expected, after ``until``; ``spread``:
    float64, days either side; ``rule``: text, ``own_rhythm`` or ``rate``; ``foreseeable``: bool,
    False where the day lies beyond the horizon (``day`` is then the horizon itself);
    ``overdue_probability``: float64, the probability that a gap of a customer who is still there
    grows at least as long as the present one has. Small means: this silence is not like this
    customer.
    """

    day: np.ndarray
    spread: np.ndarray
    rule: np.ndarray
    foreseeable: np.ndarray
    overdue_probability: np.ndarray

    def to_dict(self) -> dict[str, np.ndarray]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


def expected_next_day(
    model: PurchaseModel, base: CustomerBase, *, horizon: int = 730
) -> NextPurchase:
    """Expected day of the next purchase, if the customer is still there.

    ``model``: ``BetaGeo`` or ``GammaPoisson`` fitted on ``base``, in days. ``horizon``: days after
    ``base.until`` that are still announced.

    Rule ``own_rhythm``: with three intervals of one's own or more, the last day plus their mean,
    spread = their standard deviation, provided that this day is still to come. Rule ``rate`` for
    all others: the purchase rate given the history and being alive is Gamma(r + x, alpha + T), so
    the wait W from today follows P(W > w) = ((alpha + T) / (alpha + T + w))^(r + x); ``day`` is its
    median, ``spread`` half its interquartile range. (Its mean is infinite for r + x <= 1, the
    median never.)

    Overdue: at the last purchase the rate was Gamma(r + x, alpha + t_x), what came after not being
    known yet; so the present gap or a longer one had the probability ((alpha + t_x) / (alpha +
    T))^(r + x). Conditioning on T here would use the silence to excuse itself. BG/NBD's P(alive)
    weighs exactly this number against the odds of having dropped out.

    >>> model = GammaPoisson.from_params(r=1.0, alpha=30.0)
    >>> rows = {"customer": [1, 1, 1, 1, 2], "day": [0, 10, 20, 30, 5], "amount": [9, 9, 9, 9, 9]}
    >>> due = expected_next_day(model, customer_base(rows, until=35))
    >>> due.day.tolist(), due.rule.tolist(), due.overdue_probability.round(3).tolist()
    ([40, 95], ['own_rhythm', 'rate'], [0.726, 0.5])
    """
    shape = model.params_["r"] + base.frequency
    rate = model.params_["alpha"] + base.age

    def wait(probability):
        # Capped at exp(600), which is never and yet a number.
        return rate * np.expm1(np.minimum(-np.log1p(-probability) / shape, 600.0))

    rhythm_day = base.last_day + np.rint(
        np.where(base.frequency > 0, base.mean_interval, 0.0)
    ).astype(np.int64)
    own = (base.frequency >= FEWEST_OWN_INTERVALS) & (rhythm_day > base.until)
    median = wait(0.5)
    foreseeable = own | (median <= horizon)
    days_ahead = np.ceil(np.minimum(median, horizon)).astype(np.int64)
    return NextPurchase(
        day=np.where(own, rhythm_day, base.until + np.maximum(days_ahead, 1)),
        spread=np.where(own, base.interval_deviation, (wait(0.75) - wait(0.25)) / 2),
        rule=np.where(own, "own_rhythm", "rate"),
        foreseeable=foreseeable,
        overdue_probability=np.exp(shape * np.log((model.params_["alpha"] + base.recency) / rate)),
    )
