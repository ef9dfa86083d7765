"""Customers in a pool who are, by phone, e-mail or registration number, a colleague's already:
where the colleague protects theirs, the other file is nobody's to take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection

from zhike.access.viewer import Viewer
from zhike.customers.collisions import twins_of
from zhike.customers.words import HELD_WORDS, PROTECTED_WORDS
from zhike.kernel import clock


@dataclass
class Collisions:
    """In words by customer: who can't be claimed, and what the claimer is told of the others. Only
    that a colleague has such a customer: not which, and not who."""

    barred: dict[UUID, str] = field(default_factory=dict)
    told: dict[UUID, str] = field(default_factory=dict)


def collisions_of(ids: Sequence[UUID], viewer: Viewer) -> Collisions:
    found = Collisions()
    twins = twins_of(ids)
    holds = _held({pk for others in twins.values() for pk in others}, viewer)
    for party_id, others in twins.items():
        signs = {pk: sorted(shared) for pk, shared in others.items() if pk in holds}
        guarded = next((shared[0] for pk, shared in signs.items() if holds[pk]), None)
        if guarded is not None:
            found.barred[party_id] = str(PROTECTED_WORDS[guarded])
        elif signs:
            found.told[party_id] = str(HELD_WORDS[next(iter(signs.values()))[0]])
    return found


def _held(ids: set[UUID], viewer: Viewer) -> Mapping[UUID, bool]:
    """Those of some customers whom a colleague holds, and whether they are protected today."""
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT p.id, coalesce((
                SELECT e.verb = 'protected' AND e.until >= %s FROM ownership_entry e
                WHERE e.party_id = p.id ORDER BY e.id DESC LIMIT 1), FALSE)
            FROM customers_party p
            WHERE p.id = ANY(%s) AND p.owner_id IS NOT NULL AND p.owner_id <> %s
                AND p.archived_at IS NULL
            """,
            [clock.today(), list(ids), viewer.user_id],
        )
        return dict(cursor.fetchall())
