"""Facts about customers as the columns of a regression."""

from collections.abc import Mapping, Sequence

import numpy as np

from .errors import InvalidInput, NotIdentified
from .tables import columns

TOO_ALIKE = 1e-8
# Where the pieces of a curve meet: Harrell 2015, Regression Modeling Strategies, table 2.3.
KNOTS = (0.05, 0.275, 0.5, 0.725, 0.95)


class DesignMatrix:
    """How named facts become columns; learnt on one table, applied to others.

    Numbers and booleans are one column each. Text is one column per category but the most frequent
    one (of equally frequent ones the first by name), which the others are compared with; such a
    column is named ``fact=category``. A ``curved`` fact is a natural cubic spline: straight before
    the first and after the last of five knots at its quantiles, at most four columns.

    >>> design = DesignMatrix().fit({"age": [30, 40, 50], "plan": ["m", "y", "m"]})
    >>> design.names_
    ['age', 'plan=y']
    >>> design.transform({"age": [20], "plan": ["y"]}).tolist()
    [[20.0, 1.0]]

    Attributes
    ----------
    names_ : list of the columns, C of them
    fact_ : list of the fact that each column belongs to, (C,)
    """

    names_: list[str]
    fact_: list[str]

    def __init__(self, curved: Sequence[str] = ()):
        self.curved = tuple(curved)

    def fit(self, facts) -> "DesignMatrix":
        """Learns from a mapping of columns, or an array (rows, columns): facts x1, x2, …

        Raises ``InvalidInput("no_facts")`` without any column.
        """
        facts = named(facts)
        self._categories: dict[str, list[str] | None] = {}
        self._knots: dict[str, np.ndarray] = {}
        self.names_, self.fact_ = [], []
        for name in facts:
            (column,) = columns(facts, name)
            categories = _categories(column)
            self._categories[name] = categories
            new = [name] if categories is None else [f"{name}={value}" for value in categories[1:]]
            if name in self.curved and categories is None:
                self._knots[name] = np.unique(np.quantile(column.astype(np.float64), KNOTS))
                new += [f"{name}, bend {n + 1}" for n in range(len(self._knots[name]) - 2)]
            self.names_ += new
            self.fact_ += [name] * len(new)
        if not self.names_:
            raise InvalidInput("no_facts", "no fact varies: there is nothing to compare")
        return self

    def transform(self, facts) -> np.ndarray:
        """The columns, float64, shape (rows, columns).

        Raises ``InvalidInput``: ``missing_column``, ``missing_values``, ``not_finite``,
        ``unknown_category`` (one that was not there when the design was learnt).
        """
        facts = named(facts)
        arrays = columns(facts, *self._categories)
        parts = [
            self._encode(array, name, categories)
            for array, (name, categories) in zip(arrays, self._categories.items(), strict=True)
        ]
        matrix = np.column_stack(parts)
        if not np.all(np.isfinite(matrix)):
            place = int(np.flatnonzero(~np.isfinite(matrix).all(axis=0))[0])
            name = self.names_[place]
            raise InvalidInput("not_finite", f"{name} has infinite values", column=name)
        return matrix

    def _encode(self, column, name, categories):
        if categories is None:
            number = _number(column, name)
            return _spline(number, self._knots[name]) if name in self._knots else number
        text = column.astype(str)
        unknown = ~np.isin(text, categories)
        if unknown.any():
            value = str(text[unknown][0])
            raise InvalidInput(
                "unknown_category", f"{name} was never {value!r} before", column=name, value=value
            )
        return (text[:, None] == np.array(categories[1:], dtype=str)).astype(np.float64)


def named(facts):
    """A table as it is; an array (rows, columns) as columns x1, x2, …"""
    if isinstance(facts, Mapping):
        return facts
    if hasattr(facts, "columns"):
        names = list(facts.columns)
        return dict(zip(names, columns(facts, *names), strict=True))
    matrix = np.asarray(facts)
    if matrix.ndim != 2:
        raise InvalidInput("not_a_table", "facts must be columns by name or an array of rows")
    return {f"x{place + 1}": column for place, column in enumerate(matrix.T)}


def standardise(matrix: np.ndarray, names: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(matrix - mean) / spread, mean, spread; column by column.

    Raises ``NotIdentified``: ``no_variation`` (a column is constant), ``collinear`` (a column is
    a sum of others).
    """
    mean, spread = matrix.mean(axis=0), matrix.std(axis=0)
    constant = spread <= 1e-12 * np.maximum(np.abs(mean), 1e-300)
    if constant.any():
        name = names[int(np.flatnonzero(constant)[0])]
        raise NotIdentified("no_variation", f"{name} is the same for everybody", column=name)
    scaled = (matrix - mean) / spread
    # A pivot of the triangular factor is what a column has that those before it have not.
    pivots = np.abs(np.diag(np.linalg.qr(scaled, mode="r"))) / np.sqrt(len(scaled))
    if len(scaled) < scaled.shape[1] or (pivots < TOO_ALIKE).any():
        name = names[int(np.argmin(pivots))]
        raise NotIdentified("collinear", f"{name} follows from the other facts", column=name)
    return scaled, mean, spread


def cross_product(matrix: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """X' diag(weight) X, summed in one order whatever the number of threads."""
    return np.einsum("ni,nj->ij", matrix * weight[:, None], matrix)


def _categories(column):
    if column.dtype.kind in "biuf":
        return None
    values, counts = np.unique(column.astype(str), return_counts=True)
    order = np.lexsort((values, -counts))
    return values[order].tolist()


def _number(column, name):
    try:
        return column.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidInput("not_a_number", f"{name} must be numbers", column=name) from error


def _spline(number, knots):
    """The number itself and a cubic bend per knot but the last two, scaled to its own unit.

    bend_j = [(x - t_j)^3 - (x - t_k-1)^3 (t_k - t_j) / (t_k - t_k-1)
              + (x - t_k)^3 (t_k-1 - t_j) / (t_k - t_k-1)] / (t_k - t_1)^2, cubes of negative
    numbers being 0.
    """
    if len(knots) < 3:
        return number[:, None]
    cubes = np.maximum(number[:, None] - knots, 0.0) ** 3
    first, last, before = knots[:-2], knots[-1], knots[-2]
    gap = last - before
    bends = (
        cubes[:, :-2]
        - cubes[:, [-2]] * (last - first) / gap
        + cubes[:, [-1]] * (before - first) / gap
    )
    return np.column_stack((number, bends / (last - knots[0]) ** 2))
