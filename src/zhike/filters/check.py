"""Typing: a parsed tree against a schema. What comes out can be read by every reading.

Values are brought into one form here, so that the readings never parse: money to minor units,
dates to `date`, instants to aware UTC, ids to `UUID`.
"""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from zhike.filters.schema import Aggregate, EventField, Fact, Kind, Schema
from zhike.filters.tree import All, Any, EventTest, InSegment, Node, Not, Test
from zhike.kernel import clock
from zhike.kernel.errors import Invalid
from zhike.kernel.money import to_minor

_ORDERED = ("eq", "ne", "lt", "lte", "gt", "gte", "between", "is_empty")
OPS: dict[Kind, tuple[str, ...]] = {
    Kind.TEXT: ("eq", "ne", "in", "not_in", "contains", "starts_with", "is_empty"),
    Kind.CHOICE: ("eq", "ne", "in", "not_in", "is_empty"),
    Kind.LINK: ("eq", "ne", "in", "not_in", "is_empty"),
    Kind.NUMBER: _ORDERED,
    Kind.MONEY: _ORDERED,
    Kind.DATE: ("eq", "before", "after", "between", "within", "is_empty"),
    Kind.TIME: ("before", "after", "between", "within", "is_empty"),
    Kind.YES_NO: ("eq", "is_empty"),
    Kind.TAGS: ("has_any", "has_all", "is_empty"),
}
_MANY = ("in", "not_in", "has_any", "has_all")
_WINDOW = re.compile(r"([1-9]\d{0,3})d$")
_DAYS_FROM_NOW = re.compile(r"([+-]\d{1,4})d$")


def check(node: Node, schema: Schema, *, currency: str = "CNY") -> Node:
    """The tree with typed values. Raises Invalid naming the fact and what is wrong with it."""
    match node:
        case All(parts):
            return All(tuple(check(part, schema, currency=currency) for part in parts))
        case Any(parts):
            return Any(tuple(check(part, schema, currency=currency) for part in parts))
        case Not(part):
            return Not(check(part, schema, currency=currency))
        case Test():
            fact = schema.facts.get(node.fact)
            if fact is None:
                raise _wrong(node.fact, "unknown_fact", _("There is no such fact."))
            if node.window is not None:
                if not fact.takes_window:
                    raise _wrong(node.fact, "no_window", _("This fact takes no time window."))
                window_days(node.window)
            return Test(node.fact, node.op, _typed(fact, node, currency), node.window)
        case EventTest():
            return _check_event(node, schema, currency)
        case InSegment(segment):
            if schema.groups is None or schema.group_label(segment) is None:
                raise _wrong("segment", "unknown_segment", _("There is no such segment."))
            return node


def window_days(window: str) -> int:
    """The days of a window such as ``90d``."""
    match = _WINDOW.fullmatch(window)
    if match is None:
        raise _wrong("window", "bad_window", _("A time window is written like 90d."))
    return int(match[1])


def _check_event(node: EventTest, schema: Schema, currency: str) -> EventTest:
    fields = schema.event_fields(node.event) if schema.events else None
    if fields is None:
        raise _wrong(node.event, "unknown_event", _("There is no such event."))
    if node.window is not None:
        window_days(node.window)
    counted = Fact("count", "", Kind.NUMBER, "")
    if node.op not in ("eq", "ne", "lt", "lte", "gt", "gte"):
        raise _wrong(node.event, "bad_op", _("“%(op)s” can't be asked here.") % {"op": node.op})
    value = _typed(counted, Test("count", node.op, node.value), currency)
    where = node.where
    if where is not None:
        facts = {f.name: _fact_of(f) for f in fields.values()}
        where = check(where, Schema(node.event, "", facts=facts), currency=currency)
    return EventTest(node.event, node.op, value, where, node.window)


def _fact_of(event_field: EventField) -> Fact:
    return Fact(event_field.name, event_field.label, event_field.kind, event_field.name)


def _typed(fact: Fact | Aggregate, test: Test, currency: str) -> object:
    if test.op not in OPS[fact.kind]:
        message = _("“%(op)s” can't be asked here.") % {"op": test.op}
        raise _wrong(fact.name, "bad_op", message)
    if test.op == "is_empty":
        return None
    if test.op == "within":
        return _within(fact, test.value)
    if test.op in _MANY:
        if not isinstance(test.value, tuple | list) or not test.value or len(test.value) > 1000:
            raise _wrong(fact.name, "bad_value", _("A list of values is needed."))
        return tuple(_single(fact, value, currency) for value in test.value)
    if test.op == "between":
        if not isinstance(test.value, tuple | list) or len(test.value) != 2:
            raise _wrong(fact.name, "bad_value", _("Two values are needed: from and to."))
        low, high = (_single(fact, value, currency) for value in test.value)
        return (low, high)
    return _single(fact, test.value, currency)


def _within(fact: Fact | Aggregate, value: object) -> str:
    """`90d`: in the last ninety days; `+7d`: in the next seven, today included."""
    text = str(value)
    if _WINDOW.fullmatch(text) or re.fullmatch(r"\+[1-9]\d{0,3}d", text):
        return text
    raise _wrong(fact.name, "bad_value", _("Write 90d for the last or +90d for the next 90 days."))


def _single(fact: Fact | Aggregate, value: object, currency: str) -> object:
    try:
        return _CASTS[fact.kind](value, currency)
    except (ValueError, TypeError, ArithmeticError, Invalid):
        message = _("“%(value)s” is not a value for this.") % {"value": value}
        raise _wrong(fact.name, "bad_value", message) from None


def _as_text(value: object, currency: str) -> str:
    if not isinstance(value, str) or "\x00" in value or len(value) > 500:
        raise ValueError
    return value


def _as_number(value: object, currency: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise ValueError
    number = Decimal(str(value))
    if not number.is_finite() or abs(number) > 10**18:
        raise ValueError
    return number


def _as_money(value: object, currency: str) -> Decimal:
    return Decimal(to_minor(_as_number(value, currency), currency))


def _as_date(value: object, currency: str) -> date:
    """An ISO date, or days from today such as ``-30d``."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if relative := _DAYS_FROM_NOW.fullmatch(str(value)):
        return clock.today() + timedelta(days=int(relative[1]))
    return date.fromisoformat(str(value))


def _as_time(value: object, currency: str) -> datetime:
    """An instant; a date stands for the beginning of that day in the firm's time zone."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    text = str(value)
    if "T" not in text:
        return clock.start_of_day(_as_date(text, currency))
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError
    return instant


def _as_yes_no(value: object, currency: str) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _as_link(value: object, currency: str) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))


_CASTS = {
    Kind.TEXT: _as_text,
    Kind.CHOICE: _as_text,
    Kind.TAGS: _as_text,
    Kind.NUMBER: _as_number,
    Kind.MONEY: _as_money,
    Kind.DATE: _as_date,
    Kind.TIME: _as_time,
    Kind.YES_NO: _as_yes_no,
    Kind.LINK: _as_link,
}


def _wrong(field: str, code: str, message: str) -> Invalid:
    return Invalid.field(field, code, message)
