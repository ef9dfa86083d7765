"""Questions about who saw what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from zhike.access.policies import can, require
from zhike.access.queries import braked_since, user_names
from zhike.access.viewer import Viewer
from zhike.filters.schema import Words
from zhike.kernel import clock
from zhike.kernel.errors import Invalid
from zhike.kernel.paging import Count, Page, decode_cursor, encode_cursor
from zhike.records.queries import linked_names
from zhike.security.models import Alarm, Canary, Usual, Viewing, Watch

if TYPE_CHECKING:
    pass

MOST_ALARMS = 100


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
        conditions.append("at >= %s AND at < %s")
        parameters += [clock.start_of_day(day), clock.start_of_day(day + timedelta(days=1))]
    if cursor is not None:
        conditions.append("id < %s")
        parameters.append(_after(cursor))
    found = Viewing.objects.raw(
        f"SELECT * FROM security_viewing WHERE {' AND '.join(conditions)} "
        "ORDER BY id DESC LIMIT %s",
        [*parameters, limit + 1],
    )
    rows, names = list(found), user_names()
    lines = [Line(one, names.get(str(one.user_id), "–")) for one in rows[:limit]]
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


def alarms(viewer: Viewer, *, is_open: bool | None = None) -> list[Told]:
    """The latest alarms; the open ones first."""
    require(viewer, "administer")
    found = Alarm.objects.order_by("settled_at", "-last_at", "-id")
    if is_open is not None:
        found = found.filter(settled_at__isnull=is_open)
    rows = sorted(found[:MOST_ALARMS], key=lambda one: one.settled_at is not None)
    ids = {UUID(pk) for one in rows for pk in one.evidence.get("customers", ())}
    names, touched = user_names(), linked_names(viewer, "customer", list(ids)) if ids else {}
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


def open_alarms(viewer: Viewer) -> Count:
    """How many wait for an administrator; nobody else is told."""
    if not can(viewer, "administer"):
        return Count(0, exact=True)
    return Count(Alarm.objects.filter(settled_at=None).count(), exact=True)


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
            "WHERE at >= %s GROUP BY 1 ORDER BY 2 DESC, 3 DESC LIMIT %s",
            [clock.start_of_day(clock.today()), limit],
        )
        rows = cursor.fetchall()
    usual = {one.user_id: one.a_day for one in Usual.objects.all()}
    names = user_names()
    return [
        Busy(pk, names.get(str(pk), "–"), opened, seen, usual.get(pk)) for pk, opened, seen in rows
    ]


def braked(viewer: Viewer) -> list[tuple[UUID, str, datetime]]:
    """Who was stopped, and since when."""
    require(viewer, "administer")
    names = user_names()
    return [(pk, names.get(str(pk), "–"), since) for pk, since in braked_since().items()]
