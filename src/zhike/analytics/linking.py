"""Which rows are the same person or company: probabilistic record linkage without labels.

Fellegi & Sunter 1969, "A theory for record linkage"; weights learnt as in Winkler 1988, with the
share of chance agreements taken from the table itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .errors import InvalidInput, NotEnoughData
from .grouping import key_codes
from .tables import columns

SAMPLED_PAIRS = 250_000
KNOWN_PAIRS = 1_000_000
LARGEST_BLOCK = 100
ROUNDS = 200
PRECISION = 1e-7
MISSING = -1


@dataclass(frozen=True)
class Comparison:
    """How two values of one column are compared.

    Levels run from 0, different, over one for each of ``cuts``, to the highest, equal. ``measure``
    is ``similarity`` (Jaro–Winkler, 0 to 1, for names; cuts ascending) or ``edits`` (insertions,
    deletions, replacements and neighbours changed over, for numbers and dates; cuts descending).

    >>> similar_names(0.85, 0.94).levels
    4
    """

    measure: str
    cuts: tuple[float, ...]

    @property
    def levels(self) -> int:
        return len(self.cuts) + 2

    def grade(self, left: Sequence[str], right: Sequence[str]) -> np.ndarray:
        """Levels of pairs of unequal texts; int8, shape (pairs,)."""
        from rapidfuzz.distance import OSA, JaroWinkler
        from rapidfuzz.process import cpdist

        if self.measure == "similarity":
            found = cpdist(left, right, scorer=JaroWinkler.similarity, workers=-1)
            reached = [found >= cut for cut in self.cuts]
        else:
            found = cpdist(left, right, scorer=OSA.distance, workers=-1)
            reached = [found <= cut for cut in self.cuts]
        return np.stack(reached).sum(axis=0, dtype=np.int8)


def similar_names(*cuts: float) -> Comparison:
    """Texts that people write differently: by Jaro–Winkler similarity."""
    return Comparison("similarity", tuple(sorted(cuts or (0.85, 0.94))))


def similar_numbers(*edits: int) -> Comparison:
    """Codes, numbers, dates as text: by the number of slips of the pen."""
    return Comparison("edits", tuple(sorted(edits or (1,), reverse=True)))


@dataclass(frozen=True, eq=False)
class Links:
    """Pairs of rows that may be the same, the most probable first; P pairs, C compared columns.

    Attributes
    ----------
    left, right : (P,) int64, row numbers, left < right
    probability : (P,) float64, that both are the same
    levels : (P, C) int8, how far each column agrees; -1 where one of the values is missing
    weights : (P, C) float64, what each column says for (above 0) or against it: log2 of how much
        oftener the same agree so than two drawn at random. With ``prior_`` they sum to the log2
        odds of ``probability`` exactly.
    model : the fitted weights
    """

    left: np.ndarray
    right: np.ndarray
    probability: np.ndarray
    levels: np.ndarray
    weights: np.ndarray
    model: "FellegiSunter"

    def __len__(self) -> int:
        return len(self.left)

    def groups(self, rows: int, threshold: float = 0.5) -> np.ndarray:
        """For each of ``rows`` the lowest row that it is the same as, through others too; int64."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        sure = self.probability >= threshold
        joined = coo_array(
            (np.ones(int(sure.sum()), dtype=bool), (self.left[sure], self.right[sure])),
            shape=(rows, rows),
        )
        _count, label = connected_components(joined, directed=False)
        first = np.full(rows, rows, dtype=np.int64)
        np.minimum.at(first, label, np.arange(rows))
        return first[label]


