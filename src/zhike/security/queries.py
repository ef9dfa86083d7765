"""Questions about who saw what."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.queries import braked_since, latest_unmaskings, user_names
from zhike.access.viewer import Viewer
from zhike.events.queries import latest_without_subject
from zhike.filters import EVERYTHING, parse
from zhike.filters.schema import Words
from zhike.filters.sentence import sentence
from zhike.kernel import clock
from zhike.kernel.errors import Invalid, NotAllowed
from zhike.kernel.paging import Page, decode_cursor, encode_cursor
from zhike.records.queries import linked_names
from zhike.records.types import RecordType, label_of_fact, record_types
from zhike.security.models import Alarm, Canary, Usual, Viewing, Watch

if TYPE_CHECKING:
    pass

MOST_ALARMS = 100
EXPORTS_SHOWN = timedelta(days=90)


def watch() -> Watch:
    return Watch.objects.filter(pk=1).first() or Watch()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the access log with what its person is called."""

    viewing: Viewing
    who: str

    @property
    def way(self) -> Words:
        return self.viewing.get_way_display()

    @property
    def face(self) -> Words:
        return self.viewing.get_face_display()

    @property
    def number(self) -> int:
        return len(self.viewing.ids or (self.viewing.party_id,))


def access_log(
    viewer: Viewer,
    *,
    user_id: UUID | None = None,
    party_id: UUID | None = None,
    day: date | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Line]:
    """Who saw what, latest first. Of a customer: who opened the file, or one that was merged into
    it; with a day, in which lists it stood as well."""
    require(viewer, "administer")
    conditions: list[str] = ["TRUE"]
    parameters: list[Any] = []
    if user_id is not None:
        conditions.append("user_id = %s")
        parameters.append(user_id)
    if party_id is not None:
        ids = _family(party_id)
        own = "party_id = ANY(%s)"
        conditions.append(f"({own} OR ids && %s::uuid[])" if day else own)
        parameters += [ids, ids] if day else [ids]
    if day is not None:
        if not 2000 <= day.year <= 2200:
            raise Invalid.field("day", "out_of_range", _("There is nothing of that day."))
        conditions.append("at >= %s AND at < %s")
        parameters += [clock.start_of_day(day), clock.start_of_day(day + timedelta(days=1))]
    if cursor is not None:
        conditions.append("id < %s")
        parameters.append(_after(cursor))
    # Of a day first all lines (OFFSET 0), found by time: in the order of ids the planner would
    # walk back through all that came later.
    first = "OFFSET 0" if day is not None else ""
    found = Viewing.objects.raw(
        "SELECT * FROM (SELECT * FROM security_viewing "
        f"WHERE {' AND '.join(conditions)} {first}) v ORDER BY id DESC LIMIT %s",
        [*parameters, limit + 1],
    )
    rows, names = list(found), user_names()
    lines = [
        Line(one, names.get(str(one.user_id), "") or one.operator or "–") for one in rows[:limit]
    ]
    more = len(rows) > limit
    return Page(lines, encode_cursor(lines[-1].viewing.pk) if more else None)


def _after(cursor: str) -> int:
    match decode_cursor(cursor):
        case [int(after)] if 0 < after < 2**63:
            return after
    raise Invalid.field("cursor", "bad_cursor", _("This page link is not valid; start over."))


