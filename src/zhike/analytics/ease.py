"""What a customer may want next, from what all bought: EASE, in closed form."""

import numpy as np
from scipy.linalg import lapack

from .errors import InvalidInput, NotIdentified
from .item_model import ItemModel


class EASE(ItemModel):
    """Embarrassingly shallow autoencoder (Steck 2019, WWW '19, 3251-3257).

    Each item is predicted from all others by one ridge regression. With X the customers' items (0
    or 1) and G = X'X + penalty · I, all of them together are::

        minimise |X - XB|² + penalty |B|²  where diag B = 0
        P = inverse of G,   B[i, j] = -P[i, j] / P[j, j]                        (eq. 8)

    One inverse of items by items in float64; customers only count. A score is no probability: it
    orders items. Whether the order is worth something is for ``recommendation_record`` to say.

    Three customers have tea and a cup, one has tea and sugar:

    >>> customer = ["a", "a", "b", "b", "c", "c", "d", "d", "e"]
    >>> item = ["tea", "cup", "tea", "cup", "tea", "cup", "tea", "sugar", "tea"]
    >>> model = EASE(penalty=1).fit(customer, item)
    >>> offer = model.recommend("e", n=1)[0]
    >>> offer.item, round(offer.score, 3), offer.because == (("tea", offer.score),)
    ('cup', 0.545, True)
    >>> [offer.item for offer in model.recommend("e", never=["cup"])]
    ['sugar']

    Parameters
    ----------
    penalty : above 0; larger draws rare pairs to 0. 10 to 1000 is usual; choose by the record.
    most_items : refuses more items than this (20,000 need 3.2 GB for each matrix)
    """

    def __init__(self, penalty: float = 100.0, *, most_items: int = 20_000):
        super().__init__(most_items)
        if not 0 < penalty < np.inf:
            raise InvalidInput("impossible_penalty", "penalty must be above 0", penalty=penalty)
        self.penalty = float(penalty)

    def _weigh(self, together):
        gram = np.asfortranarray(together)
        gram[np.diag_indices(len(gram))] += self.penalty
        factor, failed = lapack.dpotrf(gram, lower=1, overwrite_a=1)
        if not failed:
            inverse, failed = lapack.dpotri(factor, lower=1, overwrite_c=1)
        if failed:
            raise NotIdentified(
                "penalty_too_small", "items can't be told apart", penalty=self.penalty
            )
        weights = np.tril(inverse) + np.tril(inverse, -1).T
        weights /= -weights.diagonal()
        np.fill_diagonal(weights, 0.0)
        return weights
