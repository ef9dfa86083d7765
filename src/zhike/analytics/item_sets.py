"""What is bought together: frequent item sets, counted exactly."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from scipy.sparse import csc_array

from .errors import InvalidInput
from .item_model import owned_matrix, purchase_codes

# Pairs of sets that are joined at once: a bound on memory, nothing else.
JOINED_AT_ONCE = 1 << 15


@dataclass(frozen=True, eq=False)
class ItemSets:
    """Sets of items that at least ``fewest`` of ``baskets`` baskets hold.

    items : (I,) distinct items, ascending
    sets : for each length from 1, (S, length) int64 positions in ``items``, ascending in the row;
        rows in ascending order
    counts : for each length, (S,) int64 baskets that hold the set
    """

    items: np.ndarray
    baskets: int
    fewest: int
    sets: tuple[np.ndarray, ...]
    counts: tuple[np.ndarray, ...]

    def __len__(self) -> int:
        return sum(map(len, self.counts))

    def __iter__(self) -> Iterator[tuple[tuple, int]]:
        """Each set as a tuple of items with its count; short sets first."""
        for rows, counts in zip(self.sets, self.counts, strict=True):
            yield from zip(map(tuple, self.items[rows].tolist()), counts.tolist(), strict=True)

    def places(self, rows: np.ndarray) -> np.ndarray:
        """Where the sets in ``rows``, (n, length) with ascending positions, stand in
        ``sets[length - 1]``, int64 (n,); each must be there."""
        return self._found(rows, self._keys)

    @cached_property
    def _keys(self):
        """For each length ascending keys of its sets: where the beginning is, then the last item;
        so they stay small however long the sets are."""
        keys: list[np.ndarray] = [self.sets[0][:, 0]]
        for rows in self.sets[1:]:
            keys.append(self._found(rows[:, :-1], keys) * len(self.items) + rows[:, -1])
        return keys

    def _found(self, rows, keys):
        found = np.searchsorted(keys[0], rows[:, 0])
        for place in range(1, rows.shape[1]):
            found = np.searchsorted(keys[place], found * len(self.items) + rows[:, place])
        return found


def frequent_itemsets(basket, item, *, support, longest: int | None = None) -> ItemSets:
    """All sets of items with at least the share ``support`` of baskets.

    Eclat (Zaki 2000, IEEE TKDE 12(3), 372-390): a set is held as the bits of its baskets, a longer
    one is an intersection. Items are taken in turn, rare ones first, with the baskets that hold
    them; within these all sets of one length are joined at once. ``support`` is compared as the
    decimal fraction that is written (.001 is 1/1000), in whole numbers.

    basket, item : (n,) lines; an item counts once in a basket
    support : above 0, at most 1; a number or a ``Fraction``
    longest : items in a set at most; default: no bound

    Refuses ``InvalidInput``: ``unequal_lengths``, ``impossible_share``, ``impossible_length``;
    ``NotEnoughData("no_pairs")`` without lines.

    >>> found = frequent_itemsets([1, 1, 2, 2, 3], ["tea", "cup", "tea", "cup", "tea"], support=0.6)
    >>> list(found)
    [(('cup',), 2), (('tea',), 3), (('cup', 'tea'), 2)]
    """
    share = written_share(support, "support")
    if longest is not None and longest < 1:
        raise InvalidInput("impossible_length", "sets have at least one item", longest=longest)
    baskets, rows, items, cells = purchase_codes(basket, item)
    fewest = least_count(share, len(baskets))
    table = csc_array(owned_matrix(rows, cells, len(baskets), len(items)))
    count = np.diff(table.indptr)
    frequent = np.flatnonzero(count >= fewest)
    found = [(frequent[:, None], count[frequent].astype(np.int64))]
    if longest != 1:
        rare_first = frequent[np.argsort(count[frequent], kind="stable")]
        found += _longer_sets(table, rare_first, fewest, longest or len(items))
    return _in_order(items, len(baskets), fewest, found)


def written_share(share, name: str) -> Fraction:
    """``share`` as the fraction that is written; refused outside of 0 to 1.

    >>> written_share(0.8, "confidence")
    Fraction(4, 5)
    """
    try:
        exact = share if isinstance(share, Fraction) else Fraction(str(share))
    except ValueError:
        exact = Fraction(0)
    if not 0 < exact <= 1:
        raise InvalidInput("impossible_share", f"{name} must be above 0, at most 1", name=name)
    return exact


def least_count(share: Fraction, base: int) -> int:
    """The fewest that are at least ``share`` of ``base``."""
    return -(-share.numerator * base // share.denominator)


def _longer_sets(table, order, fewest, longest):
    """Frequent sets of two items and more, by the rarest item that they hold."""
    by_basket = table[:, order].tocsr()
    table = csc_array(by_basket)
    found = []
    for first in range(len(order) - 1):
        holders = table.indices[table.indptr[first] : table.indptr[first + 1]]
        inside = by_basket[holders]
        count = np.bincount(inside.indices, minlength=len(order))
        others = np.flatnonzero(count[first + 1 :] >= fewest) + first + 1
        if len(others):
            dense = inside[:, others].toarray().T > 0
            found += _within(
                order[first], order[others], _bits(dense), count[others], fewest, longest
            )
    return found


def _bits(dense):
    """Rows of truth as words of 64 bits."""
    packed = np.packbits(dense, axis=1)
    spare = -packed.shape[1] % 8
    return np.ascontiguousarray(np.pad(packed, ((0, 0), (0, spare)))).view(np.uint64)


def _within(first, others, bits, count, fewest, longest):
    """Frequent sets that hold ``first``, one length after the other."""
    last, begin = np.arange(len(others)), np.zeros(len(others), np.int64)
    rows = np.stack([np.full(len(others), first), others], axis=1)
    level = [(rows, count.astype(np.int64))]
    while len(rows) > 1 and rows.shape[1] < longest:
        left, right, bits, count = _joined(bits, begin, fewest)
        if not len(left):
            break
        rows, last = np.column_stack([rows[left], others[last[right]]]), last[right]
        begin = left
        level.append((rows, count))
    return level


def _joined(bits, begin, fewest):
    """Pairs of sets with one beginning whose baskets in common are enough."""
    place = np.arange(len(begin))
    end = np.searchsorted(begin, begin, side="right")
    partners = end - place - 1
    left = np.repeat(place, partners)
    right = np.arange(len(left)) - np.repeat(np.cumsum(partners) - partners, partners) + left + 1
    kept, common, counts = [], [bits[:0]], [np.empty(0, np.int64)]
    for start in range(0, len(left), JOINED_AT_ONCE):
        part = slice(start, start + JOINED_AT_ONCE)
        both = bits[left[part]] & bits[right[part]]
        count = np.bitwise_count(both).sum(axis=1, dtype=np.int64)
        enough = count >= fewest
        kept.append(enough)
        common.append(both[enough])
        counts.append(count[enough])
    chosen = np.concatenate(kept) if kept else np.empty(0, bool)
    return left[chosen], right[chosen], np.concatenate(common), np.concatenate(counts)


def _in_order(items, baskets, fewest, found):
    sets, counts = [], []
    for length in range(1, 1 + max(rows.shape[1] for rows, _ in found)):
        rows = [np.sort(rows, axis=1) for rows, _ in found if rows.shape[1] == length]
        count = [count for rows, count in found if rows.shape[1] == length]
        together = np.concatenate(rows)
        order = np.lexsort(together.T[::-1])
        sets.append(together[order])
        counts.append(np.concatenate(count)[order])
    return ItemSets(items, baskets, fewest, tuple(sets), tuple(counts))
