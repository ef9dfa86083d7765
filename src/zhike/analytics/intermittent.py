"""Demand with many empty periods: its size and its rate, smoothed apart.

Croston 1972, Oper. Res. Q. 23, 289-303; SBA: Syntetos & Boylan 2005, Int. J. Forecasting 21,
303-314; TSB: Teunter, Syntetos & Babai 2011, Eur. J. Oper. Res. 214, 606-615; when demand counts
as intermittent: Syntetos, Boylan & Croston 2005, J. Oper. Res. Soc. 56, 495-503.
"""

import numpy as np

from .errors import InvalidInput
from .series import Panel, panel

KINDS = ("croston", "sba", "tsb")
SMOOTHING = np.array([0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4])
LONG_GAP = 1.32  # mean periods between demands


class Croston:
    """Croston's method (``croston``), without its bias (``sba``), or one that forgets what is no
    longer bought (``tsb``).

    At each period with demand y the size z is smoothed towards y, and the gap p towards the periods
    since the last demand; the forecast is z / p, times 1 - alpha / 2 for SBA. TSB smooths the
    chance of demand at *every* period instead, so that it falls while nothing is bought. The
    smoothing constant (one for size and gap) is that of the smallest squared one-step errors,
    series by series. The forecast is a rate, the same for every period ahead; a series without any
    demand is forecast as 0.

    Refuses ``InvalidInput("negative_demand")``.

    >>> Croston().fit([0, 0, 6, 0, 0, 6, 0, 0, 6]).predict(2).round(2).tolist()
    [[1.98, 1.98]]

    Attributes
    ----------
    smoothing_, size_, rate_ : (S,): the constant, demand per buying period, its rate per period
    """

    smoothing_: np.ndarray
    size_: np.ndarray
    rate_: np.ndarray

    def __init__(self, kind: str = "sba"):
        if kind not in KINDS:
            raise InvalidInput("unknown_kind", f"kind must be one of {KINDS}", kind=kind)
        self.kind = kind

    def fit(self, series) -> "Croston":
        """``series``: one (n,), rows (S, n), or a list of different lengths."""
        return self.fit_panel(panel(series))

    def fit_panel(self, given: Panel) -> "Croston":
        if given.values.min() < 0:
            raise InvalidInput("negative_demand", "demand must not be negative; net returns first")
        size, rate, squares = _smooth(given, self.kind)
        best = np.argmin(squares, axis=1)
        rows = np.arange(len(best))
        self.smoothing_ = given.in_given_order(SMOOTHING[best])
        self.size_ = given.in_given_order(size[rows, best])
        self.rate_ = given.in_given_order(rate[rows, best])
        return self

    def predict(self, horizon: int) -> np.ndarray:
        """Mean demand of the next ``horizon`` periods, (S, horizon)."""
        return np.repeat((self.size_ * self.rate_)[:, None], horizon, axis=1)


def intermittent(given: Panel) -> np.ndarray:
    """Which series have demand in fewer than one of 1.32 periods; bool (S,)."""
    demands = np.sum((given.values != 0) & given.is_there(), axis=1)
    return demands * LONG_GAP < given.length


def _smooth(given, kind):
    """Size, rate (bias taken off) and squared errors for every constant, (S, candidates)."""
    shape = len(given.length), len(SMOOTHING)
    there = given.is_there()
    demands = np.sum(given.values > 0, axis=1)
    mean_size = given.values.sum(axis=1) / np.maximum(demands, 1)
    # Begins at the averages of the whole: no value of the first demand is lost or counted twice.
    size = np.repeat(mean_size[:, None], shape[1], axis=1)
    chance = np.repeat((demands / there.sum(axis=1))[:, None], shape[1], axis=1)
    gap = 1 / np.maximum(chance, 1e-12)
    since, squares = np.ones((shape[0], 1)), np.zeros(shape)
    bias = 1 - SMOOTHING / 2 if kind == "sba" else np.ones(len(SMOOTHING))

    def rate():
        return chance if kind == "tsb" else bias / gap

    for column, rows in enumerate(given.begun().tolist()):
        y = given.values[:rows, column, None]
        bought = y > 0
        squares[:rows] += (y - (size * rate())[:rows]) ** 2
        size[:rows] += np.where(bought, SMOOTHING * (y - size[:rows]), 0.0)
        chance[:rows] += SMOOTHING * (bought - chance[:rows])
        gap[:rows] += np.where(bought, SMOOTHING * (since[:rows] - gap[:rows]), 0.0)
        since[:rows] = np.where(bought, 1.0, since[:rows] + 1)
    return size, rate(), squares
