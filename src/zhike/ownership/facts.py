"""What ownership adds to what is known of a customer, and to what others see."""

from django.utils.translation import gettext_lazy as _

from zhike.access.actions import objects_to_leaving
from zhike.access.policies import can
from zhike.access.queries import tells_pools
from zhike.access.viewer import Viewer
from zhike.customers.forgetting import Forgets, forgets
from zhike.customers.keeping import keeps_customer
from zhike.customers.merging.pointers import Pointer, points_at_customer
from zhike.customers.pools import Pools, keeps_pools
from zhike.filters import Node, Test
from zhike.ownership import queries
from zhike.records.limits import RowMask, mask_rows

# By what one reaches a customer: told to whoever claims them, not to whoever looks.
MASKED = frozenset({"phones", "emails", "street", "website"})


def unclaimed(viewer: Viewer) -> Node | None:
    """The customers in pools whom the viewer only looks at: not those of pools that they
    administer. Whoever may assign anybody's customers sees them as they are."""
    if not viewer.pool_ids or can(viewer, "assign"):
        return None
    mine = queries.memberships(viewer)
    looked_at = tuple(sorted(pool for pool in viewer.pool_ids if not mine.get(pool)))
    return Test("pool", "in", looked_at) if looked_at else None


def declare() -> None:
    tells_pools(queries.pools_of)
    objects_to_leaving(queries.why_not_leave)
    keeps_pools(Pools(queries.pool_names, queries.heir_of, queries.members_of_pool))
    mask_rows("customer", RowMask(MASKED, unclaimed))
    points_at_customer(
        Pointer("ownership_reminder", key_type="bigint", once_per=("owner_id", "started_at")),
        Pointer("ownership_dispute", label=_("Disputes")),
        Pointer("ownership_dispute", "rival_id"),
    )
    keeps_customer(
        "dispute", _("An open dispute"),
        "EXISTS (SELECT FROM ownership_dispute d WHERE p.id IN (d.party_id, d.rival_id) "
        "AND d.state = 'open')",
    )  # fmt: skip
    words = dict.fromkeys(("typed", "claim", "answer", "reason"), "''")
    forgets(
        Forgets("ownership_reminder"),
        Forgets("ownership_entry", empties={"reason": "''"}),
        Forgets("ownership_dispute", empties=words),
        Forgets("ownership_dispute", "rival_id", empties=words),
    )
