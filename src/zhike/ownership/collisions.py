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
from zhike.kernel.errors import Conflict


@dataclass
class Collisions:
    """In words by customer: who can't be claimed, and what the claimer is told of the others. Only
    that a colleague has such a customer: not which, and not who."""

    barred: dict[UUID, str] = field(default_factory=dict)
    told: dict[UUID, str] = field(default_factory=dict)
    signs: dict[UUID, str] = field(default_factory=dict)  # by which those are barred
    guards: dict[UUID, UUID] = field(default_factory=dict)  # whom it is about; never told


class Barred(Conflict):
    """One customer that can't be claimed, since a colleague protects one with the same sign. The
    claimer may ask for that one (`open_dispute` with `waiting`)."""

    def __init__(self, party_id: UUID, sign: str):
        super().__init__("protected_elsewhere", PROTECTED_WORDS[sign])
        self.party_id = party_id
        self.sign = sign


def collisions_of(ids: Sequence[UUID], viewer: Viewer) -> Collisions:
    found = Collisions()
    twins = twins_of(ids)
    holds = _held({pk for others in twins.values() for pk in others}, viewer)
    for party_id, others in twins.items():
        signs = {pk: sorted(shared) for pk, shared in others.items() if pk in holds}
        guard = next((pk for pk in sorted(signs) if holds[pk]), None)
        if guard is not None:
            found.signs[party_id] = signs[guard][0]
            found.guards[party_id] = guard
            found.barred[party_id] = str(PROTECTED_WORDS[found.signs[party_id]])
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
