"""The reading in Python on one record in memory.

A record is a mapping: its own columns, each join under its name as a mapping (or None), each
collection under its name as a list of mappings, ``events`` and ``segments``.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from zhike.filters.schema import Aggregate, Collection, Kind, Schema
from zhike.filters.sql import date_window, declared, time_window
from zhike.filters.tree import All, Any, EventTest, InSegment, Node, Not, Test
from zhike.kernel import clock
from zhike.kernel.text import simple_lower


def matches(node: Node, record: Mapping, schema: Schema, *, at: datetime | None = None) -> bool:
    """Whether a checked tree holds for a record. `at` is the instant that windows end at."""
    at = at or clock.now()
    match node:
        case All(parts):
            return all(matches(part, record, schema, at=at) for part in parts)
        case Any(parts):
            return any(matches(part, record, schema, at=at) for part in parts)
        case Not(part):
            return not matches(part, record, schema, at=at)
        case Test():
            fact = schema.facts[node.fact]
            return _compare(_value_of(fact, node, record, schema, at), fact.kind, node, at)
        case EventTest():
            return _compare(_event_count(node, record, schema, at), Kind.NUMBER, node, at)
        case InSegment(segment):
            return str(segment) in record["segments"]


def _value_of(fact, test: Test, record: Mapping, schema: Schema, at: datetime) -> object:
    if isinstance(fact, Aggregate):
        collection = schema.collections[fact.collection]
        rows = _rows_of(collection, record[collection.name], test.window, at)
        return _aggregate(fact, list(rows))
    if fact.join is not None:
        joined = record[fact.join]
        return None if joined is None else joined[fact.column]
    return record[fact.column]


def _aggregate(fact: Aggregate, rows: list[Mapping]) -> object:
    if fact.function == "count":
        return len(rows)
    values = [row[fact.measure] for row in rows if row[fact.measure] is not None]
    match fact.function:
        case "sum":
            return sum(values)
        case "average":
            return Decimal(sum(values)) / len(values) if values else None
        case "first":
            return min(values, default=None)
        case _:
            return max(values, default=None)


def _rows_of(
    collection: Collection, rows: Iterable[Mapping], window: str | None, at: datetime
) -> Iterable[Mapping]:
    for row in rows:
        if any(row[column] != value for column, value in collection.only):
            continue
        if window is not None:
            low, high = time_window(window, at)
            happened = row[collection.happened]
            if happened is None or not low <= happened < high:
                continue
        yield row


def _event_count(test: EventTest, record: Mapping, schema: Schema, at: datetime) -> int:
    fields = schema.event_fields(test.event)
    rows = _rows_of(declared(schema.events), record["events"], test.window, at)
    return sum(
        1
        for row in rows
        if row["type"] == test.event
        and (test.where is None or _where(test.where, row["data"], fields, at))
    )


def _where(node: Node, data: Mapping, fields, at: datetime) -> bool:
    match node:
        case All(parts):
            return all(_where(part, data, fields, at) for part in parts)
        case Any(parts):
            return any(_where(part, data, fields, at) for part in parts)
        case Not(part):
            return not _where(part, data, fields, at)
        case Test():
            value, kind = data.get(node.fact), fields[node.fact].kind
            if kind in (Kind.NUMBER, Kind.MONEY):
                is_number = isinstance(value, int | float) and not isinstance(value, bool)
                value = Decimal(str(value)) if is_number else None
            return _compare(value, kind, node, at)
    raise TypeError(f"{node!r} can't stand below an event")


def _compare(value, kind: Kind, test: Test | EventTest, at: datetime) -> bool:
    op, wanted = test.op, test.value
    if op == "is_empty":
        return not value if kind in (Kind.TAGS, Kind.TEXT, Kind.CHOICE) else value is None
    if op == "ne":
        return value != wanted
    if op == "not_in":
        return value not in wanted
    if value is None:
        return False
    match op:
        case "eq":
            return value == wanted
        case "in":
            return value in wanted
        case "has_any":
            return not set(value).isdisjoint(wanted)
        case "has_all":
            return set(value).issuperset(wanted)
        case "lt" | "before":
            return value < wanted
        case "lte":
            return value <= wanted
        case "gt" | "after":
            return value > wanted
        case "gte":
            return value >= wanted
        case "between":
            return wanted[0] <= value <= wanted[1]
        case "contains":
            return simple_lower(wanted) in simple_lower(value)
        case "starts_with":
            return simple_lower(value).startswith(simple_lower(wanted))
        case "within" if kind is Kind.DATE:
            low, high = date_window(wanted, at)
            return low <= value <= high
        case "within":
            low, high = time_window(wanted, at)
            return low <= value < high
    raise ValueError(f"unknown operator {op}")
