"""Do groups differ? By permutation, so without a distribution and for small groups."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..errors import InvalidInput, NotEnoughData
from ..moments import Moments, Sums
from . import measures

FEWEST_PERMUTATIONS = 99
FEWEST_IN_GROUP = 10
LARGEST_LOSS = 0.2


@dataclass(frozen=True)
class Difference:
    """``first`` and ``second``: the estimate in each group.

    p_value : share of permutations with a difference as large; ``adjusted`` for all differences of
        one kind and all pairs of groups (Holm 1979)
    """

    first: float
    second: float
    p_value: float
    adjusted: float

    @property
    def difference(self) -> float:
        return self.second - self.first


@dataclass(frozen=True)
class Invariance:
    """Whether a construct is made of its items in the same way in both groups.

    correlation : of the scores by the first and by the second group's weights, over all rows
    p_value : share of permutations in which it was as low; below .05 the construct means something
        else in each group, and its paths and index should not be compared (step 2 of MICOM,
        Henseler, Ringle & Sarstedt 2016, International Marketing Review 33(3), 405-431)
    """

    correlation: float
    p_value: float


@dataclass(frozen=True, eq=False)
class GroupComparison:
    """Two groups of rows (Chin & Dibbern 2010, Handbook of Partial Least Squares, 171-193).

    paths : dict of :class:`Difference` by (from, to); ``index`` by construct (each group's own
        weights), empty without scale
    invariance : dict of :class:`Invariance` by construct
    permutations : used; those without an admissible solution in both groups are left out
    """

    groups: tuple
    sizes: tuple[int, int]
    paths: dict[tuple[str, str], Difference]
    index: dict[str, Difference]
    invariance: dict[str, Invariance]
    permutations: int


def compare_groups(model, values, groups, permutations: int, seed: int) -> list[GroupComparison]:
    """See :meth:`PathModel.compare_groups`; one comparison per pair of groups, in sorted order.

    Refuses: ``NotEnoughData("small_group")`` below ten rows, ``group_fails`` (with the group) where
    a group has no admissible solution, ``permutations_fail`` where over a fifth have none.
    """
    labels = np.asarray(groups)
    if labels.shape != (len(values),):
        raise InvalidInput("unequal_lengths", "one group per row is needed")
    if permutations < FEWEST_PERMUTATIONS:
        raise InvalidInput("unknown_option", f"at least {FEWEST_PERMUTATIONS} permutations")
    names, sizes = np.unique(labels, return_counts=True)
    if len(names) < 2:
        raise NotEnoughData("one_group", "two groups are needed", groups=len(names))
    if sizes.min() < FEWEST_IN_GROUP:
        raise NotEnoughData(
            "small_group",
            f"each group needs {FEWEST_IN_GROUP} rows",
            group=names[sizes.argmin()].item(),
            rows=int(sizes.min()),
        )
    pairs = [
        _compare(model, values, labels, pair, permutations, [seed, number])
        for number, pair in enumerate(combinations(names.tolist(), 2))
    ]
    return _adjusted(pairs)


def _compare(model, values, labels, pair, permutations, seed):
    first = labels == pair[0]
    rows = first | (labels == pair[1])
    first, sums = first[rows], Sums(values[rows])
    observed = _both(model, sums, first[None])
    for side, name in zip(observed.usable[0], pair, strict=True):
        if not side:
            raise NotEnoughData("group_fails", f"no admissible solution in {name}", group=name)
    random = np.random.default_rng(seed)
    parts = []
    for size in sums.batches(permutations):
        order = random.random((size, len(first))).argsort(axis=1)
        permuted = _both(model, sums, first[order])
        parts.append(permuted.only(permuted.usable.all(axis=1)))
    used = sum(len(part.usable) for part in parts)
    if used < (1 - LARGEST_LOSS) * permutations:
        raise NotEnoughData(
            "permutations_fail",
            f"only {used} of {permutations} permutations can be solved",
            used=used,
            permutations=permutations,
        )
    return _verdict(model, pair, first, observed, parts, used)


@dataclass(frozen=True, eq=False)
class _Both:
    """R splits: measures of both sides, correlation of scores (R, K), usability (R, 2)."""

    measures: tuple[dict[str, np.ndarray], ...]
    agreement: np.ndarray
    usable: np.ndarray

    def only(self, keep):
        kept = tuple({name: array[keep] for name, array in side.items()} for side in self.measures)
        return _Both(kept, self.agreement[keep], self.usable[keep])


def _both(model, sums: Sums, first) -> _Both:
    whole = sums.whole()
    sides, weights, usable = [], [], []
    for members in (first, ~first):
        moments = sums.moments(members)
        varied = sums.varied(moments)
        # A side in which an item never varies is solved as the whole, and marked.
        moments = Moments(
            np.where(varied[:, None], moments.means, whole.means),
            np.where(varied[:, None, None], moments.covariances, whole.covariances),
        )
        solutions = model.solve(moments, model._solution.loadings[0])
        sides.append(model.measures(solutions, moments))
        weights.append(measures.unstandardised(solutions.weights, moments, model.metric == "raw"))
        usable.append(varied & solutions.admissible)
    agreement = _agreement(weights[0], weights[1], whole.covariances[0], model.specification)
    return _Both((sides[0], sides[1]), agreement, np.stack(usable, axis=1))


def _agreement(first, second, covariance, specification):
    """Correlation of scores by two sets of weights over all rows, shape (R, K)."""
    mask = specification.mask
    within = covariance * (mask @ mask.T)
    crossed = first @ within
    product = (crossed * second) @ mask
    lengths = ((crossed * first) @ mask) * (((second @ within) * second) @ mask)
    return product / np.sqrt(lengths)


def _verdict(model, pair, first, observed, parts, used):
    keys = measures.keys(model.specification, model.scale is not None)
    found: dict[str, dict] = {"index": {}}
    for name in ("paths", "index") if model.scale is not None else ("paths",):
        a, b = (side[name][0] for side in observed.measures)
        permuted = np.concatenate(
            [part.measures[1][name] - part.measures[0][name] for part in parts]
        )
        # A permutation that gives the same split may differ in the last bit.
        beyond = (np.abs(permuted) >= np.abs(b - a) - 1e-12).sum(axis=0)
        p_values = (1 + beyond) / (1 + used)
        found[name] = {
            key: Difference(one, other, p_value, p_value)
            for key, one, other, p_value in zip(
                keys[name], a.tolist(), b.tolist(), p_values.tolist(), strict=True
            )
        }
    agreement = np.concatenate([part.agreement for part in parts])
    lower = (1 + (agreement <= observed.agreement[0] + 1e-12).sum(axis=0)) / (1 + used)
    invariance = {
        name: Invariance(*numbers)
        for name, *numbers in zip(
            model.specification.constructs,
            observed.agreement[0].tolist(),
            lower.tolist(),
            strict=True,
        )
    }
    sizes = int(first.sum()), int((~first).sum())
    return GroupComparison(tuple(pair), sizes, found["paths"], found["index"], invariance, used)


def _adjusted(comparisons):
    """Holm's step-down adjustment within each kind of difference, over all pairs of groups."""
    for kind in ("paths", "index"):
        places = [(getattr(pair, kind), key) for pair in comparisons for key in getattr(pair, kind)]
        p_values = np.array([differences[key].p_value for differences, key in places])
        adjusted = holm(p_values)
        for (differences, key), value in zip(places, adjusted.tolist(), strict=True):
            old = differences[key]
            differences[key] = Difference(old.first, old.second, old.p_value, value)
    return comparisons


def holm(p_values: np.ndarray) -> np.ndarray:
    """Holm 1979, Scandinavian Journal of Statistics 6(2), 65-70.

    >>> holm(np.array([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    factor = len(p_values) - np.arange(len(p_values))
    stepped = np.maximum.accumulate(np.minimum(p_values[order] * factor, 1.0))
    result = np.empty_like(p_values)
    result[order] = stepped
    return result
