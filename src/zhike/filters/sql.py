"""The two SQL readings: PostgreSQL (the record store) and DuckDB (the columnar store).

One renderer; a dialect differs in four small ways. Three-valued logic never shows: an empty
value satisfies `ne`, `not_in` and `is_empty` and nothing else, also below a `not`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from zhike.filters.check import window_days
from zhike.filters.schema import Aggregate, Collection, Fact, Kind, Schema
from zhike.filters.tree import All, Any, EventTest, InSegment, Node, Not, Test, walk
from zhike.kernel import clock

RECORD = "r"  # the alias under which the record's own table stands
_SYMBOLS = {"eq": "=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">=", "before": "<", "after": ">"}
_FUNCTIONS = {"sum": "sum", "average": "avg", "first": "min", "last": "max"}


@dataclass(frozen=True, slots=True)
class Dialect:
    placeholder: str
    json_text: Callable[[str, str], str]
    json_number: Callable[[str, str], str]
    has_any: str
    has_all: str
    length: str
    position: str


POSTGRES = Dialect(
    placeholder="%s",
    json_text=lambda column, name: f"({column} ->> '{name}')",
    json_number=lambda column, name: (
        f"(CASE WHEN jsonb_typeof({column} -> '{name}') = 'number' "
        f"THEN ({column} ->> '{name}')::numeric END)"
    ),
    has_any="{column} && {value}::varchar[]",
    has_all="{column} @> {value}::varchar[]",
    length="cardinality({column})",
    position="strpos",
)
DUCKDB = Dialect(
    placeholder="?",
    json_text=lambda column, name: f"json_extract_string({column}, '$.\"{name}\"')",
    json_number=lambda column, name: (
        f"try_cast(json_extract_string({column}, '$.\"{name}\"') AS DOUBLE)"
    ),
    has_any="list_has_any({column}, {value}::VARCHAR[])",
    has_all="list_has_all({column}, {value}::VARCHAR[])",
    length="len({column})",
    position="strpos",
)


@dataclass
class Query:
    """A condition with its parameters and the joins it needs."""

    condition: str
    parameters: list
    joins: dict[str, str] = field(default_factory=dict)

    @property
    def join_clauses(self) -> str:
        return " ".join(self.joins.values())


def compile_filter(
    node: Node, schema: Schema, *, dialect: Dialect = POSTGRES, at: datetime | None = None
) -> Query:
    """The condition of a checked tree over the record's table, which stands as `r`.

    `at` is the instant that windows end at (default: now).
    """
    writer = _Writer(schema, dialect, at or clock.now())
    condition = writer.node(node, below_not=False)
    return Query(condition, writer.parameters, writer.joins)


def compile_values(
    names: Sequence[str], schema: Schema, *, dialect: Dialect = POSTGRES, at: datetime | None = None
) -> Query:
    """The columns of a SELECT that read facts of a record; the condition holds them."""
    writer = _Writer(schema, dialect, at or clock.now())
    columns = [writer.value_of(schema.facts[name]) for name in names]
    return Query(", ".join(columns), writer.parameters, writer.joins)


def rows_measured(name: str, schema: Schema) -> Query:
    """The rows that an aggregate is computed over, as a SELECT of the record's id (`of`) and of
    what is measured (`at`); the condition holds it."""
    fact = schema.facts[name]
    if not isinstance(fact, Aggregate):
        raise TypeError(f"{name} is no aggregate")
    rows, parts, parameters = schema.collections[fact.collection], ["TRUE"], []
    for column, value in rows.only:
        parts.append(f"c.{column} IS NULL" if value is None else f"c.{column} = %s")
        parameters += [] if value is None else [value]
    statement = (
        f"SELECT c.{rows.far} AS of, c.{fact.measure} AS at FROM {rows.table} c "
        f"WHERE {' AND '.join(parts)}"
    )
    return Query(statement, parameters, {})


def tables_of(node: Node, schema: Schema) -> set[str]:
    """The tables that a filter reads, the record's own included."""
    found = {schema.table}
    for part in walk(node):
        match part:
            case Test():
                found |= _tables_of_fact(schema.facts[part.fact], schema)
            case EventTest():
                found.add(declared(schema.events).table)
            case InSegment():
                found.add(declared(schema.groups).table)
    return found


