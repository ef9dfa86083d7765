"""/pools, /rules, and who holds a customer."""

from datetime import date
from typing import Any
from uuid import UUID

from ninja import Router, Status

from zhike.api.authentication import Request
from zhike.api.shapes import StrictSchema, given, may_ask
from zhike.customers.queries import customer
from zhike.ownership import actions, queries
from zhike.ownership.holding import holding_of
from zhike.ownership.rehearsing import queries as rehearsed
from zhike.ownership.rehearsing.actions import ask_rehearsal
from zhike.ownership.rehearsing.recycling import Recycled

pools = Router(tags=["pools"])
rules = Router(tags=["pools"])
holders = Router(tags=["customers"])
assignment = Router(tags=["assignment"])
rehearsals = Router(tags=["assignment"])
_NUMBERS = (
    "daily_cap", "holding_cap", "cooling_days", "freeze_hours", "protect_days", "lock_cap",
    "lock_days", "position",
)  # fmt: skip


class PoolIn(StrictSchema):
    name: str | None = None
    is_enabled: bool | None = None
    assignment: str | None = None
    daily_cap: int | None = None
    holding_cap: int | None = None
    exempt: dict[str, Any] | None = None
    cooling_days: int | None = None
    freeze_hours: int | None = None
    protect_days: int | None = None
    lock_cap: int | None = None
    lock_days: int | None = None
    position: int | None = None


class MemberIn(StrictSchema):
    user: UUID | None = None
    team: UUID | None = None
    is_admin: bool = False


class MembersIn(StrictSchema):
    members: list[MemberIn]


class EmptyIn(StrictSchema):
    into: UUID


class RuleIn(StrictSchema):
    name: str | None = None
    filter: dict[str, Any] | None = None
    without: str | None = None
    days: int | None = None
    remind_days: int | None = None
    is_enabled: bool | None = None
    position: int | None = None


class AssignmentRuleIn(StrictSchema):
    name: str | None = None
    filter: dict[str, Any] | None = None
    way: str | None = None
    people: list[UUID] | None = None
    teams: list[UUID] | None = None
    territory: str | None = None
    table: dict[str, UUID] | None = None
    takes_new: bool | None = None
    takes_pooled: bool | None = None
    is_enabled: bool | None = None
    position: int | None = None


class AssignUnownedIn(StrictSchema):
    filter: dict[str, Any] | None = None


class CustomersIn(StrictSchema):
    customers: list[UUID]


class ReleaseIn(StrictSchema):
    reason: str
    pool: UUID | None = None


class AssignIn(StrictSchema):
    owner: UUID


class ProtectIn(StrictSchema):
    until: date
    reason: str


def _pool(pool) -> dict[str, Any]:
    return {
        "id": pool.pk,
        "name": pool.name,
        "is_enabled": pool.is_enabled,
        "assignment": pool.assignment,
        "exempt": pool.exempt or None,
        **{name: getattr(pool, name) for name in _NUMBERS},
        "version": pool.version,
    }


def _shown(shown) -> dict[str, Any]:
    return _pool(shown.pool) | {
        "waiting": shown.waiting,
        "is_member": shown.is_member,
        "is_admin": shown.is_admin,
    }


def _rule(rule) -> dict[str, Any]:
    return {
        "id": rule.pk,
        "pool": rule.pool_id,
        "name": rule.name,
        "filter": rule.filter or None,
        "without": rule.without,
        "days": rule.days,
        "remind_days": rule.remind_days,
        "is_enabled": rule.is_enabled,
        "position": rule.position,
    }


@pools.get("", response=list[dict[str, Any]], summary="List pools")
def list_pools(request: Request):
    """Those that you belong to; all of them when you see every customer."""
    return [_shown(one) for one in queries.pools(request.auth)]


@pools.post("", response={201: dict[str, Any]}, summary="Create a pool")
def create_pool(request: Request, body: PoolIn):
    return Status(201, _pool(actions.create_pool(request.auth, **{"name": "", **given(body)})))


