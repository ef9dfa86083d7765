"""From orders in the base to scores, suggestions and figures."""

import csv
from datetime import date, timedelta

import numpy as np
import pytest
from django.db import connection

from zhike.access.viewer import SYSTEM
from zhike.commerce.actions import place_order
from zhike.customers.actions import create_customer
from zhike.customers.facts import CUSTOMER
from zhike.events.models import Event
from zhike.filters import check, parse
from zhike.insight import actions, dashboard, explaining, lake, queries
from zhike.insight.models import ScoreRun, StageDay, Standing, Suggestion
from zhike.kernel import clock
from zhike.kernel.errors import Invalid, NotAllowed, NotFound
from zhike.records import queries as records
from zhike.records.imports import actions as imports
from zhike.records.queries import reading
from zhike.segments.models import Segment

pytestmark = pytest.mark.django_db(transaction=True)


def buy(party, day: date, total, viewer=SYSTEM) -> None:
    number = f"{party.pk}-{day}-{total}"
    values = {"number": number, "customer": party.pk, "placed_at": day.isoformat()}
    place_order(values, lines=[], total=total, viewer=viewer)


@pytest.fixture
def trade(cast):
    """Yunqi buys every ten days and stopped forty days ago; Lin bought once, last week."""
    today = clock.today()
    for number in range(12):
        buy(cast.yunqi, today - timedelta(days=40 + 10 * number), 1000)
    buy(cast.lin, today - timedelta(days=8), 300)
    random_ = np.random.default_rng(3)
    for number in range(30):
        party = create_customer({"name": f"Buyer {number}"}, viewer=cast.mei)
        gap = int(random_.integers(15, 60))
        for serial in range(int(random_.integers(1, 8))):
            amount = int(random_.gamma(4, 60)) + 10
            buy(party, today - timedelta(days=5 + gap * serial), amount)
    return cast


def test_little_data_is_said_to_be_little(cast):
    run = actions.run_scores(SYSTEM)

    assert (run.state, run.customers) == ("done", 0)
    assert run.report["verdict"] == "no_purchase"
    assert Standing.objects.count() == 3
    assert set(Standing.objects.values_list("stage", flat=True)) == {"prospect"}
    assert queries.today(SYSTEM).items == []


def test_scores_and_reasons(trade):
    cast = trade

    run = actions.run_scores(SYSTEM)

    assert (run.state, run.customers) == ("done", 32)
    yunqi = Standing.objects.get(pk=cast.yunqi.pk)
    assert (yunqi.orders, yunqi.value, yunqi.recency_days) == (12, 12_000_00, 40)
    assert (yunqi.abc, yunqi.stage) == ("A", "decline")
    assert yunqi.evidence["rule"] == "silent_for_long"
    assert yunqi.value_12_low <= yunqi.value_12 <= yunqi.value_12_high
    lin = Standing.objects.get(pk=cast.lin.pk)
    assert (lin.stage, lin.relation) == ("exploration", "new")
    assert Standing.objects.get(pk=cast.chen.pk).stage == "prospect"

    suggestion = Suggestion.objects.get(pk=cast.yunqi.pk)
    assert suggestion.reason == "overdue"
    assert "40" in explaining.reason_words(suggestion)
    assert {
        e.key for e in explaining.explain(cast.mei, queries.standing_of(cast.mei, cast.yunqi))
    } >= {
        "value_12",
        "stage",
        "rfm",
    }
    assert all(
        e.why for e in explaining.explain(cast.mei, queries.standing_of(cast.mei, cast.yunqi))
    )


def test_today_shows_ones_own_and_knows_what_was_done(trade):
    cast = trade
    actions.run_scores(SYSTEM)
    assert [p.party.pk for p in queries.today(cast.li).items] == [cast.yunqi.pk]
    assert queries.today(cast.zhao).items == []

    actions.work_suggestion(
        cast.li, cast.yunqi.pk, channel="call", outcome="reached", text="问候",
        next_on=clock.today() + timedelta(days=3), next_step="寄样品",
    )  # fmt: skip

    assert queries.today(cast.li).items == []
    assert queries.done_today(cast.li) == 1
    types = set(Event.objects.filter(party_id=cast.yunqi.pk).values_list("type", flat=True))
    assert types >= {"contact.logged", "task.created", "suggestion.resolved"}
    actions.run_scores(SYSTEM)
    assert queries.today(cast.li).items == []

    actions.reopen_suggestion(cast.li, cast.yunqi.pk)
    assert len(queries.today(cast.li).items) == 1


