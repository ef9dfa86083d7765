"""Weights that the data suggest: how much does each criterion tell apart?"""

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from .errors import InvalidInput, NotEnoughData, NotIdentified
from .moments import Sums

FEWEST_ROWS = 3
# A share of resamples without variation above which limits would mislead.
LARGEST_LOSS = 0.2


@dataclass(frozen=True, eq=False)
class DataWeights:
    """Weights of k criteria from n rows.

    weights : (k,), sum 1
    information : (k,), what the weights are proportional to
    method : "entropy" or "critic"
    """

    weights: np.ndarray
    information: np.ndarray
    method: str
    _values: np.ndarray

    def draws(self, samples: int, seed: int) -> np.ndarray:
        """Weights of resampled rows, at most (samples, k): those in which nothing varies are left
        out, and refused (``NotEnoughData("resamples_fail")``) where they are over a fifth.

        The range that CRITIC scales by is that of each resample, which varies less than that of new
        rows would: with long tails its limits are somewhat narrow.
        """
        found = np.concatenate(list(_RESAMPLED[self.method](self._values, samples, seed)))
        total = found.sum(axis=1)
        usable = np.isfinite(total) & (total > 0)
        if usable.sum() < (1 - LARGEST_LOSS) * samples:
            raise NotEnoughData(
                "resamples_fail", "too few resamples vary", used=int(usable.sum()), samples=samples
            )
        return found[usable] / total[usable, None]

    def interval(
        self, level: float = 0.95, *, samples: int = 2000, seed: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Limits of each weight, two arrays of shape (k,), by resampling rows."""
        drawn = self.draws(samples, seed)
        low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return low, high


def entropy_weights(values) -> DataWeights:
    """Entropy weights of the columns of ``values``, (n, k), none negative.

    p = x / sum x; e = -sum p ln p / ln n; weights are proportional to 1 - e: a criterion in which
    all rows are equal tells nothing (Hwang & Yoon 1981, Multiple attribute decision making,
    section 2.3). Depends on where 0 lies, not on the unit. Costs should be turned into benefits
    first.

    Refuses: ``InvalidInput("negative_value")``, ``NotIdentified("no_variation")`` where no column
    varies, ``NotEnoughData("too_few_rows")`` below three rows.

    >>> entropy_weights([[1, 5, 2], [2, 5, 1], [3, 5, 9]]).weights.round(3).tolist()
    [0.188, 0.0, 0.812]
    """
    values = _checked(values)
    if (values < 0).any():
        raise InvalidInput("negative_value", "entropy needs values that aren't negative")
    if not values.any(axis=0).all():
        raise InvalidInput("empty_criterion", "a criterion is 0 in every row")
    if not np.ptp(values, axis=0).any():
        raise NotIdentified("no_variation", "all rows are equal")
    values = values / values.max(axis=0)
    information = _entropy_information(np.ones((1, len(values))), values)[0]
    return DataWeights(information / information.sum(), information, "entropy", values)


def critic_weights(values) -> DataWeights:
    """CRITIC weights (criteria importance through intercriteria correlation) of columns, (n, k).

    Each criterion is scaled to 0-1 by its range; information = standard deviation · sum of
    (1 - correlation) with the others (Diakoulaki, Mavrotas & Papayannakis 1995, Computers &
    Operations Research 22(7), 763-770): what varies and isn't told by others weighs more. Costs
    should be turned into benefits first (the sign of correlations).

    Refuses: ``NotIdentified`` with ``no_variation`` (a constant column) and ``all_alike`` (every
    correlation is 1), ``NotEnoughData("too_few_rows")`` below three rows.

    >>> critic_weights([[1, 9, 2], [2, 8, 1], [3, 7, 9]]).weights.round(3).tolist()
    [0.269, 0.465, 0.266]
    """
    values = _checked(values)
    spread = np.ptp(values, axis=0)
    if not (spread > 0).all():
        raise NotIdentified("no_variation", "a criterion never varies")
    values = (values - values.min(axis=0)) / spread
    information = _critic_information(Sums(values).whole().covariances)[0]
    if not information.sum() > 1e-9:
        raise NotIdentified("all_alike", "all criteria say the same")
    return DataWeights(information / information.sum(), information, "critic", values)


def _checked(values) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if values.ndim != 2 or not np.isfinite(values).all() or not values.shape[1]:
        raise InvalidInput("not_numbers", "rows by criteria of finite numbers are needed")
    if len(values) < FEWEST_ROWS:
        raise NotEnoughData(
            "too_few_rows", f"at least {FEWEST_ROWS} rows", rows=len(values), needed=FEWEST_ROWS
        )
    return values


def _entropy_information(copies, values) -> np.ndarray:
    """1 - e for each row of ``copies`` (R, n): -sum p ln p = ln S - sum c x ln x / S."""
    total = copies @ values
    inner = copies @ xlogy(values, values)
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = (np.log(total) - inner / total) / np.log(len(values))
    return np.maximum(1 - entropy, 0.0)


def _critic_information(covariances) -> np.ndarray:
    deviation = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    with np.errstate(divide="ignore", invalid="ignore"):
        correlations = covariances / (deviation[:, :, None] * deviation[:, None, :])
    return deviation * np.maximum(1 - correlations, 0.0).sum(axis=2)


def _resampled_entropy(values, samples, seed):
    # Sums of x and of x ln x are all that entropy needs of a sample.
    for copies in Sums(values).copies(samples, seed):
        yield _entropy_information(copies.astype(float), values)


def _resampled_critic(values, samples, seed):
    sums = Sums(values)
    for copies in sums.copies(samples, seed):
        information = _critic_information(sums.moments(copies).covariances)
        drawn = copies > 0
        spread = [
            np.where(drawn, column, -np.inf).max(axis=1)
            - np.where(drawn, column, np.inf).min(axis=1)
            for column in values.T
        ]
        with np.errstate(divide="ignore", invalid="ignore"):
            yield information / np.stack(spread, axis=1)


_RESAMPLED = {"entropy": _resampled_entropy, "critic": _resampled_critic}
