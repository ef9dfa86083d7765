"""What an assignment rule would have done over the last 90 days.

Customers came as ledger and files say: opened for nobody, or into a pool. They are allotted again
in the order in which they came, from what everybody held when the 90 days began, and compared with
who really got them and when. Which customers a rule is about, who is at work and who has room under
a cap is judged as of today.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.dateparse import parse_duration

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.kernel import clock
from zhike.ownership.allotment import (
    Allotted,
    AssignmentRules,
    allot,
    capped,
    desks_of,
    pairs_arriving,
    people_of,
    rules_that_assign,
)
from zhike.ownership.models import AssignmentRule
from zhike.ownership.rehearsing import Report, unheard
from zhike.ownership.rehearsing.recycling import DAYS, held_then

_ARRIVALS = """
SELECT p.id, p.created_at AS at, FALSE AS is_pooled, NULL::uuid AS former, t.owner_after, t.at
FROM customers_party p LEFT JOIN LATERAL (
    SELECT e.owner_after, e.at FROM ownership_entry e
    WHERE e.party_id = p.id AND e.owner_after IS NOT NULL ORDER BY e.id LIMIT 1
) t ON TRUE
WHERE p.created_at >= %(began)s AND p.archived_at IS NULL AND NOT EXISTS (
    SELECT FROM ownership_entry e WHERE e.party_id = p.id AND e.verb = 'created')
UNION ALL
SELECT c.party_id, c.at, TRUE, c.owner_before, t.owner_after, t.at
FROM ownership_entry c JOIN customers_party p ON p.id = c.party_id AND p.archived_at IS NULL
LEFT JOIN LATERAL (
    SELECT e.owner_after, e.at FROM ownership_entry e
    WHERE e.party_id = c.party_id AND e.id > c.id AND e.owner_after IS NOT NULL
    ORDER BY e.id LIMIT 1
) t ON TRUE
WHERE c.at >= %(began)s AND c.pool_after IS NOT NULL AND c.owner_after IS NULL
    AND c.pool_before IS NULL
ORDER BY 2, 1
"""


@dataclass(frozen=True, slots=True)
class _Arrival:
    party_id: UUID
    at: datetime
    is_pooled: bool
    former: UUID | None
    owner_id: UUID | None  # who really got it
    taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class Share:
    """What somebody would have got of the customers that the rule takes, and what they really
    got of them."""

    owner_id: UUID
    would: int
    really: int


@dataclass(frozen=True)
class Assigned:
    """What a rule would have done since a day: of those who `arrived` it takes `number`, `before`
    are taken by rules before it. `stayed` says why some would have gone to nobody. Of what it
    takes, `waiting` have nobody to this day, `elsewhere` went to somebody else, and half of those
    who found somebody waited `median_wait` for it."""

    since: date
    arrived: int
    number: int
    before: int
    owners: Sequence[Share]
    stayed: dict[str, int]
    waiting: int
    elsewhere: int
    median_wait: timedelta | None

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> "Assigned":
        owners = [Share(UUID(one["owner_id"]), one["would"], one["really"])
                  for one in kept["owners"]]  # fmt: skip
        wait = parse_duration(kept["median_wait"]) if kept["median_wait"] else None
        since = date.fromisoformat(kept["since"])
        return cls(**{**kept, "since": since, "owners": owners, "median_wait": wait})


def rehearse_assignment(
    viewer: Viewer, rule: AssignmentRule, *, report: Report = unheard
) -> Assigned:
    """Rehearses a rule as it would be kept, among the others. Raises Invalid when its filter can't
    be asked. Changes nothing."""
    require(viewer, "administer")
    rule.is_enabled = True
    since = clock.today() - timedelta(days=DAYS)
    began = clock.start_of_day(since)
    arrivals = _arrivals(began)
    report(30)
    rules = rules_that_assign(instead=rule)
    told = _allotted(rules, arrivals, began)
    report(90)
    mine = [(one, came) for one, came in told if one.rule is rule]
    waits = [came.taken_at - came.at for _one, came in mine if came.taken_at is not None]
    return Assigned(
        since, len(arrivals), len(mine), _before(told, rules, rule), _shares(mine),
        _stayed(mine), sum(came.owner_id is None for _one, came in mine),
        sum(came.owner_id not in (None, one.owner_id) for one, came in mine),
        timedelta(seconds=median(wait.total_seconds() for wait in waits)) if waits else None,
    )  # fmt: skip


def _arrivals(began: datetime) -> list[_Arrival]:
    with connection.cursor() as cursor:
        cursor.execute(_ARRIVALS, {"began": began})
        return [_Arrival(*row) for row in cursor.fetchall()]


def _allotted(
    rules: AssignmentRules, arrivals: Sequence[_Arrival], began: datetime
) -> list[tuple[Allotted, _Arrival]]:
    """Each arrival that a rule takes with to whom it goes, in their order."""
    taken = {
        (pair[0], pair[3]): pair
        for is_pooled in (False, True)
        for pair in pairs_arriving(
            rules, [one.party_id for one in arrivals if one.is_pooled == is_pooled],
            is_pooled=is_pooled,
        )
    }  # fmt: skip
    coming = [one for one in arrivals if (one.party_id, one.is_pooled) in taken]
    named = {rule.pk: rule for _pk, rule, _place, _is_pooled in taken.values()}
    people = sorted({one for rule in named.values() for one in people_of(rule)})
    desks = desks_of(people, [one.party_id for one in coming], capped(people))
    desks.held = held_then(began, people)
    pairs = [taken[one.party_id, one.is_pooled] for one in coming]
    found = allot(pairs, desks, [one.former for one in coming])
    return list(zip(found, coming, strict=True))


def _before(
    told: Sequence[tuple[Allotted, _Arrival]], rules: AssignmentRules, rule: AssignmentRule
) -> int:
    asked = [one for one, _tree in rules.asked]
    earlier = asked[: asked.index(rule)] if rule in asked else asked
    return sum(any(one.rule is other for other in earlier) for one, _came in told)


def _shares(mine: Sequence[tuple[Allotted, _Arrival]]) -> list[Share]:
    would: dict[UUID, int] = {}
    really: dict[UUID, int] = {}
    for one, came in mine:
        for owner_id, counts in ((one.owner_id, would), (came.owner_id, really)):
            if owner_id is not None:
                counts[owner_id] = counts.get(owner_id, 0) + 1
    shares = [Share(pk, would.get(pk, 0), really.get(pk, 0)) for pk in {**would, **really}]
    return sorted(shares, key=lambda one: (-one.would, -one.really, one.owner_id))


def _stayed(mine: Sequence[tuple[Allotted, _Arrival]]) -> dict[str, int]:
    stayed: dict[str, int] = {}
    for one, _came in mine:
        if one.owner_id is None:
            stayed[one.why_not] = stayed.get(one.why_not, 0) + 1
    return stayed
