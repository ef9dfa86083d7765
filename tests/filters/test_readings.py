"""PostgreSQL, DuckDB and Python give one answer to every question, and each can be said in words.

Random trees over random data: empty values, Chinese text, odd cases, windows that end at
midnight, days of 23 and 25 hours.
"""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import override_settings
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhike.access.viewer import SYSTEM
from zhike.commerce.models import Order
from zhike.customers.facts import CUSTOMER
from zhike.customers.models import Party
from zhike.events.actions import Draft, record_many
from zhike.filters import check, dump, parse
from zhike.filters.memory import matches
from zhike.filters.sentence import sentence
from zhike.filters.sql import DUCKDB, compile_filter
from zhike.insight import lake
from zhike.records.actions import copy_rows, new_instance, open_batch
from zhike.records.snapshots import snapshot

# The clocks go forward in Berlin on this night and back in New York a few days after.
NOON = datetime(2026, 3, 29, 10, 0, tzinfo=UTC)
CITIES = ["杭州", "上海", "Köln", "İzmir", "", "ΣΊΣΥΦΟΣ", "a_b%c", "New York"]
TAGS = ["茶馆", "VIP", "礼盒"]


def _at_midnight(random_: random.Random) -> datetime:
    """Instants around midnights of several zones, within two years before NOON."""
    day = NOON - timedelta(days=random_.choice([0, 1, 2, 6, 7, 29, 30, 31, 89, 90, 400]))
    hour = random_.choice([0, 4, 5, 15, 16, 22, 23])
    return day.replace(hour=hour) + timedelta(seconds=random_.choice([-1, 0, 1, 1799]))


@pytest.fixture
def people(db):
    random_ = random.Random(20261122)
    batch = open_batch(SYSTEM, kind="demo")
    parties, orders, drafts = [], [], []
    for number in range(60):
        party = new_instance(
            CUSTOMER,
            {"name": f"客户{number}", "kind": random_.choice(["person", "company"])},
            batch=batch,
            source="",
            extra={
                "city": random_.choice(CITIES),
                "tags": random_.sample(TAGS, random_.randint(0, 3)),
                "birthday": random_.choice([None, date(1990, 1, 1), NOON.date()]),
                "industry": random_.choice(["", "Tea", "tea house"]),
            },
        )
        party.created_at = _at_midnight(random_)
        parties.append(party)
        for serial in range(random_.choice([0, 0, 1, 2, 5])):
            orders.append(
                Order(
                    created_at=NOON,
                    updated_at=NOON,
                    batch_id=batch.pk,
                    party_id=party.pk,
                    number=f"{number}-{serial}",
                    kind=random_.choice(["sale", "sale", "return"]),
                    placed_at=_at_midnight(random_),
                    currency="CNY",
                    total=0,
                    value=random_.choice([0, 100, 99_99, 100_00, -50_00]),
                    is_cancelled=random_.random() < 0.2,
                    archived_at=NOON if random_.random() < 0.1 else None,
                )
            )
            data = {"value": orders[-1].value, "number": f"{serial}", "kind": "sale"}
            data = random_.choice([data, {}, {"value": "many"}])
            drafts.append(
                Draft("order.created", "order", None, party.pk, orders[-1].placed_at, data)
            )
    copy_rows(Party, parties)
    copy_rows(Order, orders)
    record_many(drafts, origin=SYSTEM.origin())
    return [party.pk for party in parties]


def _test(fact, ops, values):
    return st.builds(
        lambda op, value: {"fact": fact, "op": op, "value": value}, st.sampled_from(ops), values
    )


def _windowed(fact, values):
    return st.builds(
        lambda op, value, window: {
            "fact": fact, "op": op, "value": value, **({"window": window} if window else {}),
        },
        st.sampled_from(["eq", "ne", "lt", "lte", "gt", "gte"]),
        values,
        st.sampled_from([None, "1d", "7d", "30d", "90d", "365d"]),
    )  # fmt: skip


cities = st.sampled_from([*CITIES, "州", "k", "i", "σ", "_", "%"]).filter(bool)
leaves = st.one_of(
    _test("city", ["eq", "ne", "contains", "starts_with"], cities),
    _test("city", ["in", "not_in"], st.lists(cities, min_size=1, max_size=3)),
    _test("industry", ["contains", "starts_with"], st.sampled_from(["TEA", "house", "h"])),
    _test("tags", ["has_any", "has_all"], st.lists(st.sampled_from(TAGS), min_size=1, max_size=2)),
    st.sampled_from(
        [{"fact": f, "op": "is_empty"} for f in ("city", "tags", "birthday", "company")]
        + [{"fact": "orders.last", "op": "is_empty"}, {"fact": "stage", "op": "is_empty"}]
    ),
    _test("birthday", ["before", "after", "eq"], st.sampled_from(["1990-01-01", "2026-03-29"])),
    _test("birthday", ["within"], st.sampled_from(["1d", "30d", "+1d", "+30d"])),
    _test("created_at", ["before", "after"], st.sampled_from(["2026-03-29", "2026-03-28", "-1d"])),
    _test("created_at", ["within"], st.sampled_from(["1d", "2d", "7d", "30d", "+1d"])),
    _test("stage", ["eq", "ne"], st.just("lost")),
    _windowed("orders.count", st.integers(0, 3)),
    _windowed("orders.total", st.sampled_from([0, 1, "99.99", 100, -50])),
    _windowed("orders.average", st.sampled_from([0, 100, "50.5"])),
    _test("orders.last", ["before", "after", "within"], st.just("30d")).filter(
        lambda test: test["op"] == "within"
    ),
    st.builds(
        lambda op, value, window, where: {
            "event": "order.created",
            "count": {"op": op, "value": value},
            **({"window": window} if window else {}),
            **({"where": where} if where else {}),
        },
        st.sampled_from(["eq", "ne", "lt", "lte", "gt", "gte"]),
        st.integers(0, 3),
        st.sampled_from([None, "1d", "30d", "90d"]),
        st.sampled_from(
            [
                None,
                {"fact": "value", "op": "gte", "value": 100},
                {"not": {"fact": "value", "op": "lt", "value": 100}},
                {"any": [{"fact": "number", "op": "eq", "value": "0"}, {"not": {"all": []}}]},
                {"fact": "number", "op": "is_empty"},
            ]
        ),
    ),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "America/New_York"])