def test_later_not_now_and_handing_over(trade):
    cast = trade
    actions.run_scores(SYSTEM)
    with pytest.raises(Invalid):
        actions.resolve_suggestion(cast.li, cast.yunqi.pk, state="snoozed", until=clock.today())
    with pytest.raises(NotFound):
        actions.resolve_suggestion(cast.zhao, cast.yunqi.pk, state="done")
    with pytest.raises(NotAllowed):
        actions.resolve_suggestion(cast.guest, cast.yunqi.pk, state="done")
    with pytest.raises(Invalid):
        actions.hand_over_suggestion(cast.li, cast.yunqi.pk, assignee=cast.zhao.user_id)

    actions.hand_over_suggestion(cast.li, cast.yunqi.pk, assignee=cast.wang.user_id)
    assert queries.today(cast.li).items == []
    assert cast.yunqi.pk in {p.party.pk for p in queries.today(cast.wang).items}

    tomorrow = clock.today() + timedelta(days=1)
    actions.resolve_suggestion(cast.wang, cast.yunqi.pk, state="snoozed", until=tomorrow)
    assert cast.yunqi.pk not in {p.party.pk for p in queries.today(cast.wang).items}
    Suggestion.objects.filter(pk=cast.yunqi.pk).update(until=clock.today())
    assert cast.yunqi.pk in {p.party.pk for p in queries.today(cast.wang).items}


def test_a_changed_stage_is_told_and_flows(trade):
    cast = trade
    today = clock.today()
    actions.run_scores(SYSTEM, as_of=today - timedelta(days=30))
    assert Standing.objects.get(pk=cast.yunqi.pk).stage in ("build_up", "stability")
    assert Standing.objects.get(pk=cast.lin.pk).stage == "prospect"
    assert Event.objects.filter(type="score.changed").count() == 0

    actions.run_scores(SYSTEM)

    changed = Event.objects.get(type="score.changed", party_id=cast.lin.pk)
    assert changed.data == {"before": "prospect", "after": "exploration"}
    assert StageDay.objects.filter(party_id=cast.lin.pk).count() == 2
    flows = dashboard.stage_flow(cast.mei, since=today - timedelta(days=30), until=today)
    assert ("prospect", "exploration") in {(f.before, f.after) for f in flows}
    assert dashboard.stage_flow(cast.zhao, since=today - timedelta(days=30), until=today) == []


def test_figures_respect_sight(trade):
    cast = trade
    actions.run_scores(SYSTEM)

    everything, own = dashboard.overview(cast.mei), dashboard.overview(cast.li)

    assert everything.customers == 33
    assert (own.customers, own.buyers, own.value) == (1, 1, 12_000_00)
    assert sum(month.sales for month in dashboard.trade(cast.li).months) == 12_000_00
    assert sum(s.customers for s in dashboard.stages(cast.li)) == 1
    assert sum(s.customers for s in dashboard.rfm_map(cast.mei)) == 32
    curve = dashboard.pareto(cast.mei)
    assert curve.sales[-1] == pytest.approx(1)
    assert curve.sales == sorted(curve.sales)
    assert dashboard.trade(cast.zhao).retention.months == []
    shares = dashboard.trade(cast.mei).retention.shares
    assert {row[0] for row in shares if row} <= {1, None}


def test_shipped_segments_follow_the_scores(trade):
    cast = trade
    actions.run_scores(SYSTEM)

    slipping = Segment.objects.get(key="slipping")
    assert cast.yunqi.pk in set(slipping.memberships.values_list("party_id", flat=True))


def test_staff_do_not_start_computations(cast):
    with pytest.raises(NotAllowed):
        actions.request_scores(cast.li)
    with pytest.raises(Invalid):
        actions.run_scores(cast.han, as_of=clock.today() + timedelta(days=1))
    assert ScoreRun.objects.count() == 0


