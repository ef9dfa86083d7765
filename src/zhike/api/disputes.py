"""/disputes, /dispute-rules: who wants a colleague's customer, and what becomes of that."""

from typing import Any
from uuid import UUID

from ninja import Router, Status

from zhike.api.authentication import Request
from zhike.api.shapes import StrictSchema, given
from zhike.ownership.disputes import actions, queries, rules

router = Router(tags=["disputes"])
dispute_rules = Router(tags=["disputes"])


class DisputeIn(StrictSchema):
    claim: str
    customer: UUID | None = None
    sign: str = ""
    values: dict[str, Any] | None = None
    own_file: UUID | None = None
    waiting: UUID | None = None


class AnswerIn(StrictSchema):
    answer: str


class DecisionIn(StrictSchema):
    verdict: str
    reason: str


class GiveWayIn(StrictSchema):
    reason: str = ""


class DisputeRuleIn(StrictSchema):
    name: str | None = None
    filter: dict[str, Any] | None = None
    when: str | None = None
    days: int | None = None
    verdict: str | None = None
    is_enabled: bool | None = None
    position: int | None = None


def _dispute(shown) -> dict[str, Any]:
    """What is told of the customer is told to those only who see it."""
    one = shown.dispute
    return {
        "id": one.pk,
        "customer": {"id": shown.party.pk, "name": shown.party.name} if shown.party else None,
        "own_file": {"id": shown.rival.pk, "name": shown.rival.name} if shown.rival else None,
        "claimant": one.claimant_id,
        "owner": shown.owner_id,
        "sign": one.sign or None,
        "typed": shown.typed or None,
        "claim": one.claim,
        "answer": one.answer or None,
        "state": one.state,
        "verdict": one.verdict or None,
        "reason": one.reason or None,
        "rule": (one.rule or None) if shown.party else None,
        "opened_at": one.opened_at,
        "decided_at": one.decided_at,
        "decided_by": one.decided_by,
        "batch": one.batch_id,
        "may_decide": shown.may_decide,
        "may_answer": shown.may_answer,
    }


def _rule(rule) -> dict[str, Any]:
    names = ("name", "when", "days", "verdict", "is_enabled", "position")
    values = {name: getattr(rule, name) for name in names}
    return {"id": rule.pk, **values, "filter": rule.filter or None}


@router.get("", response=dict[str, Any], summary="List disputes")
def list_disputes(
    request: Request, state: str | None = None, cursor: str | None = None, limit: int = 30
):
    """Your own, and those about customers in your sight; the latest first."""
    page = queries.disputes(request.auth, state=state, cursor=cursor, limit=min(max(limit, 1), 100))
    return {"items": [_dispute(one) for one in page.items], "next_cursor": page.next_cursor}


@router.post("", response={201: dict[str, Any]}, summary="Ask for a colleague's customer")
def open_dispute(request: Request, body: DisputeIn):
    """Name a `customer` in your sight; or the `sign` (phone, email, registration_no) that a
    duplicate's hint named, with the `values` you know or with a file of your own that bears it; or
    who can't be claimed, `waiting` in a pool, since a colleague protects one like it."""
    opened = actions.open_dispute(
        request.auth, claim=body.claim, about=body.customer, sign=body.sign,
        values=body.values, rival=body.own_file, waiting=body.waiting,
    )  # fmt: skip
    return Status(201, _dispute(queries.dispute(request.auth, opened.pk)))


@router.get("/{uuid:dispute_id}", response=dict[str, Any])
def read_dispute(request: Request, dispute_id: UUID):
    """For whoever may decide also the evidence, what the rules propose and why, and precedents."""
    shown = queries.dispute(request.auth, dispute_id)
    hearing = queries.hearing(request.auth, shown)
    if hearing is None:
        return _dispute(shown)
    proposal = hearing.proposal
    return _dispute(shown) | {
        "proposal": {
            "verdict": proposal.verdict or None,
            "rule": proposal.rule.name if proposal.rule else None,
            "steps": [
                {"rule": step.rule.name, "holds": step.holds, "why": step.words}
                for step in proposal.steps
            ],
            "paused": proposal.paused or None,
        },
        "precedents": [_dispute(one) for one in hearing.precedents],
    }


@router.post("/{uuid:dispute_id}/answer", response=dict[str, Any])
def answer_dispute(request: Request, dispute_id: UUID, body: AnswerIn):
    """What speaks for you, who hold the customer."""
    actions.answer_dispute(request.auth, dispute_id, answer=body.answer)
    return _dispute(queries.dispute(request.auth, dispute_id))


@router.post("/{uuid:dispute_id}/give-way", response=dict[str, Any])
def give_way(request: Request, dispute_id: UUID, body: GiveWayIn):
    """Lets the claimant have the customer you hold."""
    return {"batch": actions.give_way(request.auth, dispute_id, reason=body.reason).batch_id}


@router.post("/{uuid:dispute_id}/withdraw", response=dict[str, Any])
def withdraw_dispute(request: Request, dispute_id: UUID):
    actions.withdraw_dispute(request.auth, dispute_id)
    return _dispute(queries.dispute(request.auth, dispute_id))


@router.post("/{uuid:dispute_id}/decide", response=dict[str, Any])
def decide_dispute(request: Request, dispute_id: UUID, body: DecisionIn):
    """`verdict` is one of keep, give, share."""
    decided = actions.decide_dispute(
        request.auth, dispute_id, verdict=body.verdict, reason=body.reason
    )
    return {"batch": decided.batch_id}


@dispute_rules.get("", response=list[dict[str, Any]])
def list_dispute_rules(request: Request):
    return [_rule(one) for one in queries.dispute_rules(request.auth)]


@dispute_rules.post("", response={201: dict[str, Any]})
def create_dispute_rule(request: Request, body: DisputeRuleIn):
    """The first rule that holds proposes its verdict. `when` is one of protected, held, contact,
    order, neglected, rival_contact, rival_order, rival_first, free, always."""
    return Status(201, _rule(rules.create_dispute_rule(request.auth, **given(body))))


@dispute_rules.patch("/{uuid:dispute_rule_id}", response=dict[str, Any])
def change_dispute_rule(request: Request, dispute_rule_id: UUID, body: DisputeRuleIn):
    return _rule(rules.change_dispute_rule(request.auth, dispute_rule_id, **given(body)))


@dispute_rules.delete("/{uuid:dispute_rule_id}", response={204: None})
def remove_dispute_rule(request: Request, dispute_rule_id: UUID):
    rules.remove_dispute_rule(request.auth, dispute_rule_id)
    return Status(204, None)
