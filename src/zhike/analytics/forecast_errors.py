"""How far forecasts were from what came, on scales that can be averaged over series."""

import numpy as np

from .errors import InvalidInput


def smape(actual, forecast) -> np.ndarray:
    """Symmetric mean absolute percentage error of each series, per cent; (S,).

    200 |y - f| / (|y| + |f|), mean over the horizon; 0 where both are 0 (Makridakis & Hibon 2000).

    >>> smape([[100, 100]], [[110, 90]]).round(2).tolist()
    [10.03]
    """
    actual, forecast = _together(actual, forecast)
    size = np.abs(actual) + np.abs(forecast)
    gap = np.abs(actual - forecast)
    return np.mean(np.where(size > 0, 200 * gap / np.where(size > 0, size, 1.0), 0.0), axis=1)


def naive_scale(history, season: int = 1) -> float:
    """Mean absolute step of the seasonal naive rule within ``history``: the unit of MASE."""
    history = np.asarray(history, dtype=np.float64)
    lag = season if len(history) > season else 1
    return float(np.mean(np.abs(history[lag:] - history[:-lag]))) if len(history) > lag else 0.0


def mase(actual, forecast, scale) -> np.ndarray:
    """Mean absolute scaled error of each series (Hyndman & Koehler 2006, IJF 22, 679-688); (S,).

    scale : (S,), :func:`naive_scale` of each history; NaN where it is 0 (the history never moved)

    >>> mase([[3.0, 5.0]], [[4.0, 4.0]], [2.0]).tolist()
    [0.5]
    """
    actual, forecast = _together(actual, forecast)
    scale = np.asarray(scale, dtype=np.float64)
    error = np.mean(np.abs(actual - forecast), axis=1)
    return np.where(scale > 0, error / np.where(scale > 0, scale, 1.0), np.nan)


def _together(actual, forecast):
    actual = np.atleast_2d(np.asarray(actual, dtype=np.float64))
    forecast = np.atleast_2d(np.asarray(forecast, dtype=np.float64))
    if actual.shape != forecast.shape:
        raise InvalidInput("unequal_lengths", "actual and forecast must have one shape")
    return actual, forecast
