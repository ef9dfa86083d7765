"""Taking work back: everything that a batch did, except on rows that changed since or that are out
of sight."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _
from psycopg.errors import UniqueViolation

from zhike.access.viewer import Viewer
from zhike.events.actions import Draft, record
from zhike.kernel import clock
from zhike.kernel.errors import Conflict
from zhike.records import queries
from zhike.records.actions.bulk import Report, nobody, write_changes
from zhike.records.actions.statistics import refresh_statistics
from zhike.records.actions.streams import index_afterwards
from zhike.records.actions.writing import apply_values, open_batch
from zhike.records.models import Batch
from zhike.records.types import RecordType, record_type, record_types

CHUNK = 2_000
_FLIPS = ("created", "archived", "restored")  # taken back by archiving and restoring
# Takes a locked batch back, or does it again: the undoing batch, what was taken back, what stayed.
WayBack = Callable[[Viewer, Batch], tuple[Batch, int, int]]
_ways_back: dict[str, WayBack] = {}


def takes_back(kind: str) -> Callable[[WayBack], WayBack]:
    """Declares how batches of a kind that are more than edits are undone, and redone."""

    def declare(function: WayBack) -> WayBack:
        _ways_back[kind] = function
        return function

    return declare


# Takes back what is no record: the viewer, the batch, the undoing batch.
Beside = Callable[[Viewer, Batch, Batch], None]
_beside: list[Beside] = []


def takes_back_beside(function: Beside) -> Beside:
    """Declares what is taken back, or done again, beside the records of a batch."""
    _beside.append(function)
    return function


def undo_batch(
    viewer: Viewer, batch_id: UUID, *, report: Report = nobody
) -> tuple[Batch, int, int]:
    """Takes back everything a batch did, except on rows that changed since.

    Of what others did only the rows that the viewer sees now are taken back; what stays for that
    reason can still be undone by whoever sees it. One's own work is taken back as a whole: its
    author saw every row of it, and may have handed some away by it.

    Returns the undoing batch, the number of rows taken back and the number left alone. Undoing an
    undo does the work again.
    """
    queries.batch_to_undo(viewer, batch_id)
    with transaction.atomic():
        batch = Batch.objects.select_for_update().get(pk=batch_id)
        if batch.undone_at is not None:
            raise Conflict("already_undone", _("This has been undone already."))
        if way_back := _ways_back.get(queries.work_behind(batch).kind):
            return way_back(viewer, batch)
        return take_rows_back(viewer, batch, report=report)


def take_rows_back(
    viewer: Viewer, batch: Batch, *, report: Report = nobody
) -> tuple[Batch, int, int]:
    """The records' part of an undo, for ways back that take more than records back."""
    undo = open_batch(viewer, kind=Batch.Kind.UNDO, label=batch.label, undoes=batch)
    if queries.is_large(batch):
        refresh_statistics()
        index_afterwards()
    done = left = 0
    is_whole = True
    for kind in record_types().values():
        with _refusing_twins():
            taken_back, kept = _undo_type(kind, batch, undo, viewer, report)
        done, left = done + taken_back, left + kept
        is_whole = is_whole and not _is_any_out_of_reach(kind, batch, viewer)
    for taken_back_beside in _beside:
        taken_back_beside(viewer, batch, undo)
    if is_whole:
        Batch.objects.filter(pk=batch.pk).update(undone_at=clock.now())
    data = {"label": batch.label, "kind": batch.kind, "done": done, "left": left}
    record(Draft("batch.undone", "batch", batch.pk, data=data), origin=viewer.origin(undo.pk))
    return undo, done, left


