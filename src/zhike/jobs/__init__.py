"""The seam to the job queue: `job`, `later`, `every`.

A job is a doorbell: "look at row 17". It may ring twice or get lost; what is to be done stands in
a row with a state, and a sweep looks for rows that nobody rang for. The queue is Procrastinate, in
the same PostgreSQL; nothing else in the house knows that.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

logger = logging.getLogger(__name__)
QUEUE = "zhike"


def job(function: Callable) -> Any:
    """Makes a function ringable. Its arguments are ids and short texts only."""
    return app.task(name=_name(function), queue=QUEUE)(function)


def every(cron: str) -> Callable[[Callable], Any]:
    """A job that rings by the clock (cron expression, UTC)."""

    def decorate(function: Callable) -> Any:
        def ring(timestamp: int) -> None:
            function()

        name = _name(function)
        task = app.task(name=name, queue=QUEUE, queueing_lock=name)(ring)
        app.periodic(cron=cron)(task)
        return function

    return decorate


def later(task: Any, **arguments: Any) -> None:
    """Rings a job once the current transaction has committed.

    One ring a transaction is enough, and a job that still waits in the queue is not rung twice.
    """
    lock = ":".join([task.name, *(f"{key}={arguments[key]}" for key in sorted(arguments))])
    ring = _Ring(task, arguments, lock)
    if ring not in (hook[1] for hook in transaction.get_connection().run_on_commit):
        transaction.on_commit(ring)


@dataclass(frozen=True)
class _Ring:
    task: Any = field(compare=False)
    arguments: dict = field(compare=False)
    lock: str

    def __call__(self) -> None:
        _ring(self.task, self.arguments, self.lock)


def _ring(task: Any, arguments: dict, lock: str) -> None:
    try:
        task.configure(queueing_lock=lock).defer(**arguments)
    except AlreadyEnqueued:
        logger.debug("job.already_waiting", extra={"job": lock})


def run_worker(*, wait: bool = True, concurrency: int = 2) -> None:
    """Works off the queue, for ever or (`wait=False`) until it is empty."""
    connector: Any = app.connector
    with app.replace_connector(connector.get_worker_connector()) as worker:
        worker.run_worker(
            queues=[QUEUE],
            wait=wait,
            concurrency=concurrency,
            install_signal_handlers=wait,
            delete_jobs="successful",
        )


def _name(function: Callable) -> str:
    return f"{function.__module__}.{function.__name__}"
