"""Durations until an event that not everybody has met yet: what all survival methods share."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from .errors import InvalidInput, NotEnoughData


@dataclass(frozen=True, eq=False)
class SurvivalTimes:
    """duration : (n,) float64, in one unit; event : (n,) bool, False where it is still to come."""

    duration: np.ndarray
    event: np.ndarray


def check_survival(duration, event) -> SurvivalTimes:
    """Durations above 0 and events 0 or 1, of one length.

    Raises ``InvalidInput``: ``unequal_lengths``, ``impossible_duration`` (zero, negative or not
    finite), ``not_zero_or_one``; ``NotEnoughData("no_event")``.
    """
    duration, event = np.asarray(duration, dtype=np.float64), np.asarray(event)
    if duration.ndim != 1 or duration.shape != event.shape:
        raise InvalidInput("unequal_lengths", "duration and event must have one length")
    impossible = ~(np.isfinite(duration) & (duration > 0))
    if impossible.any():
        raise InvalidInput(
            "impossible_duration",
            "a duration must be a finite number above 0",
            rows=int(impossible.sum()),
            first_row=int(np.flatnonzero(impossible)[0]),
        )
    if not np.isin(event, (0, 1)).all():
        raise InvalidInput("not_zero_or_one", "event must be 0 (not yet) or 1")
    event = event.astype(bool)
    if not event.any():
        raise NotEnoughData("no_event", "nobody has met the event yet", rows=len(event))
    return SurvivalTimes(duration, event)


def normal_quantile(level: float) -> float:
    """z with ``level`` of a normal distribution between -z and z.

    >>> round(normal_quantile(0.95), 4)
    1.96
    """
    if not 0 < level < 1:
        raise InvalidInput("impossible_level", "level must lie between 0 and 1", level=level)
    return float(ndtri(0.5 + level / 2))
