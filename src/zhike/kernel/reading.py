"""What holds while a person's question is answered: nothing is asked twice, nothing for long, and
what can be asked together is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import connection
from django.db.utils import OperationalError
from django.utils.translation import gettext as _
from greenlet import getcurrent, greenlet
from psycopg.errors import DeadlockDetected, QueryCanceled

from zhike.kernel.errors import Conflict, TooSlow, ZhikeError

LONGEST = 20  # seconds that a statement may take while somebody waits for the page
Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")
_kept: ContextVar[dict | None] = ContextVar("kept", default=None)


@contextmanager
def one_reading() -> Iterator[None]:
    """Begins and ends a reading. Only for what changes nothing: answers would be out of date."""
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def once(function: Callable[Asked, Answer]) -> Callable[Asked, Answer]:
    """Within a reading asks the function once for the same arguments; elsewhere every time."""

    @wraps(function)
    def asked(*args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
        kept = _kept.get()
        if kept is None:
            return function(*args, **kwargs)
        key = (function, args, *kwargs.items())
        if key not in kept:
            kept[key] = function(*args, **kwargs)
        return kept[key]

    return asked


def together(*questions: Callable[[], Answer]) -> list[Answer]:
    """Asks several questions at once and hands back their answers. The statements that they come
    to travel in one journey, then those that they come to next: on a busy machine a page waits for
    its journeys, not for what is done at their end. Only for what reads."""
    home = getcurrent()

    def send_and_wait(execute, sql, params, many, context):
        execute(sql, params, many, context)
        if getcurrent().parent is home:
            home.switch()

    asking = [greenlet(question) for question in questions]
    for one in asking:
        one.gr_context = copy_context()
    answers: dict[greenlet, Answer] = {}
    connection.ensure_connection()
    with connection.execute_wrapper(send_and_wait), connection.connection.pipeline() as journey:
        while under_way := [one for one in asking if not one.dead]:
            for one in under_way:
                answers[one] = one.switch()  # its answer, when that was the last turn
            with connection.wrap_database_errors:
                journey.sync()
    return [answers[one] for one in asking]


def limit_statements(connection, **_signal) -> None:
    """For the connections of the web server: PostgreSQL gives up on what takes too long, and no
    page takes the processors that others wait for."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = '{LONGEST}s'")
        cursor.execute("SET max_parallel_workers_per_gather = 0")


def refusal(error: BaseException) -> ZhikeError | None:
    """What to tell the person when an error is one of their making: refused, given up on, or in the
    way of somebody else's work."""
    if isinstance(error, ZhikeError):
        return error
    if isinstance(error, OperationalError) and isinstance(error.__cause__, QueryCanceled):
        message = _("This takes too long to find out. Narrow the list, or keep it as a segment.")
        return TooSlow("too_slow", message)
    if isinstance(error, OperationalError) and isinstance(error.__cause__, DeadlockDetected):
        message = _("Somebody else was changing the same at this moment. Try again.")
        return Conflict("busy", message)
    return None
