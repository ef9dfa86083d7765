"""Alarms: raised once for a person, a kind and an hour; settled by an administrator."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.queries import user_names
from zhike.access.viewer import SYSTEM, Viewer
from zhike.events.actions import Draft, record
from zhike.events.queries import latest_without_subject
from zhike.kernel import clock
from zhike.kernel.errors import Invalid, NotFound
from zhike.records.queries import Shown, Way
from zhike.security.models import Alarm
from zhike.security.queries import watch

MOST_NAMED = 20  # decoys in the evidence of one alarm
USUAL_DAYS = 28
KNOWN_DAYS = 5  # fewer don't tell what is usual
UNUSUAL_ROWS = 500  # exported in a day; below, several times the usual is still little
MOST_EXPORTS = 20_000  # of everybody in four weeks


@transaction.atomic
def raise_alarm(
    kind: str, user_id: UUID, *, since: datetime, evidence: Mapping, reopens: bool = False
) -> bool:
    """Whether it is a new one. The same again keeps the latest evidence; it reopens a settled one
    where each time counts."""
    now = clock.now()
    alarm, is_new = Alarm.objects.select_for_update().get_or_create(
        user_id=user_id, kind=kind, since=since,
        defaults={"at": now, "last_at": now, "evidence": dict(evidence)},
    )  # fmt: skip
    if is_new:
        _tell("alarm.raised", alarm, SYSTEM)
        return True
    alarm.evidence, alarm.last_at = _joined(alarm.evidence, evidence), now
    alarm.times += 1
    if reopens:
        alarm.settled_at = None
    alarm.save()
    return False


def _joined(before: Mapping, now: Mapping) -> dict[str, Any]:
    """Numbers are the latest; what was touched adds up."""
    joined = {**before, **now}
    for name, value in now.items():
        if isinstance(value, list):
            joined[name] = list(dict.fromkeys([*before.get(name, ()), *value]))[:MOST_NAMED]
    return joined


def alarm_of_canaries(shown: Shown, party_id: UUID) -> None:
    """Somebody has opened a decoy, taken it out or read it by machine."""
    user_id = shown.viewer.user_id
    if user_id is None:
        return
    way = Way(shown.opened.get(party_id, shown.way))
    evidence = {"customers": [str(party_id)], "ways": [int(way)], "faces": [int(shown.face)]}
    raise_alarm(
        Alarm.Kind.CANARY, user_id, since=hour_of(clock.now()), evidence=evidence, reopens=True
    )


def weigh_exports(events: Sequence) -> None:
    """An alarm for each export of many rows, and for a person's many in a day, by what the log of
    events says."""
    limit = watch().exported_rows
    for event in events:
        rows = _rows(event)
        if limit and rows > limit:
            evidence = {"rows": rows, "limit": limit, "events": [event.pk]}
            since = hour_of(event.recorded_at)
            raise_alarm(
                Alarm.Kind.EXPORTED, event.actor_id, since=since, evidence=evidence, reopens=True
            )
    for user_id, day in {(one.actor_id, clock.today(one.recorded_at)) for one in events}:
        _weigh_day(user_id, day)


def _weigh_day(user_id: UUID, day: date) -> None:
    """What somebody has taken out in a day, all exports together, against the limits and against
    what they take out as a rule. Many small ones are one large one."""
    limits, days = watch(), _exported_by(user_id, day)
    rows = days.pop(day, [])
    usual = sum(map(sum, days.values())) / len(days) if len(days) >= KNOWN_DAYS else 0
    unusual = max(round(usual * limits.times_usual), UNUSUAL_ROWS if usual else 0)
    for kind, number, limit in (
        (Alarm.Kind.EXPORTED_DAY, sum(rows), limits.exported_rows_a_day),
        (Alarm.Kind.EXPORTS_DAY, len(rows), limits.exports_a_day),
        (Alarm.Kind.UNUSUAL_ROWS, sum(rows), unusual if limits.times_usual else 0),
    ):
        if limit and number > limit:
            evidence = {"number": number, "limit": limit}
            raise_alarm(kind, user_id, since=clock.start_of_day(day), evidence=evidence)


def _exported_by(user_id: UUID, until: date) -> dict[date, list[int]]:
    """The rows of each of somebody's exports, by day, of four weeks up to a day."""
    since = clock.start_of_day(until - timedelta(days=USUAL_DAYS))
    days: dict[date, list[int]] = {}
    for event in latest_without_subject("records.exported", since=since, limit=MOST_EXPORTS):
        if event.actor_id == user_id and clock.today(event.recorded_at) <= until:
            days.setdefault(clock.today(event.recorded_at), []).append(_rows(event))
    return days


def _rows(event: Any) -> int:
    return int(event.data.get("rows") or 0)


def hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


@transaction.atomic
def settle_alarm(viewer: Viewer, alarm_id: UUID, *, note: str) -> Alarm:
    """Says what it was. Settled again, the note is replaced."""
    require(viewer, "administer")
    alarm = Alarm.objects.select_for_update().filter(pk=alarm_id).first()
    if alarm is None:
        raise NotFound("not_found", _("There is no such alarm."))
    note = note.strip()
    if not note or len(note) > 400:
        raise Invalid.field("note", "missing", _("Say what it was, in at most 400 characters."))
    alarm.note, alarm.settled_at, alarm.settled_by = note, clock.now(), viewer.user_id
    alarm.save()
    _tell("alarm.settled", alarm, viewer)
    return alarm


def _tell(event: str, alarm: Alarm, viewer: Viewer) -> None:
    who = user_names().get(str(alarm.user_id), "–")
    data = {"kind": str(alarm.kind), "who": who, "user_id": alarm.user_id}
    record(Draft(event, "alarm", alarm.pk, data=data), origin=viewer.origin())