class FellegiSunter:
    """How much each level of agreement weighs, learnt from unlabelled pairs.

    For a column and a level, m is how often two rows of the same thing agree so, u how often two
    of different things do. Columns are taken as independent given either; values that are missing
    say nothing.

    Attributes
    ----------
    m_, u_ : tuples of float64 arrays, one a column, shape (levels,)
    prior_ : share of all pairs of rows that are the same
    """

    m_: tuple[np.ndarray, ...]
    u_: tuple[np.ndarray, ...]
    prior_: float

    def fit(
        self, levels: np.ndarray, among_all: Sequence[np.ndarray], pairs: int
    ) -> "FellegiSunter":
        """Expectation–maximisation over the distinct patterns of candidate pairs.

        levels : (candidates, columns) int8, the pairs worth looking at
        among_all : for each column, how many of *all* pairs of rows reach each level; (levels,)
        pairs : how many pairs of rows there are in all

        Pairs that are no candidates are taken as different. u is what is left of ``among_all`` once
        the expected matches are taken out, so that a table full of duplicates does not make
        agreement look like chance.
        """
        patterns, count = np.unique(levels, axis=0, return_counts=True)
        sizes = [len(reached) for reached in among_all]
        self.m_ = tuple(_rising(size) for size in sizes)
        same = np.zeros(len(patterns))
        self.prior_ = len(levels) / 2 / pairs
        for _round in range(ROUNDS):
            self.u_ = tuple(
                _shares(np.maximum(reached - _sums(patterns[:, c], same * count, sizes[c]), 0), 0.5)
                for c, reached in enumerate(among_all)
            )
            before, same = same, self.predict_probability(patterns)
            matches = same * count
            self.prior_ = min(max(matches.sum() / pairs, 1 / pairs), 0.5)
            self.m_ = tuple(
                _shares(_sums(patterns[:, c], matches, size), 0.1) for c, size in enumerate(sizes)
            )
            if np.abs(same - before).max() < PRECISION:
                break
        return self

    def adapt(
        self, levels: np.ndarray, among_all: Sequence[np.ndarray], pairs: int
    ) -> "FellegiSunter":
        """Keeps m and the prior, and takes u from the table as far as it is large enough to tell:
        what was known before counts like ``KNOWN_PAIRS`` pairs. Arguments as in ``fit``."""
        patterns, count = np.unique(levels, axis=0, return_counts=True)
        before = [KNOWN_PAIRS * u for u in self.u_]
        for _round in range(ROUNDS):
            matches = self.predict_probability(patterns) * count
            former = self.u_
            self.u_ = tuple(
                _shares(
                    known + np.maximum(reached - _sums(patterns[:, c], matches, len(known)), 0), 0
                )
                for c, (reached, known) in enumerate(zip(among_all, before, strict=True))
            )
            if all(
                np.allclose(u, v, rtol=1e-6, atol=0) for u, v in zip(self.u_, former, strict=True)
            ):
                break
        return self

    def weights(self, levels: np.ndarray) -> np.ndarray:
        """log2 (m / u) of each pair and column, 0 where a value is missing; float64, same shape."""
        tables = [
            np.append(np.log2(m) - np.log2(u), 0.0) for m, u in zip(self.m_, self.u_, strict=True)
        ]
        return np.column_stack([table[levels[:, c]] for c, table in enumerate(tables)])

    def predict_probability(self, levels: np.ndarray) -> np.ndarray:
        """Probability that the two rows of each pair are the same; float64, shape (pairs,)."""
        return self.probability_of(self.weights(levels))

    def probability_of(self, weights: np.ndarray) -> np.ndarray:
        odds = np.log2(self.prior_) - np.log2(1 - self.prior_) + weights.sum(axis=1)
        return 1 / (1 + np.exp2(-odds))


def link_records(
    table,
    compare: Mapping[str, Comparison],
    blocks: Sequence[np.ndarray],
    *,
    common: Sequence[str] = (),
    threshold: float = 0.5,
    seed: int = 0,
) -> Links:
    """Rows of ``table`` that are probably the same.

    compare : how each column is compared; empty text is a missing value
    blocks : arrays of shape (rows,); rows that share a value (other than empty text) of one of them
        are looked at. Each should forgive what another does not.
    common : columns in which an equal value weighs by how common it is among the rows: two people
        called 欧阳娜娜 are the same more probably than two called 王伟
    threshold : links below this probability are left out

    Blocks of more than 100 rows are looked at as far as 100 neighbours go. Raises
    ``InvalidInput("no_columns")``; ``NotEnoughData("no_pairs")`` when no two rows share a block.

    >>> people = {"name": ["王伟", "王伟", "李娜", "张敏"], "phone": ["138", "138", "139", "137"]}
    >>> compare = {"name": similar_names(), "phone": similar_numbers()}
    >>> links = link_records(people, compare, [people["phone"]])
    >>> links.left.tolist(), links.right.tolist()
    ([0], [1])
    """
    arrays = [np.asarray(block).astype(str) for block in blocks]
    left, right = candidate_pairs(arrays, max(map(len, arrays), default=0))
    return link_pairs(table, compare, left, right, common=common, threshold=threshold, seed=seed)


def link_pairs(
    table,
    compare: Mapping[str, Comparison],
    left: np.ndarray,
    right: np.ndarray,
    *,
    common: Sequence[str] = (),
    threshold: float = 0.5,
    seed: int = 0,
    model: FellegiSunter | None = None,
) -> Links:
    """The same for pairs of rows chosen elsewhere (left < right, each once); the others are taken
    as different.

    model : weights known from elsewhere, of which u is adapted to the table. Without it all are
        learnt from the pairs
    """
    if not compare:
        raise InvalidInput("no_columns", "nothing to compare")
    values = [np.asarray(column).astype(str) for column in columns(table, *compare)]
    rows = len(values[0])
    if len(left) == 0:
        raise NotEnoughData("no_pairs", "no two rows share a block", rows=rows)
    columns_ = [
        _Column(comparison, value)
        for comparison, value in zip(compare.values(), values, strict=True)
    ]
    levels = np.column_stack([column.levels(left, right) for column in columns_])
    learn = FellegiSunter().fit if model is None else model.adapt
    model = learn(levels, _among_all(columns_, levels, seed), _pairs_of(rows))
    weights = model.weights(levels)
    for place, name in enumerate(compare):
        if name in common:
            weights[:, place] += columns_[place].rarity(left, levels[:, place])
    probability = model.probability_of(weights)
    found = np.flatnonzero(probability >= threshold)
    found = found[np.argsort(-probability[found], kind="stable")]
    return Links(
        left[found], right[found], probability[found], levels[found], weights[found], model
    )


