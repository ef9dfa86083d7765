"""Which assignment rule takes a customer whom nobody holds, and to whom it goes: decided from what
stands in the base now, written down nowhere. `actions/allotting.py` acts upon it.

The first rule that is on and whose filter holds decides. It gives to those of its people who are at
work and have room under the holding cap of their pool; where nobody has, the customer stays: the
next rule was not meant for it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection

from zhike.access.queries import active_user_names, users_of_teams
from zhike.access.viewer import SYSTEM
from zhike.customers.facts import CUSTOMER
from zhike.filters import All, Node, Test, parse
from zhike.filters.sql import compile_filter, compile_values
from zhike.kernel.errors import Invalid
from zhike.ownership import setting
from zhike.ownership.models import AssignmentRule, Pool, Verb
from zhike.ownership.queries import counted_as_held, live_pools, members_of
from zhike.records.queries import visible_ids

TERRITORIES = ("province", "city", "country", "industry")  # facts that a table may be about
NOBODY, LEFT, FULL = "nobody", "left", "full"  # why a rule gives to nobody


@dataclass(frozen=True, slots=True)
class PausedRule:
    """A rule that can't be asked any more. It and those after it take nobody."""

    rule: AssignmentRule
    why: str


@dataclass(frozen=True, slots=True)
class Allotted:
    """A customer under a rule: to whom it goes, or why to nobody."""

    party_id: UUID
    rule: AssignmentRule
    owner_id: UUID | None
    why_not: str = ""


@dataclass(frozen=True)
class AssignmentRules:
    asked: Sequence[tuple[AssignmentRule, Node]]
    paused: Sequence[PausedRule] = ()


def rules_that_assign(
    *, lock: bool = False, instead: AssignmentRule | None = None
) -> AssignmentRules:
    """The rules that are on, in their order. Locked, nobody else assigns by them until the
    transaction ends. `instead` takes the place of what is kept under its id."""
    found = AssignmentRule.objects.filter(is_enabled=True).order_by("position", "created_at")
    rules = list(found.select_for_update() if lock else found)
    if instead is not None:
        rules = [*(one for one in rules if one.pk != instead.pk), instead]
        rules.sort(key=lambda rule: (rule.position, rule.created_at))
    asked: list[tuple[AssignmentRule, Node]] = []
    for rule in rules:
        try:
            asked.append((rule, tree_of_assignment(rule)))
        except Invalid as error:
            why = error.errors[0].message if error.errors else error.message
            return AssignmentRules(asked, [PausedRule(rule, why)])
    return AssignmentRules(asked)


def tree_of_assignment(rule: AssignmentRule) -> Node:
    """Whom a rule is about, its table of territories included. Raises Invalid when the filter names
    what isn't there any more."""
    parts = [setting.asked(parse(rule.filter))] if rule.filter else []
    if rule.way == AssignmentRule.Way.TERRITORY:
        parts.append(Test(rule.territory, "in", tuple(sorted(rule.table))))
    return All(tuple(parts))


def people_of(rule: AssignmentRule) -> list[UUID]:
    """To whom a rule may give, in the order of their turns; whoever has left as well."""
    named = {UUID(one) for one in rule.people} | {UUID(one) for one in rule.table.values()}
    return sorted(named | users_of_teams([UUID(one) for one in rule.teams]))


Pair = tuple[UUID, AssignmentRule, str, bool]


def pairs_of(
    rules: AssignmentRules, ids: Sequence[UUID], *, held_by: UUID | None = None
) -> list[Pair]:
    """The customers among some, free or somebody's, that a rule takes: id, rule, the value of its
    territory, whether the customer waits in a pool. One statement, the eldest files first."""
    holder = "r.owner_id IS NOT DISTINCT FROM %s"
    return _pairs(rules, ids, "r.pool_id IS NOT NULL", holder, [held_by])


def pairs_arriving(rules: AssignmentRules, ids: Sequence[UUID], *, is_pooled: bool) -> list[Pair]:
    """The same for customers as they came, opened for nobody or into a pool, whoever has them
    now."""
    return _pairs(rules, ids, str(is_pooled).upper(), "TRUE", [])


def _pairs(
    rules: AssignmentRules, ids: Sequence[UUID], pooled: str, holder: str, of_holder: list
) -> list[Pair]:
    if not rules.asked or not ids:
        return []
    joins: dict[str, str] = {}
    whens, parameters = [], []
    for number, (rule, tree) in enumerate(rules.asked):
        query = compile_filter(tree, CUSTOMER.schema)
        joins |= query.joins
        takes = {(True, True): "TRUE", (True, False): f"NOT ({pooled})"}.get(
            (rule.takes_new, rule.takes_pooled), pooled
        )
        whens.append(f"WHEN {takes} AND ({query.condition}) THEN %s")
        parameters += [*query.parameters, number]
    places = compile_values(TERRITORIES, CUSTOMER.schema)
    joins |= places.joins
    statement = (
        f"SELECT r.id, {pooled}, CASE {' '.join(whens)} END AS number, "
        f"{places.condition} FROM {CUSTOMER.table} r {' '.join(joins.values())} "
        f"WHERE r.id = ANY(%s) AND {holder} AND r.archived_at IS NULL "
        "ORDER BY r.id"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*parameters, *places.parameters, list(ids), *of_holder])
        rows = cursor.fetchall()
    return [
        (pk, rule, dict(zip(TERRITORIES, values, strict=True)).get(rule.territory) or "", is_pooled)
        for pk, is_pooled, number, *values in rows
        if number is not None
        for rule in [rules.asked[number][0]]
    ]


