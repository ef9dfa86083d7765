"""When a customer falls back into a pool, and why: derived from ledger, events and orders each time
it is asked, and stored nowhere. A rule that is switched off and on again, an edit or an assignment
in bulk can therefore neither restart a clock nor escape it.

The first open rule, pool by pool, that the owner's pool has and whose filter holds governs a
customer. Its clock starts with the last contact or order that the rule asks for, but not before the
owner got the customer; it ends so many days later, but not before a protection does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.filters import EVERYTHING, Node, parse
from zhike.filters.sql import compile_filter, compile_values
from zhike.kernel import clock
from zhike.kernel.errors import Invalid
from zhike.ownership import setting
from zhike.ownership.models import Pool, Rule
from zhike.ownership.queries import live_pools, members_of
from zhike.records.queries import only_seen

# The facts that say when something last happened; one that no app declares never did.
CONTACT, ORDER = "contacts.last", "orders.last"


@dataclass(frozen=True, slots=True)
class Clock:
    """What a rule says of one customer."""

    party_id: UUID
    name: str
    owner_id: UUID
    team_id: UUID | None
    rule: Rule
    held_since: datetime
    last_contact: datetime | None
    last_order: datetime | None
    protected_until: date | None  # the last day on which nothing happens, if any
    started_at: datetime
    falls_on: date

    @property
    def why(self) -> str:
        return explain(self)

    @property
    def values(self) -> dict:
        """What decided, for the event."""
        return {
            "rule": self.rule.name,
            "pool": self.rule.pool.name,
            "days": self.rule.days,
            "without": self.rule.without,
            "held_since": self.held_since,
            "last_contact": self.last_contact,
            "last_order": self.last_order,
            "protected_until": self.protected_until,
            "falls_on": self.falls_on,
            "owner": self.owner_id,
        }


@dataclass(frozen=True, slots=True)
class Paused:
    """A rule that can't be asked any more. Customers under it, and under those that follow it in
    its pool, stay where they are: the next rule was not meant for them."""

    rule: Rule
    why: str


@dataclass(frozen=True)
class Rules:
    """The rules as they govern now, in their order, each with its filter ready to be asked."""

    asked: Sequence[tuple[Rule, Node, Sequence[UUID]]]
    paused: Sequence[Paused]

    @property
    def owners(self) -> list[UUID]:
        return sorted({owner for _rule, _tree, owners in self.asked for owner in owners})


def rules_in_force(instead: Rule | None = None) -> Rules:
    """`instead` is a rule as it would be kept: it takes the place of what is kept, or comes last
    in its pool."""
    pools = [pool for pool in live_pools() if pool.is_enabled]
    members = members_of(pools)
    asked: list[tuple[Rule, Node, Sequence[UUID]]] = []
    paused: list[Paused] = []
    for pool in pools:
        owners = sorted(members[pool.pk])
        for rule in _rules_of(pool, instead):
            try:
                asked.append((rule, tree_of(rule), owners))
            except Invalid as error:
                paused.append(Paused(rule, error.message))
                rule.days = None
                asked.append((rule, EVERYTHING, owners))
                break
    return Rules(asked, paused)


def _rules_of(pool: Pool, instead: Rule | None) -> list[Rule]:
    found = list(pool.rules.order_by("position", "created_at").select_related("pool"))
    if instead is not None and instead.pool_id == pool.pk:
        found = [rule for rule in found if rule.pk != instead.pk] + [instead]
        found.sort(key=lambda rule: (rule.position, rule.created_at))
    return [rule for rule in found if rule.is_enabled]


def tree_of(rule: Rule) -> Node:
    """Raises Invalid when the filter names what isn't there any more."""
    if not rule.filter:
        return EVERYTHING
    return setting.asked(parse(rule.filter))


