"""Membership as something that can be filtered on."""

from uuid import UUID

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


def declare() -> None:
    extend("customer", groups=GROUPS, group_label=label)
