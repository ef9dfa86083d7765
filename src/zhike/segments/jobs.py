"""Doorbells of segments."""

from zhike.jobs import every
from zhike.segments import actions


@every("20 16 * * *")
def evaluate_nightly() -> None:
    """Time windows move with the day: shortly after midnight in China everything is looked at."""
    actions.evaluate_all()
