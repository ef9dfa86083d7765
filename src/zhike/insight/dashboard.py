"""The base of customers as a whole, as far as the viewer sees it: figures, curves, flows.

Everything is asked of the columnar copy with the viewer's sight joined in, so that a chart never
tells of customers whom its reader may not see. Every part carries the filters that lead to the
customers behind it.
"""

from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache, wraps
from math import sqrt
from typing import TypeVar

import numpy as np
from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.analytics import AnalyticsError, Cohorts, cohorts
from zhike.customers.facts import CUSTOMER
from zhike.filters.sql import DUCKDB, compile_filter
from zhike.insight import lake
from zhike.insight.facts import FACTS
from zhike.insight.models import ScoreRun
from zhike.insight.words import STAGES
from zhike.kernel import clock
from zhike.kernel.errors import NotAllowed
from zhike.records.limits import limits

# A 90 % interval of a normal distribution is this many standard deviations wide.
WIDTH_OF_90 = 2 * 1.6449
CURVE_POINTS = 50
MONTHS = 24
COHORTS = 12
_MADE_OF = ("orders.total", "orders.count", *(fact.name for fact in FACTS))


Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Overview:
    """Headline figures; amounts in minor units of the firm's currency.

    `equity` is the sum of expected values over the next twelve months. Its limits treat customers
    as independent: the standard deviation of the sum is the root of the summed variances, each
    read from the customer's own 90 % interval.
    """

    customers: int
    buyers: int
    equity: int | None
    equity_low: int | None
    equity_high: int | None
    value: int
    at_risk: int
    active_share: float | None
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Slice:
    """One part of a chart: its name, its numbers, and the filter of the customers behind it."""

    key: str
    customers: int
    value: int
    filter: dict = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pareto:
    """Share of customers (ascending, best first) against share of sales; both 0…1."""

    customers: list[float]
    sales: list[float]
    share_for_80: float | None


@dataclass(frozen=True, slots=True)
class Flow:
    before: str
    after: str
    customers: int


@dataclass(frozen=True, slots=True)
class Month:
    month: str
    sales: int
    orders: int
    customers: int


@dataclass(frozen=True, slots=True)
class Retention:
    """Share of each cohort that bought in the n-th month after its first; None where still to
    come."""

    months: list[str]
    sizes: list[int]
    shares: list[list[float | None]]


@dataclass(frozen=True, slots=True)
class _Sight:
    """Whose customers are counted: the viewer's sight, as the columnar copy reads it."""

    joins: str
    condition: str
    parameters: tuple


def _kept(answer: Callable[[lake.Lake, _Sight], Part]) -> Callable[[Viewer], Part]:
    """Asks once for each state of the copy and each sight: neither ever changes."""
    kept = lru_cache(maxsize=64)(answer)

    @wraps(answer)
    def asked(viewer: Viewer) -> Part:
        require(viewer, "view")
        _require_all_figures(viewer)
        query = compile_filter(CUSTOMER.sight(viewer), CUSTOMER.schema, dialect=DUCKDB)
        sight = _Sight(query.join_clauses, query.condition, _frozen(query.parameters))
        return kept(lake.current() or lake.refresh(), sight)

    return asked


def _require_all_figures(viewer: Viewer) -> None:
    """The figures of the whole base are made of amounts and scores: they are for those only from
    whom none of these is kept."""
    if any(name in limits(CUSTOMER, viewer) for name in _MADE_OF):
        message = _("These figures are made of amounts that are not shown to you.")
        raise NotAllowed("not_allowed", message)


def _frozen(parameters: Iterable) -> tuple:
    """Parameters by which an answer can be kept."""
    return tuple(tuple(one) if isinstance(one, list) else one for one in parameters)


@contextmanager
def _seen(state: lake.Lake, sight: _Sight):
    """The columnar copy with the customers in sight as a table `seen` of ids and whole numbers."""
    with lake.reading(state) as engine:
        engine.execute(
            f"CREATE TEMP TABLE seen AS SELECT r.id, row_number() OVER () AS number "
            f"FROM customers_party r {sight.joins} "
            f"WHERE {sight.condition} AND r.archived_at IS NULL",
            [list(one) if isinstance(one, tuple) else one for one in sight.parameters],
        )
        yield engine


@_kept
def overview(state: lake.Lake, sight: _Sight) -> Overview:
    with _seen(state, sight) as engine:
        row = engine.execute(
            """
            SELECT count(*), count(*) FILTER (WHERE s.orders > 0), sum(s.value_12)::BIGINT,
                sum(pow((s.value_12_high - s.value_12_low) / ?, 2)),
                coalesce(sum(s.value), 0)::BIGINT,
                coalesce(sum(s.value_12) FILTER (WHERE s.stage = 'decline'), 0)::BIGINT,
                avg(s.alive) FILTER (WHERE s.orders > 0)
            FROM seen r LEFT JOIN insight_standing s ON s.party_id = r.id
            """,
            [WIDTH_OF_90],
        ).fetchone()
    customers, buyers, equity, variance, value, at_risk, active = row
    spread = None if variance is None else WIDTH_OF_90 / 2 * sqrt(variance)
    low = None if spread is None else round(equity - spread)
    high = None if spread is None else round(equity + spread)
    return Overview(customers, buyers, equity, low, high, value, at_risk, active, state.made_at)


