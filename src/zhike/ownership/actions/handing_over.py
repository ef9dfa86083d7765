"""Handing over what somebody had when they leave: customers, open tasks, shares and pools, as one
batch that is undone as a whole.

Customers go by the assignment rules where that is wished, and otherwise to the heirs, to each as
many as keeps their numbers even. What one who hands over doesn't see stays where it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from zhike.access.actions import change_user
from zhike.access.policies import require
from zhike.access.queries import active_user_names, team_ids_by_user, user_names
from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER, TASK
from zhike.customers.holders import Held, Holder, give_tasks, hand_over, locked, saying
from zhike.customers.sharing.actions import pass_shares_on
from zhike.events.actions import Draft, Origin, record
from zhike.filters import All, Test
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid, NotFound
from zhike.ownership.allotment import (
    Allotted,
    allot,
    capped,
    desks_of,
    pairs_of,
    people_of,
    rules_that_assign,
)
from zhike.ownership.models import AssignmentRule, HandOver, Member, Verb
from zhike.records.actions import open_batch, take_rows_back, takes_back
from zhike.records.queries import every


@dataclass
class Estate:
    """What somebody has, as far as the viewer sees it, and how it would go."""

    user_id: UUID
    customers: list[UUID] = field(default_factory=list)
    tasks: list[tuple[UUID, UUID, str]] = field(default_factory=list)  # id, customer, title
    shares: list[UUID] = field(default_factory=list)  # customers
    pools: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)  # that name them: from now on passed over
    by_owner: dict[str, int] = field(default_factory=dict)  # customers by heir
    batch_id: UUID | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.customers or self.tasks or self.shares or self.pools)


def preview_hand_over(
    viewer: Viewer, user_id: UUID, *, heirs: Sequence[UUID] = (), by_rules: bool = False
) -> Estate:
    """What a hand-over would do now. Without heirs, only what there is. Changes nothing."""
    require(viewer, "administer")
    estate = _estate(viewer, user_id)
    if heirs:
        _check_heirs(user_id, heirs)
        estate.by_owner = _numbers(_allotted(estate.customers, user_id, heirs, by_rules=by_rules))
    return estate


@transaction.atomic
def hand_over_all(
    viewer: Viewer,
    user_id: UUID,
    *,
    heirs: Sequence[UUID],
    by_rules: bool = False,
    leaves: bool = False,
) -> Estate:
    """Hands everything over. Tasks follow their customer's new owner; those about customers of
    others, shares and pools go to the first heir. Who leaves may no longer sign in.

    Raises Invalid for heirs who are not at work, Conflict when there is nothing to hand over.
    """
    require(viewer, "administer")
    _check_heirs(user_id, heirs)
    rows = {row.id: row for row in locked(_estate(viewer, user_id).customers, "r.owner_id = %s",
                                          [user_id])}  # fmt: skip
    estate = _estate(viewer, user_id)
    estate.customers = [pk for pk in estate.customers if pk in rows]
    if estate.is_empty:
        raise Conflict("nothing", _("There is nothing to hand over."))
    batch = open_batch(viewer, kind="handover", label=user_names()[str(user_id)])
    estate.batch_id = batch.pk
    allotted = _allotted(estate.customers, user_id, heirs, by_rules=by_rules, lock=True)
    estate.by_owner = _numbers(allotted)
    _give_customers(allotted, rows, batch.pk, viewer)
    _give_tasks(estate, {one.party_id: one.owner_id for one in allotted}, heirs[0], viewer)
    kept = HandOver(
        batch_id=batch.pk, user_id=user_id, heir_id=heirs[0], at=clock.now(),
        shares=[str(one) for one in pass_shares_on(user_id, heirs[0], estate.shares, viewer)],
        memberships=_give_pools(user_id, heirs[0]),
    )  # fmt: skip
    kept.save(force_insert=True)
    data = {"name": batch.label, "customers": len(estate.customers), "tasks": len(estate.tasks)}
    _tell("user.handed_over", kept, data, viewer.origin(batch.pk))
    if leaves:
        change_user(viewer, user_id, is_active=False)
    return estate


def _estate(viewer: Viewer, user_id: UUID) -> Estate:
    if str(user_id) not in user_names():
        raise NotFound("not_found", _("There is no such user."))
    estate = Estate(user_id)
    theirs = Test("owner", "eq", user_id)
    for parties in every(CUSTOMER, viewer, where=theirs):
        estate.customers += [party.pk for party in parties]
    open_ones = All((Test("assignee", "eq", user_id), Test("done_at", "is_empty")))
    for tasks in every(TASK, viewer, where=open_ones):
        estate.tasks += [(task.pk, task.party_id, task.title) for task in tasks]
    for parties in every(CUSTOMER, viewer, where=Test("readers", "has_any", (str(user_id),))):
        estate.shares += [party.pk for party in parties]
    members = Member.objects.filter(user_id=user_id, pool__archived_at=None)
    estate.pools = list(members.order_by("pool__position").values_list("pool__name", flat=True))
    named = AssignmentRule.objects.order_by("position", "created_at")
    key = str(user_id)
    estate.rules = [r.name for r in named if key in r.people or key in r.table.values()]
    return estate


def _check_heirs(user_id: UUID, heirs: Sequence[UUID]) -> None:
    active = active_user_names()
    if not heirs or user_id in heirs or any(str(one) not in active for one in heirs):
        raise Invalid.field("heirs", "unknown_user", _("Choose colleagues who are at work."))


def _allotted(
    ids: Sequence[UUID], user_id: UUID, heirs: Sequence[UUID], *, by_rules: bool, lock: bool = False
) -> list[Allotted]:
    """To whom each customer goes: by a rule that finds somebody else, else to an heir."""
    found: list[Allotted] = []
    if by_rules:
        pairs = pairs_of(rules_that_assign(lock=lock), ids, held_by=user_id)
        people = sorted({one for _pk, rule, _place, _p in pairs for one in people_of(rule)})
        desks = desks_of(people, ids, capped(people))
        desks.active -= {user_id}
        found = [one for one in allot(pairs, desks) if one.owner_id]
    rest = sorted(set(ids) - {one.party_id for one in found})
    even = AssignmentRule(way=AssignmentRule.Way.LOAD, people=[str(one) for one in heirs])
    return found + allot([(pk, even, "", False) for pk in rest], desks_of(heirs, rest, {}))


def _numbers(allotted: Sequence[Allotted]) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for one in allotted:
        numbers[str(one.owner_id)] = numbers.get(str(one.owner_id), 0) + 1
    return numbers


def _give_customers(
    allotted: Sequence[Allotted], rows: Mapping[UUID, Held], batch_id: UUID, viewer: Viewer
) -> None:
    teams, names = team_ids_by_user(), user_names()
    groups: dict[tuple[UUID, str], list[Held]] = {}
    for one in allotted:
        if one.owner_id is not None:
            groups.setdefault((one.owner_id, one.rule.name), []).append(rows[one.party_id])
    for (owner_id, rule), given in groups.items():
        hand_over(
            given, Holder(owner_id, teams.get(owner_id)), verb=Verb.ASSIGNED, reason=rule,
            event="customer.assigned", data=saying(owner=names[str(owner_id)]),
            batch_id=batch_id, viewer=viewer,
        )  # fmt: skip
    turning = {one.rule.pk: one.rule for one in allotted if one.rule.way == "turn"}
    for moved in turning.values():
        moved.save(update_fields=["last_given"])


def _give_tasks(
    estate: Estate, owners: Mapping[UUID, UUID | None], heir: UUID, viewer: Viewer
) -> None:
    groups: dict[UUID, list[tuple[UUID, UUID, str]]] = {}
    for task in estate.tasks:
        groups.setdefault(owners.get(task[1]) or heir, []).append(task)
    for assignee, tasks in groups.items():
        give_tasks(tasks, before=estate.user_id, assignee=assignee,
                   batch_id=_needed(estate.batch_id), viewer=viewer)  # fmt: skip


def _needed(batch_id: UUID | None) -> UUID:
    if batch_id is None:
        raise Conflict("no_batch", _("This hand-over has not begun."))
    return batch_id


def _give_pools(user_id: UUID, heir: UUID) -> list[dict]:
    """The heir takes the leaver's place in the pools; what there was, to put it back."""
    kept = []
    for member in list(Member.objects.filter(user_id=user_id).select_for_update()):
        known = Member.objects.filter(pool_id=member.pool_id, user_id=heir).first()
        kept.append({
            "pool": str(member.pool_id), "is_admin": member.is_admin,
            "heir": known.is_admin if known else None,
        })  # fmt: skip
        is_admin = member.is_admin or (known is not None and known.is_admin)
        member.delete()
        Member.objects.update_or_create(
            pool_id=member.pool_id, user_id=heir, defaults={"is_admin": is_admin}
        )
    return kept