@dataclass
class Desks:
    """Who is at work, how much each has, and how much more each may get."""

    active: frozenset[UUID]
    held: dict[UUID, int] = field(default_factory=dict)
    room: dict[UUID, int] = field(default_factory=dict)  # of those who have a cap
    counted: dict[UUID, frozenset[UUID]] = field(default_factory=dict)  # customers that use it up

    def has_room(self, user_id: UUID, party_id: UUID) -> bool:
        room = self.room.get(user_id)
        return room is None or room > 0 or party_id not in self.counted[user_id]

    def give(self, user_id: UUID, party_id: UUID) -> None:
        self.held[user_id] = self.held.get(user_id, 0) + 1
        if user_id in self.room and party_id in self.counted[user_id]:
            self.room[user_id] -= 1


def capped(user_ids: Iterable[UUID]) -> dict[UUID, Pool]:
    """Those who may hold only so many, with the pool that says so: the first open one they belong
    to, as for recycling."""
    pools = [pool for pool in live_pools() if pool.is_enabled]
    members = members_of(pools)
    homes = {one: next((p for p in pools if one in members[p.pk]), None) for one in user_ids}
    return {one: p for one, p in homes.items() if p is not None and p.holding_cap is not None}


def desks_of(user_ids: Sequence[UUID], ids: Sequence[UUID], limits: Mapping[UUID, Pool]) -> Desks:
    """The desks of some people, before some customers are given to them."""
    active = frozenset(UUID(one) for one in active_user_names())
    desks = Desks(active, held=_held(user_ids, All(())))
    for pool in {pool.pk: pool for pool in limits.values()}.values():
        members = [one for one, home in limits.items() if home.pk == pool.pk]
        tree = counted_as_held(pool)
        held, counted = _held(members, tree), visible_ids(CUSTOMER, SYSTEM, ids, where=tree)
        for one in members:
            desks.room[one] = (pool.holding_cap or 0) - held.get(one, 0)
            desks.counted[one] = frozenset(counted)
    return desks


def _held(user_ids: Sequence[UUID], tree: Node) -> dict[UUID, int]:
    query = compile_filter(tree, CUSTOMER.schema)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT r.owner_id, count(*) FROM {CUSTOMER.table} r {query.join_clauses} "
            f"WHERE ({query.condition}) AND r.owner_id = ANY(%s) AND r.archived_at IS NULL "
            "GROUP BY 1",
            [*query.parameters, list(user_ids)],
        )
        return dict(cursor.fetchall())


def former_owners(ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Who last let go of each customer, or lost it: it doesn't go back to them by a rule."""
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (party_id) party_id, owner_before FROM ownership_entry "
            "WHERE party_id = ANY(%s) AND verb = ANY(%s) AND owner_before IS NOT NULL "
            "ORDER BY party_id, id DESC",
            [list(ids), [Verb.RELEASED, Verb.RECYCLED]],
        )
        return dict(cursor.fetchall())


def allot(
    pairs: Sequence[Pair], desks: Desks, barred: Sequence[UUID | None] | None = None
) -> list[Allotted]:
    """To whom each customer goes, one after the other; `barred` says for each who let go of it and
    doesn't get it back (else the ledger). Moves on the turns of the rules and fills the desks, both
    in memory only."""
    people = {rule.pk: people_of(rule) for rule in {pair[1].pk: pair[1] for pair in pairs}.values()}
    if barred is None:
        former = former_owners([pk for pk, _rule, _place, is_pooled in pairs if is_pooled])
        barred = [former.get(pair[0]) for pair in pairs]
    found = []
    for (party_id, rule, place, _is_pooled), former_id in zip(pairs, barred, strict=True):
        wanted = people[rule.pk]
        if rule.way == AssignmentRule.Way.TERRITORY:
            wanted = [UUID(rule.table[place])]
        at_work = [one for one in wanted if one in desks.active]
        free = [one for one in at_work if one != former_id and desks.has_room(one, party_id)]
        if not free:
            why = FULL if at_work else LEFT if wanted else NOBODY
            found.append(Allotted(party_id, rule, None, why))
            continue
        owner_id = _chosen(rule, free, desks)
        desks.give(owner_id, party_id)
        found.append(Allotted(party_id, rule, owner_id))
    return found


def _chosen(rule: AssignmentRule, free: Sequence[UUID], desks: Desks) -> UUID:
    if rule.way == AssignmentRule.Way.TURN:
        # The next one behind whoever had the last turn, round and round.
        later = (one for one in free if rule.last_given is None or one > rule.last_given)
        rule.last_given = next(later, free[0])
        return rule.last_given
    if rule.way == AssignmentRule.Way.LOAD:
        return min(free, key=lambda one: (desks.held.get(one, 0), one))
    return free[0]