@pools.post("/claim", response=dict[str, Any], summary="Claim customers")
def claim_many(request: Request, body: CustomersIn):
    """Those that can be had; the others stand in `missed`, with why. A cap refuses all of them."""
    return _claimed(actions.claim_customers(body.customers, viewer=request.auth))


def _claimed(claimed) -> dict[str, Any]:
    missed = [
        {"customer": pk, "why": why} | ({"may": may_ask(pk)} if pk in claimed.barred else {})
        for pk, why in claimed.missed.items()
    ]
    collides = [{"customer": pk, "why": why} for pk, why in claimed.collides.items()]
    return {
        "batch": claimed.batch_id, "claimed": claimed.ids, "missed": missed, "collides": collides,
    }  # fmt: skip


@pools.get("/recycling", response=dict[str, Any], summary="What a recycling would do now")
def preview_recycling(request: Request):
    return _outcome(actions.preview_recycling(request.auth))


@pools.post("/recycling", response=dict[str, Any], summary="Recycle now")
def recycle(request: Request):
    return _outcome(actions.recycle(request.auth))


def _outcome(outcome) -> dict[str, Any]:
    return {
        "batch": outcome.batch_id,
        "recycled": outcome.recycled,
        "reminded": outcome.reminded,
        "by_rule": outcome.by_rule,
        "paused": outcome.paused,
    }


@pools.get("/{uuid:pool_id}", response=dict[str, Any])
def read_pool(request: Request, pool_id: UUID):
    return _shown(queries.pool(request.auth, pool_id))


@pools.patch("/{uuid:pool_id}", response=dict[str, Any])
def change_pool(request: Request, pool_id: UUID, body: PoolIn):
    return _pool(actions.change_pool(request.auth, pool_id, **given(body)))


@pools.delete("/{uuid:pool_id}", response={204: None}, summary="Remove an empty pool")
def remove_pool(request: Request, pool_id: UUID):
    actions.remove_pool(request.auth, pool_id)
    return Status(204, None)


@pools.post("/{uuid:pool_id}/empty", response=dict[str, Any])
def empty_pool(request: Request, pool_id: UUID, body: EmptyIn):
    """Moves all of its customers into another pool, as one batch."""
    batch, number = actions.empty_pool(request.auth, pool_id, into=body.into)
    return {"batch": batch, "moved": number}


@pools.get("/{uuid:pool_id}/members", response=list[dict[str, Any]])
def list_members(request: Request, pool_id: UUID):
    pool = queries.pool_to_look_after(request.auth, pool_id)
    return [
        {"user": one.user_id, "team": one.team_id, "is_admin": one.is_admin}
        for one in queries.members(request.auth, pool)
    ]


@pools.put("/{uuid:pool_id}/members", response=dict[str, Any])
def set_members(request: Request, pool_id: UUID, body: MembersIn):
    wanted = [actions.Membership(one.user, one.team, one.is_admin) for one in body.members]
    return _pool(actions.set_members(request.auth, pool_id, wanted))


@pools.get("/{uuid:pool_id}/rules", response=list[dict[str, Any]])
def list_rules(request: Request, pool_id: UUID):
    pool = queries.pool_to_look_after(request.auth, pool_id)
    return [_rule(one) for one in queries.rules(request.auth, pool)]


@pools.post("/{uuid:pool_id}/rules", response={201: dict[str, Any]})
def create_rule(request: Request, pool_id: UUID, body: RuleIn):
    """The first rule that holds decides; without `days` nobody under it is ever taken back."""
    return Status(201, _rule(actions.create_rule(request.auth, pool_id, **given(body))))


