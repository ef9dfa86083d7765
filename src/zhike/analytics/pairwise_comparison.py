"""Weights from comparing things two by two: the analytic hierarchy process.

Saaty 1977, Journal of Mathematical Psychology 15(3), 234-281; Saaty 1990, EJOR 48(1), 9-26.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from scipy.optimize import minimize
from scipy.sparse.csgraph import connected_components

from .errors import InvalidInput, NotEnoughData, NotIdentified

# Mean consistency index of random judgements, by number of things compared (Saaty 1980).
RANDOM_INDEX = (
    *(0, 0, 0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45),
    *(1.49, 1.51, 1.48, 1.56, 1.57, 1.59),
)
LIMIT = 0.1
SCALE = tuple(1 / k for k in range(9, 1, -1)) + tuple(float(k) for k in range(1, 10))
# Pairs of changes are all tried up to this number of matrices, beyond it step by step.
MOST_TRIALS = 400_000
TRIALS_AT_ONCE = 40_000
MOST_POWERS = 500
SCREENING_POWERS = 8
FEWEST_JUDGES = 5
# From one end of Saaty's scale to the other.
FARTHEST_ERROR = np.log(81)


@dataclass(frozen=True, eq=False)
class AHP:
    """Weights from judgements, and how far the judgements agree with each other.

    weights : (n,), sum 1
    lambda_max : principal eigenvalue; n if every judgement follows from the others
    consistency_index : (lambda_max - n) / (n - 1)
    consistency_ratio : that over the index of random judgements; 0 where nothing can contradict
    consistent : the ratio is at most ``limit``
    checks : judgements beyond those needed; with 0 nothing can contradict anything
    judgements : (n, n), missing ones completed
    missing : pairs that were not judged
    """

    weights: np.ndarray
    lambda_max: float
    consistency_index: float
    consistency_ratio: float
    consistent: bool
    checks: int
    judgements: np.ndarray
    missing: int

    def draws(self, samples: int, seed: int) -> np.ndarray:
        """Weights as they might have come out, shape (samples, n).

        Judgements are taken as ratios of weights times log-normal errors (Crawford & Williams 1985,
        Journal of Mathematical Psychology 29(4)), whose spread is what the judgements contradict
        each other by; errors are drawn anew and weights computed again. That spread is itself known
        from ``checks`` contradictions only, so it is drawn too (chi-square): few checks, wide
        limits. Refuses with ``NotEnoughData("nothing_to_check")`` where no judgement can contradict
        another.
        """
        if not self.checks:
            raise NotEnoughData("nothing_to_check", "no judgement can contradict another")
        size = len(self.weights)
        rows, places = np.triu_indices(size, 1)
        logs = np.log(self.weights)
        residuals = np.log(self.judgements[rows, places]) - (logs[rows] - logs[places])
        random = np.random.default_rng(seed)
        spread = np.sqrt(np.sum(residuals**2) / random.chisquare(self.checks, (samples, 1)))
        errors = spread * random.standard_normal((samples, len(rows)))
        errors = np.clip(errors, -FARTHEST_ERROR, FARTHEST_ERROR)
        drawn = np.zeros((samples, size, size))
        drawn[:, rows, places] = errors
        drawn -= np.swapaxes(drawn, 1, 2)
        return _principal(np.exp(logs[:, None] - logs + drawn))[1]

    def interval(
        self, level: float = 0.95, *, samples: int = 2000, seed: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Limits of each weight, two arrays of shape (n,), from :meth:`draws`."""
        drawn = self.draws(samples, seed)
        low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return low, high


@dataclass(frozen=True)
class Change:
    """Judgement of ``row`` over ``column`` (positions, row < column), from what to what."""

    row: int
    column: int
    before: float
    after: float

    @property
    def steps(self) -> float:
        """Steps on Saaty's scale … 1/3, 1/2, 1, 2, 3 …"""
        return abs(_position(self.after) - _position(self.before))


