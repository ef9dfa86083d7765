"""Rehearsals as whoever asked for them reads them."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.kernel.errors import NotFound
from zhike.ownership.models import Rehearsal
from zhike.ownership.rehearsing.assigning import Assigned
from zhike.ownership.rehearsing.recycling import Fall, Recycled
from zhike.records.queries import linked_names


def rehearsal(viewer: Viewer, rehearsal_id: UUID) -> Rehearsal:
    """One that the viewer has asked for, while it is kept."""
    require(viewer, "administer")
    found = _own(viewer).filter(pk=rehearsal_id).first()
    if found is None:
        raise NotFound("not_found", _("There is no such rehearsal, or it is no longer kept."))
    return found


def latest_rehearsal(
    viewer: Viewer, kind: str, *, rule_id: UUID | None, pool_id: UUID | None = None
) -> Rehearsal | None:
    """The viewer's last one of a rule; or of a rule that has never been kept."""
    require(viewer, "administer")
    mine = _own(viewer).filter(kind=kind, pool_id=pool_id, rule_id=rule_id)
    return mine.order_by("-asked_at").first()


def _own(viewer: Viewer) -> "QuerySet[Rehearsal]":
    nobody = Rehearsal.objects.none()
    return Rehearsal.objects.filter(user_id=viewer.user_id) if viewer.user_id else nobody


def result_of(asked: Rehearsal) -> Recycled | Assigned | None:
    if asked.result is None:
        return None
    if asked.kind == Rehearsal.Kind.ASSIGNMENT:
        return Assigned.of_json(asked.result)
    return Recycled.of_json(asked.result)


def named(viewer: Viewer, falls: Sequence[Fall]) -> list[tuple[Fall, str]]:
    """Those of them whom the viewer sees now, with their names."""
    names = linked_names(viewer, CUSTOMER.name, [one.party_id for one in falls])
    return [(one, names[one.party_id]) for one in falls if one.party_id in names]
