"""What people may do with single facts: set by administrators, lifted for a while by a reason."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from zhike.access.actions import note_unmasking, set_field_right
from zhike.access.policies import Level, require
from zhike.access.viewer import Viewer
from zhike.events.actions import Draft, record
from zhike.kernel.errors import Invalid, NotFound
from zhike.kernel.text import listed
from zhike.records import queries
from zhike.records.limits import limits, lowest, settable
from zhike.records.types import RecordType, label_of_fact


def levels_of(kind: RecordType, fact: str) -> tuple[str, ...]:
    """What can be set for a fact. What is computed can't be written anyway, and what a record is
    known by can't be hidden."""
    names = [level.name.lower() for level in Level if level >= lowest(kind, fact)]
    return tuple(names)


def limit_fact(viewer: Viewer, kind: RecordType, *, role: str, fact: str, level: str) -> None:
    """Sets what a role may do with a fact: hide, mask, read or write."""
    if fact not in settable(kind):
        raise Invalid.field("fact", "unknown_fact", _("There is no such fact."))
    if level not in levels_of(kind, fact):
        known = listed(levels_of(kind, fact))
        message = _("Choose one of: %(known)s.") % {"known": known}
        raise Invalid.field("level", "unknown_choice", message)
    label = str(label_of_fact(kind.name, fact))
    set_field_right(viewer, role=role, record_type=kind.name, fact=fact, level=level, label=label)


@transaction.atomic
def unmask(
    kind: RecordType, record_id: UUID, *, fact: str, reason: str, viewer: Viewer
) -> datetime | None:
    """Shows a masked fact of one record to the viewer; until when, None for what is shown anyway.
    It stands in the timeline. Raises NotFound for what the viewer may not know to be there.
    """
    require(viewer, "unmask")
    row = queries.get(kind, viewer, record_id)
    if fact not in row.concealed:
        return None
    if limits(kind, viewer).get(fact) is Level.HIDE:
        raise NotFound("not_found", _("There is no such field."))
    noted = note_unmasking(
        viewer, record_type=kind.name, record_id=row.pk, fact=fact, reason=reason
    )
    queries.note_unmasked(kind, viewer, row.pk)
    data = {"type": kind.name, "fact": fact, "reason": noted.reason}
    draft = Draft("record.unmasked", kind.name, row.pk, kind.party_of(row), data=data)
    record(draft, origin=viewer.origin())
    return noted.until
