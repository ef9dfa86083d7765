"""Reading the log. Who may see a customer is decided before these are asked."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from zhike.events.catalogue import event_types
from zhike.events.models import Event, Failure
from zhike.filters.schema import Collection
from zhike.kernel.paging import Page, decode_cursor, encode_cursor

# How filters reach the events of a customer.
COLLECTION = Collection("events", "events_event", far="party_id", happened="happened_at")


def timeline(
    party_id: UUID, *, group: str | None = None, cursor: str | None = None, limit: int = 30
) -> Page[Event]:
    """The events of one customer, newest first."""
    events = Event.objects.filter(party_id=party_id)
    if group is not None:
        events = events.filter(type__in=_types_of(group))
    if cursor is not None:
        happened_at, event_id = decode_cursor(cursor)
        events = events.extra(
            where=["(happened_at, id) < (%s::timestamptz, %s)"], params=[happened_at, event_id]
        )
    found = list(events.order_by("-happened_at", "-id")[: limit + 1])
    items, more = found[:limit], len(found) > limit
    last = items[-1] if more else None
    return Page(items, encode_cursor(last.happened_at.isoformat(), last.pk) if last else None)


def _types_of(group: str) -> Sequence[str]:
    return [name for name, event_type in event_types().items() if event_type.group == group]


def last_of(party_id: UUID, types: Sequence[str]) -> Event | None:
    events = Event.objects.filter(party_id=party_id, type__in=types)
    return events.order_by("-happened_at", "-id").first()


def latest_without_subject(type: str, *, since: datetime, limit: int) -> list[Event]:
    """The latest events of a kind that is about no record, such as exports: they are few among many
    and stand together in the index of subjects, where OFFSET 0 makes the planner begin."""
    return list(
        Event.objects.raw(
            "SELECT * FROM (SELECT * FROM events_event WHERE subject_id IS NULL AND type = %s "
            "AND recorded_at >= %s OFFSET 0) found ORDER BY id DESC LIMIT %s",
            [type, since, limit],
        )
    )


def events_by_id(ids: Iterable[int]) -> dict[int, Event]:
    return {event.pk: event for event in Event.objects.filter(pk__in=list(ids))}


def events_of_batch(batch_id: UUID, *, type: str | None = None):
    events = Event.objects.filter(batch_id=batch_id).order_by("id")
    return events if type is None else events.filter(type=type)


def events_about(party_ids: Iterable[UUID]):
    return Event.objects.filter(party_id__in=list(party_ids))


def open_failures() -> list[Failure]:
    return list(Failure.objects.filter(resolved_at=None).order_by("-id")[:100])
