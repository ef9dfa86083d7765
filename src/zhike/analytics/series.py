"""Many time series at once, and the season in them.

All methods of forecasting work on a whole panel: a step of a recursion is one operation on all
series, which is what makes thousands of them a matter of a second.
"""

from dataclasses import dataclass

import numpy as np

from .errors import InvalidInput, NotEnoughData

SEASON_TEST = 1.645  # 90 %, as in Assimakopoulos & Nikolopoulos 2000


@dataclass(frozen=True, eq=False)
class Panel:
    """Series of different lengths that end together.

    values : (S, T), longest first, right-aligned, 0 before a series begins
    length : (S,), descending; order : (S,), position of each row in the caller's order
    """

    values: np.ndarray
    length: np.ndarray
    order: np.ndarray

    def begun(self) -> np.ndarray:
        """How many series (from the first on) have a value in each column; (T,)."""
        width = self.values.shape[1]
        return np.searchsorted(-self.length, np.arange(width) - width, side="right")

    def is_there(self) -> np.ndarray:
        """(S, T), False before a series begins."""
        width = self.values.shape[1]
        return np.arange(width) >= width - self.length[:, None]

    def in_given_order(self, rows: np.ndarray) -> np.ndarray:
        given = np.empty_like(rows)
        given[self.order] = rows
        return given


def panel(series, shortest: int = 1) -> Panel:
    """One series (n,), rows (S, n), or a list of series of any lengths.

    Raises ``InvalidInput``: ``no_series``, ``not_finite``; ``NotEnoughData("too_short")``.

    >>> panel([[1, 2], [3, 4, 5]]).values.tolist()
    [[3.0, 4.0, 5.0], [0.0, 1.0, 2.0]]
    """
    rows = _rows(series)
    length = np.array([len(row) for row in rows])
    short = int(np.argmin(length))
    if length[short] < shortest:
        raise NotEnoughData(
            "too_short",
            f"series {short} has {length[short]} values; {shortest} are needed",
            series=short,
            length=int(length[short]),
            needed=shortest,
        )
    order = np.argsort(-length, kind="stable")
    values = np.zeros((len(rows), int(length.max())))
    for place, row in enumerate(order.tolist()):
        values[place, values.shape[1] - length[row] :] = rows[row]
    if not np.all(np.isfinite(values)):
        raise InvalidInput("not_finite", "series must be numbers without gaps; fill them first")
    return Panel(values, length[order], order)


def cut(panel: Panel, last: int) -> Panel:
    """Without the ``last`` values of each series."""
    values = panel.values[:, : panel.values.shape[1] - last]
    return Panel(values, panel.length - last, panel.order)


def stacked(panels: list[Panel]) -> Panel:
    """All rows of the panels as one panel; ``order`` is their place one panel after the other."""
    width = max(panel.values.shape[1] for panel in panels)
    length = np.concatenate([panel.length for panel in panels])
    order = np.argsort(-length, kind="stable")
    values = np.concatenate(
        [np.pad(panel.values, ((0, 0), (width - panel.values.shape[1], 0))) for panel in panels]
    )
    return Panel(values[order], length[order], order)


def blocks(panel: Panel, size: int) -> list[Panel]:
    """``size`` rows at a time, in the order of the panel, each no wider than its longest series."""
    width = panel.values.shape[1]
    return [
        Panel(
            panel.values[begin : begin + size, width - int(panel.length[begin]) :],
            panel.length[begin : begin + size],
            np.arange(len(panel.length[begin : begin + size])),
        )
        for begin in range(0, len(panel.length), size)
    ]


def some(panel: Panel, rows: np.ndarray) -> Panel:
    """The series with True in ``rows``; ``order`` as if they were all."""
    order = np.argsort(np.argsort(panel.order[rows]))
    return Panel(panel.values[rows], panel.length[rows], order)


def seasonal(panel: Panel, season: int) -> np.ndarray:
    """Which series have a season of ``season`` periods; bool (S,).

    The autocorrelation at that lag exceeds what chance would give at 90 % (Assimakopoulos &
    Nikolopoulos 2000, Int. J. Forecasting 16, 521-530), on at least three seasons; in the series
    as it is or without its line, since a steep trend hides a season from that test.
    """
    enough = panel.length >= 3 * season
    if season < 2 or not enough.any():
        return np.zeros(len(panel.length), dtype=bool)
    intercept, slope = line(panel)
    width = panel.values.shape[1]
    clock = np.arange(width) - (width - panel.length[:, None]) + 1.0
    mean = panel.values.sum(axis=1, keepdims=True) / panel.length[:, None]
    return enough & (
        _repeats(panel, panel.values - mean, season)
        | _repeats(panel, panel.values - intercept[:, None] - slope[:, None] * clock, season)
    )


