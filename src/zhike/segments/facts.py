"""Membership as something that can be filtered on."""

from collections import Counter
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from zhike.customers.forgetting import Forgets, forgets
from zhike.customers.merging.pointers import Pointer, Rows, points_at_customer
from zhike.customers.telling import Tells, tells
from zhike.filters.schema import Collection, Words
from zhike.records.types import extend
from zhike.segments.models import Segment
from zhike.segments.shipped import SHIPPED

GROUPS = Collection("segments", "segments_membership", far="party_id", happened="since")


def name_of(segment: Segment) -> str:
    """A segment's name in the active language."""
    shipped = SHIPPED.get(segment.key)
    return segment.name or (str(shipped.name) if shipped else segment.key)


def label(segment_id: str) -> Words | None:
    """The name of a live segment; None when there is none with this id."""
    try:
        segment = Segment.objects.filter(pk=UUID(str(segment_id)), archived_at=None).first()
    except ValueError:
        return None
    return None if segment is None else name_of(segment)


def _resize(rows: Rows, sign: int) -> None:
    """A merged customer is no member any more; whoever stands in is looked at by the reaction."""
    for segment_id, number in Counter(row["segment_id"] for row in rows).items():
        Segment.objects.filter(pk=segment_id).update(size=F("size") + sign * number)


def declare() -> None:
    extend("customer", groups=GROUPS, group_label=label)
    points_at_customer(Pointer(GROUPS.table, label=_("Segments"), is_derived=True, counted=_resize))
    forgets(Forgets(GROUPS.table, counted=_resize))
    named = "(SELECT s.name FROM segments_segment s WHERE s.id = t.segment_id)"
    tells(Tells(GROUPS.table, adds={"segment": named}))
