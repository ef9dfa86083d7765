"""Doorbells of security."""

from zhike.jobs import every
from zhike.kernel import clock
from zhike.security import actions


@every("*/5 * * * *")
def watch() -> None:
    actions.watch_viewings()


@every("50 * * * *")
def tidy_nightly() -> None:
    """In the firm's first hour: what is usual, and lines whose months are over."""
    if clock.is_first_hour():
        actions.reckon_usual()
        actions.forget_old_viewings()