@pools.post("/{uuid:pool_id}/rehearsal", response={202: dict[str, Any]}, summary="Rehearse a rule")
def rehearse_rule(request: Request, pool_id: UUID, body: RuleIn, rule: UUID | None = None):
    """What a rule would have done over the last 90 days, as a new one or in place of `rule`.
    Nothing is changed. Ask /rehearsals/{id} for the result."""
    asked = ask_rehearsal(
        request.auth, kind="recycling", values=given(body), rule_id=rule, pool_id=pool_id
    )
    return Status(202, _rehearsal(asked))


@rules.patch("/{uuid:rule_id}", response=dict[str, Any])
def change_rule(request: Request, rule_id: UUID, body: RuleIn):
    return _rule(actions.change_rule(request.auth, rule_id, **given(body)))


@rules.delete("/{uuid:rule_id}", response={204: None})
def remove_rule(request: Request, rule_id: UUID):
    actions.remove_rule(request.auth, rule_id)
    return Status(204, None)


def _assignment_rule(rule) -> dict[str, Any]:
    names = (
        "name", "filter", "way", "people", "teams", "territory", "table", "takes_new",
        "takes_pooled", "is_enabled", "position",
    )  # fmt: skip
    return {"id": rule.pk, **{name: getattr(rule, name) for name in names}}


@assignment.get("/rules", response=list[dict[str, Any]], summary="List assignment rules")
def list_assignment_rules(request: Request):
    return [_assignment_rule(one) for one in queries.assignment_rules(request.auth)]


@assignment.post("/rules", response={201: dict[str, Any]}, summary="Create an assignment rule")
def create_assignment_rule(request: Request, body: AssignmentRuleIn):
    """`way` is one of person, turn, load, territory. The first rule that holds decides."""
    return Status(
        201, _assignment_rule(actions.create_assignment_rule(request.auth, **given(body)))
    )


@assignment.patch("/rules/{uuid:assignment_rule_id}", response=dict[str, Any])
def change_assignment_rule(request: Request, assignment_rule_id: UUID, body: AssignmentRuleIn):
    rule = actions.change_assignment_rule(request.auth, assignment_rule_id, **given(body))
    return _assignment_rule(rule)


@assignment.delete("/rules/{uuid:assignment_rule_id}", response={204: None})
def remove_assignment_rule(request: Request, assignment_rule_id: UUID):
    actions.remove_assignment_rule(request.auth, assignment_rule_id)
    return Status(204, None)


@assignment.post(
    "/rehearsal", response={202: dict[str, Any]}, summary="Rehearse an assignment rule"
)
def rehearse_assignment(request: Request, body: AssignmentRuleIn, rule: UUID | None = None):
    """What a rule would have done over the last 90 days, as a new one or in place of `rule`.
    Nothing is changed. Ask /rehearsals/{id} for the result."""
    values = body.model_dump(exclude_unset=True, mode="json")
    asked = ask_rehearsal(request.auth, kind="assignment", values=values, rule_id=rule)
    return Status(202, _rehearsal(asked))


@rehearsals.get("/{uuid:rehearsal_id}", response=dict[str, Any], summary="What a rehearsal found")
def read_rehearsal(request: Request, rehearsal_id: UUID):
    """`state` is one of waiting, running, done, failed; done, it has a `result`. Kept a week for
    whoever asked."""
    asked = rehearsed.rehearsal(request.auth, rehearsal_id)
    found = rehearsed.result_of(asked)
    result = None
    if isinstance(found, Recycled):
        result = _recycled(found, rehearsed.named(request.auth, found.some))
    elif found is not None:
        result = _assigned(found)
    return _rehearsal(asked) | {"result": result}


def _rehearsal(asked) -> dict[str, Any]:
    return {
        "id": asked.pk, "kind": asked.kind, "state": asked.state, "progress": asked.progress,
        "error": asked.error or None, "asked_at": asked.asked_at,
    }  # fmt: skip


