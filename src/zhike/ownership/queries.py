"""Questions about pools, and about who holds a customer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from zhike.access.policies import can, require, sees_all
from zhike.access.queries import teams_above, users_of_teams
from zhike.access.viewer import SYSTEM, Viewer
from zhike.customers.facts import CUSTOMER
from zhike.filters import All, Node, Not, Test, check, parse
from zhike.kernel.errors import Invalid, NotFound
from zhike.kernel.reading import once
from zhike.ownership.models import AssignmentRule, Entry, Member, Pool, Rule, Run
from zhike.records.queries import count, firm

if TYPE_CHECKING:
    from zhike.customers.models import Party

WITHOUT_CHOICES = Rule.Without.choices
WAY_CHOICES = AssignmentRule.Way.choices


@once
def pool_names() -> Mapping[str, str]:
    """Names by id of all that ever were: histories speak of them."""
    return {str(pk): name for pk, name in Pool.objects.values_list("pk", "name")}


def heir_of(pool_id: UUID) -> UUID | None:
    """The pool itself, or the one that its customers went to when it was removed."""
    known = {pool.pk: pool for pool in Pool.objects.all()}
    pool = known.get(pool_id)
    while pool is not None and pool.archived_at is not None:
        pool = known.get(pool.heir_id) if pool.heir_id else None
    return pool.pk if pool else None


def pools_of(user_id: UUID, team_id: UUID | None) -> frozenset[UUID]:
    """The pools that somebody of a team belongs to."""
    return frozenset(_memberships(user_id, team_id))


@once
def memberships(viewer: Viewer) -> dict[UUID, bool]:
    """The viewer's pools as they are now, and whether they administer them."""
    return _memberships(viewer.user_id, viewer.team_id) if viewer.user_id else {}


def _memberships(user_id: UUID, team_id: UUID | None) -> dict[UUID, bool]:
    mine = Q(user_id=user_id)
    members = Member.objects.filter(pool__archived_at=None)
    rows = list(members.filter(mine | Q(team_id__isnull=False)))
    teams: set[UUID] = set()
    if team_id and any(row.team_id for row in rows):
        teams = set(teams_above(team_id))
    found: dict[UUID, bool] = {}
    for row in rows:
        if row.team_id is None or row.team_id in teams:
            found[row.pool_id] = found.get(row.pool_id, False) or row.is_admin
    return found


def is_admin_of(viewer: Viewer, pool_id: UUID) -> bool:
    return memberships(viewer).get(pool_id, False)


def members_of(pools: Sequence[Pool]) -> dict[UUID, set[UUID]]:
    """User ids by pool; those who have left as well, whose customers are recycled like others'."""
    rows = list(Member.objects.filter(pool__in=pools))
    found: dict[UUID, set[UUID]] = {pool.pk: set() for pool in pools}
    for row in rows:
        if row.user_id is not None:
            found[row.pool_id].add(row.user_id)
        elif row.team_id is not None:
            found[row.pool_id] |= users_of_teams([row.team_id])
    return found


def members_of_pool(pool_id: UUID) -> set[UUID]:
    found = members_of(list(Pool.objects.filter(pk=pool_id, archived_at=None)))
    return found.get(pool_id, set())


def live_pools() -> list[Pool]:
    return list(Pool.objects.filter(archived_at=None).order_by("position", "created_at"))


def home_pool(owner_id: UUID) -> Pool | None:
    """The pool whose rules somebody's customers are under: the first open one they belong to."""
    pools = [pool for pool in live_pools() if pool.is_enabled]
    members = members_of(pools)
    return next((pool for pool in pools if owner_id in members[pool.pk]), None)


def counted_as_held(pool: Pool) -> Node:
    """The filter for customers that count. An exemption that can't be asked any more, since a fact
    it names is gone, exempts nobody."""
    if not pool.exempt:
        return All(())
    try:
        return Not(check(parse(pool.exempt), CUSTOMER.schema, currency=firm().currency))
    except Invalid:
        return All(())


@dataclass(frozen=True, slots=True)
class PoolShown:
    """A pool as somebody may look at it, with how many of its customers they see."""

    pool: Pool
    waiting: int
    is_member: bool
    is_admin: bool


def pools(viewer: Viewer) -> list[PoolShown]:
    """The pools that the viewer belongs to; all of them for those who see every customer."""
    require(viewer, "view")
    mine = memberships(viewer)
    waiting = _waiting()
    return [
        PoolShown(pool, waiting.get(pool.pk, 0), pool.pk in mine, mine.get(pool.pk, False))
        for pool in live_pools()
        if pool.pk in mine or sees_all(viewer)
    ]


def _waiting() -> dict[UUID, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pool_id, count(*) FROM customers_party "
            "WHERE pool_id IS NOT NULL AND archived_at IS NULL GROUP BY pool_id"
        )
        return dict(cursor.fetchall())


def pool(viewer: Viewer, pool_id: UUID) -> PoolShown:
    for shown in pools(viewer):
        if shown.pool.pk == pool_id:
            return shown
    raise NotFound("not_found", _("There is no such pool, or you don't belong to it."))


def pools_to_look_after(viewer: Viewer) -> list[PoolShown]:
    """Every pool, for whoever sets them up."""
    require(viewer, "administer")
    waiting = _waiting()
    return [PoolShown(pool, waiting.get(pool.pk, 0), False, True) for pool in live_pools()]


def pool_to_look_after(viewer: Viewer, pool_id: UUID) -> Pool:
    require(viewer, "administer")
    found = Pool.objects.filter(pk=pool_id, archived_at=None).first()
    if found is None:
        raise NotFound("not_found", _("There is no such pool, or you don't belong to it."))
    return found


def members(viewer: Viewer, pool: Pool) -> list[Member]:
    require(viewer, "administer")
    return list(pool.members.order_by("pk"))


def rules(viewer: Viewer, pool: Pool) -> list[Rule]:
    require(viewer, "administer")
    return list(pool.rules.order_by("position", "created_at"))


def rule(viewer: Viewer, rule_id: UUID) -> Rule:
    require(viewer, "administer")
    found = Rule.objects.select_related("pool").filter(pk=rule_id, pool__archived_at=None).first()
    if found is None:
        raise NotFound("not_found", _("There is no such rule."))
    return found


def why_not_leave(user_id: UUID) -> str | None:
    """What has to be done before somebody leaves, in words."""
    theirs = Test("owner", "eq", user_id)
    if not count(CUSTOMER, SYSTEM, where=theirs).value:
        return None
    return _("This person still has customers. Hand them over first.")


def assignment_rules(viewer: Viewer) -> list[AssignmentRule]:
    require(viewer, "administer")
    return list(AssignmentRule.objects.order_by("position", "created_at"))


def assignment_rule(viewer: Viewer, rule_id: UUID) -> AssignmentRule:
    require(viewer, "administer")
    found = AssignmentRule.objects.filter(pk=rule_id).first()
    if found is None:
        raise NotFound("not_found", _("There is no such rule."))
    return found


def latest_run(viewer: Viewer) -> Run | None:
    require(viewer, "administer")
    return Run.objects.order_by("-begun_at").first()


def history_of(party: "Party", limit: int = 200) -> list[Entry]:
    """The ledger of a customer whom the viewer sees, newest first."""
    return list(Entry.objects.filter(party_id=party.pk).order_by("-pk")[:limit])


def may_claim(viewer: Viewer, party: "Party") -> bool:
    """Whether a button makes sense: caps and times are looked at when it is pressed."""
    if party.pool_id is None or party.archived_at is not None or not can(viewer, "change"):
        return False
    return party.pool_id in memberships(viewer)
