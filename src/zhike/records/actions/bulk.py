"""Writing many records at once: chunk by chunk, each read, changed and told in streams."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import prefetch_related_objects

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.events.actions import record_many
from zhike.kernel import clock
from zhike.records import queries
from zhike.records.actions.streams import copy_rows, index_afterwards, update_rows
from zhike.records.actions.writing import (
    apply_values,
    check_links,
    check_not_merged,
    check_unique,
    clean_values,
    created_draft,
    credit,
    draft_of,
    follow_links,
    open_batch,
    taken,
    touch,
)
from zhike.records.limits import refuse_unwritable
from zhike.records.models import Batch
from zhike.records.types import RecordType, Row

CHUNK = 2_000
Report = Callable[[int], None]  # told how many rows have been looked at since it was told last
_STAMPS = ("version", "updated_at", "batch_id")


def nobody(number: int) -> None:
    """Nobody waits to hear how far the work has come."""


def insert_records(
    kind: RecordType[Row], instances: Sequence[Row], *, viewer: Viewer, batch: Batch
) -> None:
    """Appends many prepared records and their events in two streams (COPY)."""
    require(viewer, "import")
    with transaction.atomic():
        copy_rows(kind.model, instances)
        drafts = (created_draft(kind, instance) for instance in instances)
        record_many(drafts, origin=viewer.origin(batch.pk))


def change_prepared(
    kind: RecordType[Row],
    pairs: Sequence[tuple[Row, Mapping]],
    *,
    viewer: Viewer,
    batch: Batch,
) -> int:
    """Changes many loaded and locked records to cleaned values; returns how many differed."""
    require(viewer, "import")
    applied = [(instance, apply_values(kind, instance, values, {})) for instance, values in pairs]
    return len(write_changes(kind, applied, "updated", viewer=viewer, batch=batch))


@transaction.atomic
def change_many(
    kind: RecordType[Row],
    ids: Sequence[UUID],
    values: Mapping,
    *,
    viewer: Viewer,
    label: str = "",
    report: Report = nobody,
) -> Batch:
    """The same change on many records, as one batch. Those that may not be seen are left out."""
    require(viewer, "bulk")
    require(viewer, "change")
    refuse_unwritable(kind, viewer, values.keys())
    cleaned = clean_values(kind, values, is_new=False)
    followed = follow_links(kind, cleaned)
    check_links(kind, cleaned, viewer)
    batch = open_batch(viewer, kind=Batch.Kind.BULK, label=label or str(kind.plural))
    numbers = {name: cleaned[name] for name in kind.match_by if cleaned.get(name)}
    for rows in _locked_in_chunks(kind, ids, viewer):
        applied = [(instance, apply_values(kind, instance, cleaned, {})) for instance in rows]
        for instance, changes in applied:
            if changes:
                kind.guard(viewer, instance, changes)
        if numbers:
            _check_one_bears(kind, rows, numbers)
        for instance in write_changes(kind, applied, "updated", viewer=viewer, batch=batch):
            credit(kind, instance, followed)
        report(len(rows))
    return batch


@transaction.atomic
def archive_many(
    kind: RecordType[Row], ids: Sequence[UUID], *, viewer: Viewer, report: Report = nobody
) -> Batch:
    require(viewer, "bulk")
    require(viewer, "archive")
    batch, now = open_batch(viewer, kind=Batch.Kind.BULK, label=str(kind.plural)), clock.now()
    for rows in _locked_in_chunks(kind, ids, viewer):
        check_not_merged(kind, rows)
        archived = []
        for instance in rows:
            instance.archived_at, changes = now, {"archived_at": [None, now]}
            kind.guard(viewer, instance, changes)
            archived.append((instance, changes))
        write_changes(kind, archived, "archived", viewer=viewer, batch=batch)
        report(len(rows))
    return batch


def _check_one_bears(kind: RecordType[Row], rows: Sequence[Row], numbers: Mapping) -> None:
    """A number stands for one record: given to two, it is taken."""
    for instance in rows[:1]:
        check_unique(kind, instance)
    if len(rows) > 1:
        raise taken(*next(iter(numbers.items())))


def write_changes(
    kind: RecordType[Row],
    applied: Sequence[tuple[Row, Mapping]],
    verb: str,
    *,
    viewer: Viewer,
    batch: Batch,
) -> list[Row]:
    """Saves records whose attributes have been set and tells what changed; those that differed."""
    differing = [(instance, changes) for instance, changes in applied if changes]
    if not differing:
        return []
    changed = [instance for instance, _changes in differing]
    names = {name for _instance, changes in differing for name in changes}
    derived = kind.derived if kind.is_derived_anew(names) else frozenset()
    if derived:
        prefetch_related_objects(changed, *kind.derived_from)
    for instance in changed:
        touch(kind, instance, batch, names)
    with transaction.atomic():
        update_rows(kind.model, changed, {*_STAMPS, *names, *derived})
        drafts = (draft_of(kind, instance, verb, changes) for instance, changes in differing)
        record_many(drafts, origin=viewer.origin(batch.pk))
    return changed


def _locked_in_chunks(
    kind: RecordType[Row], ids: Sequence[UUID], viewer: Viewer
) -> Iterator[list[Row]]:
    """Those in sight that aren't archived: asked again once they are locked, so that nobody takes
    them out of sight in between; in the order of their ids, so that two who change the same records
    wait for each other."""
    if len(ids) >= queries.MANY:
        index_afterwards()
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), CHUNK):
        seen = queries.visible_ids(kind, viewer, wanted[start : start + CHUNK], archived=False)
        rows = kind.model._default_manager.select_for_update().defer(*kind.derived)
        locked = list(rows.filter(pk__in=seen).order_by("pk"))
        seen = queries.visible_ids(kind, viewer, [one.pk for one in locked], archived=False)
        queries.require_reach(kind, viewer, *seen)
        yield [one for one in locked if one.pk in seen]
