"""What a piece of work did, whether it stands, and what taking it back would do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from zhike.access.policies import sees_all
from zhike.access.viewer import Viewer
from zhike.events.catalogue import event_label
from zhike.filters.schema import Words
from zhike.records.models import Batch
from zhike.records.queries.asking import only_reached
from zhike.records.queries.keeping import batches_behind
from zhike.records.queries.reading import linked_names
from zhike.records.types import RecordType, record_types

MOST_NAMED = 50
MANY = 5_000  # rows; from here on it pays to prepare for many, and nobody waits for the end
_WHOLE = (Batch.Kind.MERGE, Batch.Kind.SHARE)
# Of each batch the last of those that took it back, did it again, took that back …
_LAST = """
    WITH RECURSIVE chain AS (
        SELECT id AS first, id, created_at, 0 AS depth FROM records_batch WHERE id = ANY(%s)
        UNION ALL
        SELECT chain.first, b.id, b.created_at, chain.depth + 1
        FROM records_batch b JOIN chain ON b.undoes_id = chain.id
    )
    SELECT DISTINCT ON (first) first, id, depth FROM chain
    ORDER BY first, created_at DESC, depth DESC
"""


@dataclass(frozen=True, slots=True)
class Work:
    """A batch as history tells of it. `last` is what the next undo takes back: the batch itself, or
    its undo, so that it is done again."""

    batch: Batch
    last: UUID
    is_undone: bool
    does_again: bool  # whether the next undo does something again that had been taken back


@dataclass(frozen=True, slots=True)
class Left:
    """A record that would stay as it is, because it was changed since."""

    kind: RecordType
    record_id: UUID
    name: str
    changed_at: datetime
    changed_by: Batch | None  # the work that changed it, as far as the viewer may know of it


@dataclass(frozen=True, slots=True)
class Forecast:
    """What taking a batch back would do. Of the records that would stay those are named that the
    viewer sees, up to fifty of a kind."""

    done: int
    left: int
    named: Sequence[Left]


def works(viewer: Viewer, found: Iterable[Batch]) -> list[Work]:
    """Batches that the viewer has been shown, with how they stand."""
    found = list(found)
    with connection.cursor() as cursor:
        cursor.execute(_LAST, [[batch.pk for batch in found]])
        last = {first: (pk, depth) for first, pk, depth in cursor.fetchall()}
    return [_work(batch, *last[batch.pk]) for batch in found]


def _work(batch: Batch, last: UUID, depth: int) -> Work:
    is_undo, before = False, batch
    while before.kind == Batch.Kind.UNDO and before.undoes is not None:
        is_undo, before = not is_undo, before.undoes
    if batch.undone_at is None:  # at most in part, so that the rest can still be taken back
        return Work(batch, batch.pk, is_undone=False, does_again=is_undo)
    is_undone = depth % 2 == 1
    return Work(batch, last, is_undone, does_again=is_undo != is_undone)


def told_of(viewer: Viewer, batch: Batch) -> list[tuple[Words, int]]:
    """What a batch did, as its events tell: kinds of events and how many, the most first. How much
    others did hears only whoever sees everything."""
    if batch.user_id != viewer.user_id and not sees_all(viewer):
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT type, count(*) FROM events_event WHERE batch_id = %s GROUP BY 1 "
            "ORDER BY 2 DESC, 1",
            [batch.pk],
        )
        return [(event_label(type), count) for type, count in cursor.fetchall()]


def size_of(batch: Batch) -> int:
    """How many records a batch told of."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT subject_id) FROM events_event WHERE batch_id = %s", [batch.pk]
        )
        return cursor.fetchone()[0]


def is_large(batch: Batch) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT 1 FROM events_event WHERE batch_id = %s LIMIT %s) capped",
            [batch.pk, MANY],
        )
        return cursor.fetchone()[0] == MANY


def work_behind(batch: Batch) -> Batch:
    """What an undo, or the undo of an undo, is about in the end."""
    while batch.undoes is not None and batch.kind == Batch.Kind.UNDO:
        batch = batch.undoes
    return batch


def forecast_undo(viewer: Viewer, batch: Batch) -> Forecast | None:
    """What `undo_batch` would do now, for a batch that the viewer may undo: of others' work as far
    as it is in sight. None for what goes back as a whole or not at all."""
    if work_behind(batch).kind in _WHOLE:
        return None
    parts = [_forecast(kind, batch, viewer) for kind in record_types().values()]
    return Forecast(
        sum(part.done for part in parts),
        sum(part.left for part in parts),
        [one for part in parts for one in part.named],
    )


def _forecast(kind: RecordType, batch: Batch, viewer: Viewer) -> Forecast:
    within, parameters = reach(kind, batch, viewer)
    touched = (
        "SELECT DISTINCT subject_id FROM events_event WHERE batch_id = %s AND subject_type = %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), count(*) FILTER (WHERE r.batch_id = %s) "
            f"FROM {kind.table} r WHERE r.id IN ({touched}) AND {within}",
            [batch.pk, batch.pk, kind.name, *parameters],
        )
        whole, done = cursor.fetchone()
        if whole == done:
            return Forecast(done, 0, ())
        cursor.execute(
            f"SELECT r.id, r.updated_at, r.batch_id FROM {kind.table} r "
            f"WHERE r.id IN ({touched}) AND r.batch_id <> %s ORDER BY r.updated_at DESC LIMIT %s",
            [batch.pk, kind.name, batch.pk, MOST_NAMED],
        )
        rows = cursor.fetchall()
    names = linked_names(viewer, kind.name, [pk for pk, _at, _by in rows])
    behind = batches_behind(viewer, {by for _pk, _at, by in rows})
    named = [Left(kind, pk, names[pk], at, behind.get(by)) for pk, at, by in rows if pk in names]
    return Forecast(done, whole - done, named)


def reach(kind: RecordType, batch: Batch, viewer: Viewer) -> tuple[str, list]:
    """The condition on the rows `r` of a batch that the viewer may take back: one's own work as a
    whole, of others' what is in sight."""
    is_own = batch.user_id is not None and batch.user_id == viewer.user_id
    return ("TRUE", []) if is_own else only_reached(kind, viewer)