@dataclass(frozen=True, eq=False)
class Repair:
    """The smallest change of judgements that makes them consistent.

    changes : fewest judgements first, then fewest steps, then lowest ratio; empty if none is needed
    after : the :class:`AHP` with the changes made
    fewest : whether fewer changes were shown not to suffice (up to two changes are all tried)
    """

    changes: tuple[Change, ...]
    after: AHP
    fewest: bool


@dataclass(frozen=True, eq=False)
class GroupAHP:
    """Judgements of several people as one.

    together : :class:`AHP` of the geometric means of their judgements
    alone : (judges, n), weights of each, NaN where one's judgements don't connect all things
    consistency_ratios : (judges,), likewise
    agreement : Kendall's W of their rankings, 0 to 1; None if fewer than two are complete
    low, high : (n,), limits of the common weights by resampling judges; None below five of them
    """

    together: AHP
    alone: np.ndarray
    consistency_ratios: np.ndarray
    agreement: float | None
    low: np.ndarray | None
    high: np.ndarray | None


def ahp(judgements, *, limit: float = LIMIT) -> AHP:
    """Weights of n things from an (n, n) matrix of judgements, 2 to 15 of them.

    ``judgements[i, j]`` says how many times as important i is as j (1 to 9, or 1/2 to 1/9). Only
    one of [i, j] and [j, i] is needed; NaN in both means not judged. Missing ones are completed so
    that contradiction (lambda_max) is least, a convex problem (Bozóki, Fülöp & Rónyai 2010,
    Mathematical and Computer Modelling 52(1-2)); the random index shrinks with them (Ágoston &
    Csató 2022, Omega 108).

    Refuses: ``InvalidInput`` with ``not_judgements`` (shape, sign), ``contradicting_pair`` ([i, j]
    and [j, i] aren't reciprocal), ``too_many_things``; ``NotIdentified("not_connected")`` where
    judgements don't link all things. That judgements are inconsistent is an answer, see
    :func:`repair`.

    >>> result = ahp([[1, 2, 8], [1 / 2, 1, 4], [1 / 8, 1 / 4, 1]])
    >>> result.weights.round(3).tolist(), round(result.consistency_ratio, 6)
    ([0.615, 0.308, 0.077], 0.0)
    >>> nan = float("nan")
    >>> ahp([[1, 2, nan], [nan, 1, 4], [nan, nan, 1]]).judgements[0].round(4).tolist()
    [1.0, 2.0, 8.0]
    """
    matrix = _reciprocal(judgements)
    size = len(matrix)
    open_pairs = [(i, j) for i, j in combinations(range(size), 2) if np.isnan(matrix[i, j])]
    matrix = _completed(matrix, open_pairs)
    values, vectors = _principal(matrix[None])
    # Rounding may leave a consistent matrix a hair below n.
    index = max(float(values[0]) - size, 0.0) / max(size - 1, 1)
    checks = (size - 1) * (size - 2) // 2 - len(open_pairs)
    all_checks = max((size - 1) * (size - 2) // 2, 1)
    random_index = RANDOM_INDEX[size] * checks / all_checks
    ratio = index / random_index if checks else 0.0
    return AHP(
        vectors[0], float(values[0]), index, ratio, ratio <= limit, checks, matrix, len(open_pairs)
    )


def repair(judgements, *, limit: float = LIMIT) -> Repair:
    """Which judgements to think over: the fewest, and of those the smallest change.

    Every judgement given may become any value of Saaty's scale (1/9 … 9). One change is tried
    exhaustively, then two together; where that isn't enough (or would be over 400,000 trials, or
    judgements are missing) the change that helps most is made and the search goes on from there.

    >>> found = repair([[1, 3, 9], [1 / 3, 1, 1 / 2], [1 / 9, 2, 1]])
    >>> [(change.row, change.column, change.before, change.after) for change in found.changes]
    [(1, 2, 0.5, 2.0)]
    """
    given = _reciprocal(judgements)
    start = ahp(given, limit=limit)
    pairs = [(i, j) for i, j in combinations(range(len(given)), 2) if not np.isnan(given[i, j])]
    current, made, fewest = given, 0, True
    result = start
    while not result.consistent:
        goal = _largest_lambda(result, limit)
        for count in (1, 2):
            if count == 2 and (result.missing or not _affordable(len(pairs))):
                fewest = False
                break
            found = _best_change(current, pairs, count, goal)
            if found is not None:
                current, made = found, made + count
                break
        else:
            # Two don't suffice: three or more are only found step by step.
            fewest = False
        if found is None:
            current, made = _best_step(current, pairs), made + 1
        result = ahp(current, limit=limit)
        if made > 2 * len(pairs):
            raise NotIdentified("no_repair", "no repair was found on the scale", limit=limit)
    changes = tuple(
        Change(i, j, float(given[i, j]), float(current[i, j]))
        for i, j in pairs
        if current[i, j] != given[i, j]
    )
    return Repair(changes, result, fewest)


def aggregate_judgements(judgements, weights=None) -> np.ndarray:
    """One (n, n) matrix from (judges, n, n): the weighted geometric mean of each judgement.

    The only mean that keeps reciprocals (Aczél & Saaty 1983, Journal of Mathematical Psychology
    27(1)). Who left a pair open is left out of it; pairs nobody judged stay NaN.

    >>> aggregate_judgements([[[1, 2], [1 / 2, 1]], [[1, 8], [1 / 8, 1]]]).tolist()
    [[1.0, 4.0], [0.25, 1.0]]
    """
    logs = np.log(np.stack([_reciprocal(matrix) for matrix in judgements]))
    votes = np.ones(len(logs)) if weights is None else np.asarray(weights, dtype=float)
    if votes.shape != (len(logs),) or not (votes > 0).all():
        raise InvalidInput("wrong_weights", "one positive weight per judge is needed")
    given = ~np.isnan(logs)
    weight = votes[:, None, None] * given
    heard = weight.sum(axis=0)
    summed = (weight * np.where(given, logs, 0.0)).sum(axis=0)
    return np.exp(np.where(heard > 0, summed / np.where(heard > 0, heard, 1.0), np.nan))


def ahp_group(
    judgements: Sequence, weights=None, *, level: float = 0.95, samples: int = 1000, seed: int = 0
) -> GroupAHP:
    """Weights of a group: judgements are averaged (geometric mean), then weighed once.

    Limits by resampling judges, for complete judgements of at least five.

    >>> one, other = [[1, 2], [1 / 2, 1]], [[1, 8], [1 / 8, 1]]
    >>> ahp_group([one, other]).together.weights.tolist()
    [0.8, 0.2]
    """
    matrices = np.stack([_reciprocal(matrix) for matrix in judgements])
    votes = np.ones(len(matrices)) if weights is None else np.asarray(weights, dtype=float)
    together = ahp(aggregate_judgements(matrices, votes))
    alone = np.full(matrices.shape[:2], np.nan)
    ratios = np.full(len(matrices), np.nan)
    for place, matrix in enumerate(matrices):
        if _connected(matrix):
            single = ahp(matrix)
            alone[place], ratios[place] = single.weights, single.consistency_ratio
    low = high = None
    if len(matrices) >= FEWEST_JUDGES and not np.isnan(matrices).any():
        drawn = _resampled_weights(matrices, votes, samples, seed)
        low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    complete = alone[~np.isnan(alone[:, 0])]
    return GroupAHP(together, alone, ratios, _kendall(complete), low, high)


def _resampled_weights(matrices, votes, samples, seed):
    drawn = np.random.default_rng(seed).integers(0, len(matrices), (samples, len(matrices)))
    copies = np.apply_along_axis(np.bincount, 1, drawn, minlength=len(matrices)) * votes
    logs = np.log(matrices).reshape(len(matrices), -1)
    means = (copies @ logs) / copies.sum(axis=1, keepdims=True)
    return _principal(np.exp(means).reshape(samples, *matrices.shape[1:]))[1]


def _kendall(weights) -> float | None:
    """Kendall & Babington Smith 1939: 12 S / (m² (n³ - n)) on ranks, without ties."""
    judges, things = weights.shape
    if judges < 2 or things < 2:
        return None
    ranks = weights.argsort(axis=1).argsort(axis=1)
    sums = ranks.sum(axis=0)
    spread = np.sum((sums - sums.mean()) ** 2)
    return float(12 * spread / (judges**2 * (things**3 - things)))


def _reciprocal(judgements) -> np.ndarray:
    """The matrix with both of [i, j] and [j, i] where one is given."""
    matrix = np.array(judgements, dtype=float)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) < 2:
        raise InvalidInput("not_judgements", "a square matrix of two things or more is needed")
    if len(matrix) >= len(RANDOM_INDEX):
        raise InvalidInput("too_many_things", "at most 15 things: group them", things=len(matrix))
    given = ~np.isnan(matrix)
    if not (np.isfinite(matrix[given]) & (matrix[given] > 0)).all():
        raise InvalidInput("not_judgements", "judgements must be positive")
    np.fill_diagonal(matrix, 1.0)
    other = 1 / matrix.T
    matrix = np.where(np.isnan(matrix), other, matrix)
    filled = ~np.isnan(matrix)
    # 0.33 for 1/3 is a third written short.
    off = filled & (np.abs(np.log(np.where(filled, matrix * matrix.T, 1.0))) > 0.05)
    if off.any():
        row, column = np.argwhere(off)[0].tolist()
        raise InvalidInput(
            "contradicting_pair",
            f"{row} over {column} and back aren't reciprocal",
            row=row,
            column=column,
        )
    upper = np.triu(np.ones_like(matrix, dtype=bool))
    return np.where(upper, matrix, 1 / matrix.T)


