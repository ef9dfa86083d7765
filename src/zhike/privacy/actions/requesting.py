"""What people ask of the firm concerning their data: written down, given to somebody, answered.

An answer that grants something brings it about: an objection withdraws the consent in the ledger, a
restriction lets `may_contact` say no until it is lifted.
"""

from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.queries import active_user_names
from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.events.actions import Draft, record
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid
from zhike.privacy import queries
from zhike.privacy.actions.consenting import record_consent, refresh_consents
from zhike.privacy.models import Erasure, Purpose, SubjectRequest
from zhike.records.queries import get, require_reach

_LATEST = timedelta(days=92)  # one month and two more, GDPR Art. 12(3)


@transaction.atomic
def open_request(
    viewer: Viewer,
    *,
    kind: str,
    customer: UUID | None = None,
    described: str = "",
    purpose: str = "",
    way: str = "call",
    received_on: date | None = None,
    responsible: UUID | None = None,
) -> SubjectRequest:
    """Writes down what somebody asks for: a customer, or whoever is described. An objection that
    names no purpose is one to marketing."""
    require(viewer, "administer")
    if kind not in SubjectRequest.Kind.values:
        raise Invalid.field("kind", "unknown_choice", _("Choose what is asked for."))
    if way not in SubjectRequest.Way.values:
        raise Invalid.field("way", "unknown_choice", _("Say how it came."))
    if customer is None and not described.strip():
        message = _("Choose the customer, or write who is asking.")
        raise Invalid.field("described", "missing", message)
    today = clock.today()
    received_on = received_on or today
    if received_on > today:
        raise Invalid.field("received_on", "in_future", _("This has not happened yet."))
    asked = SubjectRequest.objects.create(
        kind=kind, party_id=_customer(viewer, customer), described=described.strip()[:200],
        purpose=_objected(kind, purpose), way=way, received_on=received_on,
        due_on=received_on + timedelta(days=queries.policy().answer_days),
        responsible_id=_colleague(responsible) or viewer.user_id, created_at=clock.now(),
        created_by=viewer.user_id,
    )  # fmt: skip
    _tell("request.opened", asked, viewer)
    return asked


def _customer(viewer: Viewer, party_id: UUID | None) -> UUID | None:
    if party_id is None:
        return None
    party = get(CUSTOMER, viewer, CUSTOMER.stand_ins([party_id]).get(party_id, party_id))
    require_reach(CUSTOMER, viewer, party.pk)
    if party.erased_at is not None:
        raise Conflict("erased", _("This customer was erased. That can't be undone."))
    return party.pk


def _objected(kind: str, purpose: str) -> str:
    if kind != SubjectRequest.Kind.OBJECTION:
        return ""
    purpose = purpose or "marketing"
    if not Purpose.objects.filter(key=purpose, is_enabled=True).exists():
        raise Invalid.field("purpose", "unknown_choice", _("There is no such purpose."))
    return purpose


def _colleague(user_id: UUID | None) -> UUID | None:
    if user_id is not None and str(user_id) not in active_user_names():
        raise Invalid.field("responsible", "unknown_choice", _("There is no such colleague."))
    return user_id


@transaction.atomic
def change_request(
    viewer: Viewer,
    request_id: UUID,
    *,
    customer: UUID | None = None,
    responsible: UUID | None = None,
    due_on: date | None = None,
) -> SubjectRequest:
    """Says who it is, who answers, or that it takes longer: at most three months in all."""
    asked = _open(viewer, request_id)
    if customer is not None:
        asked.party_id = _customer(viewer, customer)
    if responsible is not None:
        asked.responsible_id = _colleague(responsible)
    if due_on is not None:
        if not asked.received_on <= due_on <= asked.received_on + _LATEST:
            message = _("Between the day it came and three months later.")
            raise Invalid.field("due_on", "out_of_range", message)
        asked.due_on = due_on
    asked.save(update_fields=["party_id", "responsible_id", "due_on"])
    _tell("request.changed", asked, viewer)
    return asked


