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
from zhike.filters.sql import Query, compile_filter
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
    _checked(filter)
    segment = Segment.objects.create(
        name=_name(name),
        description=description.strip()[:300],
        filter=dump(parse(filter)),
        created_at=clock.now(),
        created_by=viewer.user_id,
    )
    _evaluate([segment], tells=False)
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
    if "filter" in values:
        _checked(values["filter"], within=segment)
        segment.filter = dump(parse(values["filter"]))
    segment.version += 1
    segment.save()
    if "filter" in values:
        _evaluate([segment], tells=False)
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
    for segments in in_layers():
        with transaction.atomic():
            with connection.cursor() as cursor:
                # Who is followed event by event waits: both then end in the same state.
                cursor.execute("LOCK TABLE segments_membership IN SHARE ROW EXCLUSIVE MODE")
                cursor.execute("SET LOCAL work_mem = '256MB'")
            _evaluate(segments)


def evaluate_customers(ids: Sequence[UUID]) -> None:
    """Brings some customers up to date in every segment."""
    for segments in in_layers():
        moves = _move(segments, told=segments, only=list(ids))
        for segment in segments:
            entered, left = moves.get(segment.pk, (0, 0))
            if entered or left:
                _note_size(segment, segment.size + entered - left, entered, left)


def in_layers() -> list[list[Segment]]:
    """All live segments; each stands in a later layer than those that its filter names."""
    waiting = {str(s.pk): s for s in Segment.objects.filter(archived_at=None).order_by("pk")}
    needs = {key: _segments_in(parse(s.filter)) & waiting.keys() for key, s in waiting.items()}
    layers: list[list[Segment]] = []
    while waiting:
        ready = [key for key in waiting if not needs[key] & waiting.keys()]
        layers.append([waiting.pop(key) for key in ready or list(waiting)])
    return layers


def _evaluate(segments: Sequence[Segment], *, tells: bool = True) -> None:
    """Evaluates segments of one layer in full; nobody enters one that has never been evaluated."""
    told = [one for one in segments if tells and one.evaluated_at is not None]
    moves = _move(segments, told=told)
    now = clock.now()
    for segment in segments:
        entered, left = moves.get(segment.pk, (0, 0)) if segment in told else (0, 0)
        segment.evaluated_at = now
        segment.save(update_fields=["evaluated_at"])
        _note_size(segment, segment.memberships.count(), entered, left)


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
    segments: Sequence[Segment], *, told: Sequence[Segment], only: list[UUID] | None = None
) -> dict[UUID, tuple[int, int]]:
    """Lets customers in and out so that membership is what the filters say: how many entered and
    left, by segment. One statement that reads every customer once, however many segments; the log
    hears of the segments in `told`."""
    wanted = _wanted(segments, only)
    limits: list = [] if only is None else [only]
    now = clock.now()
    ids = [segment.pk for segment in segments]
    member_limit = "" if only is None else "AND m.party_id = ANY(%s)"
    words = ([s.pk for s in told], [name_of(s) for s in told], [s.key for s in told])
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH wanted AS MATERIALIZED ({wanted.condition}), gone AS (
                DELETE FROM segments_membership m
                WHERE m.segment_id = ANY(%s) {member_limit} AND NOT EXISTS (
                    SELECT 1 FROM wanted w
                    WHERE w.segment_id = m.segment_id AND w.party_id = m.party_id)
                RETURNING m.segment_id, m.party_id
            ), came AS (
                INSERT INTO segments_membership (segment_id, party_id, since)
                SELECT w.segment_id, w.party_id, %s FROM wanted w WHERE NOT EXISTS (
                    SELECT 1 FROM segments_membership m
                    WHERE m.segment_id = w.segment_id AND m.party_id = w.party_id)
                ORDER BY w.segment_id, w.party_id
                ON CONFLICT DO NOTHING RETURNING segment_id, party_id
            ), moves AS (
                SELECT segment_id, party_id, 'segment.left' AS type FROM gone
                UNION ALL SELECT segment_id, party_id, 'segment.entered' FROM came
            ), told AS (
                INSERT INTO events_event (type, party_id, subject_type, subject_id, actor_kind,
                    source, happened_at, recorded_at, data)
                SELECT m.type, m.party_id, 'segment', t.id, 'system', 'segment', %s, %s,
                    jsonb_build_object('segment', t.name, 'key', t.key)
                FROM moves m
                JOIN unnest(%s::uuid[], %s::text[], %s::text[]) t(id, name, key)
                  ON t.id = m.segment_id
            )
            SELECT segment_id, count(*) FILTER (WHERE type = 'segment.entered'),
                   count(*) FILTER (WHERE type = 'segment.left') FROM moves GROUP BY segment_id
            """,
            [*wanted.parameters, ids, *limits, now, now, now, *words],
        )
        moves = {pk: (entered, left) for pk, entered, left in cursor.fetchall()}
    if told and moves:
        announce()
    return moves


def _wanted(segments: Sequence[Segment], only: list[UUID] | None) -> Query:
    """SELECT of (segment_id, party_id): who is to be in which of the segments."""
    joins: dict[str, str] = {}
    parameters: list = []
    answers = []
    for segment in segments:
        query = compile_filter(_checked(segment.filter), CUSTOMER.schema)
        joins |= query.joins
        answers.append(f"(%s::uuid, {query.condition})")
        parameters += [segment.pk, *query.parameters]
    limit = "" if only is None else "AND r.id = ANY(%s)"
    select = (
        f"SELECT s.segment_id, r.id AS party_id FROM {CUSTOMER.table} r {' '.join(joins.values())} "
        f"CROSS JOIN LATERAL (VALUES {', '.join(answers)}) s(segment_id, holds) "
        f"WHERE s.holds AND r.archived_at IS NULL {limit}"
    )
    return Query(select, parameters + ([] if only is None else [only]))


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