def _repeats(panel, centred, season):
    centred = np.where(panel.is_there(), centred, 0.0)
    spread = np.sum(centred**2, axis=1)
    moves = spread > 1e-20 * np.sum(panel.values**2, axis=1)
    spread = np.where(moves, spread, 1.0)
    correlation = np.array(
        [
            np.sum(centred[:, lag:] * centred[:, :-lag], axis=1) / spread
            for lag in range(1, season + 1)
        ]
    )
    limit = SEASON_TEST * np.sqrt((1 + 2 * np.sum(correlation[:-1] ** 2, axis=0)) / panel.length)
    return moves & (np.abs(correlation[-1]) > limit)


def line(panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    """Intercept and slope of the least-squares line through each series at t = 1 … n; (S,)."""
    there, width = panel.is_there(), panel.values.shape[1]
    t = np.where(there, np.arange(width) - (width - panel.length[:, None]) + 1.0, 0.0)
    n = panel.length.astype(float)
    mean_t, mean_y = (n + 1) / 2, panel.values.sum(axis=1) / n
    spread = np.maximum(n * (n**2 - 1) / 12, 1.0)
    slope = (np.sum(t * panel.values, axis=1) - n * mean_t * mean_y) / spread
    return mean_y - slope * mean_t, slope


def season_factors(panel: Panel, season: int) -> np.ndarray:
    """Factor of each place in the season, (S, season), 1 on average; the last column's place comes
    last. Ratio to a centred moving average (classical decomposition). For positive series only."""
    return _season(panel, season, lambda values, trend: values / trend, 1.0)


def season_terms(panel: Panel, season: int) -> np.ndarray:
    """The same as differences, 0 on average: for series with zeros or below."""
    return _season(panel, season, lambda values, trend: values - trend, 0.0)


def _season(panel, season, compare, neutral):
    weights = np.ones(season) if season % 2 else np.r_[0.5, np.ones(season - 1), 0.5]
    weights /= season
    half, width = len(weights) // 2, panel.values.shape[1]
    windows = np.lib.stride_tricks.sliding_window_view(panel.values, len(weights), axis=1)
    trend = np.einsum("stw,w->st", windows, weights)
    there = panel.is_there()[:, : width - 2 * half]
    middle = panel.values[:, half : width - half]
    detail = compare(np.where(there, middle, 1.0), np.where(there, trend, 1.0))
    # Counted from the end, so that all series share the place in the season.
    place = (season - 1 - (width - 1 - np.arange(half, width - half)) % season) % season
    sums, counts = np.zeros((2, len(middle), season))
    for column in range(season):
        mine = place == column
        sums[:, column] = np.sum(np.where(there, detail, 0.0)[:, mine], axis=1)
        counts[:, column] = np.sum(there[:, mine], axis=1)
    shape = sums / np.maximum(counts, 1)
    if neutral == 1.0:
        return shape / shape.mean(axis=1, keepdims=True)
    return shape - shape.mean(axis=1, keepdims=True)


def spread_season(shape: np.ndarray, width: int) -> np.ndarray:
    """Season of the ``width`` columns that end with the last observation; (S, width)."""
    season = shape.shape[1]
    return shape[:, (season - 1 - (width - 1 - np.arange(width)) % season) % season]


def season_ahead(shape: np.ndarray, horizon: int) -> np.ndarray:
    """Season of the next ``horizon`` periods; (S, horizon)."""
    return shape[:, np.arange(horizon) % shape.shape[1]]


def _rows(series):
    if isinstance(series, np.ndarray) and series.ndim == 2:
        rows = list(series.astype(np.float64))
    else:
        items = list(series)
        if items and np.ndim(items[0]) == 0:
            items = [items]
        rows = [np.asarray(item, dtype=np.float64) for item in items]
    if not rows or any(row.ndim != 1 for row in rows):
        raise InvalidInput("no_series", "give one series, rows of an array, or a list of series")
    return rows
