"""Forecasts of parts and of their sums, made to add up.

Wickramasuriya, Athanasopoulos & Hyndman 2019, JASA 114, 804-819 (MinT); shrinkage: Schäfer &
Strimmer 2005, Stat. Appl. Genet. Mol. Biol. 4(1); structural weights: Athanasopoulos et al. 2017,
Eur. J. Oper. Res. 262, 60-74.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from .errors import InvalidInput, NotEnoughData
from .forecasting import METHODS, SHORTEST
from .grouping import key_codes
from .series import cut, panel

WAYS = ("bottom up", "structural", "variance", "mint")
FEWEST_ERRORS = 4


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """Which parts each series sums up: N series, B parts.

    labels : N dicts, factor to value; empty for the total
    summing : (N, B) float64, 1 where the series holds the part; the last B rows are the parts
    """

    labels: list[dict]
    summing: np.ndarray

    def sums(self, parts) -> np.ndarray:
        """The N series of (B, T) parts; (N, T)."""
        return np.einsum("nb,bt->nt", self.summing, np.asarray(parts, dtype=np.float64))


def hierarchy(factors: Mapping) -> Hierarchy:
    """The total, the sums by each factor and by each set of factors, then the parts.

    factors : name to keys (B,), one per part: region, category, … Sums that hold one part only are
        left out, and so are equal ones (a factor that lies inside another).

    >>> tree = hierarchy({"region": ["N", "N", "S"], "sort": ["tea", "pots", "tea"]})
    >>> tree.labels[:3]
    [{}, {'region': 'N'}, {'sort': 'tea'}]
    >>> tree.summing.astype(int).tolist()
    [[1, 1, 1], [1, 1, 0], [1, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    """
    columns = {name: np.asarray(keys) for name, keys in factors.items()}
    sizes = {len(keys) for keys in columns.values()}
    if len(sizes) != 1 or sizes == {0}:
        raise InvalidInput("unequal_lengths", "every factor needs one key per part")
    size = sizes.pop()
    labels, rows, seen = [], [], set()
    for count in range(len(columns)):
        for names in combinations(columns, count):
            for label, row in _level(columns, names, size):
                if row.sum() > 1 and row.tobytes() not in seen:
                    seen.add(row.tobytes())
                    labels.append(label)
                    rows.append(row)
    parts = [{name: keys[place].item() for name, keys in columns.items()} for place in range(size)]
    return Hierarchy(labels + parts, np.vstack((*rows, np.eye(size))))


def _level(columns, names, size):
    codes = np.zeros(size, dtype=np.int64)
    for name in names:
        keys, code = key_codes(columns[name])
        codes = codes * len(keys) + code
    _, first, group = np.unique(codes, return_index=True, return_inverse=True)
    for number, place in enumerate(first.tolist()):
        label = {name: columns[name][place].item() for name in names}
        yield label, (group == number).astype(np.float64)


def rolling_errors(
    series, *, season: int = 1, method: str = "theta", origins: int = 24
) -> np.ndarray:
    """One-step errors (came minus forecast) at the last ``origins`` values, each by a model that
    did not know it; (S, origins), the latest last. All series need five values before.

    >>> rolling_errors([5, 5, 5, 5, 5, 5, 8], method="seasonal naive", origins=2).tolist()
    [[0.0, 3.0]]
    """
    if method not in METHODS:
        raise InvalidInput("unknown_method", f"method must be one of {list(METHODS)}")
    given = panel(series, SHORTEST + origins)
    errors = np.empty((len(given.length), origins))
    for place, last in enumerate(range(origins, 0, -1)):
        actual = given.values[:, given.values.shape[1] - last]
        errors[:, place] = actual - METHODS[method](cut(given, last), 1, season)[:, 0]
    return given.in_given_order(errors)


def reconcile(forecasts, tree: Hierarchy, *, way: str = "mint", errors=None) -> np.ndarray:
    """Forecasts that add up, as near to the given ones as their errors allow; (N, H).

    forecasts : (N, H) for the series of ``tree``, each forecast by itself
    errors : (N, T) one-step errors of those forecasts, as of :func:`rolling_errors`; needed by
        ``variance`` and ``mint``

    With S the sums and W the covariance of errors: S (S' W^-1 S)^-1 S' W^-1 times the forecasts.
    ``mint`` takes W from the errors, its correlations shrunk towards 0 as much as chance asks;
    ``variance`` its diagonal; ``structural`` the number of parts in each series; ``bottom up`` adds
    up the forecasts of the parts. Forecasts that add up already stay as they are. Sums of parts
    forecast below 0 may come out below 0.

    Refuses ``InvalidInput``: ``unequal_lengths``, ``unknown_way``, ``errors_needed``,
    ``not_finite``; ``NotEnoughData("too_few_errors")``: fewer than four per series.

    >>> tree = hierarchy({"region": ["N", "S"]})
    >>> reconcile([[10.0], [3.0], [4.0]], tree, way="structural").round(2).tolist()
    [[8.5], [3.75], [4.75]]
    """
    forecasts = np.asarray(forecasts, dtype=np.float64)
    size, parts = tree.summing.shape
    if forecasts.ndim != 2 or len(forecasts) != size:
        raise InvalidInput("unequal_lengths", f"forecasts must have {size} rows")
    if not np.all(np.isfinite(forecasts)):
        raise InvalidInput("not_finite", "forecasts must be numbers")
    if way not in WAYS:
        raise InvalidInput("unknown_way", f"way must be one of {WAYS}", way=way)
    bottom = forecasts[size - parts :]
    if way == "bottom up" or size == parts:
        return tree.sums(bottom)
    covariance = _covariance(tree, way, errors)
    # The same projection by its constraints, upper - A · bottom = 0: a system as small as the
    # number of sums, and no inverse of W.
    above = size - parts
    constraints = np.hstack((np.eye(above), -tree.summing[:above]))
    mixed = covariance @ constraints.T
    gap = constraints @ forecasts
    mended = forecasts - mixed @ np.linalg.solve(constraints @ mixed, gap)
    # Added up anew, so that the sums are sums to the last bit.
    return tree.sums(mended[above:])


def shrunk_covariance(errors) -> tuple[np.ndarray, float]:
    """Covariance of the rows of ``errors`` (N, T) around 0 with shrunk correlations, and by how
    much they were shrunk (0 to 1).

    lambda = sum_ij Var(r_ij) / sum_ij r_ij^2 over i != j (Schäfer & Strimmer, equation 10). A row
    of zeros keeps a variance just above 0: what was never wrong is trusted.
    """
    errors = np.asarray(errors, dtype=np.float64)
    count = errors.shape[1]
    variance = np.mean(errors**2, axis=1)
    floor = 1e-12 * max(float(variance.max()), 1e-300)
    deviation = np.sqrt(np.maximum(variance, floor))
    scaled = errors / deviation[:, None]
    correlation = np.einsum("it,jt->ij", scaled, scaled) / count
    squares = np.einsum("it,jt->ij", scaled**2, scaled**2) / count
    doubt = (squares - correlation**2) / (count - 1)
    np.fill_diagonal(doubt, 0.0)
    off = correlation - np.diag(np.diag(correlation))
    total = np.sum(off**2)
    shrinkage = float(np.clip(np.sum(doubt) / total, 0.0, 1.0)) if total > 0 else 1.0
    shrunk = (1 - shrinkage) * off + np.eye(len(off))
    return shrunk * np.outer(deviation, deviation), shrinkage


def _covariance(tree, way, errors):
    if way == "structural":
        return np.diag(tree.summing.sum(axis=1))
    if errors is None:
        raise InvalidInput("errors_needed", f"{way} needs the errors of the forecasts")
    errors = np.asarray(errors, dtype=np.float64)
    if errors.ndim != 2 or len(errors) != len(tree.summing):
        raise InvalidInput("unequal_lengths", f"errors must have {len(tree.summing)} rows")
    if not np.all(np.isfinite(errors)):
        raise InvalidInput("not_finite", "errors must be numbers")
    if errors.shape[1] < FEWEST_ERRORS:
        raise NotEnoughData(
            "too_few_errors",
            f"{errors.shape[1]} errors per series; {FEWEST_ERRORS} are needed",
            errors=errors.shape[1],
            needed=FEWEST_ERRORS,
        )
    covariance, _ = shrunk_covariance(errors)
    return np.diag(np.diag(covariance)) if way == "variance" else covariance
