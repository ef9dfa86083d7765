"""Errands: bulk edits and undos of more records than somebody waits for, done by a job.

An errand is one transaction, so that a kill leaves nothing half done and it is begun again; that it
has ended commits with its work. How far it has come is told on a connection of its own.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.queries import viewer_by_id
from zhike.access.viewer import Viewer
from zhike.jobs import later
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, ZhikeError
from zhike.records import queries
from zhike.records.actions.bulk import Report, archive_many, change_many
from zhike.records.actions.undoing import undo_batch
from zhike.records.actions.writing import clean_values
from zhike.records.limits import refuse_unwritable
from zhike.records.models import Batch, Errand
from zhike.records.types import RecordType, record_type

KEPT = timedelta(days=7)
BEAT = 1.0  # seconds
STALE_AFTER = timedelta(seconds=30)
TRIES = 3
_OPEN = (Errand.State.WAITING, Errand.State.RUNNING)


def ask_change(viewer: Viewer, kind: RecordType, ids: Sequence[UUID], values: Mapping) -> Errand:
    """Raises Invalid for values that no record could take, before anything begins."""
    require(viewer, "bulk")
    refuse_unwritable(kind, viewer, values.keys())
    clean_values(kind, values, is_new=False)
    return _ask(viewer, Errand.Doing.CHANGE, kind.name, rows=len(ids), ids=ids, values=values)


def ask_archive(viewer: Viewer, kind: RecordType, ids: Sequence[UUID]) -> Errand:
    require(viewer, "bulk")
    require(viewer, "archive")
    return _ask(viewer, Errand.Doing.ARCHIVE, kind.name, rows=len(ids), ids=ids)


def ask_undo(viewer: Viewer, batch_id: UUID) -> Errand:
    """Raises Conflict for a batch that has been undone, or is being undone for this person."""
    batch = queries.batch_to_undo(viewer, batch_id)
    if batch.undone_at is not None:
        raise Conflict("already_undone", _("This has been undone already."))
    if Errand.objects.filter(undoes=batch, user_id=viewer.user_id, state__in=_OPEN).exists():
        raise Conflict("under_way", _("This is being undone already."))
    return _ask(viewer, Errand.Doing.UNDO, "", rows=queries.size_of(batch), undoes=batch)


@transaction.atomic
def _ask(viewer: Viewer, doing: str, kind: str, **values: Any) -> Errand:
    now = clock.now()
    asked = Errand.objects.create(
        user_id=viewer.user_id, doing=doing, record_type=kind, source=viewer.source,
        language=translation.get_language() or "", asked_at=now, heartbeat_at=now, **values,
    )  # fmt: skip
    _ring(asked.pk)
    return asked


def carry_out(errand_id: UUID | str) -> None:
    """Carries out an errand that waits; one that is under way or has ended is let be."""
    waiting = Errand.objects.filter(pk=errand_id, state=Errand.State.WAITING)
    if not waiting.update(
        state=Errand.State.RUNNING, heartbeat_at=clock.now(), tries=F("tries") + 1, written=0
    ):
        return
    asked = Errand.objects.get(pk=errand_id)
    with translation.override(asked.language or None), _told_meanwhile(asked) as report:
        try:
            with transaction.atomic():
                batch, done, left = _WAYS[asked.doing](asked, report)
                _end(asked, state=Errand.State.DONE, batch=batch, done=done, left=left, ids=[])
        except ZhikeError as error:
            _under_way(asked).update(state=Errand.State.FAILED, error=error.message[:500], ids=[])


def tend_errands() -> None:
    """Begins again what was killed, gives up what was killed thrice, rings for what nobody rang
    for, and forgets what is old."""
    now = clock.now()
    Errand.objects.filter(asked_at__lt=now - KEPT).delete()
    stale = Errand.objects.filter(state__in=_OPEN, heartbeat_at__lt=now - STALE_AFTER)
    stale.filter(tries__gte=TRIES).update(
        state=Errand.State.FAILED, error=_("It was cut off several times."), ids=[]
    )
    for pk in list(stale.values_list("pk", flat=True)):
        stale.filter(pk=pk).update(state=Errand.State.WAITING, heartbeat_at=now)
        _ring(pk)


def _change(asked: Errand, report: Report) -> tuple[Batch, int, int]:
    batch = change_many(
        record_type(asked.record_type), asked.ids, asked.values,
        viewer=_viewer(asked), report=report,
    )  # fmt: skip
    return _counted(asked, batch)


def _archive(asked: Errand, report: Report) -> tuple[Batch, int, int]:
    kind = record_type(asked.record_type)
    return _counted(asked, archive_many(kind, asked.ids, viewer=_viewer(asked), report=report))


def _undo(asked: Errand, report: Report) -> tuple[Batch, int, int]:
    assert asked.undoes_id is not None
    return undo_batch(_viewer(asked), asked.undoes_id, report=report)


_WAYS: dict[str, Callable[[Errand, Report], tuple[Batch, int, int]]] = {
    Errand.Doing.CHANGE: _change,
    Errand.Doing.ARCHIVE: _archive,
    Errand.Doing.UNDO: _undo,
}


def _viewer(asked: Errand) -> Viewer:
    return viewer_by_id(asked.user_id, source=asked.source)


def _counted(asked: Errand, batch: Batch) -> tuple[Batch, int, int]:
    return batch, queries.size_of(batch), 0


def _end(asked: Errand, **values: Any) -> None:
    """Raises Conflict when somebody else has begun it again in the meantime."""
    if not _under_way(asked).update(**values):
        raise Conflict("begun_again", _("This was begun again by another worker."))


def _under_way(asked: Errand) -> "QuerySet[Errand]":
    return Errand.objects.filter(pk=asked.pk, state=Errand.State.RUNNING, tries=asked.tries)


@contextmanager
def _told_meanwhile(asked: Errand) -> Iterator[Report]:
    """Tells how far an errand has come while its transaction is open: by a thread, which has a
    connection of its own."""
    written, over = 0, threading.Event()

    def tell() -> None:
        try:
            while not over.wait(BEAT):
                _under_way(asked).update(written=written, heartbeat_at=clock.now())
        finally:
            connection.close()

    def report(number: int) -> None:
        nonlocal written
        written += number

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield report
    finally:
        over.set()
        teller.join()


def _ring(errand_id: UUID) -> None:
    from zhike.records.jobs import run_errand

    later(run_errand, errand_id=str(errand_id))
