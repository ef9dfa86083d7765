"""Maximum likelihood of the proportional odds model, of which logistic regression is a case.

McCullagh 1980, JRSS B 42(2), 109-142: P(level <= j) = expit(threshold_j - x'beta).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from .errors import NotIdentified
from .likelihood import total

MOST_STEPS = 100
# On drivers of variance 1: odds of e^15 per standard deviation are no finite effect.
FARTHEST = 15.0


@dataclass(frozen=True, eq=False)
class OrdinalFit:
    """parameters : thresholds, then coefficients; ``covariance`` of them, from the Hessian."""

    parameters: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    null_log_likelihood: float


def fit_ordinal(drivers, level, counts, levels: int) -> OrdinalFit:
    """drivers : (n, k); level : (n,), 0 to levels - 1, each present; counts : (n,).

    Newton's method on drivers of mean 0 and variance 1, steps halved until the likelihood rises.
    Refuses with ``NotIdentified("separated")`` where a coefficient runs away.
    """
    rows = counts.sum()
    mean = (counts @ drivers) / rows
    deviation = np.sqrt((counts @ (drivers - mean) ** 2) / rows)
    scaled = (drivers - mean) / deviation
    cases = np.bincount(level, weights=counts, minlength=levels)
    null = float(np.sum(cases * np.log(cases / rows)))
    cuts = levels - 1
    point = np.r_[logit(np.cumsum(cases)[:-1] / rows), np.zeros(drivers.shape[1])]
    value, gradient, hessian = _derivatives(point, scaled, level, counts, cuts)
    for _ in range(MOST_STEPS):
        try:
            step = np.linalg.solve(-hessian, gradient)
        except np.linalg.LinAlgError:
            raise _separated()
        point, value, gradient, hessian, moved = _climb(
            point, step, value, lambda at: _derivatives(at, scaled, level, counts, cuts)
        ) or (point, value, gradient, hessian, 0.0)
        if np.abs(point[cuts:]).max() > FARTHEST:
            raise _separated()
        if moved < 1e-10:
            break
    else:
        raise _separated()
    if not np.linalg.eigvalsh(-hessian)[0] > 1e-9 * rows:
        raise _separated()
    # Back from scaled drivers: beta / deviation, threshold + mean · beta / deviation.
    back = np.eye(len(point))
    back[cuts:, cuts:] = np.diag(1 / deviation)
    back[:cuts, cuts:] = mean / deviation
    return OrdinalFit(back @ point, back @ np.linalg.inv(-hessian) @ back.T, value, null)


def level_probabilities(thresholds, effects) -> np.ndarray:
    """Probability of each level, (n, levels), for effects (n,)."""
    below = expit(thresholds[None] - effects[:, None])
    edges = np.concatenate((np.zeros((len(effects), 1)), below, np.ones((len(effects), 1))), axis=1)
    return np.diff(edges, axis=1)


def _climb(point, step, value, derivatives):
    """The step, halved until the likelihood doesn't fall; None where it can't rise any more."""
    for halving in range(40):
        moved = step / 2**halving
        new, gradient, hessian = derivatives(point + moved)
        if new >= value - 1e-12 * abs(value):
            return point + moved, new, gradient, hessian, float(np.abs(moved).max())
    return None


def _derivatives(point, drivers, level, counts, cuts):
    """Log-likelihood, gradient and Hessian in thresholds and coefficients.

    A row's likelihood is F(u) - F(l) with u and l its thresholds above and below less its effects.
    """
    effects = drivers @ point[cuts:]
    edges = np.r_[-np.inf, point[:cuts], np.inf]
    if not (np.diff(point[:cuts]) > 0).all():
        return -np.inf, None, None
    upper, lower = edges[level + 1] - effects, edges[level] - effects
    f_upper, f_lower = expit(upper), expit(lower)
    # From the far side where both are near 1, so that their difference keeps its digits.
    chance = np.where(lower > 0, expit(-lower) - expit(-upper), f_upper - f_lower)
    chance = np.maximum(chance, 1e-300)
    d_upper, d_lower = f_upper * (1 - f_upper) / chance, f_lower * (1 - f_lower) / chance
    value = total(counts, np.log(chance))
    curve_upper = counts * (d_upper * (1 - 2 * f_upper) - d_upper**2)
    curve_lower = counts * (-d_lower * (1 - 2 * f_lower) - d_lower**2)
    crossed = counts * d_upper * d_lower
    gradient = np.empty(len(point))
    hessian = np.zeros((len(point), len(point)))
    # Threshold t is the upper one of level t and the lower one of level t + 1.
    for cut in range(cuts):
        above, below = level == cut, level == cut + 1
        gradient[cut] = np.sum((counts * d_upper)[above]) - np.sum((counts * d_lower)[below])
        hessian[cut, cut] = np.sum(curve_upper[above]) + np.sum(curve_lower[below])
        pull = np.where(above, curve_upper + crossed, 0.0)
        pull += np.where(below, curve_lower + crossed, 0.0)
        hessian[cut, cuts:] = hessian[cuts:, cut] = -(pull @ drivers)
        if cut + 1 < cuts:
            hessian[cut, cut + 1] = hessian[cut + 1, cut] = np.sum(crossed[below])
    gradient[cuts:] = (counts * (d_lower - d_upper)) @ drivers
    bend = curve_upper + curve_lower + 2 * crossed
    hessian[cuts:, cuts:] = drivers.T @ (bend[:, None] * drivers)
    return value, gradient, hessian


def _separated():
    return NotIdentified("separated", "drivers tell the outcome without error")