@dataclass(frozen=True, slots=True)
class Asked:
    """Which clocks: of some customers, those within a viewer's sight, those under one rule (by its
    place), those that end by a day or after it, or whose owners are to be reminded by it."""

    ids: Sequence[UUID] | None = None
    viewer: Viewer | None = None
    number: int | None = None
    ends_by: date | None = None
    ends_after: date | None = None
    reminds_by: date | None = None


def clocks(rules: Rules, asked: Asked, *, limit: int | None = None) -> list[Clock]:
    """The clocks that run, those that end first in front. One statement."""
    if not rules.asked:
        return []
    statement, parameters = _statement(rules, asked)
    cut = "" if limit is None else f" LIMIT {int(limit)}"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({statement}) k ORDER BY falls_on, id{cut}", parameters)
        rows = cursor.fetchall()
    return [_clock(rules, row) for row in rows]


def count_clocks(rules: Rules, asked: Asked) -> int:
    if not rules.asked:
        return 0
    statement, parameters = _statement(rules, asked)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({statement}) k", parameters)
        return cursor.fetchone()[0]


def due_ids(rules: Rules, at: datetime) -> list[UUID]:
    """Everybody whose clock has ended, set-based over the whole base."""
    if not rules.asked:
        return []
    statement, parameters = _statement(rules, Asked(ends_by=clock.today(at)))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM ({statement}) k ORDER BY id", parameters)
        return [row[0] for row in cursor.fetchall()]


def _clock(rules: Rules, row: Sequence) -> Clock:
    (
        party_id,
        name,
        owner_id,
        team_id,
        number,
        since,
        contact,
        order,
        until,
        started,
        falls,
        _remind,
    ) = row
    rule = rules.asked[number][0]
    return Clock(
        party_id, name, owner_id, team_id, rule, since, contact, order, until, started, falls
    )


class _Sql:
    """A statement that grows with its parameters."""

    def __init__(self) -> None:
        self.text = ""
        self.parameters: list = []

    def add(self, text: str, *parameters: object) -> None:
        self.text += text
        self.parameters += parameters


def _statement(rules: Rules, asked: Asked) -> tuple[str, list]:
    """SELECT of the running clocks. Inside: whom which rule governs; around that: since when it is
    held, what happened last, until when it is protected; outside: when it ends."""
    zone, sql = settings.TIME_ZONE, _Sql()
    sql.add(
        "SELECT id, name, owner_id, team_id, number, since, contact, ordered, until, started, "
        "greatest((started AT TIME ZONE %s)::date + days, until + 1) AS falls_on, remind "
        "FROM (SELECT *, greatest(since, CASE WHEN without <> 'order' THEN contact END, "
        "CASE WHEN without <> 'contact' THEN ordered END) AS started FROM (",
        zone,
    )
    _add_facts(sql, rules, asked)
    sql.add(") facts OFFSET 0) started")
    sql = _limited(sql, asked)
    return sql.text, sql.parameters


def _add_facts(sql: _Sql, rules: Rules, asked: Asked) -> None:
    zone = settings.TIME_ZONE
    sql.add(
        "SELECT r.id, r.name, r.owner_id, r.team_id, v.number, h.since, v.days, v.remind, "
        "v.without, greatest(l.until, CASE WHEN v.protect > 0 THEN "
        "(h.since AT TIME ZONE %s)::date + v.protect - 1 END) AS until",
        zone,
    )
    for fact, name in ((CONTACT, "contact"), (ORDER, "ordered")):
        if fact in CUSTOMER.schema.facts:
            value = compile_values([fact], CUSTOMER.schema)
            sql.add(f", {value.condition} AS {name}", *value.parameters)
        else:
            sql.add(f", NULL::timestamptz AS {name}")
    sql.add(" FROM (")
    _add_governed(sql, rules, asked)
    rows = []
    for number, (rule, _tree, _owners) in enumerate(rules.asked):
        rows.append("(%s::int, %s::int, %s::text, %s::int, %s::int)")
        sql.parameters += [number, rule.days, rule.without, rule.pool.protect_days]
        sql.parameters.append(rule.remind_days)
    sql.add(
        f") r JOIN (VALUES {', '.join(rows)}) v(number, days, without, protect, remind) "
        "ON v.number = r.number AND v.days IS NOT NULL "
        "JOIN LATERAL (SELECT e.id, e.at AS since FROM ownership_entry e "
        "WHERE e.party_id = r.id AND e.owner_after = r.owner_id "
        "AND e.owner_before IS DISTINCT FROM e.owner_after ORDER BY e.id DESC LIMIT 1) h ON TRUE "
        "LEFT JOIN LATERAL (SELECT e.until FROM ownership_entry e WHERE e.party_id = r.id "
        "AND e.verb IN ('protected', 'unprotected') AND e.id > h.id "
        "ORDER BY e.id DESC LIMIT 1) l ON TRUE"
    )
    if asked.ends_by is not None:
        # Who got a customer less than so many days ago can't have lost it: no more is looked up.
        sql.add(" WHERE (h.since AT TIME ZONE %s)::date + v.days <= %s", zone, asked.ends_by)