def _among_all(columns_: Sequence["_Column"], levels: np.ndarray, seed: int) -> list[np.ndarray]:
    """For each column how many of all pairs of rows reach each level. What is too rare for the
    sample of pairs is reached by the candidates at least."""
    rows = len(columns_[0].codes)
    draw = np.random.default_rng(seed)
    one = draw.integers(0, rows, SAMPLED_PAIRS)
    other = (one + draw.integers(1, rows, SAMPLED_PAIRS)) % rows
    return [
        np.maximum(
            column.among_all(one, other, _pairs_of(rows)),
            _sums(found, np.ones(len(found)), column.comparison.levels),
        )
        for column, found in zip(columns_, levels.T, strict=True)
    ]


def _pairs_of(rows: int) -> int:
    return rows * (rows - 1) // 2


def candidate_pairs(blocks: Sequence[np.ndarray], rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of rows that share a block, each once, in order; two int64 arrays.

    >>> candidate_pairs([np.array(["a", "b", "a", ""])], rows=4)
    (array([0]), array([2]))
    """
    found = [np.empty(0, dtype=np.int64)]
    for block in blocks:
        known = np.flatnonzero(block != "")
        _keys, codes = key_codes(block[known])
        order = np.argsort(codes, kind="stable")
        known, codes = known[order], codes[order]
        for distance in range(1, LARGEST_BLOCK + 1):
            near = np.flatnonzero(codes[distance:] == codes[:-distance])
            if len(near) == 0:
                break
            one, other = known[near], known[near + distance]
            found.append(np.minimum(one, other) * rows + np.maximum(one, other))
    places = np.unique(np.concatenate(found))
    return places // rows, places % rows


class _Column:
    """A column of texts as codes, so that equal values are seen without comparing them."""

    def __init__(self, comparison: Comparison, values: np.ndarray):
        self.comparison = comparison
        self.distinct, self.codes = key_codes(values)
        self.count = np.bincount(self.codes, minlength=len(self.distinct))
        self.is_missing = self.distinct == ""

    def levels(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        one, other = self.codes[left], self.codes[right]
        found = np.where(one == other, self.comparison.levels - 1, 0).astype(np.int8)
        missing = self.is_missing[one] | self.is_missing[other]
        found[missing] = MISSING
        unequal = np.flatnonzero((one != other) & ~missing)
        if len(unequal):
            one, other = one[unequal], other[unequal]
            # Each pair of values is compared once, however many rows have it.
            size = len(self.distinct)
            places, which = np.unique(
                np.minimum(one, other) * size + np.maximum(one, other), return_inverse=True
            )
            grades = self.comparison.grade(
                self.distinct[places // size].tolist(), self.distinct[places % size].tolist()
            )
            found[unequal] = grades[which]
        return found

    def among_all(self, one: np.ndarray, other: np.ndarray, pairs: int) -> np.ndarray:
        """How many of all pairs reach each level: from a sample, equal values counted exactly."""
        known = self.levels(one, other)
        sampled = np.bincount(known[known != MISSING], minlength=self.comparison.levels)
        reached = sampled * (pairs / len(one))
        count = self.count[~self.is_missing].astype(np.float64)
        reached[-1] = (count * (count - 1) / 2).sum()
        return reached

    def rarity(self, left: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """What an equal value weighs beyond the usual one: log2 of how much rarer it is."""
        count = self.count[~self.is_missing].astype(np.float64)
        usual = (count * (count - 1)).sum() / max(count.sum(), 1)
        own = np.maximum(self.count[self.codes[left]] - 1, 1)
        extra = np.log2(max(usual, 1)) - np.log2(own)
        return np.where(levels == self.comparison.levels - 1, extra, 0.0)


def _rising(size: int) -> np.ndarray:
    """Where the search starts: the same mostly agree."""
    start = np.linspace(0.1, 1, size) ** 3
    return start / start.sum()


def _sums(levels: np.ndarray, weight: np.ndarray, size: int) -> np.ndarray:
    return np.bincount(levels + 1, weights=weight, minlength=size + 1)[1:]


def _shares(counts: np.ndarray, least: float) -> np.ndarray:
    """Shares of counts, none of them zero."""
    return (counts + least) / (counts + least).sum()
