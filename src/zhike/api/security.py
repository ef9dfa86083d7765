"""/access-log and /alarms: who saw which customers, and what administrators are told of it."""

from datetime import date
from typing import Any
from uuid import UUID

from ninja import Query, Router, Schema, Status

from zhike.api.authentication import Request
from zhike.api.shapes import StrictSchema
from zhike.security import actions, queries
from zhike.security.queries import Line, Told

router = Router(tags=["security"])
alarms = Router(tags=["security"])


class LogParams(Schema):
    user: UUID | None = None
    customer: UUID | None = None
    day: date | None = None
    cursor: str | None = None
    limit: int = 50


class NoteIn(StrictSchema):
    note: str


@router.get("", response=dict[str, Any])
def access_log(request: Request, params: Query[LogParams]):
    """Latest first. Of a customer, who opened the file; with a day, in which lists and exports it
    stood as well."""
    page = queries.access_log(
        request.auth, user_id=params.user, party_id=params.customer, day=params.day,
        cursor=params.cursor or None, limit=max(1, min(params.limit, 200)),
    )  # fmt: skip
    return {"items": [_line(one) for one in page.items], "next_cursor": page.next_cursor}


@alarms.get("", response=list[dict[str, Any]])
def list_alarms(request: Request):
    """The latest hundred; the open ones first."""
    return [_alarm(one) for one in queries.alarms(request.auth, is_named=False)]


@alarms.post("/{uuid:alarm_id}/settle", response={204: None})
def settle(request: Request, alarm_id: UUID, body: NoteIn):
    actions.settle_alarm(request.auth, alarm_id, note=body.note)
    return Status(204, None)


def _line(one: Line) -> dict[str, Any]:
    line = one.viewing
    return {
        "id": line.pk, "at": line.at, "user": line.user_id,
        "operator": line.operator or None, "way": line.Way(line.way).name.lower(),
        "face": line.Face(line.face).name.lower(), "customer": line.party_id,
        "customers": line.ids or [],
    }  # fmt: skip


def _alarm(one: Told) -> dict[str, Any]:
    alarm = one.alarm
    return {
        "id": alarm.pk, "kind": alarm.kind, "user": alarm.user_id, "since": alarm.since,
        "at": alarm.at, "last_at": alarm.last_at, "times": alarm.times,
        "evidence": alarm.evidence, "settled_at": alarm.settled_at,
        "settled_by": alarm.settled_by, "note": alarm.note,
    }  # fmt: skip
