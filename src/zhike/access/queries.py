"""Who is there."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Expression, OuterRef, Value
from django.db.models.functions import Concat

from zhike.access.actions import digest
from zhike.access.models import FieldRight, Role, Sight, Team, Token, Unmasking, User
from zhike.access.policies import require
from zhike.access.viewer import SYSTEM, Viewer
from zhike.kernel import clock
from zhike.kernel.reading import once

# What a user can be and see, to choose from.
ROLES, SIGHTS, LEVELS = Role.choices, Sight.choices, FieldRight.Level.choices


# The pools that somebody of a team belongs to, as the floor that keeps them says.
PoolsOf = Callable[[UUID, UUID | None], frozenset[UUID]]
_pools_of: list[PoolsOf] = []


def tells_pools(function: PoolsOf) -> None:
    """Declares who keeps the pools: one app does."""
    _pools_of[:] = [function]


def viewer_of(user: User, *, kind: str = "user", source: str = "page", scopes=None) -> Viewer:
    """The frozen value that the rest of the house asks by."""
    if user.team_id is None or user.sight in (Sight.OWN, Sight.ALL):
        team_ids: frozenset[UUID] = frozenset()
    elif user.sight == Sight.TEAM:
        team_ids = frozenset({user.team_id})
    else:
        team_ids = teams_below(user.team_id)
    return Viewer(
        user.pk,
        user.name,
        user.role,
        user.sight,
        user.team_id,
        team_ids,
        kind,
        None if scopes is None else frozenset(scopes),
        source,
        _limits_of(user),
        _pools_seen_by(user),
        user.braked_at is not None,
    )


# Read along with the person who asks: a page costs no further question.
def _limits(role: str) -> ArraySubquery:
    rights = FieldRight.objects.filter(role=OuterRef(role))
    mark = Value("/")
    said = Concat("record_type", mark, "fact", mark, "level")
    return ArraySubquery(rights.annotate(said=said).values("said"))


def _limits_of(user: User) -> frozenset[tuple[str, str, str]]:
    said = user.__dict__.get("said_limits")
    if said is None:
        found = FieldRight.objects.filter(role=user.role)
        return frozenset(found.values_list("record_type", "fact", "level"))
    parted = (one.split("/") for one in said)
    return frozenset((kind, fact, level) for kind, fact, level in parted)


def _pools_seen_by(user: User) -> frozenset[UUID]:
    """Who sees all sees those in pools as well, and needn't be asked."""
    if user.sight == Sight.ALL or not _pools_of:
        return frozenset()
    return _pools_of[0](user.pk, user.team_id)


def viewer_by_id(user_id: UUID | None, *, source: str) -> Viewer:
    """For work that goes on after the request: the person who asked for it, or the system."""
    user = _users().filter(pk=user_id).first() if user_id else None
    return viewer_of(user, source=source) if user else replace(SYSTEM, source=source)


def teams_below(team_id: UUID) -> frozenset[UUID]:
    """A team and all teams below it."""
    children: dict[UUID | None, list[UUID]] = {}
    for pk, parent_id in Team.objects.values_list("pk", "parent_id"):
        children.setdefault(parent_id, []).append(pk)
    found, waiting = set(), [team_id]
    while waiting:
        team = waiting.pop()
        if team not in found:
            found.add(team)
            waiting.extend(children.get(team, ()))
    return frozenset(found)


def teams_above(team_id: UUID) -> list[UUID]:
    """A team and all teams above it, from below."""
    parents = dict(Team.objects.values_list("pk", "parent_id"))
    found: list[UUID] = []
    team: UUID | None = team_id
    while team is not None and team not in found:
        found.append(team)
        team = parents.get(team)
    return found


def users_of_teams(team_ids: Collection[UUID]) -> set[UUID]:
    """Who belongs to one of the teams, or to one below them; whoever has left as well."""
    below = {one for team_id in team_ids for one in teams_below(team_id)}
    return set(User.objects.filter(team_id__in=below).values_list("pk", flat=True))


