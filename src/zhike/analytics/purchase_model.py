"""What BG/NBD and Gamma-Poisson share: their input, and the exact distribution of the future."""

from dataclasses import dataclass

import numpy as np

from .errors import InvalidInput, NotEnoughData
from .likelihood import MaximumLikelihood, distinct_rows

FEWEST_REPEATERS = 10
# Probability below which a further purchase is not followed up.
NEGLIGIBLE = 1e-8


@dataclass(frozen=True, eq=False)
class Histories:
    """Distinct histories (x, t_x, T) and how many customers share each; shape (distinct,)."""

    frequency: np.ndarray
    recency: np.ndarray
    age: np.ndarray
    weight: np.ndarray
    which: np.ndarray  # for each customer, the position of the history: shape (customers,)


@dataclass(frozen=True, eq=False)
class FuturePurchases:
    """The distribution of each customer's number of purchase days ahead.

    Every array has shape (customers,): ``mean``, ``variance``; ``none`` = P(no purchase); ``low``,
    ``high`` = int64, the central interval.
    """

    mean: np.ndarray
    variance: np.ndarray
    none: np.ndarray
    low: np.ndarray
    high: np.ndarray


class PurchaseModel(MaximumLikelihood):
    """Repeat purchases at Gamma(r, alpha) distributed rates, with or without drop-out.

    All times share one unit (days or weeks); ``alpha`` has that unit. Arrays have shape
    (customers,): ``frequency`` x, repeat purchase days; ``recency`` t_x, time of the last of them;
    ``age`` T, time watched; both counted from the first purchase.
    """

    def expected_purchases(self, t, frequency, recency, age) -> np.ndarray:
        """Expected purchases in the next ``t``, given the history; float64, shape (customers,)."""
        raise NotImplementedError

    def probability_alive(self, frequency, recency, age) -> np.ndarray:
        """Probability that the customer has not dropped out; float64, shape (customers,)."""
        raise NotImplementedError

    def future_purchases(
        self,
        t: float,
        frequency,
        recency,
        age,
        level: float = 0.9,
        draws: int | None = None,
        seed: int = 0,
    ) -> FuturePurchases:
        """The whole predictive distribution of purchases in the next ``t``, summarised.

        Given that a customer is alive, the rate and the drop-out probability are independent after
        the data, so P(Y >= k) = P(alive) · P(NB >= k) · B(a, b + x + k - 1) / B(a, b + x) exactly:
        k purchases must fall into the time, and the customer must survive the first k - 1 of them.
        No simulation is needed for the customer's own randomness. Uncertainty of the parameters is
        added by averaging this over ``parameter_points`` or over ``draws`` random ones. Computed
        once per distinct history, k by k, dropping those whose tail has died out.

        The interval is central: at most (1 - level) / 2 lies below ``low`` and as much above
        ``high``. Counts are whole, so it covers at least ``level``.
        """
        if t < 0 or not 0 < level < 1:
            raise InvalidInput("invalid_horizon", "need t >= 0 and a level between 0 and 1")
        histories = check_histories(frequency, recency, age)
        points = self.parameter_points() if draws is None else self.sample_parameters(draws, seed)
        result = self._sweep(float(t), histories, points, (1 - level) / 2)
        return FuturePurchases(*(array[histories.which] for array in result))

    def interval(
        self,
        t: float,
        frequency,
        recency,
        age,
        level: float = 0.9,
        draws: int | None = None,
        seed: int = 0,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Limits (int64) of the purchases in the next ``t``; see :meth:`future_purchases`."""
        future = self.future_purchases(t, frequency, recency, age, level, draws, seed)
        return future.low, future.high

    def _alive(self, params, frequency, recency, age):
        """P(alive) from checked histories; parameters and histories broadcast."""
        raise NotImplementedError

    def _survival_step(self, params, frequency, k):
        """P(still alive after the k-th further purchase | alive before it)."""
        raise NotImplementedError

    def _sweep(self, t, histories, points, tail):
        x, recency, age = histories.frequency, histories.recency, histories.age
        alive = self._alive(points, x[:, None], recency[:, None], age[:, None])
        size = len(x)
        mean, second = np.zeros(size), np.zeros(size)
        none = np.ones(size)
        low, high = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
        first, cell = distinct_rows(x, age)  # recency matters for being alive only
        cells = _Cells(self, points, x[first][:, None], age[first][:, None], t)
        active = np.arange(size)
        while len(active) and t > 0:
            at_least = np.einsum("gp,gp->g", alive, cells.reached[cell]) / alive.shape[1]
            mean[active] += at_least
            second[active] += (2 * cells.k - 1) * at_least
            low[active] += at_least >= 1 - tail
            high[active] += at_least > tail
            if cells.k == 1:
                none[active] = 1 - at_least
            goes_on = at_least > NEGLIGIBLE
            if not goes_on.all():
                active, alive = active[goes_on], alive[goes_on]
                cell = cells.keep(cell[goes_on])
            cells.advance()
        return mean, second - mean**2, none, low, high


class _Cells:
    """P(at least k further purchases | alive now), k by k, for customers of equal frequency and age
    (rows) and every parameter point (columns).

    The count is negative binomial: its tail loses P(N = k) at each step, which is carried along as
    a logarithm. That is the incomplete beta function without computing it anew for every k; its
    rounding stays far below ``NEGLIGIBLE``.
    """

    def __init__(self, model, points, frequency, age, t):
        self.model, self.points, self.frequency, self.k = model, points, frequency, 1
        self.shape = points["r"] + frequency
        self.odds = t / (points["alpha"] + age + t)
        self.log_exactly = self.shape * np.log1p(-self.odds)  # log P(N = k - 1)
        self.tail = -np.expm1(self.log_exactly)  # P(N >= k)
        self.survival = np.ones(self.shape.shape)

    @property
    def reached(self) -> np.ndarray:
        return self.tail * self.survival

    def advance(self) -> None:
        k = self.k
        self.log_exactly = self.log_exactly + np.log(self.odds * ((self.shape + k - 1) / k))
        self.tail = np.maximum(self.tail - np.exp(self.log_exactly), 0.0)
        self.survival = self.survival * self.model._survival_step(self.points, self.frequency, k)
        self.k += 1

    def keep(self, cell: np.ndarray) -> np.ndarray:
        """Drops the cells that nobody is in any more; the cells of the others, numbered anew."""
        used = np.bincount(cell, minlength=len(self.tail)) > 0
        if used.all():
            return cell
        for name in ("frequency", "shape", "odds", "log_exactly", "tail", "survival"):
            setattr(self, name, getattr(self, name)[used])
        return (np.cumsum(used) - 1)[cell]


def check_histories(frequency, recency, age, weights=None) -> Histories:
    """Distinct histories of the given customers, after refusing those that contradict themselves.

    Raises ``InvalidInput``: ``unequal_lengths``, ``missing_values``, ``impossible_history``
    (frequency not whole or negative; not 0 <= recency <= age; recency 0 exactly where frequency is
    0), ``negative_weight``.
    """
    x, recency, age = (np.asarray(array, dtype=np.float64) for array in (frequency, recency, age))
    x, recency, age = np.atleast_1d(x, recency, age)
    weights = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=np.float64)
    if not len(x) == len(recency) == len(age) == len(weights):
        raise InvalidInput(
            "unequal_lengths", "frequency, recency, age and weights differ in length"
        )
    if not np.isfinite(x + recency + age + weights).all():
        raise InvalidInput("missing_values", "a history has missing values")
    possible = (
        (x >= 0)
        & (x == np.trunc(x))
        & (recency >= 0)
        & (recency <= age)
        & ((x > 0) == (recency > 0))
    )
    if not possible.all():
        raise InvalidInput(
            "impossible_history",
            "need whole frequency >= 0, recency within age, recency 0 exactly where frequency is",
            rows=int(np.count_nonzero(~possible)),
            first_row=int(np.argmin(possible)),
        )
    if (weights < 0).any():
        raise InvalidInput("negative_weight", "weights must not be negative")
    first, which = distinct_rows(x, recency, age)
    weight = np.bincount(which, weights=weights, minlength=len(first))
    return Histories(x[first], recency[first], age[first], weight, which)


def refuse_too_few(histories: Histories) -> None:
    """Raise ``NotEnoughData("too_few_repeaters")`` below ten customers who bought again."""
    repeaters = float(histories.weight[histories.frequency > 0].sum())
    if repeaters < FEWEST_REPEATERS:
        raise NotEnoughData(
            "too_few_repeaters",
            f"{repeaters:.0f} customers bought again, at least {FEWEST_REPEATERS} are needed",
            repeaters=repeaters,
            needed=FEWEST_REPEATERS,
        )
