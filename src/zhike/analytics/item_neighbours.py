"""What a customer may want next, from items that go together: neighbours by cosine."""

import numpy as np

from .errors import InvalidInput
from .item_model import ItemModel, best_places


class ItemNeighbours(ItemModel):
    """Item-based nearest neighbours (Sarwar et al. 2001, WWW '01, 285-295), cosine with shrinkage.

    With c(i, j) customers who have both and n(i) who have i::

        W[i, j] = c(i, j) / (sqrt(n(i) n(j)) + shrinkage)

    and of each column only the ``neighbours`` largest (of equals the first). Shrinkage draws pairs
    to 0 that few customers speak for. No inverse is needed, and every part of a score is positive;
    unlike ``EASE`` it counts twice what two alike items say.

    >>> customer = ["a", "a", "b", "b", "c", "c", "d", "d", "e"]
    >>> item = ["tea", "cup", "tea", "cup", "tea", "cup", "tea", "sugar", "tea"]
    >>> model = ItemNeighbours(shrinkage=0).fit(customer, item)
    >>> [(offer.item, round(offer.score, 3)) for offer in model.recommend("e")]
    [('cup', 0.775), ('sugar', 0.447)]

    Parameters
    ----------
    neighbours : items that speak for an item, at least 1
    shrinkage : 0 or above, in customers
    most_items : refuses more items than this (20,000 need 3.2 GB for each matrix)
    """

    def __init__(self, neighbours: int = 100, shrinkage: float = 10.0, *, most_items: int = 20_000):
        super().__init__(most_items)
        if neighbours < 1:
            raise InvalidInput("impossible_number", "at least one neighbour is needed")
        if not 0 <= shrinkage < np.inf:
            raise InvalidInput("impossible_shrinkage", "shrinkage must be 0 or above")
        self.neighbours, self.shrinkage = int(neighbours), float(shrinkage)

    def _weigh(self, together):
        length = np.sqrt(together.diagonal())
        weights = together / (np.outer(length, length) + self.shrinkage)
        np.fill_diagonal(weights, 0.0)
        if self.neighbours < len(weights):
            # W is symmetric until it is cut: rows are neighbours of columns.
            edge = best_places(weights, self.neighbours)
            kept = np.zeros_like(weights)
            np.put_along_axis(kept, edge, np.take_along_axis(weights, edge, axis=1), axis=1)
            weights = np.ascontiguousarray(kept.T)
        return weights