@_kept
def pareto(state: lake.Lake, sight: _Sight) -> Pareto:
    with _seen(state, sight) as engine:
        values = engine.execute(
            "SELECT s.value FROM seen r JOIN insight_standing s ON s.party_id = r.id "
            "WHERE s.value > 0 ORDER BY s.value DESC"
        ).fetchnumpy()["value"]
    total = int(values.sum()) if len(values) else 0
    if total == 0:
        return Pareto([], [], None)
    running = np.cumsum(values) / total
    at = np.unique(np.linspace(0, len(values) - 1, CURVE_POINTS).round().astype(int))
    needed = int(np.searchsorted(running, 0.8)) + 1
    return Pareto(
        [0.0, *((at + 1) / len(values)).tolist()],
        [0.0, *running[at].tolist()],
        needed / len(values),
    )


@_kept
def rfm_map(state: lake.Lake, sight: _Sight) -> list[Slice]:
    """Customers and sales by recency × frequency grade, 25 cells."""
    with _seen(state, sight) as engine:
        rows = engine.execute(
            "SELECT s.recency_grade, s.frequency_grade, count(*), sum(s.value)::BIGINT "
            "FROM seen r JOIN insight_standing s ON s.party_id = r.id "
            "WHERE s.recency_grade IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2"
        ).fetchall()
    return [
        Slice(
            f"R{recency} F{frequency}",
            customers,
            value,
            _all(("recency_grade", recency), ("frequency_grade", frequency)),
        )
        for recency, frequency, customers, value in rows
    ]


@_kept
def stages(state: lake.Lake, sight: _Sight) -> list[Slice]:
    with _seen(state, sight) as engine:
        found = {
            stage: (customers, value)
            for stage, customers, value in engine.execute(
                "SELECT s.stage, count(*), sum(s.value)::BIGINT FROM seen r "
                "JOIN insight_standing s ON s.party_id = r.id GROUP BY 1"
            ).fetchall()
        }
    return [Slice(stage, *found.get(stage, (0, 0)), _all(("stage", stage))) for stage in STAGES]


def stage_flow(viewer: Viewer, *, since: date, until: date) -> list[Flow]:
    """From which stage to which customers moved between the ends of two days.

    Stages before the first computation are not known; customers scored for the first time in
    between are left out.
    """
    from django.db import connection

    require(viewer, "view")
    query = compile_filter(CUSTOMER.sight(viewer), CUSTOMER.schema)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH moves AS (
                SELECT d.party_id,
                    (array_agg(d.before ORDER BY d.id))[1] AS before,
                    (array_agg(d.stage ORDER BY d.id DESC))[1] AS after
                FROM insight_stageday d WHERE d.as_of > %s AND d.as_of <= %s AND d.before <> ''
                GROUP BY d.party_id
            )
            SELECT m.before, m.after, count(*) FROM moves m
            JOIN {CUSTOMER.table} r ON r.id = m.party_id {query.join_clauses}
            WHERE m.before <> m.after AND {query.condition}
            GROUP BY 1, 2 ORDER BY 3 DESC
            """,
            [since, until, *query.parameters],
        )
        return [Flow(*row) for row in cursor.fetchall()]


def score_days(limit: int = 400) -> list[date]:
    """The days as of which scores were computed, newest first."""
    done = ScoreRun.objects.filter(state=ScoreRun.State.DONE)
    days = done.order_by("-as_of").values_list("as_of", flat=True).distinct()
    return list(dict.fromkeys(days[:limit]))


@dataclass(frozen=True, slots=True)
class Trade:
    """What was bought month by month, and who came back."""

    months: list[Month]
    retention: Retention


@_kept
def trade(state: lake.Lake, sight: _Sight) -> Trade:
    """The last two years up to the newest order, returns taken off in the month they came, and
    the newest twelve monthly cohorts by first purchase. One reading of the orders serves both."""
    with _seen(state, sight) as engine:
        orders = engine.execute(
            """
            SELECT r.number AS customer, o.value AS amount,
                date_diff('day', DATE '1970-01-01', o.placed_at::DATE) AS day
            FROM commerce_order o JOIN seen r ON r.id = o.party_id
            WHERE o.archived_at IS NULL AND NOT o.is_cancelled
            """
        ).fetchnumpy()
    try:
        table = cohorts(orders)
    except AnalyticsError:
        return Trade([], Retention([], [], []))
    return Trade(_months(table), _retention(table))


def _months(table: Cohorts) -> list[Month]:
    columns = (table.revenue, table.purchases, table.buyers)
    rows = zip(table.period.tolist(), *(column.tolist() for column in columns), strict=True)
    return [Month(*row) for row in rows][-MONTHS:]


def _retention(table: Cohorts) -> Retention:
    first = max(0, len(table.period) - COHORTS)
    shares = [
        [None if share != share else float(share) for share in row[: len(row) - number]]
        for number, row in enumerate(table.retention[first:], start=first)
    ]
    return Retention(
        [str(month) for month in table.period[first:]], table.customers[first:].tolist(), shares
    )


def month_filter(month: str) -> dict:
    """The orders of a month, as a filter over orders."""
    first = date.fromisoformat(f"{month}-01")
    following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    last = clock.start_of_day(following) - timedelta(microseconds=1)
    return {
        "all": [
            {
                "fact": "placed_at",
                "op": "between",
                "value": [clock.start_of_day(first).isoformat(), last.isoformat()],
            }
        ]
    }


def _all(*pairs: tuple[str, object]) -> dict:
    return {"all": [{"fact": fact, "op": "eq", "value": value} for fact, value in pairs]}
