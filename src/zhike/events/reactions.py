"""What apps do after an event: registered here, run by the dispatcher, in order.

A reaction gets a list of events in the order in which they were committed and writes only its own
rows; they commit together with the mark that the events are done. One that fails is parked for
that event alone and tried again later; it blocks nobody.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction

from zhike.events.models import Event, Failure, ReactionCursor
from zhike.kernel import clock

logger = logging.getLogger(__name__)
BATCH_SIZE = 500
LARGEST_DELAY = timedelta(hours=6)
GIVE_UP_AFTER = 12


@dataclass(frozen=True, slots=True)
class Reaction:
    name: str
    types: tuple[str, ...]
    run: Callable[[list[Event]], None]


_reactions: dict[str, Reaction] = {}


def reacts_to(*types: str) -> Callable[[Callable], Callable]:
    def decorate(function: Callable[[list[Event]], None]) -> Callable:
        name = f"{function.__module__}.{function.__name__}"
        _reactions[name] = Reaction(name, types, function)
        return function

    return decorate


def dispatch_all() -> int:
    """Runs every reaction over what it has not read yet; returns the number of events handled."""
    return sum(_dispatch(reaction) for reaction in _reactions.values())


def retry_failures() -> None:
    """Tries parked events again, with growing delays."""
    due = Failure.objects.filter(resolved_at=None, next_try_at__lte=clock.now())
    for failure in due.order_by("id")[:BATCH_SIZE]:
        reaction = _reactions.get(failure.reaction)
        if reaction is None:
            continue
        event = Event.objects.filter(pk=failure.event_id).first()
        if event is None or _run_one(reaction, event):
            Failure.objects.filter(pk=failure.pk).update(resolved_at=clock.now())


def _dispatch(reaction: Reaction) -> int:
    handled = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            # One worker at a time reads for one reaction: that keeps the order.
            cursor.execute(
                "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [reaction.name]
            )
            if not cursor.fetchone()[0]:
                return handled
            events = _read_next(reaction, cursor)
            if not events:
                return handled
            _run(reaction, events)
            handled += len(events)


def _read_next(reaction: Reaction, cursor) -> list[Event]:
    """The next events behind the cursor, which moves past them.

    Only transactions older than every running one are read, in (transaction, id) order: no commit
    can come later that belongs before what has been read.
    """
    position, _ = ReactionCursor.objects.get_or_create(reaction=reaction.name)
    cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    horizon = cursor.fetchone()[0]
    cursor.execute(
        "SELECT tx, id FROM events_event WHERE (tx, id) > (%s, %s) AND tx < %s "
        "AND type = ANY(%s) ORDER BY tx, id LIMIT %s",
        [position.tx, position.event_id, horizon, list(reaction.types), BATCH_SIZE],
    )
    found = cursor.fetchall()
    if len(found) == BATCH_SIZE:
        position.tx, position.event_id = found[-1]
    else:
        # Nothing more of ours up to the horizon: skip what belongs to others.
        position.tx, position.event_id = horizon - 1, 2**62
    position.save()
    by_id = Event.objects.in_bulk([event_id for _, event_id in found])
    return [by_id[event_id] for _, event_id in found]


def _run(reaction: Reaction, events: list[Event]) -> None:
    try:
        with transaction.atomic():
            reaction.run(events)
    except Exception:
        logger.exception("reaction.batch_failed", extra={"reaction": reaction.name})
        for event in events:
            _run_one(reaction, event)


def _run_one(reaction: Reaction, event: Event) -> bool:
    try:
        with transaction.atomic():
            reaction.run([event])
    except Exception as error:
        logger.exception("reaction.failed", extra={"reaction": reaction.name, "event": event.pk})
        _park(reaction, event, error)
        return False
    return True


def _park(reaction: Reaction, event: Event, error: Exception) -> None:
    failure, is_new = Failure.objects.get_or_create(
        reaction=reaction.name, event_id=event.pk, defaults={"error": repr(error)}
    )
    if not is_new:
        failure.attempts += 1
    failure.error = repr(error)
    delay = min(timedelta(minutes=1) * 2**failure.attempts, LARGEST_DELAY)
    has_given_up = failure.attempts >= GIVE_UP_AFTER
    failure.next_try_at = None if has_given_up else clock.now() + delay
    failure.save()
