"""Consents of customers, purposes, and erasure with its certificates."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from ninja import Router, Status

from zhike.api.authentication import Request
from zhike.api.shapes import StrictSchema, given
from zhike.privacy import actions, queries
from zhike.privacy.certificate import certificate

people = Router(tags=["privacy"])
purposes = Router(tags=["privacy"])
erasures = Router(tags=["privacy"])
requests = Router(tags=["privacy"])
retention = Router(tags=["privacy"])


class ConsentIn(StrictSchema):
    purpose: str
    is_given: bool
    channel: str = ""
    is_separate: bool = False
    text_version: int | None = None
    at: datetime | None = None
    source: str = "api"
    proof: UUID | None = None
    note: str = ""


class ErasureIn(StrictSchema):
    ground: str
    reference: str = ""


class RuleIn(StrictSchema):
    """A new rule is switched off: look at its preview first."""

    name: str
    months: int
    filter: dict[str, Any]


class RuleChange(StrictSchema):
    name: str = ""
    months: int = 36
    filter: dict[str, Any] = {}
    is_enabled: bool = False


class HoldIn(StrictSchema):
    reason: str


class DisclosureIn(StrictSchema):
    language: str = ""


class RequestIn(StrictSchema):
    kind: str
    customer: UUID | None = None
    described: str = ""
    purpose: str = ""
    way: str = "form"
    received_on: date | None = None
    responsible: UUID | None = None


class RequestChange(StrictSchema):
    customer: UUID | None = None
    responsible: UUID | None = None
    due_on: date | None = None


class AnswerIn(StrictSchema):
    fulfilled: bool
    reason: str = ""


class PurposeIn(StrictSchema):
    name: str = ""
    chinese_name: str = ""
    about: str = ""
    pipl: str = "consent"
    gdpr: str = "consent"
    is_by_channel: bool = False
    is_separate: bool = False
    is_enabled: bool | None = None  # null: as it is


class TextIn(StrictSchema):
    chinese: str
    english: str = ""


@people.get("/{uuid:customer_id}/consents", response=dict[str, Any])
def consents(request: Request, customer_id: UUID):
    """What stands now for each purpose and channel, and the ledger it follows from."""
    return {
        "states": [
            {"purpose": one.purpose.key, "channel": one.channel, "label": one.label,
             "is_given": one.line.is_given if one.line else None,
             "at": one.line.at if one.line else None}
            for one in queries.states(request.auth, customer_id)
        ],
        "ledger": [_line(one) for one in queries.ledger(request.auth, customer_id)],
    }  # fmt: skip


@people.post("/{uuid:customer_id}/consents", response={201: dict[str, Any]})
def record_consent(request: Request, customer_id: UUID, body: ConsentIn):
    line = actions.record_consent(customer_id, viewer=request.auth, **body.model_dump())
    return Status(201, _line(line))


@people.get("/{uuid:customer_id}/may-contact", response=dict[str, Any])
def may_contact(request: Request, customer_id: UUID, purpose: str = "", channel: str = ""):
    """Whether a customer may be contacted for a purpose, and why."""
    found = queries.may_contact(request.auth, customer_id, purpose=purpose, channel=channel)
    return {"allowed": found.is_allowed, "code": found.code, "why": found.words}


@people.get("/{uuid:customer_id}/erasure", response=dict[str, Any])
def preview_erasure(request: Request, customer_id: UUID):
    """What an erasure would reach. Changes nothing."""
    found = actions.preview_erasure(request.auth, customer_id)
    return {"rows": found.rows, "merged": found.merged, "shared": found.shared}


@people.post("/{uuid:customer_id}/erasure", response={202: dict[str, Any]})
def erase(request: Request, customer_id: UUID, body: ErasureIn):
    """Lets a worker erase a customer; the certificate tells how far that has come."""
    run = actions.request_erasure(request.auth, customer_id, **body.model_dump())
    return Status(202, certificate(run))


@people.post("/{uuid:customer_id}/disclosure")
def disclose(request: Request, customer_id: UUID, body: DisclosureIn):
    """Everything known of a customer as one ZIP: data.json, index.html and attached files."""
    made = actions.disclose_customer(request.auth, customer_id, language=body.language)
    response = StreamingHttpResponse(made.stream(), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{made.filename}"'
    return response


@people.put("/{uuid:customer_id}/hold", response={204: None})
def hold(request: Request, customer_id: UUID, body: HoldIn):
    """A legal hold: nobody erases the customer while it stands."""
    actions.hold_customer(request.auth, customer_id, reason=body.reason)
    return Status(204, None)


@people.delete("/{uuid:customer_id}/hold", response={204: None})
def release_hold(request: Request, customer_id: UUID):
    actions.release_hold(request.auth, customer_id)
    return Status(204, None)


@retention.get("", response=list[dict[str, Any]])
def list_rules(request: Request):
    return [_rule(one) for one in queries.retention_rules(request.auth)]


@retention.post("", response={201: dict[str, Any]})
def create_rule(request: Request, body: RuleIn):
    return Status(201, _rule(actions.keep_rule(request.auth, **body.model_dump())))


@retention.patch("/{uuid:retention_id}", response=dict[str, Any])
def change_rule(request: Request, retention_id: UUID, body: RuleChange):
    return _rule(actions.keep_rule(request.auth, retention_id, **given(body)))


@retention.delete("/{uuid:retention_id}", response={204: None})
def remove_rule(request: Request, retention_id: UUID):
    actions.remove_rule(request.auth, retention_id)
    return Status(204, None)


@retention.get("/{uuid:retention_id}/preview", response=dict[str, Any])
def preview_rule(request: Request, retention_id: UUID):
    """Whom a rule would erase now. Changes nothing."""
    found = queries.preview_retention(request.auth, retention_id)
    return {"count": found.count, "names": list(found.names)}


@erasures.get("", response=list[dict[str, Any]])
def list_erasures(request: Request, of: str = ""):
    """Certificates; those of one person by phone, e-mail or customer number."""
    asked = queries.erasures_of(request.auth, of) if of else queries.erasures(request.auth)
    return [certificate(one) for one in asked]


@erasures.get("/{uuid:erasure_id}", response=dict[str, Any])
def read_erasure(request: Request, erasure_id: UUID):
    return certificate(queries.erasure(request.auth, erasure_id))


@requests.get("", response=list[dict[str, Any]])
def list_requests(request: Request, state: str = "open"):
    """What people ask concerning their data: open ones by the day they are due, or closed ones."""
    listing = queries.open_requests if state == "open" else queries.closed_requests
    return [_request(one) for one in listing(request.auth)]


@requests.post("", response={201: dict[str, Any]})
def open_request(request: Request, body: RequestIn):
    return Status(201, _request(actions.open_request(request.auth, **body.model_dump())))


@requests.get("/{uuid:request_id}", response=dict[str, Any])
def read_request(request: Request, request_id: UUID):
    return _request(queries.request(request.auth, request_id))


@requests.patch("/{uuid:request_id}", response=dict[str, Any])
def change_request(request: Request, request_id: UUID, body: RequestChange):
    return _request(actions.change_request(request.auth, request_id, **given(body)))


@requests.post("/{uuid:request_id}/answer", response=dict[str, Any])
def answer_request(request: Request, request_id: UUID, body: AnswerIn):
    """Closes a request; what is granted takes effect."""
    asked = actions.answer_request(
        request.auth, request_id, is_fulfilled=body.fulfilled, reason=body.reason
    )
    return _request(asked)


@requests.post("/{uuid:request_id}/reopen", response=dict[str, Any])
def reopen_request(request: Request, request_id: UUID):
    return _request(actions.reopen_request(request.auth, request_id))


@requests.post("/{uuid:request_id}/lift", response=dict[str, Any])
def lift_restriction(request: Request, request_id: UUID):
    """Ends a restriction: the data may be used again."""
    return _request(actions.lift_restriction(request.auth, request_id))


@purposes.get("", response=list[dict[str, Any]])
def list_purposes(request: Request):
    return [_purpose(one) for one in queries.purposes_for(request.auth)]


@purposes.put("/{key}", response=dict[str, Any])
def keep_purpose(request: Request, key: str, body: PurposeIn):
    return _purpose(actions.keep_purpose(request.auth, key, **given(body)))


@purposes.post("/{key}/texts", response={201: dict[str, Any]})
def add_text(request: Request, key: str, body: TextIn):
    return Status(201, _text(actions.add_text(request.auth, key, **body.model_dump())))


def _line(one) -> dict[str, Any]:
    return {
        "purpose": one.purpose.key, "channel": one.channel, "is_given": one.is_given,
        "is_separate": one.is_separate, "text_version": one.text.version if one.text else None,
        "at": one.at, "source": one.source, "proof": one.proof_id, "note": one.note,
        "recorded_by": one.recorded_by, "recorded_at": one.recorded_at,
        "taken_back": queries.is_taken_back(one),
    }  # fmt: skip


def _rule(one) -> dict[str, Any]:
    return {"id": one.pk, "name": one.name, "months": one.months, "filter": one.filter,
            "is_enabled": one.is_enabled}  # fmt: skip


def _request(one) -> dict[str, Any]:
    return {
        "id": one.pk, "number": one.number, "kind": one.kind, "customer": one.party_id,
        "described": one.described, "purpose": one.purpose, "way": one.way,
        "received_on": one.received_on, "due_on": one.due_on, "is_overdue": one.is_overdue,
        "responsible": one.responsible_id, "state": one.state, "answered_on": one.answered_on,
        "reason": one.reason, "lifted_on": one.lifted_on,
    }  # fmt: skip


def _purpose(one) -> dict[str, Any]:
    return {
        "key": one.key, "name": str(one.label), "pipl": one.pipl,
        "gdpr": one.gdpr, "is_by_channel": one.is_by_channel, "is_separate": one.is_separate,
        "about": one.about, "is_enabled": one.is_enabled,
        "texts": [_text(text) for text in one.texts.all()],
    }  # fmt: skip


def _text(one) -> dict[str, Any]:
    return {"version": one.version, "chinese": one.chinese, "english": one.english,
            "created_at": one.created_at}  # fmt: skip
