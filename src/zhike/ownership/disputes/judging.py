"""What the written rules propose in a dispute, and why: each rule asked in its order, with what
decided it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from zhike.access.viewer import SYSTEM
from zhike.customers.facts import CUSTOMER
from zhike.filters import EVERYTHING, Node, parse
from zhike.kernel.errors import Invalid
from zhike.ownership import setting
from zhike.ownership.disputes.evidence import Evidence
from zhike.ownership.models import DisputeRule
from zhike.records.queries import visible_ids

When = DisputeRule.When
# The facts that a condition is about: who may not see them isn't told what decided.
ABOUT: Mapping[str, tuple[str, ...]] = {
    When.CONTACT: ("contacts.last",),
    When.ORDER: ("orders.last",),
    When.NEGLECTED: ("contacts.last", "orders.last"),
    When.RIVAL_CONTACT: ("contacts.last",),
    When.RIVAL_ORDER: ("orders.last",),
}
OF_RIVAL = (When.RIVAL_CONTACT, When.RIVAL_ORDER, When.RIVAL_FIRST)
OF_DAYS = (When.HELD, When.CONTACT, When.ORDER, When.NEGLECTED, When.RIVAL_CONTACT,
           When.RIVAL_ORDER)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """A rule that was asked: whether it holds, and what decided, in words."""

    rule: DisputeRule
    holds: bool
    words: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the first rule that holds says; none where no rule does."""

    steps: Sequence[Step]
    paused: str = ""  # why the next rule could not be asked

    @property
    def rule(self) -> DisputeRule | None:
        return next((step.rule for step in self.steps if step.holds), None)

    @property
    def verdict(self) -> str:
        return self.rule.verdict if self.rule else ""


def proposal_of(party_id: UUID, evidence: Evidence) -> Proposal:
    """Asks the rules that are on until one holds. One that can't be asked any more, since its
    filter names what is gone, ends it: those after it were not meant for its customers."""
    steps: list[Step] = []
    for rule in DisputeRule.objects.filter(is_enabled=True).order_by("position", "created_at"):
        try:
            is_about = _is_about(rule, party_id)
        except Invalid as error:
            return Proposal(steps, error.errors[0].message if error.errors else error.message)
        if not is_about:
            steps.append(Step(rule, False, _("The rule is about other customers.")))
            continue
        steps.append(Step(rule, holds(rule, evidence), words_of(rule, evidence)))
        if steps[-1].holds:
            break
    return Proposal(steps)


def _is_about(rule: DisputeRule, party_id: UUID) -> bool:
    return bool(visible_ids(CUSTOMER, SYSTEM, [party_id], where=tree_of(rule)))


def tree_of(rule: DisputeRule) -> Node:
    """Which customers a rule is about. Raises Invalid when its filter names what is gone."""
    return setting.asked(parse(rule.filter)) if rule.filter else EVERYTHING


def holds(rule: DisputeRule, of: Evidence) -> bool:
    """Whether what a rule asks is so. What never was is not within any number of days."""
    days = rule.days or 0
    match rule.when:
        case When.PROTECTED:
            return of.protected_until is not None
        case When.HELD:
            return of.held_days is not None and of.held_days >= days
        case When.CONTACT:
            return _is_within(of.contact_days, days)
        case When.ORDER:
            return _is_within(of.order_days, days)
        case When.NEGLECTED:
            return not _is_within(of.contact_days, days) and not _is_within(of.order_days, days)
        case When.RIVAL_CONTACT:
            return _is_within(of.rival_contact_days, days)
        case When.RIVAL_ORDER:
            return _is_within(of.rival_order_days, days)
        case When.RIVAL_FIRST:
            return bool(of.is_rival_first)
        case When.FREE:
            return not of.is_held
    return rule.when == When.ALWAYS


def _is_within(past: int | None, days: int) -> bool:
    return past is not None and past <= days


def words_of(rule: DisputeRule, of: Evidence) -> str:
    """What decided, for whoever asks why."""
    match rule.when:
        case When.PROTECTED if of.protected_until:
            return _("Protected until %(day)s.") % {"day": date_format(of.protected_until)}
        case When.PROTECTED:
            return _("Not protected.")
        case When.HELD:
            return _("Held: %(past)s.") % {"past": _past(of.held_days)}
        case When.CONTACT:
            return _("Last contact: %(past)s.") % {"past": _past(of.contact_days)}
        case When.ORDER:
            return _("Last order: %(past)s.") % {"past": _past(of.order_days)}
        case When.NEGLECTED:
            return _("Last contact: %(contact)s; last order: %(order)s.") % {
                "contact": _past(of.contact_days), "order": _past(of.order_days),
            }  # fmt: skip
        case When.RIVAL_CONTACT:
            return _("The claimant's last contact: %(past)s.") % {
                "past": _past(of.rival_contact_days)
            }
        case When.RIVAL_ORDER:
            return _("The claimant's last order: %(past)s.") % {"past": _past(of.rival_order_days)}
        case When.RIVAL_FIRST:
            return _files(of)
        case When.FREE:
            return _("Somebody holds the customer.") if of.is_held else _("Nobody holds it.")
    return _("Holds always.")


def _files(of: Evidence) -> str:
    if of.rival_opened_on is None or of.opened_on is None:
        return _("The claimant has no file of their own.")
    return _("Files opened on %(held)s and, by the claimant, on %(rival)s.") % {
        "held": date_format(of.opened_on), "rival": date_format(of.rival_opened_on),
    }  # fmt: skip


def _past(days: int | None) -> str:
    if days is None:
        return _("never so far")
    return _("%(days)s days ago") % {"days": days} if days else _("today")
