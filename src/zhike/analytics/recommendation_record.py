"""What offers were worth: ranked on purchases that the model has not seen."""

from dataclasses import dataclass

import numpy as np

from .errors import InvalidInput, NotEnoughData
from .grouping import distinct_cells
from .item_model import CHUNK, ItemModel, best_places, known_places, owned_matrix, purchase_codes
from .survival_times import normal_quantile
from .tables import epoch_day, epoch_days

FEWEST_CUSTOMERS = 30


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Purchases that a model may see, and those it is asked for; each pair once."""

    customer: np.ndarray
    item: np.ndarray
    held_customer: np.ndarray
    held_item: np.ndarray


@dataclass(frozen=True)
class RecommendationRecord:
    """The quality of offers beside that of offering everybody what most have.

    Means over customers of whom something was held out:

    ndcg : discounted gain of the first ``at`` offers, 1 where all of them are hits
    recall : share of what was held out among the first ``recall_at`` offers
    gain : ndcg - popular_ndcg; ``interval`` and ``gain_interval`` are 95 % limits (by the spread
        between customers)
    beats_popular : the lower limit of the gain is above 0
    """

    customers: int
    at: int
    recall_at: int
    ndcg: float
    interval: tuple[float, float]
    recall: float
    popular_ndcg: float
    popular_recall: float
    gain: float
    gain_interval: tuple[float, float]

    @property
    def beats_popular(self) -> bool:
        return self.gain_interval[0] > 0


def k_core(customer, item, fewest: int = 5) -> np.ndarray:
    """Which lines, (n,) bool, belong to customers with at least ``fewest`` different items and to
    items with as many customers, after all others have left in turn.

    >>> k_core([1, 1, 2, 2, 3], ["a", "b", "a", "b", "a"], 2).tolist()
    [True, True, True, True, False]
    """
    customers, rows, items, cells = purchase_codes(customer, item)
    width, kept = len(items), np.ones(len(rows), dtype=bool)
    while kept.any():
        pairs = distinct_cells(rows[kept], cells[kept], len(customers), width)
        many_items = np.bincount(pairs // width, minlength=len(customers)) >= fewest
        many_customers = np.bincount(pairs % width, minlength=width) >= fewest
        left = kept & many_items[rows] & many_customers[cells]
        if left.sum() == kept.sum():
            break
        kept = left
    return kept


def random_split(customer, item, *, share: float = 0.2, seed: int = 0) -> HeldOut:
    """Holds out a random ``share`` of each customer's different items, rounded up, never all.

    Easier than the future is: what is in fashion is seen in what others bought at the same time.
    """
    if not 0 < share < 1:
        raise InvalidInput("impossible_share", "share must lie between 0 and 1", share=share)
    customers, rows, items, cells = purchase_codes(customer, item)
    pairs = distinct_cells(rows, cells, len(customers), len(items))
    row, cell = np.divmod(pairs, len(items))
    order = np.lexsort((np.random.default_rng(seed).random(len(pairs)), row))
    count = np.bincount(row)
    first = np.concatenate(([0], np.cumsum(count)[:-1]))
    # A share such as 0.2 of 5 is 1, whatever the last bit of the product says.
    asked = np.minimum(np.ceil(share * count - 1e-9), count - 1)
    held = np.zeros(len(pairs), dtype=bool)
    held[order] = (np.arange(len(pairs)) - first[row]) < asked[row]
    return _held_out(customers[row], items[cell], held)


def time_split(customer, item, day, split) -> HeldOut:
    """Holds out what customers bought from day ``split`` on and never before.

    Only customers known before; items that nobody had bought before stay in, as misses: the firm
    would have missed them. This is the figure to go by.
    """
    customers, rows, items, cells = purchase_codes(customer, item)
    days = epoch_days(day)
    if days.shape != rows.shape:
        raise InvalidInput("unequal_lengths", "day must have the length of customer")
    pair = rows * len(items) + cells
    order = np.lexsort((days, pair))
    pairs, first = np.unique(pair[order], return_index=True)
    later = days[order][first] >= epoch_day(split)
    row, cell = np.divmod(pairs, len(items))
    known = np.bincount(row[~later], minlength=len(customers)) > 0
    used = known[row]
    return _held_out(customers[row[used]], items[cell[used]], later[used])


def recommendation_record(
    model: ItemModel, split: HeldOut, *, at: int = 10, recall_at: int = 20
) -> RecommendationRecord:
    """Fits ``model`` on what it may see and ranks for each customer the items not seen there.

    nDCG@k (Järvelin & Kekäläinen 2002, ACM TOIS 20(4)): hits at rank r count 1 / log2(r + 1), over
    the most that could be had. Refuses ``NotEnoughData("too_few_customers")`` below 30.

    >>> random = np.random.default_rng(0)
    >>> taste = np.repeat(np.arange(90) % 3, 8)
    >>> customer, item = np.repeat(np.arange(90), 8), taste * 20 + random.integers(0, 20, 720)
    >>> from zhike.analytics import EASE
    >>> record = recommendation_record(EASE(10), random_split(customer, item))
    >>> record.beats_popular
    True
    """
    model.fit(split.customer, split.item)
    row, cell = _asked(model, split)
    asked, rank_of = np.unique(row, return_inverse=True)
    if len(asked) < FEWEST_CUSTOMERS:
        raise NotEnoughData(
            "too_few_customers",
            "too few customers have something held out",
            customers=len(asked),
            needed=FEWEST_CUSTOMERS,
        )
    held = np.bincount(rank_of)
    known = cell >= 0
    hits = owned_matrix(rank_of[known], cell[known], len(asked), len(model.items_))
    ours, plain = np.zeros((2, len(asked))), np.zeros((2, len(asked)))
    for begin in range(0, len(asked), CHUNK):
        part = slice(begin, begin + CHUNK)
        customers = model.customers_[asked[part]]
        owned, wanted = model._owned[asked[part]].nonzero(), hits[part].toarray() > 0
        for scores, result in (
            (model.scores(customers), ours),
            (np.tile(model.buyers_.astype(float), (len(customers), 1)), plain),
        ):
            scores[owned] = -np.inf
            result[:, part] = _quality(scores, wanted, held[part], at, recall_at)
    return _record(len(asked), at, recall_at, ours, plain)


def _held_out(customer, item, held):
    return HeldOut(customer[~held], item[~held], customer[held], item[held])


def _asked(model, split):
    """Rows of customers and cells of items held out; -1 for an item the model has not seen."""
    row = known_places(model.customers_, split.held_customer)
    used = row >= 0
    return row[used], known_places(model.items_, split.held_item)[used]


def _quality(scores, wanted, held, at, recall_at):
    """nDCG and recall of each row."""
    longest = min(max(at, recall_at), scores.shape[1])
    hit = np.take_along_axis(wanted, best_places(scores, longest), axis=1)
    discount = 1 / np.log2(np.arange(2, at + 2))
    best = np.cumsum(discount)[np.minimum(held, at) - 1]
    gained = hit[:, :at] @ discount[: hit[:, :at].shape[1]]
    return gained / best, hit[:, :recall_at].sum(axis=1) / held


def _record(customers, at, recall_at, ours, plain):
    def limits(values):
        half = normal_quantile(0.95) * values.std(ddof=1) / np.sqrt(customers)
        return float(values.mean() - half), float(values.mean() + half)

    gain = ours[0] - plain[0]
    return RecommendationRecord(
        customers,
        at,
        recall_at,
        float(ours[0].mean()),
        limits(ours[0]),
        float(ours[1].mean()),
        float(plain[0].mean()),
        float(plain[1].mean()),
        float(gain.mean()),
        limits(gain),
    )