def _give_pools_back(kept: HandOver) -> None:
    for one in kept.memberships:
        heirs = Member.objects.filter(pool_id=one["pool"], user_id=kept.heir_id)
        if one["heir"] is None:
            heirs.delete()
        else:
            heirs.update(is_admin=one["heir"])
        Member.objects.get_or_create(
            pool_id=one["pool"], user_id=kept.user_id, defaults={"is_admin": one["is_admin"]}
        )


@takes_back("handover")
def _take_back(viewer: Viewer, batch):
    """Undoes a hand-over; undone in turn, does it again."""
    require(viewer, "administer")
    first = batch
    while first.undoes is not None:
        first = first.undoes
    kept = HandOver.objects.select_for_update().get(batch_id=first.pk)
    ids = [UUID(one) for one in kept.shares]
    if kept.is_undone:
        pass_shares_on(kept.user_id, kept.heir_id, ids, viewer)
        kept.memberships = _give_pools(kept.user_id, kept.heir_id)
    else:
        pass_shares_on(kept.heir_id, kept.user_id, ids, viewer)
        _give_pools_back(kept)
    kept.is_undone = not kept.is_undone
    kept.save()
    undo, done, left = take_rows_back(viewer, batch)
    event = "user.handed_back" if kept.is_undone else "user.handed_over_again"
    _tell(event, kept, {"name": batch.label, "rows": done}, viewer.origin(undo.pk))
    return undo, done, left


def _tell(event: str, kept: HandOver, data: dict, origin: Origin) -> None:
    """What else is kept about people (suggestions) follows by these events."""
    data = {**data, "heir": kept.heir_id, "hand_over": kept.batch_id}
    record(Draft(event, "user", kept.user_id, data=data), origin=origin)
