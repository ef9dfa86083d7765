"""Claiming from a list."""

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhike.access.policies import can
from zhike.access.viewer import Viewer
from zhike.filters import Node, Test
from zhike.filters.tree import walk
from zhike.ownership.actions import Claimed, claim_customers
from zhike.ownership.queries import memberships


def is_claiming_offered(viewer: Viewer, where: Node) -> bool:
    """Members may claim in every list; who sees all is asked for in lists about pools only."""
    if not can(viewer, "change"):
        return False
    is_about_pools = any(isinstance(n, Test) and n.fact == "pool" for n in walk(where))
    return bool(viewer.pool_ids) or (is_about_pools and bool(memberships(viewer)))


def claim_chosen(viewer: Viewer, ids: Sequence[UUID]) -> tuple[str, UUID | None]:
    claimed = claim_customers(ids, viewer=viewer)
    return words_of(claimed), claimed.batch_id


def words_of(claimed: Claimed) -> str:
    number = len(claimed.ids)
    words = ngettext("%(count)d customer claimed.", "%(count)d customers claimed.", number)
    words %= {"count": number}
    words = " ".join([words, *dict.fromkeys(claimed.collides.values())])
    if not claimed.missed:
        return words
    reasons = dict.fromkeys(claimed.missed.values())
    missed = _("%(count)d not: %(reasons)s") % {
        "count": len(claimed.missed), "reasons": " ".join(reasons),
    }  # fmt: skip
    return f"{words} {missed}"
