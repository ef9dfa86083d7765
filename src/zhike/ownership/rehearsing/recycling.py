"""What a recycling rule would have done over the last 90 days.

Holdings come from the ledger: who had a customer from when until when. Within each, the clock of
the rule runs from the last contact or order as it was on that day; the first night on which it had
run out is when the customer would have gone. What cannot be known is said: which customers a rule
is about, and who belongs to which pool, is judged as of today, and what would have become of the
customer afterwards is not made up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.filters.sql import compile_filter, rows_measured
from zhike.kernel import clock
from zhike.ownership.clocks import CONTACT, ORDER, Rules, rules_in_force
from zhike.ownership.models import Entry, Rule, Verb
from zhike.ownership.rehearsing import Report, unheard
from zhike.records.queries import linked_names

DAYS = 90
SHOWN = 8
GREAT_LOSS = 0.2  # of what somebody held when it began


@dataclass(frozen=True, slots=True)
class Loss:
    """What one owner would have lost of what they held when it began."""

    owner_id: UUID
    held: int
    lost: int

    @property
    def share(self) -> float | None:
        """None for whoever held nothing when it began."""
        return self.lost / self.held if self.held else None

    @property
    def is_great(self) -> bool:
        return self.share is not None and self.share > GREAT_LOSS


@dataclass(frozen=True, slots=True)
class Fall:
    """A customer who would have gone, and when."""

    party_id: UUID
    owner_id: UUID
    on: date


@dataclass(frozen=True)
class Recycled:
    """What a rule would have done from `since` to yesterday. `weeks` counts falls by week, the
    first one apart: `first_night` are those whose time was over already when it began. `worked`
    had a contact or an order afterwards with the same owner; `tasked` have open tasks now; `as_is`
    is what the rules as they are kept would have done under the same reading, `really` what was
    recycled."""

    since: date
    number: int = 0
    first_night: int = 0
    weeks: Sequence[int] = ()
    losses: Sequence[Loss] = ()
    worked: int = 0
    ordered: int = 0
    tasked: int = 0
    as_is: int = 0
    really: int = 0
    some: Sequence[Fall] = ()

    @property
    def great_losses(self) -> list[Loss]:
        return [one for one in self.losses if one.is_great]

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> "Recycled":
        losses = [Loss(UUID(one["owner_id"]), one["held"], one["lost"]) for one in kept["losses"]]
        some = [
            Fall(UUID(one["party_id"]), UUID(one["owner_id"]), date.fromisoformat(one["on"]))
            for one in kept["some"]
        ]
        since = date.fromisoformat(kept["since"])
        return cls(**{**kept, "since": since, "losses": losses, "some": some})


def rehearse_rule(viewer: Viewer, rule: Rule, *, report: Report = unheard) -> Recycled:
    """Rehearses a rule as it would be kept, among the others. Raises Invalid when its filter can't
    be asked. Changes nothing. Of those who would have gone it names some whom the viewer sees."""
    require(viewer, "administer")
    rule.is_enabled = True
    today = clock.today()
    since = today - timedelta(days=DAYS)
    drafted = rules_in_force(instead=rule)
    number = next((n for n, one in enumerate(drafted.asked) if one[0] is rule), None)
    kept = rules_in_force()
    as_is = _fall(kept, [n for n, one in enumerate(kept.asked) if one[0].pool_id == rule.pool_id])
    report(45)
    really = Entry.objects.filter(
        verb=Verb.RECYCLED, at__gte=clock.start_of_day(since), pool_after=rule.pool_id
    ).count()
    falls = _fall(drafted, [] if number is None or rule.days is None else [number])
    report(90)
    weeks = [0] * ((DAYS + 6) // 7)
    lost: dict[UUID, int] = {}
    for one in falls:
        lost[one.owner_id] = lost.get(one.owner_id, 0) + 1
        if one.on > since:
            weeks[(one.on - since).days // 7 if (one.on - since).days < DAYS else -1] += 1
    held = held_then(clock.start_of_day(since), list(lost))
    losses = [Loss(pk, held.get(pk, 0), number) for pk, number in lost.items()]
    some = sorted(falls, key=lambda one: (one.on, one.party_id))
    names = linked_names(viewer, CUSTOMER.name, [one.party_id for one in some[: 20 * SHOWN]])
    seen = [one for one in some if one.party_id in names][:SHOWN]
    return Recycled(
        since, len(falls), sum(one.on <= since for one in falls), weeks,
        sorted(losses, key=lambda one: (-(one.share or 0), -one.lost)),
        sum(one.is_worked for one in falls), sum(one.is_ordered for one in falls),
        sum(one.is_tasked for one in falls), len(as_is), really,
        [Fall(one.party_id, one.owner_id, one.on) for one in seen],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Fallen:
    party_id: UUID
    owner_id: UUID
    on: date
    is_worked: bool
    is_ordered: bool
    is_tasked: bool


def _fall(rules: Rules, numbers: Sequence[int]) -> list[_Fallen]:
    """The first fall of each holding under some of the rules. One statement."""
    falling = [number for number in numbers if rules.asked[number][0].days is not None]
    if not falling:
        return []
    statement, parameters = _statement(rules, falling)
    with transaction.atomic(), connection.cursor() as cursor:
        # A million customers take ten seconds; sorted on disk, twice that.
        cursor.execute("SET LOCAL work_mem = '128MB'")
        cursor.execute("SET LOCAL statement_timeout = '60s'")
        cursor.execute(statement, parameters)
        return [_Fallen(*row) for row in cursor.fetchall()]


# Holdings are the stretches between two changes of owner; points are what a clock may begin with,
# each with the next one; a fall is a point after which nothing came in time. What was before the
# longest clock that can end in these days makes no difference.
_STATEMENT = """
WITH changes AS (
    SELECT id, party_id, owner_after AS owner, at,
        lead(at) OVER (PARTITION BY party_id ORDER BY id) AS until
    FROM ownership_entry WHERE owner_before IS DISTINCT FROM owner_after
), bounds AS (
    SELECT %s::text AS zone, %s::date AS first, %s::date AS today, %s::timestamptz AS began
), governed AS (
    SELECT c.id AS entry, c.party_id, c.owner, c.at AS since, c.until, CASE {cases} END AS number
    FROM changes c CROSS JOIN bounds b JOIN customers_party r ON r.id = c.party_id {joins}
    WHERE c.owner IS NOT NULL AND (c.until IS NULL OR c.until > b.began) AND r.archived_at IS NULL
), holdings AS MATERIALIZED (
    SELECT g.*, v.days, v.without, v.protect
    FROM governed g JOIN (VALUES {values}) v(number, days, without, protect)
        ON v.number = g.number
), happened AS MATERIALIZED (
    {happened}
), points AS (
    SELECT o.entry, greatest(o.since, b.began - make_interval(days => o.days)) AS at
    FROM holdings o CROSS JOIN bounds b
    UNION ALL
    SELECT o.entry, h.at FROM holdings o JOIN happened h ON h.party_id = o.party_id
    CROSS JOIN bounds b
    WHERE h.at > greatest(o.since, b.began - make_interval(days => o.days))
        AND (o.until IS NULL OR h.at < o.until) AND (o.without = 'both' OR h.kind = o.without)
), stretches AS (
    SELECT entry, at, lead(at) OVER (PARTITION BY entry ORDER BY at) AS next FROM points
), ended AS (
    SELECT o.*, least((coalesce(s.next, o.until) AT TIME ZONE b.zone)::date, b.today) AS latest,
        greatest((s.at AT TIME ZONE b.zone)::date + o.days, b.first,
            CASE WHEN o.protect > 0 THEN (o.since AT TIME ZONE b.zone)::date + o.protect END) AS day
    FROM stretches s JOIN holdings o USING (entry) CROSS JOIN bounds b
), unprotected AS (
    -- The first day from then on on which the newest word said before it is no protection.
    SELECT e.*, CASE WHEN e.party_id NOT IN (SELECT party_id FROM ownership_entry
            WHERE verb = 'protected') THEN e.day ELSE (
        SELECT min(d.day) FROM (
            SELECT e.day UNION ALL
            SELECT CASE WHEN m.verb = 'protected' THEN m.until
                ELSE (m.at AT TIME ZONE b.zone)::date END + 1
            FROM ownership_entry m WHERE m.party_id = e.party_id AND m.id > e.entry
                AND m.verb IN ('protected', 'unprotected')
        ) d(day)
        WHERE d.day >= e.day AND NOT coalesce((
            SELECT m.verb = 'protected' AND m.until >= d.day FROM ownership_entry m
            WHERE m.party_id = e.party_id AND m.id > e.entry
                AND m.verb IN ('protected', 'unprotected')
                AND (m.at AT TIME ZONE b.zone)::date < d.day
            ORDER BY m.id DESC LIMIT 1), FALSE)
    ) END AS fell
    FROM ended e CROSS JOIN bounds b WHERE e.day <= e.latest
), fallen AS (
    SELECT DISTINCT ON (entry) entry, party_id, owner, until, fell,
        fell::timestamp AT TIME ZONE b.zone AS at
    FROM unprotected CROSS JOIN bounds b WHERE fell <= latest ORDER BY entry, fell
)
SELECT f.party_id, f.owner, f.fell,
    count(h.at) > 0, count(h.at) FILTER (WHERE h.kind = 'order') > 0,
    EXISTS (SELECT FROM customers_task t WHERE t.party_id = f.party_id AND t.done_at IS NULL
        AND t.archived_at IS NULL)
