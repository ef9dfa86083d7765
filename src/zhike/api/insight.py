"""/today and /scores."""

from datetime import date
from typing import Any
from uuid import UUID

from ninja import Router, Schema, Status

from zhike.api import shapes
from zhike.api.authentication import Request
from zhike.api.shapes import StrictSchema
from zhike.insight import actions, queries
from zhike.records.queries import firm

today = Router(tags=["today"])
scores = Router(tags=["scores"])


class WorkIn(StrictSchema):
    channel: str
    outcome: str = ""
    text: str = ""
    next_on: date | None = None
    next_step: str = ""


class SnoozeIn(StrictSchema):
    until: date


class HandOverIn(StrictSchema):
    assignee: UUID


class SuggestionOut(Schema):
    customer: UUID
    reason: str
    state: str
    until: date | None
    assignee: UUID | None


def _suggestion(found) -> dict[str, Any]:
    return {
        "customer": found.party_id,
        "reason": found.reason,
        "state": found.state,
        "until": found.until,
        "assignee": found.assignee_id,
    }


@today.get("", response=dict[str, Any], summary="Who deserves a contact today, and why")
def read_today(request: Request, limit: int = 30, cursor: str | None = None):
    viewer, currency = request.auth, firm().currency
    page = queries.today(viewer, limit=max(1, min(limit, 200)), cursor=cursor or None)
    items = [
        {
            "customer": shapes.customers(viewer, [one.party])[0]["id"],
            "name": one.party.name,
            "reason": one.suggestion.reason,
            "words": one.reason,
            "advice": one.advice,
            "amount": shapes.amount(one.suggestion.value, currency),
            "currency": currency,
            "stage": one.standing.stage if one.standing else None,
            "last_contact": one.last_contact,
        }
        for one in page.items
    ]
    count = queries.today_count(viewer)
    return {
        "items": items,
        "next_cursor": page.next_cursor,
        "count": {"value": count.value, "exact": count.exact},
        "done": queries.done_today(viewer),
    }


@today.post("/{uuid:customer_id}/work", response=SuggestionOut)
def work(request: Request, customer_id: UUID, body: WorkIn):
    """Writes down the contact, sets the next date, takes the customer off the list."""
    return _suggestion(actions.work_suggestion(request.auth, customer_id, **body.model_dump()))


@today.post("/{uuid:customer_id}/snooze", response=SuggestionOut)
def snooze(request: Request, customer_id: UUID, body: SnoozeIn):
    found = actions.resolve_suggestion(request.auth, customer_id, state="snoozed", until=body.until)
    return _suggestion(found)


@today.post("/{uuid:customer_id}/dismiss", response=SuggestionOut)
def dismiss(request: Request, customer_id: UUID):
    return _suggestion(actions.resolve_suggestion(request.auth, customer_id, state="dismissed"))


@today.post("/{uuid:customer_id}/reopen", response=SuggestionOut)
def reopen(request: Request, customer_id: UUID):
    return _suggestion(actions.reopen_suggestion(request.auth, customer_id))


@today.post("/{uuid:customer_id}/hand-over", response=SuggestionOut)
def hand_over(request: Request, customer_id: UUID, body: HandOverIn):
    found = actions.hand_over_suggestion(request.auth, customer_id, assignee=body.assignee)
    return _suggestion(found)


def _run(run) -> dict[str, Any]:
    return {
        "id": run.pk,
        "as_of": run.as_of,
        "state": run.state,
        "step": run.step,
        "progress": run.progress,
        "requested_at": run.requested_at,
        "finished_at": run.finished_at,
        "customers": run.customers,
        "orders": run.orders,
        "report": run.report,
        "error": run.error,
    }


@scores.get("/runs", response=list[dict[str, Any]], summary="Computations, newest first")
def list_runs(request: Request):
    return [_run(run) for run in queries.runs(request.auth)]


@scores.post("/runs", response={202: dict[str, Any]}, summary="Compute all scores")
def request_scores(request: Request):
    return Status(202, _run(actions.request_scores(request.auth)))
