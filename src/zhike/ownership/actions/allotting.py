"""Customers whom nobody holds go to people by the assignment rules: those that have just arrived,
and all that a filter names.

The rules are locked while they are asked, which makes turns fair and caps true when many assign at
once: rules first, then people, then customers in the order of their ids, like claims.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.queries import team_ids_by_user, user_names
from zhike.access.viewer import SYSTEM, Viewer
from zhike.customers.facts import CUSTOMER
from zhike.customers.holders import Held, Holder, hand_over, locked, saying
from zhike.filters import EVERYTHING, All, Node, Test, check, parse
from zhike.kernel.errors import Invalid
from zhike.ownership.actions.claiming import lock_person
from zhike.ownership.allotment import (
    Allotted,
    AssignmentRules,
    allot,
    capped,
    desks_of,
    pairs_of,
    people_of,
    rules_that_assign,
)
from zhike.ownership.models import AssignmentRule, Verb
from zhike.records.actions import open_batch
from zhike.records.queries import every, firm, visible_ids

CHUNK = 1_000
BatchOf = Callable[[Held], UUID]


@dataclass
class Assigned:
    """What assigning did: how many by rule and by person, how many stayed and why, by rule."""

    batch_id: UUID | None = None
    number: int = 0
    by_rule: dict[str, int] = field(default_factory=dict)
    by_owner: dict[str, int] = field(default_factory=dict)
    stayed: dict[str, dict[str, int]] = field(default_factory=dict)
    paused: list[dict[str, str]] = field(default_factory=list)

    def note(self, one: Allotted) -> None:
        if one.owner_id is None:
            reasons = self.stayed.setdefault(one.rule.name, {})
            reasons[one.why_not] = reasons.get(one.why_not, 0) + 1
            return
        owner = str(one.owner_id)
        self.number += 1
        self.by_rule[one.rule.name] = self.by_rule.get(one.rule.name, 0) + 1
        self.by_owner[owner] = self.by_owner.get(owner, 0) + 1


def assign_unowned(viewer: Viewer, *, filter: Mapping | None = None) -> Assigned:
    """Assigns every customer in sight whom nobody holds, or those that a filter names, by the rules
    that are on; chunk by chunk, as one batch that can be undone. Raises Invalid for a filter that
    can't be asked, and where there is no rule."""
    require(viewer, "assign")
    tree = check(parse(filter), CUSTOMER.schema, currency=firm().currency) if filter else EVERYTHING
    rules = rules_that_assign()
    if not rules.asked and not rules.paused:
        raise Invalid("no_rule", _("There is no assignment rule that is on."))
    outcome = Assigned(paused=[{"rule": one.rule.name, "why": one.why} for one in rules.paused])
    free = All((Test("owner", "is_empty"), tree))
    for chunk in every(CUSTOMER, viewer, where=free, size=CHUNK):
        _assign_chunk([party.pk for party in chunk], free, viewer, outcome)
    return outcome


@transaction.atomic
def _assign_chunk(ids: Sequence[UUID], where: Node, viewer: Viewer, outcome: Assigned) -> None:
    def batch_for() -> UUID:
        if outcome.batch_id is None:
            outcome.batch_id = open_batch(viewer, kind="assign", label=_("By the rules")).pk
        return outcome.batch_id

    # Once the rules are ours, it may be somebody else's turn to see or hold them.
    rules = rules_that_assign(lock=True)
    still = visible_ids(CUSTOMER, viewer, ids, where=where, archived=False)
    for one in _assign(rules, sorted(still), lambda _row: batch_for(), viewer):
        outcome.note(one)


@transaction.atomic
def assign_arrivals(batches: Mapping[UUID, UUID | None]) -> list[Allotted]:
    """Assigns customers that have just been opened without an owner, or have come into a pool: a
    batch by customer. Each goes in the batch that brought it, and is undone with that."""
    rules = rules_that_assign(lock=True)
    if not rules.asked:
        return []
    opened: list[UUID] = []

    def batch_of(row: Held) -> UUID:
        known = batches[row.id]
        if known is None and not opened:
            opened.append(open_batch(SYSTEM, kind="assign", label=_("By the rules")).pk)
        return known or opened[0]

    return _assign(rules, list(batches), batch_of, SYSTEM)


def _assign(
    rules: AssignmentRules, ids: Sequence[UUID], batch_of: BatchOf, viewer: Viewer
) -> list[Allotted]:
    """Locks people and customers, decides and hands over."""
    taken = pairs_of(rules, ids)
    people = sorted({one for rule in {r.pk: r for _p, r, _v, _i in taken}.values()
                     for one in people_of(rule)})  # fmt: skip
    limits = capped(people)
    for one in sorted(limits):
        lock_person(one)
    rows = {row.id: row for row in locked([pk for pk, *_rest in taken], "r.owner_id IS NULL")}
    pairs = [one for one in pairs_of(rules, list(rows)) if one[0] in rows]
    found = allot(pairs, desks_of(people, list(rows), limits))
    _hand_over(found, rows, batch_of, viewer)
    for rule in {one.rule.pk: one.rule for one in found}.values():
        if rule.way == AssignmentRule.Way.TURN:
            rule.save(update_fields=["last_given"])
    return found


def _hand_over(
    found: Sequence[Allotted], rows: Mapping[UUID, Held], batch_of: BatchOf, viewer: Viewer
) -> None:
    teams, names = team_ids_by_user(), user_names()
    groups: dict[tuple[UUID, UUID, UUID], list[Held]] = {}
    rules = {one.rule.pk: one.rule for one in found}
    for one in found:
        if one.owner_id is not None:
            row = rows[one.party_id]
            key = (one.rule.pk, one.owner_id, batch_of(row))
            groups.setdefault(key, []).append(row)
    for (rule_id, owner_id, batch_id), given in groups.items():
        rule = rules[rule_id]
        told = {"owner": names[str(owner_id)], "rule": rule.name, "way": rule.way}
        if rule.territory:
            told["territory"] = rule.territory
        hand_over(
            given, Holder(owner_id, teams.get(owner_id)), verb=Verb.ASSIGNED, reason=rule.name,
            event="customer.allotted", data=saying(**told), batch_id=batch_id, viewer=viewer,
        )  # fmt: skip