def _connected(matrix) -> bool:
    return connected_components(~np.isnan(matrix), directed=False)[0] == 1


def _completed(matrix, open_pairs):
    """Open judgements such that lambda_max is least, by its convexity in their logarithms."""
    if not open_pairs:
        return matrix
    if not _connected(matrix):
        raise NotIdentified(
            "not_connected", "judgements don't link all things", missing=len(open_pairs)
        )
    rows, places = np.array(open_pairs).T

    def filled(logs):
        whole: np.ndarray = matrix.copy()
        whole[rows, places], whole[places, rows] = np.exp(logs), np.exp(-logs)
        return whole

    def loss(logs):
        whole = filled(logs)
        values, right = _principal(whole[None])
        left = _principal(whole.T[None])[1][0]
        right = right[0]
        slope = left[rows] * whole[rows, places] * right[places]
        slope -= left[places] * whole[places, rows] * right[rows]
        return float(values[0]), slope / (left @ right)

    start = _least_squares(matrix)
    found = minimize(
        loss, start[rows] - start[places], jac=True, method="BFGS", options={"gtol": 1e-10}
    )
    return filled(found.x)


def _least_squares(matrix):
    """Logarithms of weights by least squares on the judgements there are."""
    given = ~np.isnan(matrix)
    logs = np.where(given, np.log(np.where(given, matrix, 1.0)), 0.0)
    laplacian = np.diag(given.sum(axis=1)) - given.astype(float)
    return np.linalg.lstsq(laplacian, logs.sum(axis=1), rcond=None)[0]


