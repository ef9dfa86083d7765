"""What is kept about records beside themselves: the firm, saved views, pieces of work, imports."""

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext as _

from zhike.access.policies import can, looks_after_all, require
from zhike.access.viewer import Viewer
from zhike.filters import EVERYTHING
from zhike.filters.sql import RECORD
from zhike.kernel.errors import NotFound
from zhike.kernel.reading import once
from zhike.records.limits import is_limited
from zhike.records.models import Batch, Errand, Firm, Import, SavedView
from zhike.records.queries.asking import asked
from zhike.records.types import RecordType, record_types


@once
def firm() -> Firm:
    return Firm.objects.filter(pk=1).first() or Firm()


def saved_views(kind: RecordType, viewer: Viewer) -> list[SavedView]:
    """The tabs over a list: everybody's and the viewer's own."""
    require(viewer, "view")
    views = SavedView.objects.filter(record_type=kind.name)
    return [v for v in views.order_by("position", "name") if v.owner_id in (None, viewer.user_id)]


def saved_view(kind: RecordType, viewer: Viewer, view_id: str) -> SavedView:
    for view in saved_views(kind, viewer):
        if str(view.pk) == str(view_id):
            return view
    raise NotFound("not_found", _("There is no such view."))


def batches(viewer: Viewer, *, limit: int = 50) -> list[Batch]:
    """Recent work that can be undone: one's own, and for those who may undo it what others did to
    records that the viewer sees."""
    require(viewer, "view")
    within, parameters = _in_reach(viewer)
    found = Batch.objects.raw(
        f"SELECT b.* FROM records_batch b WHERE b.kind <> %s AND ({within}) "
        "ORDER BY b.created_at DESC, b.id DESC LIMIT %s",
        [Batch.Kind.UNDO, *parameters, limit],
    )
    return _as_told(viewer, found)


def _as_told(viewer: Viewer, found: Iterable[Batch]) -> list[Batch]:
    """Pieces of work without what they are called, where a record's masked name may be in that."""
    told = list(found)
    if any(is_limited(kind, viewer, kind.title) for kind in record_types().values()):
        for batch in told:
            batch.label = ""
    return told


def batches_by_id(viewer: Viewer, ids: Iterable[UUID]) -> dict[UUID, Batch]:
    """Pieces of work, as far as they stand in the viewer's history."""
    require(viewer, "view")
    within, parameters = _in_reach(viewer)
    found = Batch.objects.raw(
        f"SELECT b.* FROM records_batch b WHERE b.id = ANY(%s) AND ({within})",
        [list(ids), *parameters],
    )
    return {batch.pk: batch for batch in _as_told(viewer, found)}


def batches_behind(viewer: Viewer, ids: Iterable[UUID]) -> dict[UUID, Batch]:
    """The same for work of which the viewer has been shown an event: it has touched what they see,
    so that nothing has to be looked for."""
    found = Batch.objects.filter(pk__in=list(ids))
    if not can(viewer, "undo"):
        found = found.filter(user_id=viewer.user_id)
    return {batch.pk: batch for batch in _as_told(viewer, found)}


def batch_to_undo(viewer: Viewer, batch_id: UUID) -> Batch:
    """One piece of work. Raises NotFound when the viewer may not undo any of it."""
    if can(viewer, "undo_own"):
        within, parameters = _in_reach(viewer)
        statement = f"SELECT b.* FROM records_batch b WHERE b.id = %s AND ({within})"
        for batch in Batch.objects.raw(statement, [batch_id, *parameters]):
            return batch
    raise NotFound("not_found", _("There is nothing to undo."))


def errand(viewer: Viewer, errand_id: UUID) -> Errand:
    """One that the viewer has asked for, while it is kept."""
    found = Errand.objects.select_related("batch").defer("ids").filter(pk=errand_id)
    for one in found.filter(user_id=viewer.user_id) if viewer.user_id else ():
        return one
    raise NotFound("not_found", _("There is no such piece of work, or it is no longer kept."))


def _in_reach(viewer: Viewer) -> tuple[str, list]:
    """The condition on batches `b`: one's own, or others' that touched what the viewer sees."""
    own = "b.user_id = %s"
    parameters: list = [viewer.user_id]
    if not can(viewer, "undo"):
        return own, parameters
    kinds = record_types().values()
    if all(kind.sight(viewer) == EVERYTHING for kind in kinds):
        return "TRUE", []
    touched = []
    for kind in kinds:
        question = asked(kind, viewer, EVERYTHING, None)
        # OFFSET 0 keeps the planner from reading whole tables: the first visible row is enough.
        touched.append(
            f"EXISTS (SELECT 1 FROM events_event e, LATERAL (SELECT 1 {question.source} "
            f"AND {RECORD}.id = e.subject_id OFFSET 0) seen "
            "WHERE e.batch_id = b.id AND e.subject_type = %s)"
        )
        parameters += [*question.parameters, kind.name]
    return " OR ".join((own, *touched)), parameters


def imports(viewer: Viewer, *, limit: int = 10) -> list[Import]:
    """The latest imports: everybody's for those who look after all, else one's own."""
    require(viewer, "import")
    found = Import.objects.select_related("batch").order_by("-created_at", "-pk")
    if not looks_after_all(viewer):
        found = found.filter(user_id=viewer.user_id)
    return list(found[:limit])
