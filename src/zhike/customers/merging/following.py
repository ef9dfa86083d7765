"""From a customer who was merged away to the one who stands in: for ids, names and numbers that
the outside world still has."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.customers.models import Merge
from zhike.kernel.errors import Conflict
from zhike.records.queries import get


def stand_ins(ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Who stands in for those of some customers that were merged into another.

    Inside a transaction all of them are kept from being merged until it ends: what is about to
    point at one would otherwise be left behind.
    """
    found = {pk: pk for pk in ids}
    asked = sorted(set(ids))
    while asked:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, merged_into_id FROM customers_party WHERE id = ANY(%s) "
                "ORDER BY id FOR KEY SHARE",
                [asked],
            )
            ahead = {pk: to for pk, to in cursor.fetchall() if to is not None}
        found = {pk: ahead.get(now, now) for pk, now in found.items()}
        asked = sorted(set(ahead.values()))
    return {pk: now for pk, now in found.items() if now != pk}


def merges_in_force(**conditions):
    return Merge.objects.filter(batch__undone_at=None, **conditions)


def merge_of(viewer: Viewer, merged_id: UUID) -> UUID:
    """The batch that merged a customer into another. Raises Conflict when none did."""
    party = get(CUSTOMER, viewer, merged_id)
    batch_id = merges_in_force(loser=party).values_list("batch_id", flat=True).first()
    if batch_id is None:
        raise Conflict("not_merged", _("This customer has not been merged into another."))
    return batch_id