def test_all_readings_agree(people, zone, transactional_lake):
    with override_settings(TIME_ZONE=zone):
        records = {pk: snapshot(CUSTOMER, pk) for pk in people}
        with transactional_lake() as engine:

            @settings(
                max_examples=120,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                database=None,
            )
            @given(trees)
            def agree(data):
                tree = check(parse(data), CUSTOMER.schema)
                assert parse(dump(parse(data))) == parse(data)
                in_memory = {
                    pk for pk, r in records.items() if matches(tree, r, CUSTOMER.schema, at=NOON)
                }
                assert _in_postgres(tree, people) == in_memory
                assert _in_duckdb(engine, tree) == in_memory
                for language in ("en", "zh-hans"):
                    with override(language):
                        assert sentence(tree, CUSTOMER.schema)

            agree()


def _in_postgres(tree, people) -> set:
    query = compile_filter(tree, CUSTOMER.schema, at=NOON)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT r.id FROM customers_party r {query.join_clauses} WHERE {query.condition}",
            query.parameters,
        )
        return {row[0] for row in cursor.fetchall()}


def _in_duckdb(engine, tree) -> set:
    query = compile_filter(tree, CUSTOMER.schema, dialect=DUCKDB, at=NOON)
    parameters = [float(v) if isinstance(v, Decimal) else v for v in query.parameters]
    rows = engine.execute(
        f"SELECT r.id FROM customers_party r {query.join_clauses} WHERE {query.condition}",
        parameters,
    )
    return {row[0] for row in rows.fetchall()}


@pytest.fixture
def transactional_lake():
    """DuckDB over the rows of this test: they are not committed, so they are handed over."""
    import contextlib

    import duckdb

    @contextlib.contextmanager
    def make():
        engine = duckdb.connect(":memory:")
        with connection.cursor() as cursor:
            for table, columns in lake._TABLES.items():
                _hand_over(engine, cursor, table, columns)
        yield engine
        engine.close()

    return make


def _hand_over(engine, cursor, table: str, columns: str) -> None:
    import tempfile
    from pathlib import Path

    cursor.execute(
        "SELECT column_name, data_type, udt_name FROM information_schema.columns "
        "WHERE table_name = %s ORDER BY ordinal_position",
        [table],
    )
    types = {name: _TYPES.get(udt, udt.upper()) for name, _type, udt in cursor.fetchall()}
    names = list(types) if columns == "*" else [name.strip() for name in columns.split(",")]
    selected = ", ".join(
        f"array_to_json({name})" if types[name].endswith("[]") else name for name in names
    )
    path = Path(tempfile.mkstemp(suffix=".csv")[1])
    statement = f"COPY (SELECT {selected} FROM {table}) TO STDOUT (FORMAT csv, NULL '\\N')"
    with cursor.copy(statement) as copy, path.open("wb") as file:
        for block in copy:
            file.write(block)
    declared = ", ".join(f"{name} {types[name]}" for name in names)
    engine.execute(f"CREATE TABLE {table} ({declared})")
    if path.stat().st_size:
        raw = "{" + ", ".join(f"'{n}': 'VARCHAR'" for n in names) + "}"
        casts = ", ".join(
            f"json_extract({n}, '$')::{types[n]}" if types[n].endswith("[]") else f"{n}::{types[n]}"
            for n in names
        )
        engine.execute(
            f"INSERT INTO {table} SELECT {casts} FROM read_csv('{path}', header=false, "
            f"nullstr='\\N', columns={raw}, auto_detect=false, quote='\"', delim=',')"
        )
    path.unlink()


_TYPES = {
    "uuid": "UUID", "timestamptz": "TIMESTAMPTZ", "varchar": "VARCHAR", "text": "VARCHAR",
    "_varchar": "VARCHAR[]", "_int8": "BIGINT[]", "jsonb": "JSON", "int8": "BIGINT",
    "int4": "INTEGER",
    "int2": "SMALLINT", "bool": "BOOLEAN", "float8": "DOUBLE", "numeric": "DECIMAL(18,4)",
    "date": "DATE", "tsvector": "VARCHAR",
}  # fmt: skip
