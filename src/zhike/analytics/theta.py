"""Theta: the trend of the whole and the level of late, half and half or as the data want it.

Assimakopoulos & Nikolopoulos 2000, Int. J. Forecasting 16, 521-530; as state space, optimised and
dynamic: Fiorucci, Pellegrini, Louzada, Petropoulos & Koehler 2016, Int. J. Forecasting 32,
1151-1161.
"""

from dataclasses import dataclass

import numpy as np

from .errors import InvalidInput
from .series import (
    Panel,
    line,
    panel,
    season_ahead,
    season_factors,
    season_terms,
    seasonal,
    some,
    spread_season,
)

KINDS = ("standard", "optimised", "dynamic standard", "dynamic")
SHORTEST = 4
SMOOTHING = np.linspace(0.05, 0.99, 20)
ZOOMS = 2
LARGEST_SHARE = 0.999  # of the trend's line: theta = 1000


class Theta:
    """Theta models of many series at once.

    With level l, line A + B t through the history, smoothing alpha and w = 1 - 1 / theta::

        mu_t = l_(t-1) + w ((1 - alpha)^(t-1) A + (1 - (1 - alpha)^t) / alpha B)
        l_t  = alpha y_t + (1 - alpha) l_(t-1)

    ``standard`` has theta = 2 (w = 1/2), ``optimised`` estimates it; in the two ``dynamic`` kinds
    (``dynamic`` estimates theta) the line at t is the one through the values before t only. Given
    alpha, mu is linear in l_0 and w: both come by least squares, and alpha alone is searched for.

    Series with a season (test of autocorrelation at 90 %) are divided by its factors before (or
    freed of its terms where values are not positive), multiplied after. Needs four values
    (``too_short``).

    On the 3,003 series of the M3 competition (sMAPE over all forecasts; the best of its entries
    had 13.05): dynamic 13.00, standard 13.09, dynamic standard 13.09, optimised 14.12.

    Parameters
    ----------
    season : periods in a season, 1 for none; kind : one of the four

    >>> Theta().fit([10, 12, 14, 16, 18, 20]).predict(2).round(1).tolist()
    [[22.0, 24.0]]

    Attributes
    ----------
    smoothing_, theta_ : (S,); seasonal_ : (S,) bool; sigma_ : (S,) spread of one-step errors
    """

    smoothing_: np.ndarray
    theta_: np.ndarray
    seasonal_: np.ndarray
    sigma_: np.ndarray

    def __init__(self, season: int = 1, kind: str = "dynamic"):
        if kind not in KINDS:
            raise InvalidInput("unknown_kind", f"kind must be one of {KINDS}", kind=kind)
        self.season, self.kind = season, kind

    def fit(self, series) -> "Theta":
        """``series``: one (n,), rows (S, n), or a list of different lengths."""
        return self.fit_panel(panel(series, SHORTEST))

    def fit_panel(self, given: Panel) -> "Theta":
        self._panel = given
        self._adjustment = adjust_season(given, self.season)
        plain = Panel(self._adjustment.values, given.length, given.order)
        self._fitted = _search(plain, self.kind)
        fitted = self._fitted
        degrees = np.maximum(given.length - 3, 1)
        self.smoothing_ = given.in_given_order(fitted.smoothing)
        self.theta_ = given.in_given_order(1 / (1 - fitted.share))
        self.seasonal_ = given.in_given_order(self._adjustment.seasonal)
        self.sigma_ = given.in_given_order(np.sqrt(fitted.squares / degrees))
        return self

    def predict(self, horizon: int) -> np.ndarray:
        """Forecasts of the next ``horizon`` periods, (S, horizon)."""
        plain = _ahead(self._fitted, self._panel.length, horizon, "dynamic" in self.kind)
        return self._panel.in_given_order(self._adjustment.undo(plain))


@dataclass(frozen=True, eq=False)
class Adjustment:
    """Series without their season, and how to put it back."""

    values: np.ndarray
    seasonal: np.ndarray
    factors: np.ndarray
    terms: np.ndarray

    def undo(self, forecast: np.ndarray) -> np.ndarray:
        horizon = forecast.shape[1]
        terms = season_ahead(self.terms, horizon)
        return forecast * season_ahead(self.factors, horizon) + terms


def adjust_season(given: Panel, season: int) -> Adjustment:
    """Divides seasonal series by their factors; where values are not positive, takes terms off."""
    size, width = given.values.shape
    factors, terms = np.ones((size, max(season, 1))), np.zeros((size, max(season, 1)))
    found = seasonal(given, season)
    if found.any():
        positive = np.where(given.is_there(), given.values, 1.0).min(axis=1) > 0
        for rows, target, measure in (
            (found & positive, factors, season_factors),
            (found & ~positive, terms, season_terms),
        ):
            if rows.any():
                target[rows] = measure(some(given, rows), season)
        # A factor near 0 would blow up what it divides.
        tame = factors.min(axis=1) > 0.01
        factors[~tame] = 1.0
    values = given.values / spread_season(factors, width) - spread_season(terms, width)
    return Adjustment(np.where(given.is_there(), values, 0.0), found, factors, terms)


@dataclass(frozen=True, eq=False)
class _Fitted:
    smoothing: np.ndarray
    share: np.ndarray
    squares: np.ndarray
    level: np.ndarray
    intercept: np.ndarray
    slope: np.ndarray
    mean: np.ndarray