@transaction.atomic
def answer_request(
    viewer: Viewer, request_id: UUID, *, is_fulfilled: bool, reason: str = ""
) -> SubjectRequest:
    """Closes a request. A refusal needs its reason; what is granted takes effect."""
    asked = _open(viewer, request_id)
    reason = reason.strip()[:400]
    if not is_fulfilled and not reason:
        message = _("Say why: whoever is refused has to be told the reason.")
        raise Invalid.field("reason", "missing", message)
    asked.state = SubjectRequest.State.FULFILLED if is_fulfilled else SubjectRequest.State.REFUSED
    asked.answered_on, asked.reason = clock.today(), reason
    if is_fulfilled:
        _require_done(asked)
    asked.save(update_fields=["state", "answered_on", "reason"])
    if is_fulfilled and asked.party_id and asked.kind == SubjectRequest.Kind.OBJECTION:
        record_consent(
            asked.party_id, purpose=asked.purpose, is_given=False, source=asked.way, viewer=viewer,
            note=asked.number,
        )  # fmt: skip
    _refresh(asked)
    _tell("request.answered", asked, viewer)
    return asked


def _require_done(asked: SubjectRequest) -> None:
    """Whether what is said to be fulfilled can be."""
    if asked.party_id is None:
        message = _("Choose first which customer it is; whoever can't be found is refused.")
        raise Invalid.field("customer", "missing", message)
    erased = Erasure.objects.filter(party_id=asked.party_id)
    if asked.kind == SubjectRequest.Kind.ERASURE and not erased.exists():
        raise Conflict("not_erased", _("Erase the customer first."))


@transaction.atomic
def reopen_request(viewer: Viewer, request_id: UUID) -> SubjectRequest:
    """Takes an answer back. A restriction ends with it; what the ledger holds stays."""
    asked = _locked(viewer, request_id)
    if asked.is_open:
        raise Conflict("open", _("This request is open."))
    if asked.kind == SubjectRequest.Kind.ERASURE and asked.state == "fulfilled":
        raise Conflict("erased", _("This customer was erased. That can't be undone."))
    asked.state, asked.answered_on, asked.lifted_on = SubjectRequest.State.OPEN, None, None
    asked.save(update_fields=["state", "answered_on", "lifted_on"])
    _refresh(asked)
    _tell("request.reopened", asked, viewer)
    return asked


@transaction.atomic
def lift_restriction(viewer: Viewer, request_id: UUID) -> SubjectRequest:
    """The data may be used again. The person is told before (GDPR Art. 18(3))."""
    asked = _locked(viewer, request_id)
    if not asked.is_in_force:
        raise Conflict("not_in_force", _("This is no restriction in force."))
    asked.lifted_on = clock.today()
    asked.save(update_fields=["lifted_on"])
    _refresh(asked)
    _tell("restriction.lifted", asked, viewer)
    return asked


def _refresh(asked: SubjectRequest) -> None:
    if asked.party_id is not None and asked.kind == SubjectRequest.Kind.RESTRICTION:
        refresh_consents([asked.party_id])


def _open(viewer: Viewer, request_id: UUID) -> SubjectRequest:
    asked = _locked(viewer, request_id)
    if not asked.is_open:
        raise Conflict("answered", _("This request is answered. Open it again first."))
    return asked


def _locked(viewer: Viewer, request_id: UUID) -> SubjectRequest:
    queries.request(viewer, request_id)
    return SubjectRequest.objects.select_for_update().get(pk=request_id)


def _tell(event: str, asked: SubjectRequest, viewer: Viewer) -> None:
    data = {"kind": asked.kind, "state": asked.state, "number": asked.number}
    if asked.party_id is None:
        draft = Draft(event, "request", asked.pk, data=data)
    else:
        draft = Draft(event, "customer", asked.party_id, asked.party_id, data=data)
    record(draft, origin=viewer.origin())
