"""Rows by key: codes and exact sums, without an engine."""

import numpy as np

LARGEST_EXACT_FLOAT = 2**53


def key_codes(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct keys, ascending, and for each row the position of its key.

    Keys may be integers, text, bytes or objects (taken by their text).

    >>> keys, codes = key_codes(np.array([7, 5, 7]))
    >>> keys.tolist(), codes.tolist()
    ([5, 7], [1, 0, 1])
    """
    if keys.dtype.kind == "O":
        keys = keys.astype(str)
    if keys.dtype.kind in "iu" and len(keys):
        lowest, highest = int(keys.min()), int(keys.max())
        # Dense integer keys need no sort: a table as wide as their range is smaller than the rows
        # themselves.
        if highest - lowest < 4 * len(keys):
            offsets = (keys - lowest).astype(np.int64, copy=False)
            used = np.bincount(offsets) > 0
            return np.flatnonzero(used).astype(keys.dtype) + keys.dtype.type(lowest), (
                np.cumsum(used) - 1
            )[offsets]
    distinct, codes = np.unique(keys, return_inverse=True)
    return distinct, codes


def exact_sums(codes: np.ndarray, values: np.ndarray, size: int) -> np.ndarray:
    """Sum of int64 ``values`` per code 0 to ``size`` - 1, exact; int64, shape (size,).

    >>> exact_sums(np.array([1, 0, 1]), np.array([5, 7, -2]), size=3).tolist()
    [7, 3, 0]
    """
    if np.abs(values).sum(dtype=np.float64) < LARGEST_EXACT_FLOAT:
        # Below 2**53 every partial sum of whole numbers is exact in a float, whatever the order.
        return np.bincount(codes, weights=values, minlength=size).astype(np.int64)
    sums = np.zeros(size, dtype=np.int64)
    np.add.at(sums, codes, values)
    return sums


def distinct_cells(rows: np.ndarray, cells: np.ndarray, height: int, width: int) -> np.ndarray:
    """Distinct pairs as ``row * width + cell``, ascending; ``rows`` below ``height``, ``cells``
    below ``width``.

    >>> distinct_cells(np.array([1, 0, 1]), np.array([2, 0, 2]), height=2, width=3).tolist()
    [0, 5]
    """
    places = rows * width + cells
    if height * width > 32 * len(places):
        return np.unique(places)
    # A table of the whole range costs a byte a cell and no sort.
    used = np.zeros(height * width, dtype=bool)
    used[places] = True
    return np.flatnonzero(used)


def ranks(values: np.ndarray) -> np.ndarray:
    """Rank of each value from 1, equal values at the mean of their ranks; float64.

    >>> ranks(np.array([5, 9, 5])).tolist()
    [1.5, 3.0, 1.5]
    """
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[place]
