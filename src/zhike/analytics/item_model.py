"""What customers bought says what they may want: models that score items by items.

Every model here keeps a matrix W of weights between items; the score of item j for a customer is
the sum of W[i, j] over the items i the customer has. So each score has an exact reason: its terms.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from .errors import InvalidInput, NotEnoughData
from .grouping import distinct_cells, key_codes

CHUNK = 1024


@dataclass(frozen=True)
class Offer:
    """An item that a customer lacks, its score, and why.

    because : pairs (item the customer has, its part of the score), largest part first; parts may be
        negative. They sum to ``score``.
    """

    item: object
    score: float
    because: tuple[tuple[object, float], ...]


class ItemModel(ABC):
    """The part that ``EASE`` and ``ItemNeighbours`` share: fit, score, recommend, explain.

    Attributes
    ----------
    items_ : (I,) distinct items, ascending
    customers_ : (C,) distinct customers, ascending
    buyers_ : (I,) int64, customers who have each item
    weights_ : (I, I) float64, W[i, j] is what having i adds to the score of j; its diagonal is 0
    """

    items_: np.ndarray
    customers_: np.ndarray
    buyers_: np.ndarray
    weights_: np.ndarray
    _owned: csr_array

    def __init__(self, most_items: int):
        self.most_items = most_items

    def fit(self, customer, item):
        """From lines of purchases: ``customer`` (n,) and ``item`` (n,). What was bought again
        counts once.

        Refuses: ``InvalidInput`` with ``unequal_lengths`` and ``too_many_items`` (the weights would
        not fit into memory), ``NotEnoughData("no_pairs")`` where nobody has two items.
        """
        customers, rows, items, cells = purchase_codes(customer, item)
        if len(items) > self.most_items:
            raise InvalidInput(
                "too_many_items",
                f"weights of {len(items)} by {len(items)} items are too many",
                items=len(items),
                most=self.most_items,
            )
        owned = owned_matrix(rows, cells, len(customers), len(items))
        if not len(owned.indptr) > 1 or np.diff(owned.indptr).max() < 2:
            raise NotEnoughData("no_pairs", "nobody bought two different items")
        together = (owned.T @ owned).toarray()
        buyers = together.diagonal().astype(np.int64)
        self.weights_ = self._weigh(together)
        self.items_, self.customers_, self.buyers_, self._owned = items, customers, buyers, owned
        return self

    @abstractmethod
    def _weigh(self, together: np.ndarray) -> np.ndarray:
        """W from the counts of customers who have both items, (I, I) float64, free to change."""

    def scores(self, customers) -> np.ndarray:
        """Scores of all items for the customers, shape (len(customers), I); also of what they have.

        Refuses ``InvalidInput("unknown_customer")``.
        """
        return self._owned[self._customer_places(customers)] @ self.weights_

    def recommend(
        self, customer, n: int = 10, *, never: Sequence = (), struck: Sequence = ()
    ) -> list[Offer]:
        """At most ``n`` offers for a customer, best first; none that the customer has, none whose
        score is not above 0 (nothing speaks for it).

        never : items not to be offered (just returned, out of stock, without margin); those the
            model doesn't know are passed over
        struck : items of the customer that shall not count as a reason; they are not offered either
        """
        place = self._customer_places([customer])[0]
        begin, end = self._owned.indptr[place : place + 2]
        return self._offers(self._owned.indices[begin:end], n, never, struck)

    def recommend_for(
        self, items: Sequence, n: int = 10, *, never: Sequence = (), struck: Sequence = ()
    ) -> list[Offer]:
        """Offers for whoever has ``items`` (a new customer, a basket). Items that the model doesn't
        know tell it nothing; ``NotEnoughData("nothing_known")`` where it knows none."""
        owned = self._item_places(items)
        if not len(owned):
            raise NotEnoughData("nothing_known", "none of these items is known", items=len(items))
        return self._offers(owned, n, never, struck)

    def recommend_all(
        self, n: int = 10, *, never: Sequence = (), never_customer=(), never_item=()
    ) -> tuple[np.ndarray, np.ndarray]:
        """The ``n`` best items of every customer: positions in ``items_`` and scores, each (C, n).

        Where fewer have a score above 0 the position is -1 and the score 0. ``never_customer`` and
        ``never_item``, (k,) each, name pairs that are not to be offered (who returned what).
        """
        n = self._number(n)
        places = np.full((len(self.customers_), n), -1)
        best = np.zeros((len(self.customers_), n))
        banned = self._banned_pairs(never_customer, never_item)
        closed = self._item_places(never)
        for begin in range(0, len(places), CHUNK):
            part = slice(begin, min(begin + CHUNK, len(places)))
            scores = self._owned[part] @ self.weights_
            scores[self._owned[part].nonzero()] = -np.inf
            scores[banned[part].nonzero()] = -np.inf
            scores[:, closed] = -np.inf
            top = best_places(scores, n)
            value = np.take_along_axis(scores, top, axis=1)
            places[part] = np.where(value > 0, top, -1)
            best[part] = np.where(value > 0, value, 0.0)
        return places, best

    def _offers(self, owned, n, never, struck):
        reasons = owned[~np.isin(owned, self._owned_places(struck, owned))]
        parts = self.weights_[reasons]
        score = parts.sum(axis=0)
        score[owned] = -np.inf
        score[self._item_places(never)] = -np.inf
        top = best_places(score[None], self._number(n))[0]
        return [self._offer(place, reasons, parts) for place in top if score[place] > 0]

    def _offer(self, place, reasons, parts):
        part = parts[:, place]
        order = np.argsort(-part, kind="stable")
        names = self.items_[reasons[order]].tolist()
        because = tuple(zip(names, part[order].tolist(), strict=True))
        return Offer(self.items_[place].item(), float(part.sum()), because)

    def _number(self, n):
        if n < 1:
            raise InvalidInput("impossible_number", "at least one offer must be asked for", n=n)
        return min(n, len(self.items_))

    def _customer_places(self, customers):
        places = known_places(self.customers_, customers)
        if (places < 0).any():
            unknown = np.asarray(customers)[places < 0][0]
            raise InvalidInput(
                "unknown_customer", "nothing is known of a customer", customer=str(unknown)
            )
        return places

    def _item_places(self, items):
        places = known_places(self.items_, items)
        return np.unique(places[places >= 0])

    def _owned_places(self, struck, owned):
        places = known_places(self.items_, struck)
        if not np.isin(places, owned).all():
            raise InvalidInput("not_owned", "what is struck out must be among the customer's items")
        return places

    def _banned_pairs(self, customer, item):
        rows, cells = known_places(self.customers_, customer), known_places(self.items_, item)
        if len(rows) != len(cells):
            raise InvalidInput("unequal_lengths", "pairs need as many customers as items")
        known = (rows >= 0) & (cells >= 0)
        return owned_matrix(rows[known], cells[known], len(self.customers_), len(self.items_))


def purchase_codes(customer, item):
    """Distinct customers, the code of each line, distinct items, the code of each line."""
    customer, item = np.asarray(customer), np.asarray(item)
    if customer.ndim != 1 or customer.shape != item.shape:
        raise InvalidInput("unequal_lengths", "customer and item must have one length")
    if not len(customer):
        raise NotEnoughData("no_pairs", "there are no purchases")
    return *key_codes(customer), *key_codes(item)


def owned_matrix(rows, cells, height, width) -> csr_array:
    """1.0 where a customer has an item, (height, width)."""
    pairs = distinct_cells(rows, cells, height, width) if len(rows) else np.empty(0, np.int64)
    row, column = np.divmod(pairs, width)
    start = np.concatenate(([0], np.cumsum(np.bincount(row, minlength=height))))
    return csr_array((np.ones(len(pairs)), column, start), shape=(height, width))


def known_places(known: np.ndarray, asked) -> np.ndarray:
    """Position of each asked key among the ascending ``known`` ones, -1 where it is not there."""
    asked = np.asarray(asked)
    if not len(asked):
        return np.empty(0, np.int64)
    if (known.dtype.kind == "U") != (asked.dtype.kind == "U"):
        # Objects were taken by their text when the model was fitted; so they are here.
        if known.dtype.kind != "U":
            raise InvalidInput("other_kind", "keys aren't of the kind of the fit")
        asked = asked.astype(str)
    places = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    return np.where(known[places] == asked, places, -1)


def best_places(scores: np.ndarray, n: int) -> np.ndarray:
    """Positions of the ``n`` largest of each row, (rows, n), largest first; of equals the first."""
    width = scores.shape[1]
    edge = np.partition(scores, width - n, axis=1)[:, width - n, None]
    above, equal = scores > edge, scores == edge
    wanted = n - above.sum(axis=1, keepdims=True)
    chosen = above | (equal & (np.cumsum(equal, axis=1) <= wanted))
    places = np.nonzero(chosen)[1].reshape(len(scores), n)
    values = np.take_along_axis(scores, places, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    return np.take_along_axis(places, order, axis=1)
