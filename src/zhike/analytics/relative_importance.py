"""How the explained variance is shared among drivers that go together."""

from dataclasses import dataclass

import numpy as np

from .errors import InvalidInput

MOST_DRIVERS = 12


@dataclass(frozen=True, eq=False)
class Shares:
    """What explains R², driver by driver.

    shapley : (R, k), each driver's share; sums to R². Also called LMG or general dominance.
    alone : (R, k), R² of each driver on its own
    last : (R, k), what R² loses without it
    """

    shapley: np.ndarray
    alone: np.ndarray
    last: np.ndarray


def subsets(drivers: int) -> np.ndarray:
    """Which drivers each of the 2^k subsets holds, (2^k, k) bool; subset s holds driver j if bit j
    of s is set."""
    if drivers > MOST_DRIVERS:
        raise InvalidInput(
            "too_many_drivers",
            f"at most {MOST_DRIVERS} drivers can be shared among",
            drivers=drivers,
        )
    return (np.arange(2**drivers)[:, None] >> np.arange(drivers) & 1).astype(bool)


def explained_by_subsets(covariance: np.ndarray) -> np.ndarray:
    """R² of the last variable on every subset of the others, (R, 2^k), from (R, k + 1, k + 1)."""
    held = subsets(covariance.shape[1] - 1)
    explained = np.zeros((len(covariance), len(held)))
    for number, members in enumerate(held[1:], 1):
        at = np.flatnonzero(members)
        beside = covariance[:, at, -1]
        slope = np.linalg.solve(covariance[:, at[:, None], at], beside[:, :, None])[:, :, 0]
        explained[:, number] = (slope * beside).sum(axis=1) / covariance[:, -1, -1]
    return explained


def share_out(explained: np.ndarray) -> Shares:
    """Shapley values of R² (R, 2^k): a driver's gain averaged over all orders of entry.

    Lindeman, Merenda & Gold 1980; Grömping 2006, JSS 17(1). A subset of size s counts with weight
    s! (k - 1 - s)! / k!.
    """
    drivers = int(np.log2(explained.shape[1]))
    held = subsets(drivers)
    weight = _weights(drivers)[held.sum(axis=1)[:, None] - held]
    shapley = np.empty((len(explained), drivers))
    alone, last = shapley.copy(), shapley.copy()
    for driver in range(drivers):
        without = np.flatnonzero(~held[:, driver])
        gain = explained[:, without + 2**driver] - explained[:, without]
        shapley[:, driver] = gain @ weight[without, driver]
        alone[:, driver], last[:, driver] = gain[:, 0], gain[:, -1]
    return Shares(shapley, alone, last)


def complete_dominance(explained: np.ndarray) -> np.ndarray:
    """[i, j] True where i adds more than j to every subset without both, shape (k, k).

    Budescu 1993, Psychological Bulletin 114(3). ``explained`` is (2^k,).
    """
    drivers = int(np.log2(len(explained)))
    held = subsets(drivers)
    result = np.zeros((drivers, drivers), dtype=bool)
    for i in range(drivers):
        for j in range(drivers):
            if i != j:
                neither = np.flatnonzero(~held[:, i] & ~held[:, j])
                gain = explained[neither + 2**i] - explained[neither + 2**j]
                result[i, j] = bool((gain > 1e-12).all())
    return result


def _weights(drivers: int) -> np.ndarray:
    """By size of the subset that a driver joins."""
    binomials = np.cumprod(np.r_[1.0, np.arange(drivers - 1, 0, -1) / np.arange(1, drivers)])
    return np.r_[1 / (drivers * binomials), 0.0]
