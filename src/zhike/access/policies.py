"""Who may do what, and which rows a viewer sees. The one place that decides."""

from collections.abc import Mapping
from enum import IntEnum
from functools import lru_cache

from django.utils.translation import gettext as _

from zhike.access.viewer import Viewer
from zhike.filters import EVERYTHING, Any, Node, Test
from zhike.kernel.errors import NotAllowed

_READER = {"view", "keep"}  # to keep: one's own views and tokens
_STAFF = _READER | {"create", "change", "archive", "note", "undo_own", "work", "unmask"}
_MANAGER = _STAFF | {"import", "export", "segment", "score", "bulk", "undo", "assign"}
RIGHTS: dict[str, frozenset[str]] = {
    "read_only": frozenset(_READER),
    "staff": frozenset(_STAFF),
    "manager": frozenset(_MANAGER),
    "administrator": frozenset(_MANAGER | {"administer"}),
}
# What a token's scope lets through. A token can never do more than its user.
SCOPES: dict[str, frozenset[str]] = {
    "read": frozenset({"view"}),
    "write": frozenset(_MANAGER),
    "admin": frozenset({"administer"}),
}


class Level(IntEnum):
    """What may be done with one fact of a record; each includes those before it."""

    HIDE = 0
    MASK = 1
    READ = 2
    WRITE = 3


def can(viewer: Viewer, right: str) -> bool:
    if right not in RIGHTS.get(viewer.role, frozenset()):
        return False
    if viewer.scopes is None:
        return True
    return any(right in SCOPES.get(scope, ()) for scope in viewer.scopes)


def require(viewer: Viewer, right: str) -> None:
    """Raises NotAllowed when the viewer may not."""
    if not can(viewer, right):
        raise NotAllowed("not_allowed", _("You may not do this. Ask your administrator."))


def refuse_braked(viewer: Viewer) -> None:
    """Raises NotAllowed for somebody who has opened so many customers that they were stopped."""
    if viewer.is_braked:
        raise NotAllowed(
            "braked",
            _("You have opened so many customers that you were stopped. An administrator has been "
              "told and can let you go on."),
        )  # fmt: skip


def looks_after_all(viewer: Viewer) -> bool:
    """Whether nothing is hidden: files on their way in, for one, may name anybody."""
    return can(viewer, "administer") and sees_all(viewer)


def sees_all(viewer: Viewer) -> bool:
    """Whether figures about the whole base may be told; others hear of what they see only."""
    return viewer.sight == "all"


def level_set(viewer: Viewer, record_type: str, fact: str) -> Level:
    """What an administrator has set for a fact. What follows from that for facts made of it is
    worked out where the facts are known (`records/limits.py`)."""
    return _levels(viewer.limits).get((record_type, fact), Level.WRITE)


@lru_cache(maxsize=64)
def _levels(limits: frozenset[tuple[str, str, str]]) -> Mapping[tuple[str, str], Level]:
    return {(kind, fact): Level[level.upper()] for kind, fact, level in limits}


def sight(viewer: Viewer, *, owner: str = "owner", team: str = "team") -> Node:
    """The filter that limits rows with an owner and a team to what the viewer sees."""
    if sees_all(viewer):
        return EVERYTHING
    own = Test(owner, "eq", viewer.user_id)
    if viewer.sight == "own" or not viewer.team_ids:
        return own
    return Any((own, Test(team, "in", tuple(sorted(viewer.team_ids)))))
