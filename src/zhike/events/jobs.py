"""Doorbells of the log."""

from zhike.events import actions, reactions
from zhike.jobs import every, job


@job
def dispatch() -> None:
    reactions.dispatch_all()


@every("* * * * *")
def sweep() -> None:
    reactions.retry_failures()
    reactions.dispatch_all()


@every("17 3 * * *")
def ensure_partitions() -> None:
    actions.ensure_partitions()