def _tables_of_fact(fact: Fact | Aggregate, schema: Schema) -> set[str]:
    if isinstance(fact, Aggregate):
        return {schema.collections[fact.collection].table}
    return {schema.joins[fact.join].table} if fact.join is not None else set()


def sort_expression(fact: Fact, schema: Schema, joins: dict[str, str]) -> str:
    """The column a list is sorted by; notes the join it needs."""
    if fact.join is not None:
        joins[fact.join] = _join_clause(schema, fact.join)
        return f"{fact.join}.{fact.column}"
    return f"{RECORD}.{fact.column}"


def _join_clause(schema: Schema, name: str) -> str:
    join = schema.joins[name]
    return f"LEFT JOIN {join.table} {name} ON {name}.{join.far} = {RECORD}.{join.near}"


class _Writer:
    def __init__(self, schema: Schema, dialect: Dialect, at: datetime):
        self.schema = schema
        self.dialect = dialect
        self.at = at
        self.parameters: list = []
        self.joins: dict[str, str] = {}

    def node(self, node: Node, *, below_not: bool) -> str:
        match node:
            case All(parts):
                return self._joined(parts, " AND ", "TRUE", below_not)
            case Any(parts):
                return self._joined(parts, " OR ", "FALSE", below_not)
            case Not(part):
                return f"NOT {self.node(part, below_not=True)}"
            case Test():
                # Only below a NOT does it matter that an empty value gives "unknown" instead of
                # false; elsewhere the bare comparison lets an index answer.
                condition = self._test(node)
                return f"coalesce({condition}, FALSE)" if below_not else condition
            case EventTest():
                return self._event(node)
            case InSegment(segment):
                groups = declared(self.schema.groups)
                condition = self._rows_of(groups, "g")
                return (
                    f"EXISTS (SELECT 1 FROM {groups.table} g WHERE {condition} "
                    f"AND g.segment_id = {self._value(segment)})"
                )

    def _joined(self, parts: tuple, word: str, empty: str, below_not: bool) -> str:
        if not parts:
            return empty
        return "(" + word.join(self.node(part, below_not=below_not) for part in parts) + ")"

    def _test(self, test: Test) -> str:
        fact = self.schema.facts[test.fact]
        return self._compare(lambda: self.value_of(fact, test.window), fact.kind, test)

    def value_of(self, fact: Fact | Aggregate, window: str | None = None) -> str:
        if isinstance(fact, Aggregate):
            return self._aggregate(fact, window)
        return sort_expression(fact, self.schema, self.joins)

    def _compare(self, left: Callable[[], str], kind: Kind, test: Test) -> str:
        """`left` writes the value's SQL (and its parameters) at the place where it is called."""
        op, value = test.op, test.value
        if op == "is_empty":
            column = left()
            if kind is Kind.TAGS:
                return f"coalesce({self.dialect.length.format(column=column)}, 0) = 0"
            if kind in (Kind.TEXT, Kind.CHOICE):
                return f"coalesce({column}, '') = ''"
            return f"{column} IS NULL"
        if kind is Kind.TAGS:
            pattern = self.dialect.has_any if op == "has_any" else self.dialect.has_all
            return pattern.format(column=left(), value=self._value(list(value)))
        if kind is Kind.DATE and op == "within":
            low, high = date_window(str(value), self.at)
            return f"{left()} BETWEEN {self._value(low)} AND {self._value(high)}"
        if kind is Kind.TIME and op == "within":
            low, high = time_window(str(value), self.at)
            # Written out in order: parameters of an aggregate are due each time it is named.
            return f"({left()} >= {self._value(low)} AND {left()} < {self._value(high)})"
        if op == "between":
            return f"{left()} BETWEEN {self._value(value[0])} AND {self._value(value[1])}"
        if op == "ne":
            return f"{left()} IS DISTINCT FROM {self._value(value)}"
        if op == "in":
            return f"{left()} IN ({', '.join(self._value(v) for v in value)})"
        if op == "not_in":
            return f"coalesce({left()} NOT IN ({', '.join(self._value(v) for v in value)}), TRUE)"
        if op == "contains":
            column = f"lower({left()})"
            return f"{self.dialect.position}({column}, lower({self._value(value)})) > 0"
        if op == "starts_with":
            return f"starts_with(lower({left()}), lower({self._value(value)}))"
        return f"{left()} {_SYMBOLS[op]} {self._value(value)}"

    def _aggregate(self, fact: Aggregate, window: str | None) -> str:
        collection = self.schema.collections[fact.collection]
        if fact.function == "count":
            measured = "count(*)"
        elif fact.function == "sum":
            measured = f"coalesce(sum(c.{fact.measure}), 0)"
        else:
            measured = f"{_FUNCTIONS[fact.function]}(c.{fact.measure})"
        condition = self._rows_of(collection, "c", window)
        return f"(SELECT {measured} FROM {collection.table} c WHERE {condition})"

    def _event(self, test: EventTest) -> str:
        events = declared(self.schema.events)
        condition = f"e.type = {self._value(test.event)} AND " + self._rows_of(
            events, "e", test.window
        )
        if test.where is not None:
            fields = self.schema.event_fields(test.event)
            condition += " AND " + self._where(test.where, fields, below_not=False)
        if (test.op, test.value) in (("gte", Decimal(1)), ("gt", Decimal(0))):
            return f"EXISTS (SELECT 1 FROM {events.table} e WHERE {condition})"
        compared = "<>" if test.op == "ne" else _SYMBOLS[test.op]
        counted = f"(SELECT count(*) FROM {events.table} e WHERE {condition})"
        return f"{counted} {compared} {self._value(test.value)}"

    def _where(self, node: Node, fields, *, below_not: bool) -> str:
        match node:
            case All(parts) | Any(parts):
                word, empty = (" AND ", "TRUE") if isinstance(node, All) else (" OR ", "FALSE")
                inner = word.join(self._where(p, fields, below_not=below_not) for p in parts)
                return f"({inner})" if parts else empty
            case Not(part):
                return f"NOT {self._where(part, fields, below_not=True)}"
            case Test():
                kind = fields[node.fact].kind
                is_number = kind in (Kind.NUMBER, Kind.MONEY)
                read = self.dialect.json_number if is_number else self.dialect.json_text
                condition = self._compare(lambda: read("e.data", node.fact), kind, node)
                return f"coalesce({condition}, FALSE)" if below_not else condition
        raise TypeError(f"{node!r} can't stand below an event")

    def _rows_of(self, rows: Collection, alias: str, window: str | None = None) -> str:
        parts = [f"{alias}.{rows.far} = {RECORD}.id"]
        for column, value in rows.only:
            compared = "IS NULL" if value is None else f"= {self._value(value)}"
            parts.append(f"{alias}.{column} {compared}")
        if window is not None:
            low, high = time_window(window, self.at)
            parts.append(f"{alias}.{rows.happened} >= {self._value(low)}")
            parts.append(f"{alias}.{rows.happened} < {self._value(high)}")
        return " AND ".join(parts)

    def _value(self, value: object) -> str:
        self.parameters.append(value)
        return self.dialect.placeholder


def declared(rows: Collection | None) -> Collection:
    """A checked tree only asks for what the schema has."""
    if rows is None:
        raise TypeError("the schema has no such rows")
    return rows


def time_window(window: str, at: datetime) -> tuple[datetime, datetime]:
    """From and to (exclusive) of `90d` (the last 90 days, today included) or `+7d` (the next
    seven, today included), at the firm's midnights."""
    today = clock.today(at)
    if window.startswith("+"):
        days = int(window[1:-1])
        return clock.start_of_day(today), clock.start_of_day(today + timedelta(days=days))
    days = window_days(window)
    first = today - timedelta(days=days - 1)
    return clock.start_of_day(first), clock.start_of_day(today + timedelta(days=1))


def date_window(window: str, at: datetime):
    """First and last day of a window, both included."""
    today = clock.today(at)
    if window.startswith("+"):
        return today, today + timedelta(days=int(window[1:-1]) - 1)
    return today - timedelta(days=window_days(window) - 1), today
