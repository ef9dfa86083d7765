"""Alarms: raised once for a person, a kind and an hour; settled by an administrator."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.queries import user_names
from zhike.access.viewer import SYSTEM, Viewer
from zhike.events.actions import Draft, record
from zhike.kernel import clock
from zhike.kernel.errors import Invalid, NotFound
from zhike.records.queries import Shown, Way
from zhike.security.models import Alarm
from zhike.security.queries import watch

MOST_NAMED = 20  # decoys in the evidence of one alarm


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
    """An alarm for each export of many rows, by what the log of events says."""
    limit = watch().exported_rows
    for event in events:
        rows = int(event.data.get("rows") or 0)
        if limit and rows > limit:
            evidence = {"rows": rows, "limit": limit, "events": [event.pk]}
            since = hour_of(event.recorded_at)
            raise_alarm(
                Alarm.Kind.EXPORTED, event.actor_id, since=since, evidence=evidence, reopens=True
            )


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
