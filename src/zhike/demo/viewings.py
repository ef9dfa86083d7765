"""A few weeks in which the people of the demo company look at their customers, two decoys, and an
afternoon on which something should be looked at."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from django.db import connection

from zhike.access.viewer import Viewer
from zhike.kernel import clock
from zhike.records.queries import Face, Way
from zhike.security.actions import (
    Seen,
    bring_viewings,
    mark_canary,
    raise_alarm,
    reckon_usual,
    watch_viewings,
)

DAYS = 28
A_DAY = 14  # customers that somebody opens
A_PAGE = 20  # customers of a list
KNOWN = 150  # of each seller's customers, those that are looked at
BURST = 64


def write_viewings(sellers: Mapping[int, Viewer], seed: int, viewer: Viewer) -> None:
    """Small, however many customers there are."""
    random = np.random.default_rng([seed, 3])
    people = [one.user_id for one in sellers.values() if one.user_id]
    customers = {user_id: _customers_of(user_id) for user_id in people}
    weeks = [seen for pk in people for seen in _weeks(pk, customers[pk], random)]
    bring_viewings(sorted(weeks, key=lambda one: one.at))
    reckon_usual()
    decoys = _decoys()
    for party_id in decoys:
        mark_canary(viewer, party_id)
    busy = max(people, key=lambda pk: len(customers[pk]))
    bring_viewings(_burst(busy, customers[busy]))
    watch_viewings()
    if decoys:
        _touch(people[0], decoys[0])


def _customers_of(user_id: UUID) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM customers_party WHERE owner_id = %s AND archived_at IS NULL "
            "ORDER BY id LIMIT %s",
            [user_id, KNOWN],
        )
        return [row[0] for row in cursor.fetchall()]


def _weeks(user_id: UUID, customers: Sequence[UUID], random: np.random.Generator) -> Iterator[Seen]:
    """Working days between nine and six: files that are opened, and the lists before them."""
    today = clock.today()
    for back in range(1, DAYS):
        day = today - timedelta(days=back)
        if day.weekday() >= 5 or not customers:
            continue
        morning = clock.start_of_day(day) + timedelta(hours=9)
        for _time in range(random.poisson(A_DAY)):
            at = morning + timedelta(minutes=float(random.uniform(0, 540)))
            party_id = customers[int(random.integers(len(customers)))]
            yield Seen(at, user_id, Way.OPENED, Face.PAGE, party_id=party_id)
        for _time in range(4):
            at = morning + timedelta(minutes=float(random.uniform(0, 540)))
            first = int(random.integers(max(1, len(customers) - A_PAGE)))
            ids = tuple(customers[first : first + A_PAGE])
            yield Seen(at, user_id, Way.LISTED, Face.PAGE, ids=ids)


def _burst(user_id: UUID, customers: Sequence[UUID]) -> Iterator[Seen]:
    """One file after the other, this very hour."""
    now = clock.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    for number, party_id in enumerate(customers[:BURST]):
        at = max(hour, now - timedelta(seconds=(BURST - number) * 8))
        yield Seen(at, user_id, Way.OPENED, Face.PAGE, party_id=party_id)


def _decoys() -> list[UUID]:
    """Two persons who have never ordered and whom nobody holds; else whoever has never ordered."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.id FROM customers_party p WHERE p.archived_at IS NULL AND p.kind = 'person' "
            "AND NOT EXISTS (SELECT 1 FROM commerce_order o WHERE o.party_id = p.id) "
            "ORDER BY p.owner_id IS NOT NULL, p.id LIMIT 2"
        )
        return [row[0] for row in cursor.fetchall()]


def _touch(user_id: UUID, party_id: UUID) -> None:
    now: datetime = clock.now()
    bring_viewings([Seen(now, user_id, Way.OPENED, Face.PAGE, party_id=party_id)])
    evidence = {
        "customers": [str(party_id)], "ways": [int(Way.OPENED)], "faces": [int(Face.PAGE)],
    }  # fmt: skip
    since = now.replace(minute=0, second=0, microsecond=0)
    raise_alarm("canary", user_id, since=since, evidence=evidence)