FROM fallen f LEFT JOIN happened h
    ON h.party_id = f.party_id AND h.at >= f.at AND (f.until IS NULL OR h.at < f.until)
GROUP BY f.entry, f.party_id, f.owner, f.fell
"""


def _statement(rules: Rules, numbers: Sequence[int]) -> tuple[str, list]:
    today = clock.today()
    first = today - timedelta(days=DAYS)
    parameters: list = [settings.TIME_ZONE, first, today, clock.start_of_day(first)]
    joins: dict[str, str] = {}
    cases = []
    for number, (_rule, tree, owners) in enumerate(rules.asked):
        query = compile_filter(tree, CUSTOMER.schema)
        joins |= query.joins
        cases.append(f"WHEN c.owner = ANY(%s) AND ({query.condition}) THEN {number}")
        parameters += [list(owners), *query.parameters]
    values = []
    for number in numbers:
        rule = rules.asked[number][0]
        values.append("(%s::int, %s::int, %s::text, %s::int)")
        parameters += [number, rule.days, rule.without, rule.pool.protect_days]
    longest = max(rules.asked[number][0].days or 0 for number in numbers)
    happened = []
    for fact, kind in ((CONTACT, "contact"), (ORDER, "order")):
        if fact in CUSTOMER.schema.facts:
            rows = rows_measured(fact, CUSTOMER.schema)
            happened.append(
                f"SELECT of AS party_id, '{kind}' AS kind, at FROM ({rows.condition}) x "
                "WHERE at >= %s"
            )
            parameters += [*rows.parameters, clock.start_of_day(first - timedelta(days=longest))]
    statement = _STATEMENT.format(
        cases=" ".join(cases), joins=" ".join(joins.values()), values=", ".join(values),
        happened=" UNION ALL ".join(happened),
    )  # fmt: skip
    return statement, parameters


def held_then(at: datetime, owners: Sequence[UUID]) -> dict[UUID, int]:
    """How many customers each of some people held at an instant, by the ledger."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT owner_after, count(*) FROM (
                SELECT DISTINCT ON (party_id) owner_after FROM ownership_entry
                WHERE at < %s AND owner_before IS DISTINCT FROM owner_after
                ORDER BY party_id, id DESC
            ) last WHERE owner_after = ANY(%s) GROUP BY 1
            """,
            [at, list(owners)],
        )
        return dict(cursor.fetchall())