def token_of(secret: str) -> Token | None:
    """The live token with this secret, its user loaded."""
    tokens = Token.objects.select_related("user").annotate(said_limits=_limits("user__role"))
    token = tokens.filter(digest=digest(secret)).first()
    if token is None or token.revoked_at is not None or not token.user.is_active:
        return None
    if token.expires_at is not None and token.expires_at <= clock.now():
        return None
    token.user.said_limits = token.said_limits
    return token


# What a page shows of its person's and is read along with them: name → expression over users.
_read_along: dict[str, Expression] = {}


def reads_along(name: str, expression: Expression) -> None:
    """Declares an attribute of whoever is signed in that costs no further question."""
    _read_along[name] = expression


def _users():
    return User.objects.annotate(said_limits=_limits("role"), **_read_along)


def active_user(user_id: str) -> User | None:
    return _users().filter(pk=user_id, is_active=True).first()


@once
def user_names() -> Mapping[str, str]:
    """Names by id, for choosing an owner and for wording filters."""
    return {str(pk): name for pk, name in User.objects.order_by("name").values_list("pk", "name")}


@once
def active_user_names() -> Mapping[str, str]:
    users = User.objects.filter(is_active=True).order_by("name")
    return {str(pk): name for pk, name in users.values_list("pk", "name")}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at work here, as far as it decides what they see."""

    id: UUID
    name: str
    role: str
    sight: str
    team_id: UUID | None


def people_at_work() -> list[Person]:
    rows = User.objects.filter(is_active=True).order_by("name", "pk")
    return [Person(*row) for row in rows.values_list("pk", "name", "role", "sight", "team_id")]


@once
def team_names() -> Mapping[str, str]:
    return {str(pk): name for pk, name in Team.objects.order_by("name").values_list("pk", "name")}


def braked_since() -> dict[UUID, datetime]:
    """Who may open no customer, and since when."""
    found = User.objects.filter(is_active=True).values_list("pk", "braked_at")
    return {pk: since for pk, since in found if since is not None}


def team_of_user(user_id: UUID) -> UUID | None:
    return User.objects.filter(pk=user_id).values_list("team_id", flat=True).first()


def team_ids_by_user() -> dict[UUID, UUID | None]:
    return dict(User.objects.values_list("pk", "team_id"))


def users(viewer: Viewer) -> list[User]:
    require(viewer, "administer")
    return list(User.objects.select_related("team").order_by("name"))


def tokens(viewer: Viewer) -> list[Token]:
    """The viewer's own live tokens."""
    if viewer.user_id is None:
        return []
    found = Token.objects.filter(user_id=viewer.user_id, revoked_at=None)
    return list(found.order_by("-created_at"))


def user_ids_by_word() -> dict[str, UUID]:
    """Active users by e-mail and by name (folded), as files and other programs name them."""
    found: dict[str, UUID] = {}
    for pk, name, email in User.objects.filter(is_active=True).values_list("pk", "name", "email"):
        found[name.casefold()] = found[email.casefold()] = pk
    return found


def field_rights(viewer: Viewer) -> dict[tuple[str, str, str], str]:
    """What is set, by role, record type and fact."""
    require(viewer, "administer")
    found = FieldRight.objects.values_list("role", "record_type", "fact", "level")
    return {(role, kind, fact): level for role, kind, fact, level in found}


def latest_unmaskings(viewer: Viewer, *, limit: int) -> list[Unmasking]:
    require(viewer, "administer")
    return list(Unmasking.objects.select_related("user").order_by("-id")[:limit])


@once
def unmasked_facts(viewer: Viewer, record_type: str, record_id: UUID) -> frozenset[str]:
    """The facts of a record that the viewer has been shown in full a short while ago."""
    if viewer.user_id is None:
        return frozenset()
    found = Unmasking.objects.filter(
        user_id=viewer.user_id,
        record_type=record_type,
        record_id=record_id,
        until__gt=clock.now(),
    )
    return frozenset(found.values_list("fact", flat=True))
