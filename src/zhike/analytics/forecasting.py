"""Forecasts that were tested: the method of each series by its record, limits by its errors.

Rolling origin: Tashman 2000, Int. J. Forecasting 16, 437-450; conformal limits: Vovk, Gammerman &
Shafer 2005, Algorithmic Learning in a Random World, chapter 4.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .errors import InvalidInput, NotEnoughData
from .exponential_smoothing import ExponentialSmoothing
from .intermittent import Croston, intermittent
from .series import Panel, blocks, cut, panel, some, stacked
from .theta import Theta, adjust_season

SHORTEST = 5
ORIGINS = 4
# What all series say counts like so many origins of a series' own record.
SHARED_ORIGINS = 2.0
# So many series at once: few enough that what a step needs stays in the processor's cache.
BLOCK = 1000
COMBINED = ("theta", "standard theta", "smoothing")


def seasonal_naive(given: Panel, horizon: int, season: int) -> np.ndarray:
    """The last season again (the last value where there is no whole season); (S, horizon)."""
    width = given.values.shape[1]
    last = given.values[:, width - 1 - (season - 1 - np.arange(horizon) % season) % width]
    return np.where((given.length >= season)[:, None], last, given.values[:, -1:])


def mean_of_all(given: Panel, horizon: int, season: int) -> np.ndarray:
    """The mean so far, with the season if there is one; (S, horizon)."""
    adjustment = adjust_season(given, season)
    mean = adjustment.values.sum(axis=1) / given.length
    return adjustment.undo(np.repeat(mean[:, None], horizon, axis=1))


def _estimator(make: Callable) -> Callable:
    def run(given: Panel, horizon: int, season: int) -> np.ndarray:
        rows = Panel(given.values, given.length, np.arange(len(given.length)))
        return make(season).fit_panel(rows).predict(horizon)

    return run


METHODS: dict[str, Callable[[Panel, int, int], np.ndarray]] = {
    "seasonal naive": seasonal_naive,
    "mean": mean_of_all,
    "theta": _estimator(lambda season: Theta(season, "dynamic")),
    "standard theta": _estimator(lambda season: Theta(season, "standard")),
    "smoothing": _estimator(lambda season: ExponentialSmoothing(season)),
    "croston": _estimator(lambda season: Croston("sba")),
    "tsb": _estimator(lambda season: Croston("tsb")),
}
NAIVE, COMBINATION = "seasonal naive", "combination"
FOR_INTERMITTENT = ("croston", "tsb", "mean", NAIVE)
FOR_OTHERS = (NAIVE, "mean", *COMBINED, COMBINATION)


@dataclass(frozen=True, eq=False)
class Forecast:
    """Forecasts of S series for H periods, and why they are to be believed.

    mean, low, high : (S, H); level : of the limits, for each period by itself
    method : list of S names
    error : (S,) mean absolute error of that method at the rolling origins, in the unit of the
        series; naive_error : of the seasonal naive rule
    beats_naive : (S,) bool
    origins : (S,) how many origins the record of each series has; where it is 0 (a short series)
        the method is the one that was best for all others, and the limits are theirs to scale
    record : dict, method to its mean scaled error over all series (1 = the seasonal naive rule)
    """

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    level: float
    method: list[str]
    error: np.ndarray
    naive_error: np.ndarray
    beats_naive: np.ndarray
    origins: np.ndarray
    record: dict[str, float]


def forecast(
    series, horizon: int, *, season: int = 1, level: float = 0.9, origins: int = ORIGINS
) -> Forecast:
    """Tries the methods at past origins, takes the best of each series, bounds it by its errors.

    series : one (n,), rows (S, n), or a list of different lengths that end together
    horizon : periods ahead; season : periods in a season, 1 for none
    origins : how many, spread evenly over the last ``horizon`` possible ones (or over as many as
        there are to be origins, if that is more)

    Methods: seasonal naive, mean, two Thetas, exponential smoothing by AICc, and the combination
    (mean of the last three); for intermittent demand Croston (SBA), TSB, mean and naive. The
    record of a series is weighed together with that of all series of its sort, for a few origins of
    its own say little. Limits are conformal: absolute errors at the origins, in units of each
    series' own error and of the mean growth of errors with the step ahead, give the quantile. It
    holds as far as the future resembles the origins. Demand that never was negative gets no
    negative limits.

    Refuses: ``NotEnoughData``: ``too_short`` (a series with fewer than five values),
    ``no_origin`` (none has five more than the horizon); ``InvalidInput``: ``impossible_horizon``,
    ``impossible_level``, ``impossible_origins``.

    >>> import numpy as np
    >>> t = np.arange(60)
    >>> tea = 100 + t + 20 * np.sin(t * np.pi / 6) + np.random.default_rng(1).normal(0, 3, 60)
    >>> ahead = forecast(tea, 12, season=12)
    >>> ahead.method, bool(ahead.beats_naive[0])
    (['smoothing'], True)
    >>> true = 100 + np.arange(60, 72) + 20 * np.sin(np.arange(60, 72) * np.pi / 6)
    >>> bool(((ahead.low < true) & (true < ahead.high)).all())
    True
    """
    _check(horizon, season, level, origins)
    given = panel(series, SHORTEST)
    sparse = intermittent(given) & (given.values.min(axis=1) >= 0)
    parts = [
        (rows, _forecast(some(given, rows), names, horizon, season, level, origins))
        for rows, names in ((sparse, FOR_INTERMITTENT), (~sparse, FOR_OTHERS))
        if rows.any()
    ]
    order = given.order[np.concatenate([np.flatnonzero(rows) for rows, _ in parts])]
    back = np.argsort(order)
    names = [name for _, part in parts for name in part.method]

    def joined(field):
        return np.concatenate([getattr(part, field) for _, part in parts])[back]

    return Forecast(
        joined("mean"),
        joined("low"),
        joined("high"),
        level,
        [names[row] for row in back.tolist()],
        joined("error"),
        joined("naive_error"),
        joined("beats_naive"),
        joined("origins"),
        {name: value for _, part in reversed(parts) for name, value in part.record.items()},
    )


def _check(horizon, season, level, origins):
    for name, value in (("horizon", horizon), ("season", season), ("origins", origins)):
        if value < 1:
            raise InvalidInput(f"impossible_{name}", f"{name} must be at least 1", value=value)
    if not 0 < level < 1:
        raise InvalidInput("impossible_level", "level must lie between 0 and 1", level=level)


def _forecast(given, names, horizon, season, level, origins):
    """One sort of series, in the order of the panel."""
    candidates, errors = _try(given, names, horizon, season, origins)
    tested = np.sum(~np.isnan(errors[0, :, :, 0]), axis=1)
    if not tested.any():
        raise NotEnoughData(
            "no_origin",
            f"no series has {SHORTEST} values more than the horizon: nothing can be tested",
            longest=int(given.length.max()),
            needed=horizon + SHORTEST,
        )
    scale = _scale(given, _mean(_flat(errors[names.index(NAIVE)])))
    choice = _choose(errors, scale)
    chosen, rows = choice.method, np.arange(len(tested))
    mean = candidates[chosen, rows]
    reach = _reach(errors, scale, level, choice)
    low, high = mean - reach, mean + reach
    never_negative = given.values.min(axis=1, keepdims=True) >= 0
    low = np.where(never_negative, np.maximum(low, 0.0), low)
    naive = names.index(NAIVE)
    return Forecast(
        np.where(never_negative, np.maximum(mean, 0.0), mean),
        low,
        np.maximum(high, low),
        level,
        [names[number] for number in chosen.tolist()],
        choice.error[chosen, rows],
        choice.error[naive],
        (tested > 0) & (choice.error[chosen, rows] <= choice.error[naive]),
        tested,
        dict(zip(names, (choice.shared / choice.shared[naive]).tolist(), strict=True)),
    )


@dataclass(frozen=True, eq=False)
class _Choice:
    """method : (S,); error : (methods, S) mean at the origins, that of all others where a series
    has none; shared : (methods,) scaled, over all series; unit : (S,) error to be expected"""

    method: np.ndarray
    error: np.ndarray
    shared: np.ndarray
    unit: np.ndarray


def _choose(errors, scale):
    """The method of the smallest error, own and shared weighed by origins."""
    own = _mean(_flat(errors)) / scale
    tested = np.sum(~np.isnan(errors[0, :, :, 0]), axis=1)
    shared = _mean(own)
    weighed = (np.nan_to_num(own) * tested + SHARED_ORIGINS * shared[:, None]) / (
        tested + SHARED_ORIGINS
    )
    method = np.argmin(weighed, axis=0)
    error = np.where(tested > 0, own, shared[:, None]) * scale
    return _Choice(method, error, shared, weighed[method, np.arange(len(method))] * scale)


def _all_methods(given, names, horizon, season):
    done = {name: METHODS[name](given, horizon, season) for name in names if name != COMBINATION}
    if COMBINATION in names:
        done[COMBINATION] = np.mean([done[name] for name in COMBINED], axis=0)
    return np.stack([done[name] for name in names])


def _try(given, names, horizon, season, origins):
    """Forecasts of the future, (methods, S, H), and absolute errors at past origins, (methods, S,
    origins, H), NaN where a series is too short. All origins are forecast in one pass."""
    farthest = horizon + max(horizon, origins) - 1
    cuts = np.unique(np.linspace(horizon, farthest, origins).round().astype(int)).tolist()
    tested = [given.length >= last + SHORTEST for last in cuts]
    histories = [
        cut(some(given, rows), last) for rows, last in zip(tested, cuts, strict=True) if rows.any()
    ]
    together = stacked([given, *histories])
    sorted_forecasts = np.concatenate(
        [_all_methods(block, names, horizon, season) for block in blocks(together, BLOCK)], axis=1
    )
    forecasts = np.empty_like(sorted_forecasts)
    forecasts[:, together.order] = sorted_forecasts
    errors = np.full((len(names), len(given.length), len(cuts), horizon), np.nan)
    done = len(given.length)
    for place, (rows, last) in enumerate(zip(tested, cuts, strict=True)):
        begin = given.values.shape[1] - last
        mine = forecasts[:, done : done + int(rows.sum())]
        actual = given.values[rows, max(begin, 0) : begin + horizon]
        if rows.any():
            errors[:, rows, place] = np.abs(mine - actual)
        done += int(rows.sum())
    return forecasts[:, : len(given.length)], errors


def _scale(given, naive_error):
    """The unit in which errors of different series are compared: that of the naive rule at the
    origins, else the mean step of the series, else 1 (a series that never moved)."""
    there = given.is_there()
    steps = np.abs(np.diff(given.values, axis=1)) * there[:, :-1]
    step = steps.sum(axis=1) / np.maximum(given.length - 1, 1)
    scale = np.where(np.nan_to_num(naive_error) > 0, naive_error, step)
    return np.where(scale > 0, scale, 1.0)


def _reach(errors, scale, level, choice):
    """Half the width of the limits, (S, H).

    The score of an error is its ratio to the one that was to be expected: by the method that would
    have been chosen, and the unit that would have been taken, without that origin and its
    neighbours.
    """
    rows, origins = np.arange(errors.shape[1]), errors.shape[2]
    growth = _growth(errors[choice.method, rows], choice.unit)
    scores = []
    for origin in range(origins):
        # Neighbours forecast mostly the same periods: they know too much of this one.
        others = errors[:, :, np.abs(np.arange(origins) - origin) > 1]
        without = choice if np.isnan(others).all() else _choose(others, scale)
        tried = errors[without.method, rows, origin]
        scores.append(tried / (without.unit[:, None] * growth))
    values = np.sort(np.concatenate(scores).ravel())
    values = values[~np.isnan(values)]
    # The quantile of n scores and the one to come.
    place = min(int(np.ceil(level * (len(values) + 1))), len(values)) - 1
    return values[place] * choice.unit[:, None] * growth


def _growth(errors, unit):
    """How errors grow with the step ahead, 1 on average; more steps ahead are never surer."""
    growth = _mean((errors / unit[:, None, None]).reshape(-1, errors.shape[2]).T)
    growth = np.maximum.accumulate(np.maximum(growth, 1e-12))
    return growth / growth.mean()


def _flat(errors):
    return errors.reshape(*errors.shape[:-2], -1)


def _mean(values):
    """Mean over the last axis of what is there; NaN where nothing is."""
    count = np.sum(~np.isnan(values), axis=-1)
    total = np.nansum(values, axis=-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
