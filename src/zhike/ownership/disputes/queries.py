"""Whose business a dispute is: the claimant's, who is told nothing of the customer; and of whoever
sees the customer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _

from zhike.access.policies import can, require, sees_all
from zhike.access.queries import team_ids_by_user
from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.customers.profiles import FACTS_OF_SIGN
from zhike.kernel.errors import Conflict, Invalid, NotFound
from zhike.kernel.paging import Page, decode_cursor, encode_cursor
from zhike.ownership.disputes.evidence import Evidence, evidence_of
from zhike.ownership.disputes.judging import ABOUT, OF_RIVAL, Proposal, Step, proposal_of
from zhike.ownership.models import Dispute, DisputeRule
from zhike.records.limits import is_limited
from zhike.records.queries import concealed, only_seen, visible_ids

if TYPE_CHECKING:
    from zhike.customers.models import Party

Teams = Mapping[UUID, UUID | None]
STATES = Dispute.State.choices
VERDICTS = DisputeRule.Verdict.choices
WHEN_CHOICES = DisputeRule.When.choices
LOOKED_THROUGH = 200  # of the latest decisions, for precedents
MOST_PRECEDENTS = 5


@dataclass(frozen=True, slots=True)
class DisputeShown:
    """A dispute as somebody may look at it. `party` is None for whoever doesn't see the customer:
    then neither it nor who has it is told."""

    dispute: Dispute
    party: "Party | None"
    rival: "Party | None"
    is_own: bool
    is_sign_hidden: bool
    may_decide: bool
    may_answer: bool

    @property
    def typed(self) -> str:
        """The sign itself: to whoever typed it, and to those who are shown it on the file."""
        return self.dispute.typed if self.is_own or not self.is_sign_hidden else ""

    @property
    def owner_id(self) -> UUID | None:
        return self.dispute.owner_id if self.party is not None else None


@dataclass(frozen=True, slots=True)
class Hearing:
    """What whoever decides is shown."""

    evidence: Evidence
    proposal: Proposal
    precedents: Sequence[DisputeShown]


def disputes(
    viewer: Viewer, *, state: str | None = None, cursor: str | None = None, limit: int = 30
) -> Page[DisputeShown]:
    """The viewer's own, and those about customers in their sight; the latest first."""
    if state is not None and state not in Dispute.State.values:
        raise Invalid.field("state", "unknown_choice", _("There is no such state."))
    where: list[str] = ["TRUE"]
    parameters: list = []
    if state is not None:
        where.append("d.state = %s")
        parameters.append(state)
    if cursor is not None:
        where.append("d.id < %s::uuid")
        parameters.append(_read_cursor(cursor))
    found = _read(viewer, " AND ".join(where), parameters, limit + 1)
    items, more = found[:limit], len(found) > limit
    return Page(items, encode_cursor("dispute", items[-1].dispute.pk) if more else None)


def dispute(viewer: Viewer, dispute_id: UUID) -> DisputeShown:
    for shown in _read(viewer, "d.id = %s", [dispute_id], 1):
        return shown
    raise NotFound("not_found", _("There is no such dispute, or it is none of your business."))


def dispute_to_decide(viewer: Viewer, dispute_id: UUID) -> DisputeShown:
    """Raises Conflict for one of the two, for whoever doesn't have both in sight, and when it is
    over."""
    require(viewer, "assign")
    shown = dispute(viewer, dispute_id)
    if shown.dispute.state != Dispute.State.OPEN:
        message = _("This dispute is over: somebody has decided it, or the claimant stepped back.")
        raise Conflict("not_open", message)
    if not shown.may_decide:
        message = _("Somebody decides who has both in sight and is neither of them.")
        raise Conflict("not_impartial", message)
    return shown


def is_shown(viewer: Viewer, dispute_id: UUID) -> bool:
    return bool(_read(viewer, "d.id = %s", [dispute_id], 1))


def open_disputes_about(viewer: Viewer, party_id: UUID) -> list[DisputeShown]:
    """Those about one customer in sight that wait for a decision."""
    return [
        shown
        for shown in _read(viewer, "d.party_id = %s AND d.state = 'open'", [party_id], 20)
        if shown.party is not None
    ]


def waiting_for(viewer: Viewer) -> int:
    """How many open disputes the viewer may decide, up to a hundred."""
    if not can(viewer, "assign"):
        return 0
    return sum(one.may_decide for one in _read(viewer, "d.state = 'open'", [], 100))


def hearing(viewer: Viewer, shown: DisputeShown) -> Hearing | None:
    """Evidence, proposal and precedents, for whoever may decide."""
    if not shown.may_decide:
        return None
    evidence = evidence_of(shown.dispute)
    proposal = _told(viewer, shown, proposal_of(shown.dispute.party_id, evidence))
    return Hearing(evidence, proposal, _precedents(viewer, shown.dispute, evidence))


