"""Limits by resampling rows, thousands of samples side by side."""

from dataclasses import dataclass

import numpy as np

from ..errors import InvalidInput, NotEnoughData
from . import measures
from .algorithm import FAULTS

FEWEST_SAMPLES = 100
LARGEST_LOSS = 0.2
SIGN_CHANGES = ("construct", "none")


@dataclass(frozen=True)
class Estimate:
    """A number with its standard error and limits (percentiles of the resamples)."""

    value: float
    standard_error: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class PathBootstrap:
    """What resampling says of a fitted :class:`PathModel`.

    paths, loadings, weights, r_squared, total_effects, index, importance : dict of
        :class:`Estimate`, keys as those of the model; the last two are empty without ``scale``
    level : of the limits
    samples : resamples used; ``left_out`` counts those that were not, by fault
    sign_change : "construct": in each resample a construct is turned so that its loadings point
        the way of the original ones (their sum of products is positive); "none": it is turned so
        that it correlates positively with its items, as in the fit. Single paths are never turned:
        that would narrow the limits of paths near 0.
    turned : resamples in which "construct" turned at least one construct that "none" wouldn't have
    """

    paths: dict[tuple[str, str], Estimate]
    loadings: dict[str, Estimate]
    weights: dict[str, Estimate]
    r_squared: dict[str, Estimate]
    total_effects: dict[tuple[str, str], Estimate]
    index: dict[str, Estimate]
    importance: dict[tuple[str, str], Estimate]
    level: float
    samples: int
    left_out: dict[str, int]
    sign_change: str
    turned: int


def bootstrap(model, samples: int, seed: int, level: float, sign_change: str) -> PathBootstrap:
    """See :meth:`PathModel.bootstrap`.

    Refuses with ``NotEnoughData("resamples_fail")`` when more than a fifth of the resamples has no
    admissible solution: limits from the rest would be too narrow.
    """
    if getattr(model, "_sums", None) is None:
        raise InvalidInput("no_rows", "a bootstrap needs rows: call fit first")
    if samples < FEWEST_SAMPLES or not 0 < level < 1 or sign_change not in SIGN_CHANGES:
        raise InvalidInput(
            "unknown_option",
            f"at least {FEWEST_SAMPLES} samples, a level between 0 and 1, sign_change one of "
            f"{SIGN_CHANGES}",
        )
    reference = model._solution.loadings[0] if sign_change == "construct" else None
    parts, turned = [], 0
    left_out = dict.fromkeys(("no_variation", *FAULTS), 0)
    for moments in model._sums.resampled(samples, seed):
        varied = model._sums.varied(moments)
        left_out["no_variation"] += int((~varied).sum())
        moments = moments.only(varied)
        solutions = model.solve(moments, reference)
        for name, count in zip(FAULTS, solutions.faults.sum(axis=0).tolist(), strict=True):
            left_out[name] += count
        turned += _turned(solutions, model.specification)
        found = model.measures(solutions, moments)
        parts.append({name: array[solutions.admissible] for name, array in found.items()})
    draws = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    used = len(draws["paths"])
    if used < (1 - LARGEST_LOSS) * samples:
        raise NotEnoughData(
            "resamples_fail",
            f"only {used} of {samples} resamples have an admissible solution",
            used=used,
            samples=samples,
            left_out=left_out,
        )
    keys = measures.keys(model.specification, model.scale is not None)
    estimates = {
        name: _estimates(keys[name], getattr(model, f"{name}_"), array, level)
        for name, array in draws.items()
    }
    return PathBootstrap(
        **{"index": {}, "importance": {}, **estimates},
        level=level,
        samples=used,
        left_out={name: count for name, count in left_out.items() if count},
        sign_change=sign_change,
        turned=turned if sign_change == "construct" else 0,
    )


def _estimates(keys, values, draws, level):
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
    error = draws.std(axis=0, ddof=1)
    return {
        key: Estimate(values[key], *numbers)
        for key, *numbers in zip(keys, error.tolist(), low.tolist(), high.tolist(), strict=True)
    }


def _turned(solutions, specification) -> int:
    """Resamples with a construct that correlates negatively with its items on the whole."""
    return int(((solutions.loadings @ specification.mask) < 0).any(axis=1).sum())