def _principal(matrices) -> tuple[np.ndarray, np.ndarray]:
    """Principal eigenvalues (M,) and eigenvectors (M, n) with sum 1, by powers.

    For positive matrices the least and the largest of (Aw)_i / w_i enclose the eigenvalue (Collatz
    & Wielandt), so the powers end when the two meet.
    """
    vectors = np.full(matrices.shape[:2], 1 / matrices.shape[1])
    for _ in range(MOST_POWERS):
        product_ = (matrices @ vectors[:, :, None])[:, :, 0]
        ratio = product_ / vectors
        vectors = product_ / product_.sum(axis=1, keepdims=True)
        if np.all(ratio.max(axis=1) - ratio.min(axis=1) < 1e-13 * ratio.max(axis=1)):
            break
    return (ratio.max(axis=1) + ratio.min(axis=1)) / 2, vectors


def _position(judgement: float) -> float:
    return judgement - 1 if judgement >= 1 else 1 - 1 / judgement


def _largest_lambda(result: AHP, limit: float) -> float:
    size = len(result.weights)
    share = result.checks / ((size - 1) * (size - 2) // 2)
    return size + limit * RANDOM_INDEX[size] * share * (size - 1)


def _affordable(pairs: int) -> bool:
    return pairs * (pairs - 1) // 2 * len(SCALE) ** 2 <= MOST_TRIALS


def _trials(matrix, pairs, count) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Matrices with ``count`` judgements changed, and steps of each, in batches."""
    values = np.array(list(product(SCALE, repeat=count)))
    positions = np.array([[_position(value) for value in row] for row in values])
    each = max(TRIALS_AT_ONCE // len(values), 1)
    subsets = list(combinations(pairs, count))
    for begin in range(0, len(subsets), each):
        batch, steps = [], []
        for subset in subsets[begin : begin + each]:
            changed = np.repeat(matrix[None], len(values), axis=0)
            before = np.array([_position(matrix[pair]) for pair in subset])
            for place, (i, j) in enumerate(subset):
                changed[:, i, j], changed[:, j, i] = values[:, place], 1 / values[:, place]
            moved = np.abs(positions - before)
            real = (moved > 1e-9).all(axis=1)
            batch.append(changed[real])
            steps.append(moved[real].sum(axis=1))
        yield np.concatenate(batch), np.concatenate(steps)


def _lambdas(matrices):
    if not np.isnan(matrices).any():
        return _principal(matrices)[0]
    return np.array([ahp(matrix).lambda_max for matrix in matrices])


def _promising(matrices, goal):
    """Positions of matrices whose lambda may be at most ``goal``.

    Nearly all trials are dropped after a few powers, by the lower of the two bounds.
    """
    places = np.arange(len(matrices))
    if np.isnan(matrices).any():
        return places
    vectors = np.full(matrices.shape[:2], 1.0)
    for _ in range(SCREENING_POWERS):
        product_ = (matrices @ vectors[:, :, None])[:, :, 0]
        keep = (product_ / vectors).min(axis=1) <= goal + 1e-12
        places, matrices = places[keep], matrices[keep]
        vectors = product_[keep] / product_[keep].max(axis=1, keepdims=True)
    return places


def _best_change(matrix, pairs, count, goal):
    """The matrix with ``count`` changes and lambda at most ``goal`` by fewest steps, or None."""
    best, key = None, (np.inf, np.inf)
    for matrices, steps in _trials(matrix, pairs, count):
        places = _promising(matrices, goal)
        if not len(places):
            continue
        matrices, steps = matrices[places], steps[places]
        values = _lambdas(matrices)
        # A ratio that is .1 exactly must not be lost to rounding.
        good = np.flatnonzero(values <= goal + 1e-12)
        if len(good):
            first = good[np.lexsort((values[good], steps[good].round(9)))[0]]
            if (steps[first].round(9), values[first]) < key:
                best, key = matrices[first], (steps[first].round(9), values[first])
    return best


def _best_step(matrix, pairs):
    """The single change that lowers lambda most."""
    best, lowest = matrix, np.inf
    for matrices, _ in _trials(matrix, pairs, 1):
        values = _lambdas(matrices)
        if values.min() < lowest:
            best, lowest = matrices[values.argmin()], values.min()
    return best