def _told(viewer: Viewer, shown: DisputeShown, proposal: Proposal) -> Proposal:
    """Without the values of facts and of a file that the viewer may not see."""
    hidden = _("What decided is not shown to you.")
    steps = [
        step if _may_know(viewer, shown, step.rule.when) else Step(step.rule, step.holds, hidden)
        for step in proposal.steps
    ]
    return Proposal(steps, proposal.paused)


def _may_know(viewer: Viewer, shown: DisputeShown, when: str) -> bool:
    if when in OF_RIVAL and shown.dispute.rival_id and shown.rival is None:
        return False
    return not any(is_limited(CUSTOMER, viewer, fact) for fact in ABOUT.get(when, ()))


def _precedents(viewer: Viewer, dispute: Dispute, evidence: Evidence) -> list[DisputeShown]:
    """Decisions about customers in sight that were most like this one, the nearest first."""
    mine = evidence.signals
    decided = _read(viewer, "d.state = 'decided'", [], LOOKED_THROUGH)
    near: list[tuple[int, DisputeShown]] = []
    for shown in decided:
        signals = shown.dispute.evidence.get("signals", {})
        apart = sum(signals.get(name) != value for name, value in mine.items())
        if shown.party is not None and shown.dispute.pk != dispute.pk and apart <= 2:
            near.append((apart, shown))
    near.sort(key=lambda one: one[0])
    return [shown for _apart, shown in near[:MOST_PRECEDENTS]]


def _may_decide(viewer: Viewer, dispute: Dispute, teams: Teams) -> bool:
    """Whoever may assign and has both sides in sight, and is neither of them."""
    if not can(viewer, "assign") or viewer.user_id in (dispute.claimant_id, dispute.owner_id):
        return False
    return sees_all(viewer) or teams.get(dispute.claimant_id) in viewer.team_ids


def _read(viewer: Viewer, where: str, parameters: Sequence, limit: int) -> list[DisputeShown]:
    require(viewer, "view")
    within, of_sight = only_seen(CUSTOMER, viewer)
    rows = list(
        Dispute.objects.raw(
            f"SELECT d.* FROM ownership_dispute d WHERE {where} AND (d.claimant_id = %s OR EXISTS "
            f"(SELECT FROM customers_party r WHERE r.id = d.party_id AND {within})) "
            "ORDER BY d.id DESC LIMIT %s",
            [*parameters, viewer.user_id, *of_sight, limit],
        )
    )
    ids = {pk for row in rows for pk in (row.party_id, row.rival_id) if pk}
    seen = visible_ids(CUSTOMER, viewer, list(ids)) if ids else set()
    parties = list(CUSTOMER.model._default_manager.filter(pk__in=seen)) if seen else []
    by_id = {party.pk: party for party in concealed(CUSTOMER, viewer, parties)}
    teams = team_ids_by_user() if rows else {}
    return [_shown(viewer, row, by_id, teams) for row in rows]


def _shown(
    viewer: Viewer, row: Dispute, parties: "dict[UUID, Party]", teams: Teams
) -> DisputeShown:
    party = parties.get(row.party_id)
    is_open = row.state == Dispute.State.OPEN
    return DisputeShown(
        row, party, parties.get(row.rival_id) if row.rival_id else None,
        is_own=row.claimant_id == viewer.user_id,
        is_sign_hidden=_is_sign_hidden(viewer, row, party),
        may_decide=is_open and party is not None and _may_decide(viewer, row, teams),
        may_answer=is_open and party is not None and can(viewer, "change")
        and party.owner_id is not None and party.owner_id == viewer.user_id,
    )  # fmt: skip


def _is_sign_hidden(viewer: Viewer, row: Dispute, party: "Party | None") -> bool:
    facts = FACTS_OF_SIGN.get(row.sign, ())
    masked: Collection[str] = party.concealed if party is not None else ()
    return any(is_limited(CUSTOMER, viewer, fact) or fact in masked for fact in facts)


def _read_cursor(cursor: str) -> UUID:
    try:
        name, dispute_id = decode_cursor(cursor)
        if name == "dispute":
            return UUID(str(dispute_id))
    except ValueError:
        pass
    raise Invalid.field("cursor", "bad_cursor", _("This page link is not valid; start over."))


def dispute_rules(viewer: Viewer) -> list[DisputeRule]:
    require(viewer, "administer")
    return list(DisputeRule.objects.order_by("position", "created_at"))


def dispute_rule(viewer: Viewer, rule_id: UUID) -> DisputeRule:
    require(viewer, "administer")
    found = DisputeRule.objects.filter(pk=rule_id).first()
    if found is None:
        raise NotFound("not_found", _("There is no such rule."))
    return found