def _family(party_id: UUID) -> list[UUID]:
    """A customer's file and those that were merged into it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM customers_party WHERE merged_into_id = %s", [party_id])
        return [party_id, *(row[0] for row in cursor.fetchall())]


# ------------------------------------------------------------------------------------ alarms


@dataclass(frozen=True, slots=True)
class Told:
    """An alarm in words: who, and which decoys by name."""

    alarm: Alarm
    who: str
    settled_by: str
    touched: Mapping[UUID, str]
    ways: Sequence[Words]

    @property
    def number(self) -> int | None:
        return self.alarm.evidence.get("number") or self.alarm.evidence.get("rows")

    @property
    def limit(self) -> int | None:
        return self.alarm.evidence.get("limit")


def alarms(viewer: Viewer, *, is_named: bool = True) -> list[Told]:
    """The latest alarms; the open ones first. Decoys are named on pages only: read by machine,
    their names would raise the next alarm."""
    require(viewer, "administer")
    is_settled = ExpressionWrapper(Q(settled_at__isnull=False), BooleanField())
    rows = Alarm.objects.order_by(is_settled, "-last_at", "-id")[:MOST_ALARMS]
    ids = {UUID(pk) for one in rows for pk in one.evidence.get("customers", ())}
    touched = linked_names(viewer, "customer", list(ids)) if ids and is_named else {}
    names = user_names()
    ways = dict(Viewing.Way.choices)
    return [
        Told(
            one,
            names.get(str(one.user_id), "–"),
            names.get(str(one.settled_by), ""),
            {
                pk: touched[pk]
                for pk in map(UUID, one.evidence.get("customers", ()))
                if pk in touched
            },
            [ways[way] for way in one.evidence.get("ways", ())],
        )
        for one in rows
    ]


def canaries(viewer: Viewer) -> dict[UUID, str]:
    """Decoys by name."""
    require(viewer, "administer")
    ids = list(Canary.objects.order_by("marked_at").values_list("party_id", flat=True))
    names = linked_names(viewer, "customer", ids) if ids else {}
    return {pk: names[pk] for pk in ids if pk in names}


def is_canary(viewer: Viewer, party_id: UUID) -> bool:
    require(viewer, "administer")
    return Canary.objects.filter(party_id=party_id).exists()


# ------------------------------------------------------------------------- what people have done


@dataclass(frozen=True, slots=True)
class Busy:
    """How much somebody has looked at today, beside what they do as a rule."""

    user_id: UUID
    who: str
    opened: int
    seen: int
    usual: float | None

    @property
    def is_unusual(self) -> bool:
        return self.usual is not None and self.opened >= 20 and self.opened > 2 * self.usual


def busiest(viewer: Viewer, limit: int = 10) -> list[Busy]:
    """Who has opened most customers today."""
    require(viewer, "administer")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT user_id, count(DISTINCT party_id), count(DISTINCT one.id) "
            "FROM security_viewing v, unnest(coalesce(v.ids, ARRAY[v.party_id])) AS one(id) "
            "WHERE at >= %s AND user_id IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 3 DESC LIMIT %s",
            [clock.start_of_day(clock.today()), limit],
        )
        rows = cursor.fetchall()
    usual = {one.user_id: one.a_day for one in Usual.objects.all()}
    names = user_names()
    return [
        Busy(pk, names.get(str(pk), "–"), opened, seen, usual.get(pk)) for pk, opened, seen in rows
    ]


def restrain_braked(viewer: Viewer, ids: Collection[UUID]) -> None:
    """Raises NotAllowed when somebody who was stopped would be shown more different customers
    within an hour than whoever is stopped may see, in lists or opened: enough for the day's work,
    not for going through the base."""
    allowed = watch().braked_an_hour
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM ("
            "SELECT unnest(coalesce(ids, ARRAY[party_id])) FROM security_viewing "
            "WHERE user_id = %s AND at >= %s UNION SELECT unnest(%s::uuid[])) one",
            [viewer.user_id, clock.now() - timedelta(hours=1), list(ids)],
        )
        number = cursor.fetchone()[0]
    if number > allowed:
        message = _("You have opened so many customers that you were stopped: within an hour, "
                    "%(number)s different ones are shown to you at the most. An administrator has "
                    "been told and can let you go on.")  # fmt: skip
        raise NotAllowed("braked", message % {"number": allowed})


def braked(viewer: Viewer) -> list[tuple[UUID, str, datetime]]:
    """Who was stopped, and since when."""
    require(viewer, "administer")
    names = user_names()
    return [(pk, names.get(str(pk), "–"), since) for pk, since in braked_since().items()]


@dataclass(frozen=True, slots=True)
class Export:
    """Records that left as a file: who took them, which and what of them."""

    at: datetime
    who: str
    kind: Words
    rows: int
    format: str
    asked: str  # the filter in words
    columns: Sequence[Words]


def exports(viewer: Viewer, limit: int = 20) -> list[Export]:
    """The latest of the last months."""
    require(viewer, "administer")
    since, names = clock.now() - EXPORTS_SHOWN, user_names()
    found = latest_without_subject("records.exported", since=since, limit=limit)
    return [_export(event, names.get(str(event.actor_id), "Zhike")) for event in found]


def _export(event: Any, who: str) -> Export:
    data = event.data
    kind = record_types().get(data.get("type", ""))
    name = data.get("type", "")
    return Export(
        event.recorded_at, who, kind.plural if kind else name, data.get("rows", 0),
        data.get("format", ""), _asked(kind, data),
        [label_of_fact(name, column) for column in data.get("columns", ())],
    )  # fmt: skip


def _asked(kind: RecordType | None, data: Mapping) -> str:
    """The filter and the search of an export in words; as it stands, where it asks about a fact
    that isn't there any more."""
    parts = []
    tree = parse(data.get("filter") or {"all": []})
    if tree != EVERYTHING:
        try:
            parts.append(sentence(tree, kind.schema) if kind else str(data["filter"]))
        except KeyError:
            parts.append(str(data["filter"]))
    if data.get("search"):
        parts.append(f"“{data['search']}”")
    return " · ".join(parts)


@dataclass(frozen=True, slots=True)
class Unmasked:
    """A masked value that somebody had shown, and why."""

    at: datetime
    who: str
    fact: Words
    customer: tuple[UUID, str] | None
    reason: str


def unmaskings(viewer: Viewer, limit: int = 20) -> list[Unmasked]:
    found = latest_unmaskings(viewer, limit=limit)
    ids = [one.record_id for one in found if one.record_type == "customer"]
    names = linked_names(viewer, "customer", ids) if ids else {}
    return [
        Unmasked(
            one.at, one.user.name, label_of_fact(one.record_type, one.fact),
            (one.record_id, names[one.record_id]) if one.record_id in names else None, one.reason,
        )
        for one in found
    ]  # fmt: skip
