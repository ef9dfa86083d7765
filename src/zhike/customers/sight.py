"""Who sees customers, and whom of them they may change: those that are theirs or their team's, and
for whatever other reason an app declares."""

from collections.abc import Callable, Iterable

from zhike.access.policies import sight
from zhike.access.viewer import Viewer
from zhike.filters import EVERYTHING, Node, Test
from zhike.filters import Any as AnyOf

# Who sees customers beside those whose they are: (viewer, prefix of the facts) → filter, or None.
_widenings: list[Callable[[Viewer, str], Node | None]] = []


def widens_sight(function: Callable[[Viewer, str], Node | None]):
    """Declares a reason to see customers. The facts that it asks about stand behind the prefix."""
    _widenings.append(function)
    return function


def sight_of_customers(viewer: Viewer, prefix: str = "") -> Node:
    """Whom a viewer sees: those that are theirs or their team's, and for whatever other reason."""
    own = sight(viewer, owner=f"{prefix}owner", team=f"{prefix}team")
    return _widened(own, (widening(viewer, prefix) for widening in _widenings))


def sight_by_customer(viewer: Viewer) -> Node:
    """Rows that belong to a customer are seen by whoever sees the customer."""
    return sight_of_customers(viewer, "customer.")


def reach_of_customers(viewer: Viewer, prefix: str = "") -> Node:
    """Whom a viewer may change among those in sight: not those that are shared to be read."""
    own = sight(viewer, owner=f"{prefix}owner", team=f"{prefix}team")
    return _widened(own, (_shared(viewer, f"{prefix}writers"),))


def reach_by_customer(viewer: Viewer) -> Node:
    return reach_of_customers(viewer, "customer.")


def _widened(own: Node, further: Iterable[Node | None]) -> Node:
    if own == EVERYTHING:
        return own
    parts = own.parts if isinstance(own, AnyOf) else (own,)
    return AnyOf((*parts, *(node for node in further if node is not None)))


@widens_sight
def _shared_to_be_read(viewer: Viewer, prefix: str) -> Node | None:
    return _shared(viewer, f"{prefix}readers")


def _shared(viewer: Viewer, fact: str) -> Node | None:
    """Customers that were shared with the viewer or with their own team."""
    ids = tuple(str(one) for one in (viewer.user_id, viewer.team_id) if one is not None)
    return Test(fact, "has_any", ids) if ids else None


@widens_sight
def _in_pools(viewer: Viewer, prefix: str) -> Node | None:
    """Customers who wait in a pool that the viewer belongs to."""
    ids = tuple(sorted(viewer.pool_ids))
    return Test(f"{prefix}pool", "in", ids) if ids else None
