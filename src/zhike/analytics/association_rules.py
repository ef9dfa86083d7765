"""Who has these also has those: rules between items, with what they are worth."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.special import chdtrc, gammaln

from .errors import InvalidInput
from .item_sets import ItemSets, least_count, written_share

CORRECTIONS = ("fdr", "holm", "none")


@dataclass(frozen=True, eq=False)
class Rules:
    """R rules "left, so right" from n baskets; best lift first.

    left, right : R tuples of items
    both, left_count, right_count : (R,) int64 baskets that hold all of the rule, its left side, its
        right side
    p_value : (R,) Fisher's exact test, one-sided: so many baskets with both or more, if left and
        right had nothing to do with each other
    adjusted_p_value : (R,) corrected for all ``tested`` rules, also those that are not shown
    """

    baskets: int
    tested: int
    left: tuple[tuple, ...]
    right: tuple[tuple, ...]
    both: np.ndarray
    left_count: np.ndarray
    right_count: np.ndarray
    p_value: np.ndarray
    adjusted_p_value: np.ndarray

    def __len__(self) -> int:
        return len(self.both)

    @property
    def support(self) -> np.ndarray:
        """Share of baskets with both sides."""
        return self.both / self.baskets

    @property
    def confidence(self) -> np.ndarray:
        """Share with the right side among those with the left."""
        return self.both / self.left_count

    @property
    def lift(self) -> np.ndarray:
        """Confidence over the share of the right side: 1 means nothing to do with each other."""
        return self.both / self.left_count * (self.baskets / self.right_count)

    @property
    def leverage(self) -> np.ndarray:
        """Share with both, less what chance would give (Piatetsky-Shapiro 1991)."""
        return self.support - self.left_count / self.baskets * (self.right_count / self.baskets)

    @property
    def conviction(self) -> np.ndarray:
        """How many times less often the rule fails than by chance (Brin et al. 1997); infinite
        where it never fails."""
        fails = (self.left_count - self.both).astype(float)
        chance = self.left_count * ((self.baskets - self.right_count) / self.baskets)
        return np.divide(chance, fails, out=np.full(len(fails), np.inf), where=fails > 0)

    @property
    def chi_square(self) -> np.ndarray:
        """Pearson's statistic of the 2 × 2 table, one degree of freedom, without correction; 0
        where a side is in every basket."""
        n, left, right = float(self.baskets), self.left_count, self.right_count
        spread = left / n * (1 - left / n) * (right / n) * (1 - right / n)
        return np.divide(n * self.leverage**2, spread, out=np.zeros(len(left)), where=spread > 0)

    @property
    def chi_square_p_value(self) -> np.ndarray:
        return chdtrc(1, self.chi_square)


def association_rules(
    found: ItemSets, *, confidence, longest_right: int = 1, correction: str = "fdr"
) -> Rules:
    """Rules from frequent sets with at least ``confidence`` (Agrawal, Imielinski & Swami 1993,
    SIGMOD '93), compared in whole numbers: 16 of 20 are .8.

    Every way to part a frequent set is a rule tested, whatever its confidence; ``correction`` of
    the p-values is over all of them: ``fdr`` (Benjamini & Hochberg 1995, J. R. Stat. Soc. B 57(1)),
    ``holm`` (Holm 1979), ``none``. Sets were chosen by their support on the same baskets, which no
    correction undoes: a rule is proven on later baskets.

    confidence : above 0, at most 1
    longest_right : items on the right side at most

    Refuses ``InvalidInput``: ``impossible_share``, ``impossible_length``, ``unknown_correction``.

    >>> from zhike.analytics import frequent_itemsets
    >>> basket, item = [1, 1, 2, 2, 3, 4], ["tea", "cup", "tea", "cup", "tea", "rice"]
    >>> rules = association_rules(frequent_itemsets(basket, item, support=0.5), confidence=0.9)
    >>> rules.left, rules.right, rules.lift.round(2).tolist(), rules.p_value.round(3).tolist()
    ((('cup',),), (('tea',),), [1.33], [0.5])
    """
    share = written_share(confidence, "confidence")
    if longest_right < 1:
        raise InvalidInput("impossible_length", "the right side has at least one item")
    if correction not in CORRECTIONS:
        raise InvalidInput("unknown_correction", f"correction must be one of {CORRECTIONS}")
    parts = list(_parted(found, longest_right))
    both, left, right = np.concatenate(
        [np.empty((3, 0), np.int64), *(counts for *_, counts in parts)], axis=1
    )
    least, place = np.unique(left, return_inverse=True)
    needed = np.array([least_count(share, int(count)) for count in least], dtype=np.int64)
    chosen = both >= needed[place]
    measured = slice(None) if correction != "none" else chosen
    p_value = np.ones(len(both))
    p_value[measured] = fisher_p(both[measured], left[measured], right[measured], found.baskets)
    adjusted = _adjusted(p_value, correction)
    names = [pair for part in _names(found, parts, chosen) for pair in part]
    lift = both[chosen] / left[chosen] / right[chosen]
    order = np.argsort(-lift, kind="stable")
    return Rules(
        found.baskets,
        len(both),
        tuple(names[place][0] for place in order),
        tuple(names[place][1] for place in order),
        *(column[chosen][order] for column in (both, left, right, p_value, adjusted)),
    )


def fisher_p(both, left, right, baskets: int) -> np.ndarray:
    """P(at least ``both`` | margins ``left``, ``right`` of ``baskets``), hypergeometric; (R,)."""
    both, left, right = (np.asarray(part, dtype=float) for part in (both, left, right))
    above = both > left * right / baskets
    # Below the mean the other tail is summed: those with the left side and without the right.
    far = np.where(above, both, left - both + 1)
    tail = _upper_tail(far, left, np.where(above, right, baskets - right), float(baskets))
    return np.clip(np.where(above, tail, 1 - tail), 0.0, 1.0)


def _upper_tail(both, left, right, baskets):
    """The first probability by logarithms of factorials, the others from each to the next, which
    is smaller above the mean."""
    term = np.exp(
        _log_choose(right, both)
        + _log_choose(baskets - right, left - both)
        - _log_choose(baskets, left)
    )
    total, going, step = term.copy(), np.arange(len(both)), 0
    while len(going):
        at, rest = both[going] + step, baskets - left[going] - right[going] + both[going] + step
        ratio = (left[going] - at) * (right[going] - at) / ((at + 1) * (rest + 1))
        term[going] *= ratio
        total[going] += term[going]
        step += 1
        # What is left is less than a geometric series.
        going = going[term[going] > 1e-17 * total[going] * (1 - ratio)]
    return total


def _log_choose(of, chosen):
    return gammaln(of + 1) - gammaln(chosen + 1) - gammaln(of - chosen + 1)


def _parted(found, longest_right):
    """For each length and way to part it: rows left, rows right, counts of both, left, right."""
    for length in range(2, len(found.sets) + 1):
        rows, both = found.sets[length - 1], found.counts[length - 1]
        for size in range(1, min(longest_right, length - 1) + 1):
            for columns in combinations(range(length), size):
                right, left = rows[:, columns], np.delete(rows, columns, axis=1)
                yield left, right, np.stack([both, _count(found, left), _count(found, right)])


def _count(found, rows):
    return found.counts[rows.shape[1] - 1][found.places(rows)]


def _names(found, parts, chosen):
    begin = 0
    for left, right, counts in parts:
        kept = chosen[begin : begin + counts.shape[1]]
        begin += counts.shape[1]
        sides = (map(tuple, found.items[side[kept]].tolist()) for side in (left, right))
        yield list(zip(*sides, strict=True))


def _adjusted(p_value, correction):
    number = len(p_value)
    if correction == "none" or not number:
        return p_value
    order = np.argsort(p_value, kind="stable")
    ranked, result = p_value[order], np.empty(number)
    if correction == "holm":
        result[order] = np.maximum.accumulate(ranked * np.arange(number, 0, -1))
    else:
        growing = ranked * number / np.arange(1, number + 1)
        result[order] = np.minimum.accumulate(growing[::-1])[::-1]
    return np.minimum(result, 1.0)
