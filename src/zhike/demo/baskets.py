"""What is in an order: lines that add up to about what the customer meant to spend; what comes
back; and how it is paid.

A line's category is drawn from the customer's taste (Dirichlet over customers around the
categories' popularity), made keener by the season: green tea in spring, gift boxes before the
feasts. The product is one that fits what is left to spend, the quantity what that buys at list
price (shops pay four fifths of it), so an order's total differs from its aim by the rounding to
whole pieces.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from zhike.demo.catalogue import CATEGORIES, POPULARITY, products
from zhike.demo.seasons import FIRST_FLUSH, MID_AUTUMN, NEW_YEAR, Wave, swell

MOST_LINES = 4
LINES_OF_PERSONS = (0.45, 0.30, 0.17, 0.08)
LINES_OF_SHOPS = (0.15, 0.30, 0.30, 0.25)
TASTE_CONCENTRATION = 3.0
RETURNED_BY_PERSONS = 0.03
RETURNED_BY_SHOPS = 0.015
LONGEST_RETURN = 30  # days


@dataclass(frozen=True)
class Lines:
    """Shape (lines,). `document` is the place of the order."""

    document: np.ndarray  # int32
    product: np.ndarray  # int16, place in products()
    quantity: np.ndarray  # int32, negative when returned
    unit_price: np.ndarray  # int32, minor units

    @property
    def amount(self) -> np.ndarray:
        return self.quantity * self.unit_price.astype(np.int64)

    def take(self, at: np.ndarray) -> "Lines":
        return Lines(self.document[at], self.product[at], self.quantity[at], self.unit_price[at])


def join(parts: list[Lines]) -> Lines:
    return Lines(
        np.concatenate([part.document for part in parts]),
        np.concatenate([part.product for part in parts]),
        np.concatenate([part.quantity for part in parts]),
        np.concatenate([part.unit_price for part in parts]),
    )


def draw_tastes(random: np.random.Generator, count: int) -> np.ndarray:
    """Each customer's preference over the categories; float32, rows sum to 1."""
    weights = np.asarray(POPULARITY, dtype=np.float32) * TASTE_CONCENTRATION
    drawn = random.standard_gamma(weights, (count, len(weights)), dtype=np.float32) + 1e-6
    return drawn / drawn.sum(axis=1, keepdims=True)


def seasonal_appetite(first: date, days: int) -> np.ndarray:
    """How much keener each category is bought on each day; float32, shape (days, categories)."""
    appetite = np.ones((days, len(CATEGORIES)), dtype=np.float32)
    springs = dict.fromkeys(range(first.year, first.year + days // 365 + 2), FIRST_FLUSH)
    boxes = CATEGORIES.index("礼盒")
    appetite[:, CATEGORIES.index("绿茶")] += swell(first, days, springs, Wave(1.6, 0, 14))
    appetite[:, boxes] += swell(first, days, NEW_YEAR, Wave(3.0, 11, 12))
    appetite[:, boxes] += swell(first, days, MID_AUTUMN, Wave(3.0, 9, 10))
    return appetite


def fill(
    random: np.random.Generator,
    aim: np.ndarray,
    is_shop: np.ndarray,
    taste: np.ndarray,
    appetite: np.ndarray,
) -> Lines:
    """The lines of some orders, order by order; aim and is_shop of shape (orders,), taste and
    appetite of shape (orders, categories)."""
    shelves = _Shelves()
    cumulated = np.cumsum(taste * appetite, axis=1)
    wanted = _numbers_of_lines(random, is_shop)
    cheapest = shelves.prices.min()
    left = aim.copy()
    parts = []
    for position in range(MOST_LINES):
        # A further line only for those who want one and have something left to spend.
        has_line = (wanted > position) & ((position == 0) | (left > cheapest))
        order = np.flatnonzero(has_line)
        share = left[order] / (wanted[order] - position)
        category = _pick_categories(random, cumulated[order])
        product = shelves.fitting(category, share, random.random(len(order)))
        price = shelves.list_prices[product]
        price = np.where(is_shop[order], price * 4 // 5, price)
        quantity = np.maximum(np.rint(share / price), 1).astype(np.int32)
        left[order] -= quantity * price
        parts.append(Lines(order.astype(np.int32), product, quantity, price))
    lines = join(parts)
    return lines.take(np.argsort(lines.document, kind="stable"))


class _Shelves:
    """Prices by category, so that a product can be found that a sum will buy."""

    def __init__(self) -> None:
        goods = products()
        self.list_prices = np.array([product.price for product in goods], dtype=np.int32)
        sizes = [sum(p.category == category for p in goods) for category in CATEGORIES]
        self.starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        self.prices = np.full((len(CATEGORIES), max(sizes)), np.inf)
        for category, (start, size) in enumerate(zip(self.starts, sizes, strict=True)):
            self.prices[category, :size] = self.list_prices[start : start + size]

    def fitting(self, category: np.ndarray, share: np.ndarray, u: np.ndarray) -> np.ndarray:
        """One of the products of a category that a share buys; the cheapest when it buys none."""
        affordable = (self.prices[category] <= share[:, None]).sum(axis=1)
        return (self.starts[category] + (u * affordable).astype(np.intp)).astype(np.int16)


def _numbers_of_lines(random: np.random.Generator, is_shop: np.ndarray) -> np.ndarray:
    u = random.random(len(is_shop))
    of_shops = np.searchsorted(np.cumsum(LINES_OF_SHOPS)[:-1], u, side="right")
    of_persons = np.searchsorted(np.cumsum(LINES_OF_PERSONS)[:-1], u, side="right")
    return np.where(is_shop, of_shops, of_persons) + 1


def _pick_categories(random: np.random.Generator, cumulated: np.ndarray) -> np.ndarray:
    u = random.random(len(cumulated), dtype=np.float32) * cumulated[:, -1]
    return np.minimum((cumulated <= u[:, None]).sum(axis=1), cumulated.shape[1] - 1)


def draw_returns(
    random: np.random.Generator, lines: Lines, is_shop: np.ndarray
) -> tuple[np.ndarray, Lines]:
    """The orders of which something comes back, and what: for some of their lines a part of what
    was bought. `document` of the lines is the place among the orders returned."""
    share = np.where(is_shop, RETURNED_BY_SHOPS, RETURNED_BY_PERSONS)
    is_returned = random.random(len(is_shop)) < share
    candidates = np.flatnonzero(is_returned[lines.document])
    candidates = candidates[random.random(len(candidates)) < 0.6]
    back = lines.take(candidates)
    kept = (random.random(len(candidates)) * back.quantity).astype(np.int32)
    orders, document = np.unique(back.document, return_inverse=True)
    returned = Lines(document.astype(np.int32), back.product, kept - back.quantity, back.unit_price)
    return orders, returned
