"""What happens in a dispute: somebody claims, the owner answers or gives way, the claimant steps
back, somebody decides.

Opening and deciding lock the customer's row, so that there is one open dispute of a claimant about
it, and so that nobody's customer is given away who got it a moment ago.
"""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from zhike.access.policies import require
from zhike.access.queries import active_user, active_user_names, team_of_user, user_names
from zhike.access.viewer import SYSTEM, Viewer
from zhike.customers.collisions import bearer
from zhike.customers.duplicates import described
from zhike.customers.facts import CUSTOMER, TASK
from zhike.customers.holders import Held, Holder, hand_over, locked, saying
from zhike.customers.profiles import profile_of
from zhike.customers.queries import shares_of
from zhike.customers.sharing.actions import drop_share, put_share
from zhike.customers.words import HELD_WORDS
from zhike.events.actions import Draft, record
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from zhike.ownership.collisions import Collisions, collisions_of
from zhike.ownership.disputes.evidence import evidence_of
from zhike.ownership.disputes.judging import proposal_of
from zhike.ownership.disputes.queries import dispute as shown_dispute
from zhike.ownership.disputes.queries import dispute_to_decide
from zhike.ownership.models import Dispute, DisputeRule, Verb
from zhike.ownership.queries import may_claim
from zhike.records.actions import create_record, open_batch, take_rows_back, takes_back
from zhike.records.queries import get, require_reach

Verdict, State = DisputeRule.Verdict, Dispute.State
_SIGN_VALUES = {"registration_no": ("registration_no",), "phone": ("phones",), "email": ("emails",)}


@transaction.atomic
def open_dispute(
    viewer: Viewer,
    *,
    claim: str,
    about: UUID | None = None,
    sign: str = "",
    values: Mapping | None = None,
    rival: UUID | None = None,
    waiting: UUID | None = None,
    batch=None,
) -> Dispute:
    """Claims a colleague's customer: one in sight (`about`), or the one out of sight who bears a
    sign (phone, email, registration_no) of the values typed or of a file of one's own (`rival`);
    or the one that a colleague protects, for which one `waiting` in a pool can't be claimed.

    Raises Invalid when no customer out of sight bears it, Conflict when the claimant has an open
    dispute about the customer or holds it already.
    """
    require(viewer, "create")
    if viewer.user_id is None:
        raise NotAllowed("nobody", _("Only a person can hold customers."))
    claim = _said("claim", claim)
    if about is not None:
        party_id, typed, sign = get(CUSTOMER, viewer, about).pk, "", ""
        if rival is not None:
            _own_file(viewer, rival)
    elif waiting is not None:
        party_id, typed, sign = _barring(viewer, waiting)
    else:
        party_id, typed = _meant(viewer, sign, values or {}, rival)
    row = _locked_customer(party_id)
    if row.owner_id == viewer.user_id:
        raise Conflict("not_changed", _("You hold this customer already."))
    mine = Dispute.objects.filter(party_id=row.id, claimant_id=viewer.user_id, state=State.OPEN)
    if mine.exists():
        raise Conflict("already_open", _("You have asked for this customer already."))
    dispute = Dispute.objects.create(
        party_id=row.id, rival_id=rival, claimant_id=viewer.user_id, owner_id=row.owner_id,
        sign=sign, typed=typed[:200], claim=claim, opened_at=clock.now(),
    )  # fmt: skip
    _tell("dispute.opened", dispute, viewer, text=claim)
    _ask_owner(dispute, batch)
    return dispute


def _meant(viewer: Viewer, sign: str, values: Mapping, rival: UUID | None) -> tuple[UUID, str]:
    """The customer out of sight who bears a sign, and that sign as the claimant knows it."""
    if sign not in HELD_WORDS:
        raise Invalid.field("sign", "unknown_choice", _("There is no such choice."))
    party = _own_file(viewer, rival) if rival is not None else described(values)
    party_id = bearer(viewer, profile_of(party), sign)
    if party_id is None:
        message = _("No colleague has a customer like that out of your sight.")
        raise Invalid.field("sign", "nobody", message)
    return party_id, _as_known(party, sign)


