"""How much of the value comes from how few: ABC classes, Pareto curve, Gini coefficient."""

import numpy as np

from .errors import InvalidInput, NotEnoughData
from .tables import whole_numbers

CLASSES = ("A", "B", "C")


def abc(value, shares: tuple[float, float] = (0.8, 0.95)) -> np.ndarray:
    """Class A, B or C of each customer by cumulative value; text, shape (customers,).

    Customers are taken from the most valuable down. A customer is A while those *strictly more
    valuable* bring less than ``shares[0]`` of the total, B while they bring less than
    ``shares[1]``, else C: the one who crosses a line is still inside, and equal value means equal
    class. Value that is zero or negative (returns) is class C and not in the total.

    value : whole minor units, shape (customers,)

    >>> abc([700, 150, 100, 50, -20]).tolist()
    ['A', 'A', 'B', 'C', 'C']
    """
    first, second = shares
    if not 0 < first < second <= 1:
        raise InvalidInput(
            "shares_out_of_order", "shares must satisfy 0 < A < B <= 1", shares=list(shares)
        )
    value = whole_numbers(value, "value")
    descending = np.sort(value[value > 0])[::-1]
    above = np.concatenate(([0], np.cumsum(descending)))
    more_valuable = np.searchsorted(-descending, -value, side="left")
    share_above = above[more_valuable] / max(int(above[-1]), 1)
    place = (share_above >= first).astype(np.int64) + (share_above >= second)
    place[value <= 0] = 2
    return np.array(CLASSES)[place]


def pareto_curve(value, points: int = 100) -> tuple[np.ndarray, np.ndarray]:
    """Share of customers against the share of value they bring, most valuable first.

    Returns two float64 arrays of shape (points + 1,), both from 0 to 1; the second is read off the
    exact curve by linear interpolation. Negative value counts as none. Raises
    ``NotEnoughData("no_value")`` if nobody has any.

    >>> customers, share = pareto_curve([80, 10, 10, 0], points=4)
    >>> customers.tolist(), share.tolist()
    ([0.0, 0.25, 0.5, 0.75, 1.0], [0.0, 0.8, 0.9, 1.0, 1.0])
    """
    descending = _non_negative(value)[::-1]
    curve = np.concatenate(([0], np.cumsum(descending)))
    customers = np.linspace(0.0, 1.0, points + 1)
    exact = np.arange(len(curve)) / len(descending)
    return customers, np.interp(customers, exact, curve / curve[-1])


def gini(value) -> float:
    """Gini coefficient of value between customers: 0 all equal, near 1 one has all.

    G = sum_i (2 i - N - 1) v_(i) / (N sum v), v ascending (Gini 1912; no small-sample factor).
    Negative value counts as none.

    >>> gini([5, 5, 5]), gini([0, 0, 0, 12])
    (0.0, 0.75)
    """
    ascending = _non_negative(value)
    count = len(ascending)
    weight = 2 * np.arange(1, count + 1) - count - 1
    # Rounding may leave equal values a hair below 0.
    return max(float(np.sum(weight * (ascending / ascending.sum())) / count), 0.0)


def _non_negative(value):
    ascending = np.sort(np.maximum(whole_numbers(value, "value"), 0))
    if ascending.sum() == 0:
        raise NotEnoughData("no_value", "no customer has any value", customers=len(ascending))
    return ascending
