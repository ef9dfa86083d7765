"""Doorbells of segments."""

from zhike.jobs import every
from zhike.kernel import clock
from zhike.segments import actions


@every("2 * * * *")
def evaluate_nightly() -> None:
    """Time windows move with the day: shortly after the firm's midnight all are looked at."""
    if clock.is_first_hour():
        actions.evaluate_all()