def _barring(viewer: Viewer, waiting: UUID) -> tuple[UUID, str, str]:
    """The customer for which one in a pool of the viewer's can't be claimed, the sign that both
    bear as the viewer is shown it, and which sign."""
    party = get(CUSTOMER, viewer, waiting)
    found = collisions_of([waiting], viewer) if may_claim(viewer, party) else Collisions()
    if waiting not in found.guards:
        message = _("This customer can be claimed, or waits in no pool of yours.")
        raise Invalid.field("waiting", "not_barred", message)
    sign = found.signs[waiting]
    return found.guards[waiting], _as_known(party, sign), sign


def _as_known(party, sign: str) -> str:
    known = getattr(party, _SIGN_VALUES[sign][0])
    return known if isinstance(known, str) else ", ".join(known)


def _own_file(viewer: Viewer, party_id: UUID):
    party = get(CUSTOMER, viewer, party_id)
    require_reach(CUSTOMER, viewer, party_id)
    return party


def _locked_customer(party_id: UUID) -> Held:
    rows = locked([party_id])
    if not rows:
        raise Conflict("archived", _("This is archived. Restore it before you change it."))
    return rows[0]


def _ask_owner(dispute: Dispute, batch) -> None:
    """Puts it on the owner's list, in their language; in a batch of its own unless one is given."""
    user = active_user(str(dispute.owner_id)) if dispute.owner_id else None
    if user is None:
        return
    with override(user.language or settings.LANGUAGE_CODE):
        name = user_names().get(str(dispute.claimant_id), "–")
        title = _("%(name)s claims this customer: say what speaks for you") % {"name": name}
    values = {"title": title, "customer": dispute.party_id, "due_on": clock.today(),
              "assignee": dispute.owner_id}  # fmt: skip
    create_record(TASK, values, viewer=SYSTEM, batch=batch)


@transaction.atomic
def answer_dispute(viewer: Viewer, dispute_id: UUID, *, answer: str) -> Dispute:
    """What the owner says to it. Said again, the later word counts."""
    dispute = _locked(viewer, dispute_id)
    _require_owner(viewer, dispute)
    dispute.answer = _said("answer", answer)
    dispute.save(update_fields=["answer"])
    _tell("dispute.answered", dispute, viewer, text=dispute.answer)
    return dispute


@transaction.atomic
def give_way(viewer: Viewer, dispute_id: UUID, *, reason: str = "") -> Dispute:
    """The owner lets the claimant have the customer; nobody else need decide."""
    dispute = _locked(viewer, dispute_id)
    _require_owner(viewer, dispute)
    return _decide(viewer, dispute, Verdict.GIVE, reason.strip() or _("The owner gave way."))


@transaction.atomic
def withdraw_dispute(viewer: Viewer, dispute_id: UUID) -> Dispute:
    dispute = _locked(viewer, dispute_id)
    if dispute.claimant_id != viewer.user_id:
        raise Conflict("not_claimant", _("Only whoever has asked can step back."))
    dispute.state, dispute.decided_at = State.WITHDRAWN, clock.now()
    dispute.save(update_fields=["state", "decided_at"])
    _tell("dispute.withdrawn", dispute, viewer)
    return dispute


@transaction.atomic
def decide_dispute(viewer: Viewer, dispute_id: UUID, *, verdict: str, reason: str) -> Dispute:
    """Decides it, with a reason: the customer stays, goes to the claimant, or both work on it. One
    batch, which can be undone; the dispute is open again then.

    Raises Conflict for one of the two and for whoever doesn't have both in sight, when it has been
    decided, and when the claimant has left.
    """
    require(viewer, "assign")
    dispute = _locked(viewer, dispute_id)
    dispute_to_decide(viewer, dispute_id)
    if verdict not in Verdict.values:
        raise Invalid.field("verdict", "unknown_choice", _("There is no such choice."))
    return _decide(viewer, dispute, verdict, _said("reason", reason))


