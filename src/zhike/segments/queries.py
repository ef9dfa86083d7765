"""Questions about segments. Members are shown as far as the viewer sees customers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from zhike.access.policies import require, sees_all
from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.filters import All, InSegment, Node, check, parse
from zhike.filters.sentence import sentence
from zhike.kernel.errors import Invalid, NotFound
from zhike.kernel.paging import Count
from zhike.records import queries as records
from zhike.segments.facts import name_of
from zhike.segments.models import Membership, Segment, Size
from zhike.segments.shipped import SHIPPED


@dataclass(frozen=True, slots=True)
class Preview:
    """What a filter would give: how many the viewer sees, some of them, the filter in words."""

    count: Count
    sample: list
    sentence: str


def segments(viewer: Viewer) -> list[Segment]:
    """All live segments, each as large as the viewer sees it."""
    require(viewer, "view")
    found = _as_seen(viewer, list(Segment.objects.filter(archived_at=None)))
    order = {key: position for position, key in enumerate(SHIPPED)}
    return sorted(found, key=lambda s: (s.key not in order, order.get(s.key, 0), s.name))


def segment(viewer: Viewer, segment_id: UUID | str) -> Segment:
    require(viewer, "view")
    try:
        found = Segment.objects.filter(pk=UUID(str(segment_id)), archived_at=None).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound("not_found", _("There is no such segment."))
    return _as_seen(viewer, [found])[0]


def _as_seen(viewer: Viewer, found: list[Segment]) -> list[Segment]:
    """Segments with the number of members in sight for their size."""
    if sees_all(viewer):
        return found
    within, parameters = records.only_seen(CUSTOMER, viewer)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT m.segment_id, count(*) FROM segments_membership m "
            f"JOIN {CUSTOMER.table} r ON r.id = m.party_id WHERE {within} GROUP BY m.segment_id",
            parameters,
        )
        sizes = dict(cursor.fetchall())
    for one in found:
        one.size = sizes.get(one.pk, 0)
    return found


def description_of(segment: Segment) -> str:
    shipped = SHIPPED.get(segment.key)
    return segment.description or (str(shipped.description) if shipped else "")


def words_of(segment: Segment) -> str:
    """The segment's filter as a sentence."""
    currency = records.firm().currency
    tree = check(parse(segment.filter), CUSTOMER.schema, currency=currency)
    return sentence(tree, CUSTOMER.schema, currency=currency)


def preview(viewer: Viewer, filter: Mapping) -> Preview:
    currency = records.firm().currency
    tree = check(parse(filter), CUSTOMER.schema, currency=currency)
    return Preview(
        records.count_widely(CUSTOMER, viewer, where=tree),
        records.find(CUSTOMER, viewer, where=tree, limit=8).items,
        sentence(tree, CUSTOMER.schema, currency=currency),
    )


def count_exactly(viewer: Viewer, filter: Mapping) -> int:
    tree = check(parse(filter), CUSTOMER.schema, currency=records.firm().currency)
    return records.count_widely(CUSTOMER, viewer, where=tree).value


def members(viewer: Viewer, segment: Segment, **page):
    return records.find(CUSTOMER, viewer, where=InSegment(str(segment.pk)), **page)


def sizes(viewer: Viewer, segment: Segment, days: int = 120) -> list[Size]:
    """Size at the end of each day that has been noted, oldest first. Only for those who see all:
    what it was within somebody's sight has not been noted."""
    if not sees_all(viewer):
        return []
    return list(segment.sizes.order_by("-day")[:days])[::-1]


def overlap(viewer: Viewer, ids: Sequence[UUID | str]) -> list[tuple[tuple[Segment, ...], int]]:
    """How many customers two or three segments share, for every combination."""
    if not 2 <= len(set(map(str, ids))) <= 3:
        raise Invalid.field("segments", "bad_number", _("Choose two or three segments."))
    chosen = [segment(viewer, segment_id) for segment_id in dict.fromkeys(map(str, ids))]
    found = []
    for size in range(1, len(chosen) + 1):
        for group in combinations(chosen, size):
            where: Node = All(tuple(InSegment(str(one.pk)) for one in group))
            found.append((group, records.count_widely(CUSTOMER, viewer, where=where).value))
    return found


def segments_of(viewer: Viewer, party_id: UUID) -> list[tuple[Segment, object]]:
    """The segments a customer is in, and since when."""
    rows = Membership.objects.filter(party_id=party_id).select_related("segment")
    return [(row.segment, row.since) for row in rows.order_by("-since")]


def segments_to_choose() -> list[Segment]:
    """All live segments: their names are no secret among colleagues, their members may be."""
    return list(Segment.objects.filter(archived_at=None).order_by("name", "key"))


__all__ = ["name_of"]
