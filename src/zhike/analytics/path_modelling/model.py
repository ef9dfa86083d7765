"""Satisfaction and what drives it: the path model of ACSI, ECSI and CCSI."""

import numpy as np

from ..errors import InvalidInput, NotEnoughData, NotIdentified
from ..moments import Moments, Sums
from ..tables import columns
from . import measures
from .algorithm import FAULTS, Solutions, solve
from .bootstrap import PathBootstrap, bootstrap
from .groups import GroupComparison, compare_groups
from .specification import METRICS, SCHEMES, specify

ROWS_PER_ARROW = 10
CONDITION = 1e10


class PathModel:
    """Partial least squares path modelling (PLS-PM).

    inner : the paths, a list of (from, to)
    outer : the items (column names) of each construct
    modes : "A" (items reflect the construct: correlation weights), "B" (items form it: regression
        weights), or a dict of them; "A" where nothing is said
    scheme : inner weighting, "centroid" (sign of the correlation), "factorial" (the correlation)
        or "path" (regression on what comes before, correlation with what comes after)
    metric : "standardised" (items scaled to variance 1) or "raw" (as answered, all on one scale).
        Both columns go by the name of the ECSI result and differ in the second digit: Tenenhaus et
        al. 2005 print the raw one, Monecke & Leisch 2012 the standardised one.
    consistent : PLSc, corrected for measurement error where mode is A and there are several items;
        Dijkstra & Henseler 2015
    scale : (lowest, highest) answer, for the index from 0 to 100; a dict by item where they differ

    Assumes linear relations without circles, and rows that are independent answers of people. The
    algorithm runs on covariances (see ``algorithm.py``), so that 5,000 resamples of the ECSI model
    take about a second.

    Fitted attributes
    -----------------
    paths_, loadings_, weights_, r_squared_, total_effects_ : dict, by (from, to), item or construct
    index_ : dict by construct, 0-100, or None without ``scale``
    correlations_ : (K, K), constructs in the order of ``constructs_``
    reliability_ : dict of :class:`Reliability`; htmt_ : dict by pair; goodness_of_fit_; srmr_
    iterations_, rows_

    Refuses: ``NotEnoughData("too_few_rows")`` below ten rows per arrow into the construct with the
    most (paths, or items in mode B; Hair, Ringle & Sarstedt 2011); ``NotIdentified`` with
    ``no_variation`` (an item with one answer), ``collinear_items`` (mode B), ``negative_weight``
    (an index would fall when an answer rises) and ``not_admissible`` (``details["faults"]``:
    ``not_converged``, ``loading_beyond_one``, ``constructs_not_positive``,
    ``reliability_out_of_range``, ``variance_explained_beyond_one``); ``InvalidInput`` for a model
    that contradicts itself and for answers ``outside_scale``.

    >>> answers = {"a1": [1, 2, 3, 4, 5] * 6, "a2": [1, 3, 2, 5, 4] * 6, "b": [2, 1, 4, 3, 5] * 6}
    >>> model = PathModel([("A", "B")], {"A": ["a1", "a2"], "B": ["b"]}, scale=(1, 5)).fit(answers)
    >>> round(model.paths_["A", "B"], 3), round(model.index_["B"], 1)
    (0.692, 50.0)
    """

    _sums: Sums | None
    paths_: dict[tuple[str, str], float]
    loadings_: dict[str, float]
    weights_: dict[str, float]
    r_squared_: dict[str, float]
    total_effects_: dict[tuple[str, str], float]
    index_: dict[str, float] | None
    importance_: dict[tuple[str, str], float] | None

    def __init__(
        self,
        inner,
        outer,
        *,
        modes="A",
        scheme: str = "centroid",
        metric: str = "standardised",
        consistent: bool = False,
        scale=None,
    ):
        if scheme not in SCHEMES or metric not in METRICS:
            raise InvalidInput("unknown_option", f"scheme is one of {SCHEMES}, metric of {METRICS}")
        if consistent and metric == "raw":
            raise InvalidInput("consistent_needs_standardised", "PLSc works on correlations")
        self.specification = specify(inner, outer, modes)
        self.scheme, self.metric, self.consistent = scheme, metric, consistent
        self.scale = None if scale is None else _scale(scale, self.specification.items)

    def fit(self, table) -> "PathModel":
        """``table`` has a column of numbers, without gaps, for each item."""
        values = self._values(table)
        self._refuse_rows(values)
        sums = Sums(values)
        self._keep(sums.whole(), len(values))
        # Kept last: a refused fit leaves the model as it was.
        self._sums = sums
        return self

    def fit_moments(self, covariance, rows: int, means=None) -> "PathModel":
        """Fits to a covariance (or correlation) matrix, items in the order of ``outer``.

        For published tables. Without rows there is no bootstrap, without ``means`` no index.
        """
        covariance = np.asarray(covariance, dtype=float)
        count = len(self.specification.items)
        if covariance.shape != (count, count) or not np.allclose(covariance, covariance.T):
            raise InvalidInput(
                "not_a_covariance", f"a symmetric {count} x {count} matrix is needed"
            )
        if means is None and self.scale is not None:
            raise InvalidInput("index_needs_means", "an index needs the items' means")
        means = np.zeros(count) if means is None else np.asarray(means, dtype=float)
        self._keep(Moments(means[None], covariance[None]), rows)
        self._sums = None
        return self

    def scores(self, table) -> np.ndarray:
        """Construct scores, shape (rows, K): mean 0 and variance 1 over the rows fitted to."""
        values = self._values(table)
        weights = measures.unstandardised(self._solution.weights, self._moments, self._raw)[0]
        return ((values - self._moments.means[0]) * weights) @ self.specification.mask

    def index_scores(self, table) -> np.ndarray:
        """The index of each row, shape (rows, K), 0-100; its mean over all rows is ``index_``."""
        low, high = self._needed_scale()
        weights = measures.unstandardised(self._solution.weights, self._moments, self._raw)[0]
        reach = (weights * (high - low)) @ self.specification.mask
        values = self._values(table)
        index = 100 * (((values - low) * weights) @ self.specification.mask) / reach
        # No weight is negative, so only rounding can lead out of the scale.
        return np.clip(index, 0, 100)

    def importance_performance(self, target: str) -> dict[str, tuple[float, float]]:
        """Importance and performance of every construct that leads to ``target``.

        Importance: points of the target's index per point of the construct's (unstandardised total
        effect). Performance: the construct's index. Ringle & Sarstedt 2016, Industrial Management &
        Data Systems 116(9), 1865-1886. Limits of both come from :meth:`bootstrap`.
        """
        self._needed_scale()
        index, importance = self.index_ or {}, self.importance_ or {}
        found = {
            start: (value, index[start])
            for (start, end), value in importance.items()
            if end == target
        }
        if not found:
            raise InvalidInput("nothing_leads_there", f"no path leads to {target}")
        return found

    def item_importance(self, target: str) -> dict[str, tuple[float, float]]:
        """The same by item: importance is shared among a construct's items by weight."""
        low, high = self._needed_scale()
        weights = measures.unstandardised(self._solution.weights, self._moments, self._raw)[0]
        mask = self.specification.mask
        share = weights * (high - low) / (mask @ ((weights * (high - low)) @ mask))
        performance = 100 * (self._moments.means[0] - low) / (high - low)
        by_construct = self.importance_performance(target)
        found = {}
        for place, item in enumerate(self.specification.items):
            name = self.specification.constructs[self.specification.construct_of(place)]
            if name in by_construct:
                found[item] = by_construct[name][0] * share[place], performance[place]
        return {item: (float(a), float(b)) for item, (a, b) in found.items()}

    def bootstrap(
        self,
        samples: int = 5000,
        *,
        seed: int = 0,
        level: float = 0.95,
        sign_change: str = "construct",
    ) -> PathBootstrap:
        """Standard errors and percentile limits of everything; see :class:`PathBootstrap`."""
        return bootstrap(self, samples, seed, level, sign_change)

    def compare_groups(
        self, table, groups, *, permutations: int = 1000, seed: int = 0
    ) -> list[GroupComparison]:
        """Do paths and index differ between groups of rows? See :class:`GroupComparison`."""
        return compare_groups(self, self._values(table), groups, permutations, seed)

    def summary(self) -> str:
        """Paths, R² and index as text for a notebook; names the variant that is shown."""
        variant = f"{self.metric}, {self.scheme} scheme" + (", PLSc" if self.consistent else "")
        lines = [f"PLS path model ({variant}): {self.rows_} rows, {self.iterations_} iterations"]
        lines += [f"{a:>14} -> {b:<14}{value:>8.3f}" for (a, b), value in self.paths_.items()]
        for name in self.constructs_:
            explained = self.r_squared_.get(name)
            text = "" if explained is None else f"R² {explained:.3f}"
            index = "" if self.index_ is None else f"index {self.index_[name]:.1f}"
            lines.append(f"{name:>14}  {text:<10}{index}")
        return "\n".join(lines)

    def solve(self, moments: Moments, reference=None) -> Solutions:
        """Solutions for many sets of moments at once; the base of bootstrap and permutation."""
        matrices = moments.covariances if self._raw else moments.correlations()
        return solve(
            matrices,
            self.specification,
            scheme=self.scheme,
            consistent=self.consistent,
            reference=reference,
        )

    def measures(self, solutions: Solutions, moments: Moments) -> dict[str, np.ndarray]:
        return measures.values(solutions, moments, self.specification, self._raw, self.scale)

    @property
    def _raw(self) -> bool:
        return self.metric == "raw"

    def _needed_scale(self):
        if self.scale is None:
            raise InvalidInput("no_scale", "an index needs scale=(lowest, highest) answer")
        return self.scale

    def _values(self, table) -> np.ndarray:
        """Answers as float64, shape (rows, P)."""
        arrays = columns(table, *self.specification.items)
        try:
            values = np.stack([np.asarray(array, dtype=float) for array in arrays], axis=1)
        except (TypeError, ValueError) as error:
            raise InvalidInput("not_numbers", "items must hold numbers") from error
        if not np.isfinite(values).all():
            raise InvalidInput("not_numbers", "items must hold finite numbers")
        if self.scale is not None:
            outside = ((values < self.scale[0]) | (values > self.scale[1])).any(axis=0)
            self._refuse_items(InvalidInput, "outside_scale", outside, "answers outside the scale")
        return values

    def _refuse_rows(self, values):
        arrows = [self.specification.precedes.sum(axis=0).max()]
        for block, mode in zip(self.specification.blocks, self.specification.modes, strict=True):
            arrows.append(block.stop - block.start if mode == "B" else 0)
        needed = ROWS_PER_ARROW * int(max(arrows))
        if len(values) < needed:
            raise NotEnoughData(
                "too_few_rows",
                f"{len(values)} rows, {needed} needed",
                rows=len(values),
                needed=needed,
            )

    def _refuse_items(self, kind, code, at, message):
        if at.any():
            names = [item for item, bad in zip(self.specification.items, at, strict=True) if bad]
            raise kind(code, f"{message}: {names}", items=names)

    def _keep(self, moments: Moments, rows: int):
        self._refuse_degenerate(moments)
        solution = self.solve(moments)
        faults = [name for name, found in zip(FAULTS, solution.faults[0], strict=True) if found]
        if faults:
            raise NotIdentified(
                "not_admissible", f"the solution is not admissible: {faults}", faults=faults
            )
        if self.scale is not None:
            self._refuse_items(
                NotIdentified, "negative_weight", solution.weights[0] < 0, "negative weights"
            )
        self._moments, self._solution, self.rows_ = moments, solution, rows
        names = measures.keys(self.specification, self.scale is not None)
        for name, found in self.measures(solution, moments).items():
            pairs = zip(names[name], found[0].tolist(), strict=True)
            setattr(self, f"{name}_", dict(pairs))
        if self.scale is None:
            self.index_ = self.importance_ = None
        correlations = moments.correlations()[0]
        self.constructs_ = self.specification.constructs
        self.correlations_ = solution.correlations[0]
        self.iterations_ = int(solution.iterations[0])
        self.reliability_ = measures.reliability(solution, correlations, self.specification)
        self.htmt_ = measures.htmt(correlations, self.specification)
        self.goodness_of_fit_ = measures.goodness_of_fit(solution, self.specification)
        self.srmr_ = measures.root_mean_square_residual(
            solution, correlations, self.specification, self.consistent
        )
        return self

    def _refuse_degenerate(self, moments: Moments):
        variance = np.diagonal(moments.covariances[0])
        still = ~(variance > 1e-12 * np.maximum(moments.means[0] ** 2, 1e-12))
        self._refuse_items(NotIdentified, "no_variation", still, "items that never vary")
        correlations = moments.correlations()[0]
        for name, block, mode in zip(
            self.specification.constructs,
            self.specification.blocks,
            self.specification.modes,
            strict=True,
        ):
            if mode == "B" and np.linalg.cond(correlations[block, block]) > CONDITION:
                raise NotIdentified(
                    "collinear_items",
                    f"items of {name} determine each other, mode B has no weights",
                    construct=name,
                )


def _scale(scale, items):
    """Lowest and highest answer of each item, two arrays of shape (P,)."""
    by_item = scale if isinstance(scale, dict) else dict.fromkeys(items, scale)
    missing = [item for item in items if item not in by_item]
    if missing:
        raise InvalidInput("no_scale", f"no scale for {missing}", items=missing)
    low, high = np.array([by_item[item] for item in items], dtype=float).T
    if not (low < high).all():
        raise InvalidInput("scale_out_of_order", "the lowest answer must be below the highest")
    return low, high
