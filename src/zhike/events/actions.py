"""Appending to the log."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from psycopg.types.json import Jsonb

from zhike import jobs
from zhike.events.catalogue import event_type
from zhike.kernel import clock


@dataclass(frozen=True, slots=True)
class Origin:
    """Who did it, as part of what, because of what: carried by every event."""

    actor_kind: str  # user | token | system
    actor_id: UUID | None = None
    batch_id: UUID | None = None
    cause_id: int | None = None
    source: str = ""  # page | api | import | demo | …

    def within(self, batch_id: UUID) -> "Origin":
        return replace(self, batch_id=batch_id)


@dataclass(frozen=True, slots=True)
class Draft:
    """An event about to be appended."""

    type: str
    subject_type: str
    subject_id: UUID | None
    party_id: UUID | None = None
    happened_at: datetime | None = None
    data: Mapping = field(default_factory=dict)
    changes: Mapping | None = None


_COLUMNS = (
    *("type", "party_id", "subject_type", "subject_id", "actor_kind", "actor_id", "cause_id"),
    *("batch_id", "source", "happened_at", "recorded_at", "data", "changes"),
)


def record(draft: Draft, *, origin: Origin) -> int:
    """Appends one event inside the caller's transaction and returns its id."""
    values = _row(draft, origin, clock.now())
    marks = ", ".join(["%s"] * len(_COLUMNS))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO events_event ({', '.join(_COLUMNS)}) VALUES ({marks}) RETURNING id",
            values,
        )
        event_id = cursor.fetchone()[0]
    announce()
    return event_id


def record_many(drafts: Iterable[Draft], *, origin: Origin) -> int:
    """Appends many events in one stream (COPY) inside the caller's transaction."""
    now, count = clock.now(), 0
    with connection.cursor() as cursor:
        statement = f"COPY events_event ({', '.join(_COLUMNS)}) FROM STDIN"
        with cursor.copy(statement) as copy:
            for draft in drafts:
                copy.write_row(_row(draft, origin, now))
                count += 1
    if count:
        announce()
    return count


def _row(draft: Draft, origin: Origin, now: datetime) -> tuple:
    if event_type(draft.type) is None:
        raise ValueError(f"the event {draft.type} is not declared")
    return (
        draft.type,
        draft.party_id,
        draft.subject_type,
        draft.subject_id,
        origin.actor_kind,
        origin.actor_id,
        origin.cause_id,
        origin.batch_id,
        origin.source,
        draft.happened_at or now,
        now,
        Jsonb(dict(draft.data), dumps=_dumps),
        None if draft.changes is None else Jsonb(dict(draft.changes), dumps=_dumps),
    )


def _dumps(value: object) -> str:
    return _encoder.encode(value)


_encoder = DjangoJSONEncoder(ensure_ascii=False, separators=(",", ":"))


def announce() -> None:
    """Wakes the dispatcher once the current transaction has committed."""
    from zhike.events.jobs import dispatch

    jobs.later(dispatch)


def rebase_after_restore() -> None:
    """Makes the log readable in a cluster whose transaction numbers begin anew.

    Rows that every reaction has read get transaction 0, the rest 1; each cursor then stands
    between the two. Some reactions may read a few events again: they are made for that.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT tx, event_id FROM events_reactioncursor ORDER BY 1, 2 LIMIT 1")
        done = cursor.fetchone() or (0, 0)
        cursor.execute(
            "UPDATE events_event SET tx = CASE WHEN (tx, id) > (%s, %s) THEN 1 ELSE 0 END", done
        )
        cursor.execute("UPDATE events_reactioncursor SET tx = 0, event_id = %s", [2**62])


def ensure_partitions(months_ahead: int = 2) -> None:
    """Makes the log's partitions for this month and the next ones. Safe to repeat."""
    first = clock.now().date().replace(day=1)
    with connection.cursor() as cursor:
        for _ in range(months_ahead + 1):
            following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
            name = f"events_event_{first:%Y_%m}"
            cursor.execute("SELECT to_regclass(%s)", [name])
            if cursor.fetchone()[0] is None:
                cursor.execute(
                    f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF events_event "
                    f"FOR VALUES FROM ('{first:%Y-%m-%d} 00:00+00') "
                    f"TO ('{following:%Y-%m-%d} 00:00+00')"
                )
            first = following
