"""Pages of a question by key: an order, where a page goes on, what stands around a record."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from zhike.filters import Fact, Kind
from zhike.filters.sql import RECORD, Query, sort_expression
from zhike.kernel.errors import Invalid
from zhike.kernel.paging import decode_cursor
from zhike.records.queries.asking import Question
from zhike.records.types import RecordType

_TIME_FACTS = {
    "created_at": Fact("created_at", "", Kind.TIME, "created_at", is_nullable=False),
    "updated_at": Fact("updated_at", "", Kind.TIME, "updated_at", is_nullable=False),
}


_CASTS = {
    Kind.TEXT: "text",
    Kind.CHOICE: "text",
    Kind.LINK: "uuid",
    Kind.NUMBER: "numeric",
    Kind.MONEY: "bigint",
    Kind.DATE: "date",
    Kind.TIME: "timestamptz",
    Kind.YES_NO: "boolean",
}


@dataclass(frozen=True, slots=True)
class Order:
    name: str
    expression: str
    is_descending: bool
    is_nullable: bool
    cast: str

    @property
    def is_own(self) -> bool:
        """Whether it is by a column of the record itself."""
        return self.expression.startswith(f"{RECORD}.")

    def reversed(self) -> "Order":
        name = self.name[1:] if self.is_descending else "-" + self.name
        return Order(name, self.expression, not self.is_descending, self.is_nullable, self.cast)


def order_of(kind: RecordType, sort: str, query: Query) -> Order:
    name = sort.removeprefix("-")
    is_descending = sort.startswith("-")
    if name == "id":
        return Order(sort, f"{RECORD}.id", is_descending, False, "uuid")
    fact = kind.schema.facts.get(name) or _TIME_FACTS.get(name)
    if not isinstance(fact, Fact) or not fact.is_sortable:
        raise Invalid.field("sort", "unknown_sort", _("The list can't be sorted by this."))
    if fact.name == kind.title and "name_key" in {f.name for f in kind.model._meta.fields}:
        return Order(sort, f"{RECORD}.name_key", is_descending, False, "text")
    expression = sort_expression(fact, kind.schema, query.joins)
    is_nullable = fact.is_nullable or fact.join is not None
    return Order(sort, expression, is_descending, is_nullable, _CASTS[fact.kind])


def fetch_rows(statement: str, parameters: list) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


@dataclass(frozen=True, slots=True)
class Reading:
    """Which columns a page is read with, and into what: rows of (id, sort value, …)."""

    columns: str
    fetch: Callable[[str, list], list[tuple]]


IDS = Reading(f"{RECORD}.id", fetch_rows)


def page_of(
    question: Question,
    order: Order,
    cursor: str | None,
    limit: int,
    reading: Reading = IDS,
) -> list[tuple]:
    """The rows of one page. Those without a value come last, whichever the direction."""
    after = _read_cursor(cursor, order)
    rows: list[tuple] = []
    if after is None or after[0] is not None:
        rows = _run(question, order, after, limit, reading, has_value=True)
    if len(rows) < limit and order.is_nullable:
        after_id = after if after is not None and after[0] is None else None
        rows += _run(question, order, after_id, limit - len(rows), reading, has_value=False)
    return rows


def rows_before(question: Question, order: Order, place: list, limit: int) -> list[tuple]:
    """The rows that stand ahead of a place, nearest first. Ahead of those without a value stand
    all that have one."""
    backwards = order.reversed()
    has_value = place[0] is not None
    rows = _run(question, backwards, place, limit, IDS, has_value=has_value)
    if not has_value and len(rows) < limit:
        rows += _run(question, backwards, None, limit - len(rows), IDS, has_value=True)
    return rows


def _run(
    question: Question,
    order: Order,
    after: list | None,
    limit: int,
    reading: Reading,
    *,
    has_value: bool,
) -> list[tuple]:
    direction, symbol = ("DESC", "<") if order.is_descending else ("ASC", ">")
    parameters = list(question.parameters)
    conditions = ""
    if has_value:
        if order.is_nullable:
            conditions += f" AND {order.expression} IS NOT NULL"
        if after is not None and order.is_own:
            conditions += (
                f" AND ({order.expression}, {RECORD}.id) {symbol} (%s::{order.cast}, %s::uuid)"
            )
            parameters += after
        elif after is not None:
            # No index holds columns of two tables: a bound on the first lets one begin here.
            conditions += (
                f" AND {order.expression} {symbol}= %s::{order.cast}"
                f" AND ({order.expression} {symbol} %s::{order.cast} OR {RECORD}.id {symbol} %s)"
            )
            parameters += [after[0], *after]
        ordering = f"{order.expression} {direction}, {RECORD}.id {direction}"
    else:
        conditions += f" AND {order.expression} IS NULL"
        if after is not None:
            conditions += f" AND {RECORD}.id {symbol} %s::uuid"
            parameters.append(after[1])
        ordering = f"{RECORD}.id {direction}"
    value = f"{order.expression}::text" if order.cast != "text" else order.expression
    return reading.fetch(
        f"SELECT {reading.columns}, {value} AS sort_value {question.source}{conditions} "
        f"ORDER BY {ordering} LIMIT %s",
        [*parameters, limit],
    )


def _read_cursor(cursor: str | None, order: Order) -> list | None:
    if cursor is None:
        return None
    parts = decode_cursor(cursor)
    try:
        name, value, record_id = parts
        UUID(str(record_id))
    except ValueError:
        name = None
    if name != order.name or not isinstance(value, str | None):
        raise Invalid.field("cursor", "bad_cursor", _("This page link is not valid; start over."))
    return [value, str(record_id)]


def value_at(question: Question, order: Order, record_id: UUID) -> tuple | None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {order.expression}::text {question.source} AND {RECORD}.id = %s",
            [*question.parameters, record_id],
        )
        return cursor.fetchone()