def test_online_retail_from_file_to_list(cast, public_data, tmp_path):
    """The main job on real data: drop-out can't be seen there, and the product says so."""
    import duckdb

    path = tmp_path / "retail.csv"
    source = public_data / "uci_online_retail.parquet"
    duckdb.sql(f"COPY (SELECT * FROM '{source}' WHERE Country = 'Germany') TO '{path}' (HEADER)")
    run = imports.prepare_import(cast.mei, type="order", path=path, name="retail.csv")
    assert run.mapping["customer_code"] == "CustomerID"
    run = imports.import_now(cast.mei, run.pk, is_dry_run=False)
    rows = list(csv.DictReader(path.open()))
    assert (run.state, run.rows) == ("done", len(rows))
    with_customer = {r["InvoiceNo"] for r in rows if r["CustomerID"]}
    assert run.created == len(with_customer)

    scores = actions.run_scores(SYSTEM)

    assert scores.as_of == date(2011, 12, 9) or scores.as_of < date(2011, 12, 10)
    assert scores.report["data_ends"] is True
    buyers = {r["CustomerID"] for r in rows if float(r["Quantity"]) > 0}
    amounts = (r for r in rows if r["CustomerID"] in buyers)
    value = sum(float(r["Quantity"]) * float(r["UnitPrice"]) for r in amounts if r["CustomerID"])
    assert sum(Standing.objects.values_list("value", flat=True)) == pytest.approx(
        value * 100, abs=50
    )
    assert scores.report["verdict"] != "identified"
    assert Standing.objects.exclude(alive=None).count() == 0
    assert queries.today_count(cast.mei).value > 10


def shape_of_standings() -> dict:
    """Names and definitions of everything that belongs to the table of standings."""
    questions = {
        "columns": "SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute "
        "WHERE attrelid = 'insight_standing'::regclass AND attnum > 0",
        "constraints": "SELECT conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint "
        "WHERE conrelid = 'insight_standing'::regclass",
        "indexes": "SELECT indexname, indexdef FROM pg_indexes "
        "WHERE tablename = 'insight_standing'",
    }
    found = {}
    with connection.cursor() as cursor:
        for key, question in questions.items():
            cursor.execute(question)
            found[key] = sorted(cursor.fetchall())
        cursor.execute("SELECT 'insight_standing'::regclass::oid")
        found["table"] = cursor.fetchone()[0]
    return found


def test_a_swapped_table_is_the_table_of_the_migrations(trade):
    before = shape_of_standings()

    actions.run_scores(SYSTEM)
    actions.run_scores(SYSTEM)

    after = shape_of_standings()
    assert after.pop("table") != before.pop("table")
    assert after == before
    assert len(after["indexes"]) >= 6


def test_a_long_reader_is_neither_waited_for_nor_disturbed(trade):
    actions.run_scores(SYSTEM)
    before = shape_of_standings()
    create_customer({"name": "New"}, viewer=trade.mei)
    reader = connection.copy()
    try:
        reader.set_autocommit(False)
        with reader.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM insight_standing")
            seen = cursor.fetchone()[0]
        actions.run_scores(SYSTEM)
    finally:
        reader.close()

    assert shape_of_standings() == before
    assert Standing.objects.count() == seen + 1


def test_a_large_base_is_counted_in_columns_as_far_as_one_sees(trade, monkeypatch):
    filter = {
        "all": [
            {"fact": "orders.total", "op": "gte", "value": 500},
            {"fact": "stage", "op": "in", "value": ["exploration", "build_up", "decline"]},
        ]
    }
    tree = check(parse(filter), CUSTOMER.schema, currency=records.firm().currency)
    actions.run_scores(SYSTEM)
    monkeypatch.setattr(reading, "LARGE_BASE", -2)  # no statistics: PostgreSQL says -1

    for viewer in (SYSTEM, trade.mei, trade.li, trade.zhao):
        rows = records.count(CUSTOMER, viewer, where=tree, exact=True)
        columns = records.count_widely(CUSTOMER, viewer, where=tree)
        assert (columns.value, columns.exact) == (rows.value, True)
        assert columns.as_of is not None
    monkeypatch.setattr(lake, "FRESH", timedelta(0))
    assert records.count_widely(CUSTOMER, SYSTEM, where=tree).as_of is None


def test_what_a_killed_worker_left_begins_anew(cast):
    left = ScoreRun.objects.create(
        as_of=clock.today(), requested_at=clock.now(), state=ScoreRun.State.RUNNING
    )

    actions.resume_scores()

    left.refresh_from_db()
    assert left.state == "failed"
    assert ScoreRun.objects.filter(state="waiting").count() == 1
    actions.resume_scores()
    assert ScoreRun.objects.filter(state="waiting").count() == 1
