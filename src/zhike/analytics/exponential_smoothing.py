"""Exponential smoothing: level, trend and season that follow the data, chosen by AICc.

Hyndman, Koehler, Ord & Snyder 2008, Forecasting with Exponential Smoothing, chapters 2 and 5.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from .errors import InvalidInput
from .series import Panel, panel, season_factors, season_terms, seasonal, some

TRENDS = ("none", "additive", "damped")
SEASONS = ("none", "additive", "multiplicative")
ERRORS = ("additive", "multiplicative")
SHORTEST = 5
FIRST_VALUES = 10
ROUNDS = 12
# alpha; beta / alpha; gamma / (1 - alpha); phi: where the search may go, and where it begins.
LOWEST = np.array([0.001, 0.001, 0.001, 0.8])
HIGHEST = np.array([0.999, 0.999, 0.999, 0.98])
BEGIN = ((0.1, 0.3, 0.6, 0.9), (0.05, 0.3), (0.05, 0.3), (0.9,))
FIRST_STEP = np.array([0.15, 0.1, 0.1, 0.04])


class ExponentialSmoothing:
    """The exponential smoothing family (ETS), many series at once.

    With level l, trend b, damping phi, season s of m periods, and e = y - mu::

        mu = l + phi b          (+ s, or · s)
        l  = l + phi b + alpha e         b = phi b + beta e         s = s + gamma e

    where e is divided by s (for l and b) or by l + phi b (for s) if the season is multiplicative.
    With additive errors e has one variance, with multiplicative ones e / mu has; points are
    updated alike, the likelihood tells them apart. Starting states come from the first ten values
    and a classical decomposition, parameters by maximum likelihood. Among all kinds allowed, each
    series gets that of the smallest AICc; a season only where the test of autocorrelation sees one,
    multiplicative kinds only where all values are positive.

    Needs five values (``too_short``).

    >>> model = ExponentialSmoothing().fit([20, 21, 19, 20, 20, 21, 19, 20])
    >>> model.kind_, model.predict(1).round(0).tolist()
    (['multiplicative error, none trend, none season'], [[20.0]])

    Attributes
    ----------
    kind_ : list of text, one per series
    aicc_ : (S,); smoothing_ : (S, 4) alpha, beta, gamma, phi (0 or 1 where not in the kind)
    sigma_ : (S,) spread of one-step errors (of e / mu if multiplicative)
    """

    kind_: list[str]
    aicc_: np.ndarray
    smoothing_: np.ndarray
    sigma_: np.ndarray

    def __init__(self, season: int = 1, *, trends=TRENDS, seasons=SEASONS, errors=ERRORS):
        for given, allowed in ((trends, TRENDS), (seasons, SEASONS), (errors, ERRORS)):
            if not given or not set(given) <= set(allowed):
                raise InvalidInput("unknown_kind", f"choose among {allowed}", given=list(given))
        self.season, self.trends, self.seasons, self.errors = season, trends, seasons, errors

    def fit(self, series) -> "ExponentialSmoothing":
        """``series``: one (n,), rows (S, n), or a list of different lengths."""
        return self.fit_panel(panel(series, SHORTEST))

    def fit_panel(self, given: Panel) -> "ExponentialSmoothing":
        size = len(given.length)
        self._panel = given
        self._parts: list[tuple[_Kind, np.ndarray, _FittedKind]] = []
        best, winner = np.full(size, np.inf), np.full(size, -1)
        for kind, rows in self._kinds(given):
            fitted = _fit(some(given, rows), kind, self.season)
            places = np.flatnonzero(rows)
            better = places[fitted.aicc < best[places]]
            best[better], winner[better] = fitted.aicc[np.isin(places, better)], len(self._parts)
            self._parts.append((kind, places, fitted))
        self._winner = winner
        names = [self._parts[number][0].name for number in winner.tolist()]
        self.kind_ = [names[row] for row in np.argsort(given.order).tolist()]
        self.aicc_ = given.in_given_order(best)
        self.smoothing_ = given.in_given_order(self._gather(lambda part: part.smoothing))
        self.sigma_ = given.in_given_order(self._gather(lambda part: part.sigma[:, None])[:, 0])
        return self

    def predict(self, horizon: int) -> np.ndarray:
        """Forecasts of the next ``horizon`` periods, (S, horizon)."""
        return self._panel.in_given_order(self._gather(lambda part: part.ahead(horizon)))

    def _kinds(self, given):
        """Each kind with the series that it is fit for; the plainest one for all."""
        positive = np.where(given.is_there(), given.values, 1.0).min(axis=1) > 0
        has_season = seasonal(given, self.season)
        for trend, season, error in product(self.trends, self.seasons, self.errors):
            rows = np.ones(len(positive), dtype=bool) if season == "none" else has_season.copy()
            if "multiplicative" in (season, error):
                rows &= positive
            if rows.any():
                yield _Kind(trend, season, error), rows
        if self.seasons != ("none",) and "none" not in self.seasons and not has_season.all():
            yield _Kind(self.trends[0], "none", "additive"), ~has_season

    def _gather(self, read):
        result = None
        for number, (_, places, fitted) in enumerate(self._parts):
            mine = self._winner[places] == number
            if mine.any():
                values = read(fitted)[mine]
                if result is None:
                    result = np.empty((len(self._winner), values.shape[1]))
                result[places[mine]] = values
        return result


@dataclass(frozen=True)
class _Kind:
    trend: str
    season: str
    error: str

    @property
    def name(self):
        return f"{self.error} error, {self.trend} trend, {self.season} season"

    @property
    def searched(self):
        """Which of alpha, beta, gamma and phi this kind has."""
        return [
            True,
            self.trend != "none",
            self.season != "none",
            self.trend == "damped",
        ]

    def parameters(self, season):
        states = 1 + (self.trend != "none") + (season - 1 if self.season != "none" else 0)
        return sum(self.searched) + states + 1


@dataclass(frozen=True, eq=False)
class _Run:
    """States after the last value, and minus twice the log-likelihood; (S, G) each."""

    level: np.ndarray
    trend: np.ndarray
    shape: np.ndarray
    loss: np.ndarray
    scaled_squares: np.ndarray


@dataclass(frozen=True, eq=False)
class _FittedKind:
    kind: _Kind
    smoothing: np.ndarray
    aicc: np.ndarray
    sigma: np.ndarray
    run: _Run

    def ahead(self, horizon):
        run, steps = self.run, np.arange(1, horizon + 1)
        phi = self.smoothing[:, 3:]
        growth = np.cumsum(phi**steps, axis=1) if self.kind.trend == "damped" else steps
        forecast = run.level + growth * run.trend
        place = (steps - 1) % run.shape.shape[2]
        shape = run.shape[:, 0, place]
        return forecast * shape if self.kind.season == "multiplicative" else forecast + shape


def _fit(given, kind, season):
    """Pattern search: the best of a grid, then steps along each axis that halve when none helps."""
    season = season if kind.season != "none" else 1
    start = _start(given, kind, season)
    size = len(given.length)
    axes = [place for place, used in enumerate(kind.searched) if used]
    begin = [BEGIN[place] if place in axes else BEGIN[place][:1] for place in range(4)]
    grid = np.array(list(product(*begin)))
    point, value = _best(given, kind, start, np.broadcast_to(grid, (size, *grid.shape)))
    step = np.ones(size)
    moves = np.array([side * FIRST_STEP * np.eye(4)[axis] for axis in axes for side in (-1, 1)])
    for _ in range(ROUNDS):
        candidates = point[:, None] + step[:, None, None] * moves
        candidates = np.clip(candidates, LOWEST, HIGHEST)
        further, found = _best(given, kind, start, candidates)
        better = found < value
        point = np.where(better[:, None], further, point)
        value = np.where(better, found, value)
        step = np.where(better, step, step / 2)
    run = _recursion(given, kind, start, point[:, None])
    n, k = given.length, kind.parameters(season)
    room = n - k - 1
    # A kind with more parameters than the series can bear never wins; some plain kind always can.
    aicc = np.where(
        room > 0, run.loss[:, 0] + 2 * k + 2 * k * (k + 1) / np.maximum(room, 1), 1e300 + k
    )
    sigma = np.sqrt(run.scaled_squares[:, 0] / np.maximum(n - sum(kind.searched), 1))
    used = np.where(kind.searched, point, [0.0, 0.0, 0.0, 1.0])
    used[:, 1] *= used[:, 0]
    used[:, 2] *= 1 - used[:, 0]
    return _FittedKind(kind, used, np.nan_to_num(aicc, posinf=1e301), sigma, run)


def _best(given, kind, start, candidates):
    loss = _recursion(given, kind, start, candidates).loss
    best = np.argmin(loss, axis=1)
    rows = np.arange(len(loss))
    return candidates[rows, best], loss[rows, best]


def _start(given, kind, season):
    """Level and trend of a line through the first values without their season, and the season."""
    size, width = given.values.shape
    neutral = 1.0 if kind.season == "multiplicative" else 0.0
    shape = np.full((size, season), neutral)
    if kind.season == "multiplicative":
        shape = np.maximum(season_factors(given, season), 0.01)
    elif kind.season == "additive":
        shape = season_terms(given, season)
    first = np.minimum(np.arange(FIRST_VALUES), given.length[:, None] - 1)
    column = width - given.length[:, None] + first
    values = np.take_along_axis(given.values, column, axis=1)
    parts = np.take_along_axis(shape, _place(column, width, season), axis=1)
    plain = values / parts if kind.season == "multiplicative" else values - parts
    used = np.arange(FIRST_VALUES) < given.length[:, None]
    count = used.sum(axis=1)
    t = np.where(used, np.arange(FIRST_VALUES) + 1.0, 0.0)
    plain = np.where(used, plain, 0.0)
    mean = plain.sum(axis=1) / count
    if kind.trend == "none":
        return _Run(mean, np.zeros(size), shape, mean, mean)
    slope = (np.sum(t * plain, axis=1) - count * mean * (count + 1) / 2) / (
        count * (count**2 - 1) / 12
    )
    level = mean - slope * (count + 1) / 2
    return _Run(level, slope, shape, mean, mean)


def _place(column, width, season):
    return (season - 1 - (width - 1 - column) % season) % season


def _recursion(given, kind, start, candidates):
    """One pass over time for all series (S) and candidates (G) at once."""
    size, number, _ = candidates.shape
    alpha = candidates[:, :, 0]
    beta = candidates[:, :, 1] * alpha if kind.trend != "none" else None
    phi = candidates[:, :, 3] if kind.trend == "damped" else None
    gamma = candidates[:, :, 2] * (1 - alpha) if kind.season != "none" else None
    level = np.repeat(start.level[:, None], number, axis=1)
    trend = np.repeat(start.trend[:, None], number, axis=1)
    shape = np.repeat(start.shape[:, None, :], number, axis=1)
    squares, logs = np.zeros((2, size, number))
    good = np.ones((size, number), dtype=bool)
    width, season = given.values.shape[1], start.shape.shape[1]
    relative, ratio = kind.error == "multiplicative", kind.season == "multiplicative"
    for column, rows in enumerate(given.begun().tolist()):
        y, a = given.values[:rows, column, None], alpha[:rows]
        moved = trend[:rows] if phi is None else phi[:rows] * trend[:rows]
        base = level[:rows] if beta is None else level[:rows] + moved
        place = _place(column, width, season)
        part = shape[:rows, :, place]
        mu = base if gamma is None else (base * part if ratio else base + part)
        e = y - mu
        if relative:
            good[:rows] &= mu > 0
            safe = np.where(mu > 0, mu, 1.0)
            squares[:rows] += (e / safe) ** 2
            logs[:rows] += np.log(safe)
        else:
            squares[:rows] += e * e
        if ratio:
            good[:rows] &= (part > 0) & (base > 0)
            to_level = e / np.where(part > 0, part, 1.0)
        else:
            to_level = e
        if gamma is not None:
            to_shape = e / np.where(base > 0, base, 1.0) if ratio else e
            shape[:rows, :, place] = part + gamma[:rows] * to_shape
        level[:rows] = base + a * to_level
        if beta is not None:
            trend[:rows] = moved + beta[:rows] * to_level
    n = given.length[:, None]
    # A series that is met exactly has no spread; the floor keeps its logarithm finite.
    floor = np.finfo(float).eps * np.mean(given.values**2, axis=1, keepdims=True) + 1e-300
    loss = n * np.log(np.maximum(squares / n, floor if not relative else 1e-15)) + 2 * logs
    return _Run(level, trend, shape, np.where(good, loss, 1e300), squares)
