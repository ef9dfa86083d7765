"""The firm's own index of what a customer is worth, from a hierarchy of criteria."""

from collections.abc import Mapping

import numpy as np

from .data_weights import DataWeights, critic_weights, entropy_weights
from .errors import InvalidInput, NotEnoughData, NotIdentified
from .pairwise_comparison import AHP, LIMIT, ahp
from .tables import columns

BY_DATA = {"entropy": entropy_weights, "critic": critic_weights}
# Scores of many draws are worked out for so many rows times draws at once.
BATCH = 10_000_000


class ValueIndex:
    """A score from 0 to 100 on a hierarchy: goal, criteria, sub-criteria, columns (any depth).

    hierarchy : nested dict with one name at the top; the innermost lists name columns, e.g.
        ``{"value": {"economic": {"revenue": ["sales", "margin"]}, "bond": {"stay": ["years"]}}}``
    weights : by name of a node, for its children in their order: "equal" (where nothing is said),
        "entropy", "critic", a list of positive numbers, a matrix of judgements or an :class:`AHP`
    ranges : by column, (worst, best): scored 0 and 100, straight in between, cut outside. Where
        best is below worst, less is better. Without: the 5 % and 95 % quantiles of the rows fitted
    lower_is_better : columns without a range of which less is better

    score = sum over columns of (product of weights on the way down) · (column's score). So every
    column's contribution is exact: contributions sum to the score. Assumes that criteria add up and
    can make up for each other.

    Fitted attributes
    -----------------
    weights_ : dict, each node's share of its parent; ``leaf_weights_`` : dict, each column's share
        of the whole; ``ranges_`` : dict; ``consistency_`` : dict of consistency ratios (judgements)

    Refuses: ``InvalidInput`` for a hierarchy or weights that contradict themselves;
    ``NotIdentified`` with ``inconsistent_judgements`` (ratio above .1, with the node: see
    :func:`repair`) and ``no_variation`` (worst and best are equal).

    >>> index = ValueIndex({"value": {"buys": ["sales"], "stays": ["years"]}},
    ...     weights={"value": [3, 1]}, ranges={"sales": (0, 1000), "years": (0, 10)})
    >>> customers = {"sales": [1000, 200], "years": [0, 10]}
    >>> index.fit(customers).score(customers).tolist()
    [75.0, 40.0]
    """

    weights_: dict[str, float]
    leaf_weights_: dict[str, float]
    ranges_: dict[str, tuple[float, float]]
    consistency_: dict[str, float]

    def __init__(self, hierarchy, *, weights=None, ranges=None, lower_is_better=()):
        if not isinstance(hierarchy, Mapping) or len(hierarchy) != 1:
            raise InvalidInput("one_top", "a hierarchy has one name at the top")
        self.children: dict[str, list[str]] = {}
        (self.top,) = hierarchy
        self._walk(self.top, hierarchy[self.top])
        names = [self.top, *(child for found in self.children.values() for child in found)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InvalidInput("name_twice", f"named twice: {twice}", names=twice)
        self.leaves = [name for name in self._downwards() if name not in self.children]
        self.weights = dict(weights or {})
        self.ranges = dict(ranges or {})
        self.lower_is_better = tuple(lower_is_better)
        unknown = set(self.weights) - set(self.children)
        unknown |= (set(self.ranges) | set(self.lower_is_better)) - set(self.leaves)
        if unknown:
            raise InvalidInput("unknown_name", f"unknown: {sorted(unknown)}", names=sorted(unknown))

    def fit(self, table) -> "ValueIndex":
        """Ranges and weights from the rows of ``table``, a column of numbers for each leaf."""
        values = self._values(table)
        self.ranges_ = {
            leaf: self._range(leaf, values[:, place]) for place, leaf in enumerate(self.leaves)
        }
        scores = dict(zip(self.leaves, self._scaled(values).T, strict=True))
        self._sources: dict[str, AHP | DataWeights | None] = {}
        local: dict[str, np.ndarray] = {}
        self.consistency_ = {}
        # From the bottom up: data weights of a node need the scores of its children.
        for node in reversed(self._nodes()):
            below = np.stack([scores[child] for child in self.children[node]], axis=1)
            local[node], self._sources[node] = self._local(node, below)
            scores[node] = below @ local[node]
        self._local_weights = local
        self.weights_ = {
            child: float(weight)
            for node in self._nodes()
            for child, weight in zip(self.children[node], local[node], strict=True)
        }
        shares = self._leaf_weights(local)
        self.leaf_weights_ = dict(zip(self.leaves, shares.tolist(), strict=True))
        return self

    def score(self, table) -> np.ndarray:
        """The index of each row, shape (rows,), 0-100."""
        return self.contributions(table).sum(axis=1)

    def contributions(self, table) -> np.ndarray:
        """What each column brings, (rows, columns in the order of ``leaves``); they sum to the
        score."""
        return self._scaled(self._values(table)) * self._shares

    def node_scores(self, table) -> dict[str, np.ndarray]:
        """The score of every name in the hierarchy, 0-100, each of shape (rows,)."""
        scores = dict(zip(self.leaves, self._scaled(self._values(table)).T, strict=True))
        for node in reversed(self._nodes()):
            below = np.stack([scores[child] for child in self.children[node]], axis=1)
            scores[node] = below @ self._local_weights[node]
        return scores

    def weight_draws(self, samples: int = 1000, *, seed: int = 0) -> np.ndarray:
        """Weights of columns as they might have come out, shape (samples, columns).

        Judgements vary by how far they contradict each other, data weights by resampling rows;
        equal and given weights, and judgements that nothing checks, are taken as certain.
        """
        drawn = {}
        for place, node in enumerate(self._nodes()):
            source, fixed = self._sources[node], self._local_weights[node]
            drawn[node] = np.broadcast_to(fixed, (samples, len(fixed)))
            if isinstance(source, DataWeights) or (source is not None and source.checks):
                found = source.draws(samples, seed + place)
                # Left-out resamples are made up for by the first of the others.
                drawn[node] = np.resize(found, (samples, len(fixed)))
        return self._leaf_weights(drawn)

    def interval(
        self, table, *, level: float = 0.95, samples: int = 500, seed: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Limits of each row's score from the uncertainty of weights, two arrays (rows,)."""
        draws = self.weight_draws(samples, seed=seed)
        scaled = self._scaled(self._values(table))
        each = max(BATCH // samples, 1)
        parts = [
            np.quantile(part @ draws.T, [(1 - level) / 2, (1 + level) / 2], axis=1)
            for part in np.split(scaled, range(each, len(scaled), each))
        ]
        low, high = np.concatenate(parts, axis=1)
        return low, high

    def flip_weight(self, table, first: int, second: int, name: str) -> float | None:
        """At which weight of ``name`` in its parent do two rows change places?

        The other children of the parent keep their proportions. None if no weight from 0 to 1 makes
        the two equal.
        """
        parent = next((node for node, below in self.children.items() if name in below), None)
        if parent is None or len(self.children[parent]) < 2:
            raise InvalidInput("no_choice", f"{name} has nothing beside it to give weight to")
        values = self._scaled(self._values(table)[[first, second]])
        gap = np.array([self._gap(values, parent, name, weight) for weight in (0.0, 1.0)])
        # The difference of the two scores is a straight line in the weight.
        if gap[0] == gap[1]:
            return None
        weight = float(gap[0] / (gap[0] - gap[1]))
        return weight if 0 <= weight <= 1 else None

    @property
    def _shares(self) -> np.ndarray:
        return np.array([self.leaf_weights_[leaf] for leaf in self.leaves])

    def _walk(self, name, below):
        found = list(below)
        if not found or isinstance(below, str):
            raise InvalidInput("nothing_below", f"{name} has nothing below it", name=name)
        self.children[name] = found
        if isinstance(below, Mapping):
            for child in found:
                self._walk(child, below[child])

    def _downwards(self) -> list[str]:
        """All names, parents before children."""
        found = [self.top]
        for name in found:
            found += self.children.get(name, [])
        return found

    def _nodes(self) -> list[str]:
        return [name for name in self._downwards() if name in self.children]

    def _local(self, node, below):
        asked, count = self.weights.get(node, "equal"), below.shape[1]
        if isinstance(asked, str) and asked in BY_DATA:
            if count == 1:
                return np.ones(1), None
            found = BY_DATA[asked](below)
            return found.weights, found
        if isinstance(asked, str):
            if asked != "equal":
                raise InvalidInput("unknown_weights", f"{asked} is no way to weigh", node=node)
            return np.full(count, 1 / count), None
        if isinstance(asked, AHP) or np.ndim(asked) == 2:
            judged = asked if isinstance(asked, AHP) else ahp(asked)
            self.consistency_[node] = judged.consistency_ratio
            if judged.consistency_ratio > LIMIT:
                raise NotIdentified(
                    "inconsistent_judgements",
                    f"the judgements on {node} contradict each other",
                    node=node,
                    consistency_ratio=judged.consistency_ratio,
                )
            self._refuse_count(node, judged.weights, count)
            return judged.weights, judged
        given = np.asarray(asked, dtype=float)
        self._refuse_count(node, given, count)
        if not (np.isfinite(given).all() and (given >= 0).all() and given.sum() > 0):
            raise InvalidInput("unknown_weights", f"weights of {node} must be positive", node=node)
        return given / given.sum(), None

    def _refuse_count(self, node, weights, count):
        if np.shape(weights) != (count,):
            raise InvalidInput("wrong_number_of_weights", f"{node} has {count} below it", node=node)

    def _leaf_weights(self, local) -> np.ndarray:
        """Products of local weights on the way down; local ones may have a first axis of draws."""
        share = {self.top: np.ones(np.shape(local[self.top])[:-1])}
        for node in self._nodes():
            for place, child in enumerate(self.children[node]):
                share[child] = share[node] * local[node][..., place]
        return np.stack([share[leaf] for leaf in self.leaves], axis=-1)

    def _gap(self, values, parent, name, weight) -> float:
        """How far the first of two rows is ahead when ``name`` has ``weight``."""
        place = self.children[parent].index(name)
        others = np.delete(self._local_weights[parent], place)
        if not others.sum():
            others = np.ones_like(others)
        changed = np.insert((1 - weight) * others / others.sum(), place, weight)
        shares = self._leaf_weights({**self._local_weights, parent: changed})
        return float((values[0] - values[1]) @ shares)

    def _values(self, table) -> np.ndarray:
        arrays = columns(table, *self.leaves)
        try:
            values = np.stack([np.asarray(array, dtype=float) for array in arrays], axis=1)
        except (TypeError, ValueError) as error:
            raise InvalidInput("not_numbers", "columns must hold numbers") from error
        if not np.isfinite(values).all():
            raise InvalidInput("not_numbers", "columns must hold finite numbers")
        return values

    def _range(self, leaf, values) -> tuple[float, float]:
        if leaf in self.ranges:
            worst, best = (float(value) for value in self.ranges[leaf])
        else:
            if not len(values):
                raise NotEnoughData("no_rows", "ranges need rows")
            worst, best = np.quantile(values, [0.05, 0.95]).tolist()
            if leaf in self.lower_is_better:
                worst, best = best, worst
        if worst == best:
            raise NotIdentified("no_variation", f"{leaf} has no range", name=leaf)
        return worst, best

    def _scaled(self, values) -> np.ndarray:
        worst, best = np.array([self.ranges_[leaf] for leaf in self.leaves]).T
        return np.clip(100 * (values - worst) / (best - worst), 0, 100)
