"""The pools of the demo company, and the rules by which customers fall into them."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from zhike.access.viewer import Viewer
from zhike.ownership.actions import (
    Membership,
    create_assignment_rule,
    create_pool,
    create_rule,
    set_members,
)
from zhike.ownership.queries import assignment_rules, live_pools

# Pool → the teams whose people belong to it.
POOLS = {"东部公海": ("华东", "华南"), "西北公海": ("华北", "西部")}
LIMITS = {
    "daily_cap": 20,
    "holding_cap": 2_000,
    "exempt": {"fact": "orders.count", "op": "gte", "value": 1},
    "cooling_days": 7,
    "freeze_hours": 0,
    "protect_days": 30,
    "lock_cap": 10,
    "lock_days": 90,
}
RULES = (
    {
        "name": "重要客户不回收",
        "filter": {"any": [
            {"fact": "tier", "op": "eq", "value": "key"},
            {"fact": "abc", "op": "eq", "value": "A"},
        ]},
        "days": None,
    },
    {
        "name": "从未成交",
        "filter": {"fact": "orders.count", "op": "eq", "value": 0},
        "days": 180, "without": "contact", "remind_days": 7,
    },
    {"name": "普通客户", "days": 900, "without": "both", "remind_days": 14},
)  # fmt: skip

# Customers who come without an owner: the Yangtze delta to its own team in turn, all others to
# whoever has fewest.
ASSIGNMENT: tuple[tuple[str, str, tuple[str, ...], Mapping], ...] = (
    ("长三角轮流", "turn", ("华东",), {
        "fact": "province", "op": "in", "value": ["上海", "江苏", "浙江", "安徽"],
    }),
    ("其余给客户最少的人", "load", ("华东", "华南", "华北", "西部"), {"all": []}),
)  # fmt: skip


def ensure_assignment_rules(teams: Mapping[str, UUID], viewer: Viewer) -> None:
    """The assignment rules, where there are none."""
    if assignment_rules(viewer):
        return
    for name, way, belonging, tree in ASSIGNMENT:
        wanted = [teams[team] for team in belonging]
        create_assignment_rule(viewer, name=name, way=way, teams=wanted, filter=tree)


def ensure_pools(
    teams: Mapping[str, UUID], managers: Sequence[UUID], viewer: Viewer
) -> dict[str, UUID]:
    """The pool of each team, administered by the managers. Pools that are there already are kept as
    they are."""
    known = {pool.name: pool.pk for pool in live_pools()}
    for name, belonging in POOLS.items():
        if name not in known:
            pool = create_pool(viewer, name=name, **LIMITS)
            members = [Membership(team_id=teams[team]) for team in belonging]
            members += [Membership(user_id=pk, is_admin=True) for pk in managers]
            set_members(viewer, pool.pk, members)
            for rule in RULES:
                create_rule(viewer, pool.pk, **rule)
            known[name] = pool.pk
    return {team: known[name] for name, belonging in POOLS.items() for team in belonging}