def _search(given: Panel, kind: str) -> _Fitted:
    """Grid of alpha, then finer grids around the best; every series has its own."""
    free, dynamic = kind in ("optimised", "dynamic"), "dynamic" in kind
    size = len(given.length)
    grid = np.broadcast_to(SMOOTHING, (size, len(SMOOTHING)))
    step = SMOOTHING[1] - SMOOTHING[0]
    trend = line(given)
    best: _Fitted | None = None
    for _ in range(ZOOMS + 1):
        found = _best_of(given, grid, trend, free, dynamic)
        better = np.ones(size, dtype=bool) if best is None else found.squares < best.squares
        best = found if best is None else _merge(best, found, better)
        around = np.linspace(-1, 1, 9)[[1, 2, 3, 5, 6, 7]] * step
        grid = np.clip(best.smoothing[:, None] + around, 0.01, 0.995)
        step = step / 4
    assert best is not None
    return best


def _best_of(given, grid, trend, free, dynamic):
    """Least squares over l_0 and w for every alpha of ``grid`` (S, G); the best of each row.

    The level is r_t + (1 - alpha)^t l_0 with r from 0; the error y - mu is then
    (y - r) - (1 - alpha)^(t-1) l_0 - w z. Sums over time of the six products decide.
    """
    size, candidates = grid.shape
    keep = 1 - grid
    level, power = np.zeros(grid.shape), np.ones(grid.shape)
    sums = np.zeros((6, size, candidates))
    mean, slope = np.zeros((2, size, 1))
    intercept = np.zeros((size, 1))
    if not dynamic:
        intercept, slope = trend[0][:, None], trend[1][:, None]
    clock = np.zeros((size, 1))
    for column, rows in enumerate(given.begun().tolist()):
        y = given.values[:rows, column, None]
        r, p, kept, alpha = level[:rows], power[:rows], keep[:rows], grid[:rows]
        clock[:rows] += 1
        t = clock[:rows]
        # (1 - alpha)^(t-1) is p: no power needs to be taken.
        z = p * intercept[:rows] + (1 - p * kept) / alpha * slope[:rows]
        e = y - r
        if dynamic:
            # The first value has no line before it.
            e, used_p = np.where(t > 1, e, 0.0), np.where(t > 1, p, 0.0)
        else:
            used_p = p
        for place, (one, other) in enumerate(
            ((e, e), (e, used_p), (e, z), (used_p, used_p), (used_p, z), (z, z))
        ):
            sums[place, :rows] += one * other
        level[:rows] = alpha * y + kept * r
        power[:rows] = p * kept
        if dynamic:
            _move_line(mean[:rows], slope[:rows], intercept[:rows], y, t)
    return _choose(grid, sums, level, power, (intercept, slope, mean), free)


def _move_line(mean, slope, intercept, y, t):
    """The line through one more value, in place (Fiorucci et al., equations 14-16)."""
    slope[:] = np.where(t > 1, ((t - 2) * slope + 6 * (y - mean) / t) / (t + 1), 0.0)
    mean += (y - mean) / t
    intercept[:] = mean - slope * (t + 1) / 2


def _choose(grid, sums, level, power, trend, free):
    ee, ep, ez, pp, pz, zz = sums
    pp_safe = np.maximum(pp, 1e-300)
    share = np.full(grid.shape, 0.5)
    if free:
        # l_0 eliminated: w is a regression of what is left.
        denominator = zz - pz**2 / pp_safe
        numerator = ez - ep * pz / pp_safe
        enough = denominator > 1e-10 * np.maximum(zz, 1e-300)
        share = np.where(enough, numerator / np.where(enough, denominator, 1.0), 0.5)
        share = np.clip(share, 0.0, LARGEST_SHARE)
    start = (ep - share * pz) / pp_safe
    squares = ee - 2 * share * ez + share**2 * zz - start * (ep - share * pz)
    squares = np.maximum(squares, 0.0)
    best = np.argmin(squares, axis=1)[:, None]

    def of(array):
        return np.take_along_axis(array, best, axis=1)[:, 0]

    intercept, slope, mean = (array[:, 0] for array in trend)
    return _Fitted(
        of(grid), of(share), of(squares), of(level + power * start), intercept, slope, mean
    )


def _merge(one, other, where):
    fields = ("smoothing", "share", "squares", "level", "intercept", "slope", "mean")
    return _Fitted(*(np.where(where, getattr(other, f), getattr(one, f)) for f in fields))


def _ahead(fitted, length, horizon, dynamic):
    """Forecast, take it for the value that came, go on."""
    alpha, level = fitted.smoothing, fitted.level.copy()
    mean, slope, intercept = fitted.mean.copy(), fitted.slope.copy(), fitted.intercept.copy()
    forecasts = np.empty((len(length), horizon))
    for step in range(horizon):
        t = length + step + 1.0
        power = (1 - alpha) ** (t - 1)
        z = power * intercept + (1 - power * (1 - alpha)) / alpha * slope
        forecasts[:, step] = level + fitted.share * z
        level = alpha * forecasts[:, step] + (1 - alpha) * level
        if dynamic:
            _move_line(mean, slope, intercept, forecasts[:, step], t)
    return forecasts
