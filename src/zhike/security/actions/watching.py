"""Every few minutes the access log is asked who sees more than they should: set by set, never
while somebody waits for a page."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from zhike.access.actions import brake_user, release_user
from zhike.access.policies import require
from zhike.access.queries import people_at_work
from zhike.access.viewer import SYSTEM, Viewer
from zhike.events.actions import Draft, record
from zhike.kernel import clock
from zhike.kernel.errors import Invalid
from zhike.security.actions.alarming import KNOWN_DAYS, USUAL_DAYS, hour_of, raise_alarm
from zhike.security.models import Alarm, Watch
from zhike.security.queries import watch

LATE = timedelta(minutes=10)  # so long the end of an hour is still looked at
UNUSUAL_FROM = 30  # opened in an hour; below, several times the usual is still little

Seen = tuple[UUID, datetime, int, int]  # who, since when, opened, seen in all
_SEEN = """
    SELECT v.user_id, date_trunc(%(unit)s, v.at AT TIME ZONE %(zone)s) AT TIME ZONE %(zone)s,
        count(DISTINCT v.party_id), count(DISTINCT one.id)
    FROM security_viewing v, unnest(coalesce(v.ids, ARRAY[v.party_id])) AS one(id)
    WHERE v.at >= %(since)s AND v.user_id IS NOT NULL GROUP BY 1, 2
"""


def watch_viewings() -> int:
    """Raises the alarms that are due; how many are new."""
    limits, now = watch(), clock.now()
    raised = _watch_hours(limits, hour_of(now - LATE))
    raised += _watch_days(limits, clock.start_of_day(clock.today(now - LATE)))
    return raised + _watch_unmaskings(limits, hour_of(now - LATE))


def _watch_hours(limits: Watch, since: datetime) -> int:
    usual, raised = _usual_hours(), 0
    stoppable = {one.id for one in people_at_work() if one.role != "administrator"}
    for user_id, hour, opened, seen in _seen("hour", since):
        raised += _exceeds(Alarm.Kind.OPENED_HOUR, user_id, hour, opened, limits.opened_an_hour)
        raised += _exceeds(Alarm.Kind.SEEN_HOUR, user_id, hour, seen, limits.seen_an_hour)
        unusual = round(usual.get(user_id, 0) * limits.times_usual)
        if opened >= UNUSUAL_FROM and unusual:
            raised += _exceeds(Alarm.Kind.UNUSUAL, user_id, hour, opened, unusual)
        if user_id in stoppable and _exceeds(
            Alarm.Kind.BRAKED, user_id, hour, opened, limits.brake_an_hour
        ):
            raised += 1
            brake_user(SYSTEM, user_id)
    return raised


def _watch_days(limits: Watch, since: datetime) -> int:
    return sum(
        _exceeds(Alarm.Kind.OPENED_DAY, user_id, day, opened, limits.opened_a_day)
        + _exceeds(Alarm.Kind.SEEN_DAY, user_id, day, seen, limits.seen_a_day)
        for user_id, day, opened, seen in _seen("day", since)
    )


def _watch_unmaskings(limits: Watch, since: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT user_id, date_trunc('hour', at, 'UTC'), count(*) FROM access_unmasking "
            "WHERE at >= %s GROUP BY 1, 2",
            [since],
        )
        found = cursor.fetchall()
    return sum(
        _exceeds(Alarm.Kind.UNMASKED, user_id, hour, number, limits.unmasked_an_hour)
        for user_id, hour, number in found
    )


def _exceeds(kind: str, user_id: UUID, since: datetime, number: int, limit: int) -> bool:
    """Whether more than a limit were seen and nobody had been told; 0 is no limit."""
    if not limit or number <= limit:
        return False
    return raise_alarm(kind, user_id, since=since, evidence={"number": number, "limit": limit})


def _seen(unit: str, since: datetime) -> list[Seen]:
    values: dict[str, Any] = {"unit": unit, "since": since, "zone": clock.firm_zone().key}
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, values)
        return cursor.fetchall()


def _usual_hours() -> dict[UUID, float]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT user_id, an_hour FROM security_usual WHERE days >= %s", [KNOWN_DAYS])
        return dict(cursor.fetchall())


@transaction.atomic
def reckon_usual() -> None:
    """What everybody opens as a rule, from the last four weeks up to yesterday."""
    until = clock.start_of_day(clock.today())
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM security_usual")
        cursor.execute(
            """
            WITH hours AS (
                SELECT user_id, (at AT TIME ZONE %(zone)s)::date AS day,
                    date_trunc('hour', at, 'UTC') AS hour, count(DISTINCT party_id) AS opened
                FROM security_viewing
                WHERE at >= %(since)s AND at < %(until)s AND party_id IS NOT NULL
                    AND user_id IS NOT NULL
                GROUP BY 1, 2, 3)
            INSERT INTO security_usual (user_id, days, an_hour, a_day)
            SELECT user_id, count(DISTINCT day), avg(opened), sum(opened)::float
                / count(DISTINCT day)
            FROM hours GROUP BY 1
            """,
            {
                "zone": clock.firm_zone().key,
                "since": until - timedelta(days=USUAL_DAYS),
                "until": until,
            },
        )


@transaction.atomic
def set_watch(viewer: Viewer, **values: int | str) -> Watch:
    """Sets the limits; 0 switches one off."""
    require(viewer, "administer")
    wanted = {name: _number(name, value) for name, value in values.items()}
    kept = Watch.objects.update_or_create(pk=1, defaults=wanted)[0]
    record(Draft("watch.set", "watch", None, data=wanted), origin=viewer.origin())
    return kept


def _number(name: str, value: int | str) -> int:
    if name not in {field.name for field in Watch._meta.fields} - {"id"}:
        raise Invalid.field(name, "unknown_field", _("This can't be changed."))
    number = int(value) if str(value).isascii() and str(value).isdigit() else -1
    least, most = (1, 120) if name == "months" else (0, 10_000_000)
    if not least <= number <= most:
        message = _("A whole number between %(least)s and %(most)s.")
        raise Invalid.field(name, "out_of_range", message % {"least": least, "most": most})
    return number


def lift_brake(viewer: Viewer, user_id: UUID) -> None:
    """Lets somebody open customers again. Within the same hour nothing stops them once more."""
    release_user(viewer, user_id)
