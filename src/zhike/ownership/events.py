"""What ownership says."""

from collections.abc import Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from zhike.events.catalogue import EventType, declare
from zhike.filters.schema import EventField, Kind
from zhike.ownership.models import DisputeRule
from zhike.ownership.words import REASONS, WAYS, WITHOUT

_POOL = EventField("pool", _("Pool"), Kind.TEXT)
_REASON = EventField("reason", _("Reason"), Kind.TEXT)
_RULE = EventField("rule", _("Rule"), Kind.TEXT)


def _released(data: Mapping) -> Mapping:
    reason = REASONS.get(data.get("reason", ""), data.get("reason", ""))
    return {**data, "reason": f" · {reason}" if reason else ""}


def _recycled(data: Mapping) -> Mapping:
    return {
        **data,
        "why": gettext("%(days)s days %(without)s")
        % {"days": data.get("days", "–"), "without": WITHOUT.get(data.get("without", ""), "–")},
    }


def _allotted(data: Mapping) -> Mapping:
    return {**data, "way": WAYS.get(data.get("way", ""), "–")}


def _protected(data: Mapping) -> Mapping:
    reason = data.get("reason", "")
    return {**data, "reason": f" · {reason}" if reason else ""}


def _verdict(data: Mapping) -> Mapping:
    return {**data, "verdict": dict(DisputeRule.Verdict.choices).get(data.get("verdict", ""), "–")}


declare(
    EventType(
        "customer.claimed", _("Customer claimed"), _("Claimed from the pool “%(pool)s”"), "file",
        (_POOL,),
    ),
    EventType(
        "customer.assigned", _("Customer assigned"), _("Assigned to %(owner)s"), "file",
        (_POOL,),
    ),
    EventType(
        "customer.allotted", _("Customer assigned by a rule"),
        _("Assigned to %(owner)s by the rule “%(rule)s”: %(way)s"), "file", (_RULE,),
        present=_allotted,
    ),
    EventType(
        "customer.returned", _("Customer released"),
        _("Released into the pool “%(pool)s”%(reason)s"), "file", (_POOL, _REASON),
        present=_released,
    ),
    EventType(
        "customer.repooled", _("Customer moved to another pool"),
        _("Moved into the pool “%(pool)s”"), "file", (_POOL,),
    ),
    EventType(
        "customer.recycled", _("Customer recycled"),
        _("Fell into the pool “%(pool)s” by the rule “%(rule)s”: %(why)s"), "file",
        (_POOL, _RULE), present=_recycled,
    ),
    EventType(
        "customer.protected", _("Customer protected"), _("Protected until %(until)s%(reason)s"),
        "file", (_REASON,), present=_protected,
    ),
    EventType(
        "customer.unprotected", _("Protection ended"), _("Protection ended early"), "file",
    ),
    EventType(
        "assignment_rule.set", _("Assignment rule changed"),
        _("Assignment rule %(rule)s changed"), "system",
    ),
    EventType(
        "user.handed_over", _("Hand-over"),
        _("Handed over from %(name)s: %(customers)s customers, %(tasks)s tasks"), "system",
    ),
    EventType(
        "user.handed_back", _("Hand-over undone"),
        _("Given back to %(name)s: %(rows)s customers and tasks"), "system",
    ),
    EventType(
        "user.handed_over_again", _("Hand-over done again"),
        _("Handed over from %(name)s again: %(rows)s customers and tasks"), "system",
    ),
    EventType(
        "dispute.opened", _("Customer disputed"), _("%(claimant)s claims this customer"), "file",
        impersonal=("sign",),
    ),
    EventType(
        "dispute.answered", _("Dispute answered"), _("Answered the claim of %(claimant)s"), "file",
        impersonal=("sign",),
    ),
    EventType(
        "dispute.withdrawn", _("Dispute withdrawn"),
        _("%(claimant)s no longer claims this customer"), "file", impersonal=("sign",),
    ),
    EventType(
        "dispute.decided", _("Dispute decided"),
        _("Decided on the claim of %(claimant)s: %(verdict)s"), "file",
        present=_verdict, impersonal=("sign", "verdict"),
    ),
    EventType(
        "dispute.reopened", _("Dispute open again"),
        _("The claim of %(claimant)s is open again"), "file", impersonal=("sign", "verdict"),
    ),
    EventType(
        "dispute_rule.set", _("Dispute rule changed"),
        _("Dispute rule %(rule)s changed"), "system",
    ),
    EventType("pool.created", _("Pool created"), _("Pool %(pool)s created"), "system"),
    EventType("pool.updated", _("Pool changed"), _("Pool %(pool)s changed"), "system"),
    EventType("pool.removed", _("Pool removed"), _("Pool %(pool)s removed"), "system"),
    EventType(
        "recycling.finished", _("Recycling finished"),
        _("Recycled %(recycled)s customers, reminded %(reminded)s owners"), "system",
    ),
)  # fmt: skip