def _add_governed(sql: _Sql, rules: Rules, asked: Asked) -> None:
    """SELECT of the held customers with the number of the rule that governs each."""
    joins: dict[str, str] = {}
    sql.add("SELECT r.id, r.name, r.owner_id, r.team_id, CASE")
    for number, (_rule, tree, owners) in enumerate(rules.asked):
        query = compile_filter(tree, CUSTOMER.schema)
        joins |= query.joins
        sql.add(f" WHEN r.owner_id = ANY(%s) AND ({query.condition}) THEN %s", owners)
        sql.parameters += [*query.parameters, number]
    clauses = " ".join(joins.values())
    sql.add(
        f" END AS number FROM {CUSTOMER.table} r {clauses} "
        "WHERE r.owner_id = ANY(%s) AND r.archived_at IS NULL",
        rules.owners,
    )
    if asked.ids is not None:
        sql.add(" AND r.id = ANY(%s)", list(asked.ids))
    if asked.viewer is not None:
        within, parameters = only_seen(CUSTOMER, asked.viewer)
        sql.add(f" AND {within}", *parameters)
    sql.add(" OFFSET 0")


def _limited(sql: _Sql, asked: Asked) -> _Sql:
    outer = _Sql()
    outer.add(f"SELECT * FROM ({sql.text}) clock WHERE TRUE", *sql.parameters)
    if asked.number is not None:
        outer.add(" AND number = %s", asked.number)
    if asked.ends_by is not None:
        outer.add(" AND falls_on <= %s", asked.ends_by)
    if asked.ends_after is not None:
        outer.add(" AND falls_on > %s", asked.ends_after)
    if asked.reminds_by is not None:
        outer.add(" AND remind > 0 AND falls_on - remind <= %s", asked.reminds_by)
    return outer


def explain(clock_of: Clock) -> str:
    """Why a customer will fall into the pool on that day, in a sentence."""
    rule = clock_of.rule
    return _("Rule “%(rule)s”: %(days)s days %(without)s, counted from %(start)s.") % {
        "rule": rule.name,
        "days": rule.days,
        "without": Rule.Without(rule.without).label,
        "start": _start_words(clock_of),
    } + _protection_words(clock_of)


def _start_words(clock_of: Clock) -> str:
    day = date_format(clock.today(clock_of.started_at))
    if clock_of.started_at == clock_of.held_since:
        return _("%(day)s, when the owner got the customer") % {"day": day}
    if clock_of.started_at == clock_of.last_contact:
        return _("the last contact on %(day)s") % {"day": day}
    return _("the last order on %(day)s") % {"day": day}


def _protection_words(clock_of: Clock) -> str:
    until = clock_of.protected_until
    if until is None or clock_of.falls_on != until + timedelta(days=1):
        return ""
    return " " + _("Protected until %(day)s.") % {"day": date_format(until)}
