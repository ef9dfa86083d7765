"""What changes segments and who is in them."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.events.actions import Draft, announce, record
from zhike.filters import InSegment, Node, check, dump, parse
from zhike.filters.sql import compile_filter
from zhike.filters.tree import walk
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid, NotFound
from zhike.records.queries import firm
from zhike.segments.facts import name_of
from zhike.segments.models import Segment, Size
from zhike.segments.shipped import SHIPPED


def ensure_shipped() -> None:
    """Makes the segments that every firm starts with, once; removed ones stay removed."""
    known = set(Segment.objects.exclude(key="").values_list("key", flat=True))
    for key, shipped in SHIPPED.items():
        if key not in known:
            Segment.objects.create(key=key, filter=shipped.filter, created_at=clock.now())


@transaction.atomic
def create_segment(viewer: Viewer, *, name: str, filter: Mapping, description: str = "") -> Segment:
    """A new segment. Those who are in it from the start did not enter it: no events for them."""
    require(viewer, "segment")
    tree = _checked(filter)
    segment = Segment.objects.create(
        name=_name(name),
        description=description.strip()[:300],
        filter=dump(parse(filter)),
        created_at=clock.now(),
        created_by=viewer.user_id,
    )
    _evaluate(segment, tree, tells=False)
    _tell("segment.created", segment, viewer)
    return segment


@transaction.atomic
def change_segment(viewer: Viewer, segment_id: UUID, **values) -> Segment:
    """Changes name, description or filter; a new filter is evaluated at once."""
    require(viewer, "segment")
    segment = Segment.objects.select_for_update().filter(pk=segment_id, archived_at=None).first()
    if segment is None:
        raise NotFound("not_found", _("There is no such segment."))
    if "name" in values:
        segment.name = _name(values["name"])
    if "description" in values:
        segment.description = values["description"].strip()[:300]
    tree = None
    if "filter" in values:
        tree = _checked(values["filter"], within=segment)
        segment.filter = dump(parse(values["filter"]))
    segment.version += 1
    segment.save()
    if tree is not None:
        _evaluate(segment, tree, tells=False)
    _tell("segment.updated", segment, viewer)
    return segment


@transaction.atomic
def archive_segment(viewer: Viewer, segment_id: UUID) -> None:
    require(viewer, "segment")
    segment = Segment.objects.filter(pk=segment_id, archived_at=None).first()
    if segment is None:
        raise NotFound("not_found", _("There is no such segment."))
    for other in Segment.objects.filter(archived_at=None).exclude(pk=segment.pk):
        if str(segment.pk) in _segments_in(parse(other.filter)):
            message = _("The segment “%(name)s” uses this one.") % {"name": name_of(other)}
            raise Conflict("in_use", message)
    Segment.objects.filter(pk=segment.pk).update(archived_at=clock.now())
    segment.memberships.all().delete()
    _tell("segment.archived", segment, viewer)


def evaluate_all() -> None:
    """Brings every segment up to date, in full; those used by others first."""
    for segment in in_order():
        with transaction.atomic():
            _evaluate(segment, _checked(segment.filter), tells=segment.evaluated_at is not None)


def evaluate_customers(ids: Sequence[UUID]) -> None:
    """Brings some customers up to date in every segment."""
    for segment in in_order():
        tree = _checked(segment.filter)
        entered, left = _move(segment, tree, tells=True, only=list(ids))
        if entered or left:
            _note_size(segment, segment.size + entered - left, entered, left)


def in_order() -> list[Segment]:
    """All live segments, each behind those that its filter names."""
    waiting = {str(s.pk): s for s in Segment.objects.filter(archived_at=None).order_by("pk")}
    needs = {key: _segments_in(parse(s.filter)) & waiting.keys() for key, s in waiting.items()}
    ordered: list[Segment] = []
    while waiting:
        ready = [key for key in waiting if not needs[key] & waiting.keys()]
        for key in ready or list(waiting):
            ordered.append(waiting.pop(key))
    return ordered


def _evaluate(segment: Segment, tree: Node, *, tells: bool) -> None:
    entered, left = _move(segment, tree, tells=tells)
    size = segment.memberships.count()
    Segment.objects.filter(pk=segment.pk).update(evaluated_at=clock.now())
    _note_size(segment, size, entered if tells else 0, left if tells else 0)


def _note_size(segment: Segment, size: int, entered: int, left: int) -> None:
    segment.size = size
    Segment.objects.filter(pk=segment.pk).update(size=size)
    day, is_new = Size.objects.get_or_create(
        segment=segment,
        day=clock.today(),
        defaults={"size": size, "entered": entered, "left": left},
    )
    if not is_new:
        day.size, day.entered, day.left = size, day.entered + entered, day.left + left
        day.save()


def _move(
    segment: Segment, tree: Node, *, tells: bool, only: list[UUID] | None = None
) -> tuple[int, int]:
    """Lets customers in and out so that membership is what the filter says; in one statement."""
    query = compile_filter(tree, CUSTOMER.schema)
    limit = "" if only is None else "AND r.id = ANY(%s)"
    member_limit = "" if only is None else "AND m.party_id = ANY(%s)"
    ids = [] if only is None else [only]
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH wanted AS MATERIALIZED (
                SELECT r.id FROM {CUSTOMER.table} r {query.join_clauses}
                WHERE {query.condition} AND r.archived_at IS NULL {limit}
            ), gone AS (
                DELETE FROM segments_membership m
                WHERE m.segment_id = %s {member_limit}
                  AND NOT EXISTS (SELECT 1 FROM wanted w WHERE w.id = m.party_id)
                RETURNING m.party_id
            ), came AS (
                INSERT INTO segments_membership (segment_id, party_id, since)
                SELECT %s, w.id, %s FROM wanted w
                ON CONFLICT DO NOTHING RETURNING party_id
            ), moves AS (
                SELECT party_id, 'segment.left' AS type FROM gone
                UNION ALL SELECT party_id, 'segment.entered' FROM came
            ), told AS (
                INSERT INTO events_event (type, party_id, subject_type, subject_id, actor_kind,
                    source, happened_at, recorded_at, data)
                SELECT type, party_id, 'segment', %s, 'system', 'segment', %s, %s,
                    jsonb_build_object('segment', %s::text, 'key', %s::text)
                FROM moves WHERE %s
            )
            SELECT count(*) FILTER (WHERE type = 'segment.entered'),
                   count(*) FILTER (WHERE type = 'segment.left') FROM moves
            """,
            [
                *query.parameters, *ids, segment.pk, *ids, segment.pk, now,
                segment.pk, now, now, name_of(segment), segment.key, tells,
            ],
        )  # fmt: skip
        entered, left = cursor.fetchone()
    if tells and (entered or left):
        announce()
    return entered, left


def _checked(filter: Mapping, within: Segment | None = None) -> Node:
    tree = check(parse(filter), CUSTOMER.schema, currency=firm().currency)
    if within is not None and str(within.pk) in _reachable(tree):
        message = _("A segment can't be defined by itself.")
        raise Invalid.field("filter", "circular", message)
    return tree


def _segments_in(tree: Node) -> set[str]:
    return {node.segment for node in walk(tree) if isinstance(node, InSegment)}


def _reachable(tree: Node) -> set[str]:
    found, waiting = set(), list(_segments_in(tree))
    while waiting:
        segment_id = waiting.pop()
        if segment_id not in found:
            found.add(segment_id)
            segment = Segment.objects.get(pk=segment_id)
            waiting.extend(_segments_in(parse(segment.filter)))
    return found


def _name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > 80:
        raise Invalid.field("name", "missing", _("Give a name of at most 80 characters."))
    return name


def _tell(type: str, segment: Segment, viewer: Viewer) -> None:
    draft = Draft(type, "segment", segment.pk, data={"segment": name_of(segment)})
    record(draft, origin=viewer.origin())