def _decide(viewer: Viewer, dispute: Dispute, verdict: str, reason: str) -> Dispute:
    row = _locked_customer(dispute.party_id)
    if verdict != Verdict.KEEP and str(dispute.claimant_id) not in active_user_names():
        raise Conflict("has_left", _("The claimant has left: the customer can only stay."))
    evidence = evidence_of(dispute)
    proposal = proposal_of(dispute.party_id, evidence)
    batch = open_batch(viewer, kind="dispute", label=row.name)
    dispute.state, dispute.verdict, dispute.reason = State.DECIDED, verdict, reason
    dispute.proposed = proposal.verdict
    dispute.rule = proposal.rule.name if proposal.rule else ""
    dispute.evidence = evidence.kept
    dispute.decided_by, dispute.decided_at = viewer.user_id, clock.now()
    dispute.batch_id = batch.pk
    dispute.save()
    _tell("dispute.decided", dispute, viewer, batch.pk, text=reason, verdict=verdict)
    if verdict == Verdict.GIVE and row.owner_id != dispute.claimant_id:
        name = user_names()[str(dispute.claimant_id)]
        hand_over(
            [row], Holder(dispute.claimant_id, team_of_user(dispute.claimant_id)),
            verb=Verb.ASSIGNED, event="customer.assigned", data=saying(owner=name),
            batch_id=batch.pk, viewer=viewer,
        )  # fmt: skip
    elif verdict == Verdict.SHARE:
        dispute.evidence |= {"shared": _shared(dispute)}
        dispute.save(update_fields=["evidence"])
        _share(viewer, dispute)
    return dispute


def _shared(dispute: Dispute) -> dict | None:
    """How the customer is shared with the claimant already."""
    for one in shares_of(dispute.party_id):
        if one.with_id == dispute.claimant_id:
            return {"level": one.level, "until": one.until and one.until.isoformat()}
    return None


def _unshare(viewer: Viewer, dispute: Dispute) -> None:
    """As it was before the decision."""
    before = dispute.evidence.get("shared")
    if before is None:
        drop_share(dispute.party_id, with_id=dispute.claimant_id, viewer=viewer)
        return
    until = date.fromisoformat(before["until"]) if before["until"] else None
    put_share(
        dispute.party_id, with_id=dispute.claimant_id, viewer=viewer, level=before["level"],
        until=until,
    )  # fmt: skip


def _share(viewer: Viewer, dispute: Dispute) -> None:
    put_share(dispute.party_id, with_id=dispute.claimant_id, viewer=viewer, level="write")


@takes_back("dispute")
def _take_back(viewer: Viewer, batch):
    """Undoes a decision; undone in turn, decides it again. A customer who has changed hands since
    stays where it is, and the decision stands."""
    first = batch
    while first.undoes is not None:
        first = first.undoes
    dispute = Dispute.objects.select_for_update().get(batch_id=first.pk)
    undo, done, left = take_rows_back(viewer, batch)
    if left:
        return undo, done, left
    is_open = dispute.state == State.OPEN
    dispute.state = State.DECIDED if is_open else State.OPEN
    dispute.save(update_fields=["state"])
    if dispute.verdict == Verdict.SHARE and is_open:
        _share(viewer, dispute)
    elif dispute.verdict == Verdict.SHARE:
        _unshare(viewer, dispute)
    _tell("dispute.decided" if is_open else "dispute.reopened", dispute, viewer, undo.pk,
          verdict=dispute.verdict)  # fmt: skip
    return undo, done, left


def _locked(viewer: Viewer, dispute_id: UUID) -> Dispute:
    """An open dispute that the viewer has to do with. The customer first, as when it is opened."""
    party_id = shown_dispute(viewer, dispute_id).dispute.party_id
    locked([party_id])
    dispute = Dispute.objects.select_for_update().filter(pk=dispute_id).first()
    if dispute is None:
        raise NotFound("not_found", _("There is no such dispute, or it is none of your business."))
    if dispute.state != State.OPEN:
        message = _("This dispute is over: somebody has decided it, or the claimant stepped back.")
        raise Conflict("not_open", message)
    return dispute


def _require_owner(viewer: Viewer, dispute: Dispute) -> None:
    require(viewer, "change")
    if not shown_dispute(viewer, dispute.pk).may_answer:
        raise Conflict("not_owner", _("Only whoever holds the customer can do this."))


def _said(name: str, text: str) -> str:
    said = str(text).strip()
    if not said or len(said) > 1000:
        message = _("Say it in at most 1,000 characters.")
        raise Invalid.field(name, "missing", message)
    return said


def _tell(
    event: str, dispute: Dispute, viewer: Viewer, batch_id: UUID | None = None, **data: str
) -> None:
    names = user_names()
    about = {"claimant": names.get(str(dispute.claimant_id), "–"), "sign": dispute.sign, **data}
    draft = Draft(event, "dispute", dispute.pk, dispute.party_id, data=about)
    record(draft, origin=viewer.origin(batch_id))