@contextmanager
def _refusing_twins() -> Iterator[None]:
    """A record that comes back may find that another bears its number by now."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        detail = error.__cause__.diag.message_detail or ""
        message = _("Something that would come back is there again by now: %(what)s") % {
            "what": detail.removeprefix("Key ")
        }
        raise Conflict("taken", message) from None


def _is_any_out_of_reach(kind: RecordType, batch: Batch, viewer: Viewer) -> bool:
    within, parameters = queries.reach(kind, batch, viewer)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT EXISTS (SELECT 1 FROM {kind.table} r WHERE r.batch_id = %s AND NOT {within})",
            [batch.pk, *parameters],
        )
        return cursor.fetchone()[0]


def _undo_type(
    kind: RecordType, batch: Batch, undo: Batch, viewer: Viewer, report: Report
) -> tuple[int, int]:
    """Set by set: created rows are archived, archived ones restored, changed ones changed back."""
    done = _flip(kind, batch, undo, viewer, verbs=("created", "restored"), is_archived=True)
    done += _flip(kind, batch, undo, viewer, verbs=("archived",), is_archived=False)
    report(done)
    done += _change_back(kind, batch, undo, viewer, report)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT subject_id) FROM events_event "
            "WHERE batch_id = %s AND subject_type = %s",
            [batch.pk, kind.name],
        )
        touched = cursor.fetchone()[0]
    return done, touched - done


def _flip(
    kind: RecordType,
    batch: Batch,
    undo: Batch,
    viewer: Viewer,
    *,
    verbs: tuple[str, ...],
    is_archived: bool,
) -> int:
    now, verb = clock.now(), "archived" if is_archived else "restored"
    within, parameters = queries.reach(kind, batch, viewer)
    origin = viewer.origin(undo.pk)
    party = f"r.{kind.party_column}" if kind.party_column else "NULL::uuid"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH touched AS (
                UPDATE {kind.table} r
                SET archived_at = %s, batch_id = %s, version = r.version + 1, updated_at = %s
                FROM events_event e
                WHERE e.batch_id = %s AND e.type = ANY(%s) AND e.subject_id = r.id
                  AND r.batch_id = %s AND (r.archived_at IS NULL) = %s
                  AND {within}
                RETURNING r.id, {party} AS party_id, e.data
            )
            INSERT INTO events_event (type, party_id, subject_type, subject_id, actor_kind,
                actor_id, batch_id, source, happened_at, recorded_at, data)
            SELECT %s, party_id, %s, id, %s, %s, %s, %s, %s, %s, data FROM touched
            """,
            [
                now if is_archived else None,
                undo.pk,
                now,
                batch.pk,
                [f"{kind.name}.{done}" for done in verbs],
                batch.pk,
                is_archived,
                *parameters,
                f"{kind.name}.{verb}",
                kind.name,
                origin.actor_kind,
                origin.actor_id,
                undo.pk,
                origin.source,
                now,
                now,
            ],
        )
        return cursor.rowcount


def _change_back(
    kind: RecordType, batch: Batch, undo: Batch, viewer: Viewer, report: Report
) -> int:
    from zhike.events.queries import events_of_batch

    done = 0
    before_by_id: dict[UUID, dict] = {}
    told = events_of_batch(batch.pk).filter(subject_type=kind.name, changes__isnull=False)
    told = told.exclude(type__in=[f"{kind.name}.{verb}" for verb in _FLIPS])
    for subject_id, changes in told.values_list("subject_id", "changes").iterator(CHUNK):
        first = before_by_id.setdefault(subject_id, {})
        for name, (before, _after) in changes.items():
            first.setdefault(name, before)
    stand_ins = _stand_ins(kind, before_by_id.values())
    within, parameters = queries.reach(kind, batch, viewer)
    columns = ", ".join(
        f"r.{field.column}"
        for field in kind.model._meta.concrete_fields
        if field.attname not in kind.derived
    )
    ids = sorted(before_by_id)
    for start in range(0, len(ids), CHUNK):
        rows = kind.model._default_manager.raw(
            f"SELECT {columns} FROM {kind.table} r WHERE r.id = ANY(%s) AND r.batch_id = %s "
            f"AND {within} ORDER BY r.id FOR UPDATE OF r",
            [ids[start : start + CHUNK], batch.pk, *parameters],
        )
        applied = [
            (row, apply_values(kind, row, {}, _restored(kind, before_by_id[row.pk], stand_ins)))
            for row in rows
        ]
        done += len(write_changes(kind, applied, "updated", viewer=viewer, batch=undo))
        report(len(applied))
    return done


def _restored(
    kind: RecordType, before: Mapping, stand_ins: Mapping[tuple[str, UUID], UUID]
) -> dict[str, Any]:
    """What an event told of the time before, as attributes have it."""
    restored = {
        name: None if value is None else kind.model._meta.get_field(name).to_python(value)
        for name, value in before.items()
    }
    return {
        name: stand_ins.get((name, value), value) if isinstance(value, UUID) else value
        for name, value in restored.items()
    }


def _stand_ins(kind: RecordType, befores: Iterable[Mapping]) -> dict[tuple[str, UUID], UUID]:
    """Where links lead now that led to what was merged away since, by attribute."""
    found: dict[tuple[str, UUID], UUID] = {}
    for field in kind.fields:
        if field.links_to is None:
            continue
        ids = {UUID(before[field.attribute]) for before in befores if before.get(field.attribute)}
        moved = record_type(field.links_to).stand_ins(list(ids)) if ids else {}
        found |= {(field.attribute, former): now for former, now in moved.items()}
    return found