def _recycled(found: Recycled, some) -> dict[str, Any]:
    return {
        "since": found.since, "customers": found.number, "first_night": found.first_night,
        "weeks": found.weeks, "worked_later": found.worked, "ordered_later": found.ordered,
        "with_open_tasks": found.tasked, "as_is": found.as_is, "really": found.really,
        "owners": [
            {"owner": one.owner_id, "held": one.held, "lost": one.lost, "share": one.share,
             "is_great": one.is_great}
            for one in found.losses
        ],
        "first": [
            {"customer": one.party_id, "name": name, "owner": one.owner_id, "on": one.on}
            for one, name in some
        ],
    }  # fmt: skip


def _assigned(found) -> dict[str, Any]:
    wait = found.median_wait
    return {
        "since": found.since, "arrived": found.arrived, "customers": found.number,
        "taken_before": found.before, "stayed": found.stayed, "waiting": found.waiting,
        "elsewhere": found.elsewhere,
        "median_wait_seconds": None if wait is None else int(wait.total_seconds()),
        "owners": [
            {"owner": one.owner_id, "would": one.would, "really": one.really}
            for one in found.owners
        ],
    }  # fmt: skip


@assignment.post("/run", response=dict[str, Any], summary="Assign customers whom nobody holds")
def assign_unowned(request: Request, body: AssignUnownedIn):
    """Those in sight, or those of them that a filter names, by the rules, as one batch. `stayed`
    says by rule how many went to nobody, and why."""
    done = actions.assign_unowned(request.auth, filter=body.filter)
    return {
        "batch": done.batch_id, "assigned": done.number, "by_rule": done.by_rule,
        "by_owner": done.by_owner, "stayed": done.stayed, "paused": done.paused,
    }  # fmt: skip


@holders.get("/{uuid:customer_id}/ownership", response=dict[str, Any])
def read_ownership(request: Request, customer_id: UUID):
    """Who holds a customer since when, when it falls into a pool and why, and who held it before;
    newest first."""
    party = customer(request.auth, customer_id)
    holding = holding_of(party)
    return {
        "owner": party.owner_id,
        "pool": party.pool_id,
        "since": holding.since,
        "assigned_by_rule": holding.rule or None,
        "protected_until": holding.protected_until,
        "falls_on": holding.falls_on,
        "why": holding.why or None,
        "history": [
            {"at": e.at, "verb": e.verb, "owner_before": e.owner_before,
             "owner_after": e.owner_after, "pool_before": e.pool_before,
             "pool_after": e.pool_after, "until": e.until, "reason": e.reason or None,
             "actor": e.actor_id, "batch": e.batch_id}
            for e in queries.history_of(party)
        ],
    }  # fmt: skip


@holders.post("/{uuid:customer_id}/claim", response=dict[str, Any])
def claim(request: Request, customer_id: UUID):
    """409 with the reason when it can't be had; `may` says what can be done instead."""
    return _claimed(actions.claim_customer(customer_id, viewer=request.auth))


@holders.post("/{uuid:customer_id}/release", response=dict[str, Any])
def release(request: Request, customer_id: UUID, body: ReleaseIn):
    batch = actions.release_customers(
        [customer_id], viewer=request.auth, reason=body.reason, pool_id=body.pool
    )
    return {"batch": batch}


@holders.post("/{uuid:customer_id}/assign", response=dict[str, Any])
def assign(request: Request, customer_id: UUID, body: AssignIn):
    batch = actions.assign_customers([customer_id], owner_id=body.owner, viewer=request.auth)
    return {"batch": batch}


@holders.post("/{uuid:customer_id}/protect", response=dict[str, Any])
def protect(request: Request, customer_id: UUID, body: ProtectIn):
    entry = actions.protect_customer(
        customer_id, until=body.until, reason=body.reason, viewer=request.auth
    )
    return {"until": entry.until}


@holders.post("/{uuid:customer_id}/unprotect", response={204: None})
def unprotect(request: Request, customer_id: UUID):
    actions.unprotect_customer(customer_id, viewer=request.auth)
    return Status(204, None)
