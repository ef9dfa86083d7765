"""The reading in words: a filter as a sentence in the active language."""

from decimal import Decimal
from typing import Any as Anything

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhike.filters.check import window_days
from zhike.filters.schema import Aggregate, Fact, Kind, Schema
from zhike.filters.tree import All, Any, EventTest, InSegment, Node, Not, Test
from zhike.kernel import clock
from zhike.kernel.money import symbol, to_major
from zhike.kernel.text import listed


def sentence(node: Node, schema: Schema, *, currency: str = "CNY") -> str:
    """A checked tree in words, for chips, segments, rules and explanations."""
    match node:
        case All(()):
            return _("all of them")
        case Any(()):
            return _("none of them")
        case All(parts) | Any(parts):
            word = _(" and ") if isinstance(node, All) else _(" or ")
            return word.join(_bracketed(part, schema, currency) for part in parts)
        case Not(part):
            return _("not (%(condition)s)") % {
                "condition": sentence(part, schema, currency=currency)
            }
        case InSegment(segment):
            label = schema.group_label(segment) or _("a removed segment")
            return _("in segment “%(segment)s”") % {"segment": label}
        case EventTest():
            return _event_sentence(node, schema, currency)
        case Test():
            fact = schema.facts[node.fact]
            words = _test_words(fact, node, currency)
            label = str(fact.label)
            if node.window is not None:
                label = _("%(label)s in the last %(days)s days") % {
                    "label": label,
                    "days": window_days(node.window),
                }
            return _("%(fact)s %(condition)s") % {"fact": label, "condition": words}


def _bracketed(node: Node, schema: Schema, currency: str) -> str:
    words = sentence(node, schema, currency=currency)
    is_compound = isinstance(node, All | Any) and len(node.parts) > 1
    return _("(%(condition)s)") % {"condition": words} if is_compound else words


def _event_sentence(node: EventTest, schema: Schema, currency: str) -> str:
    label = str(schema.event_label(node.event))
    count = value_words(Fact("", "", Kind.NUMBER, ""), node.value, currency)
    times = _times_words(node.op) % {"count": count}
    words = _("“%(event)s” happened %(times)s") % {"event": label, "times": times}
    if node.window is not None:
        words = _("in the last %(days)s days %(condition)s") % {
            "days": window_days(node.window),
            "condition": words,
        }
    if node.where is not None:
        fields = schema.event_fields(node.event) or {}
        facts = {f.name: Fact(f.name, f.label, f.kind, f.name) for f in fields.values()}
        where = sentence(node.where, Schema("", "", facts=facts), currency=currency)
        words = _("%(condition)s with %(where)s") % {"condition": words, "where": where}
    return words


def _times_words(op: str) -> str:
    return {
        "eq": _("exactly %(count)s times"),
        "ne": _("not %(count)s times"),
        "lt": _("less than %(count)s times"),
        "lte": _("at most %(count)s times"),
        "gt": _("more than %(count)s times"),
        "gte": _("at least %(count)s times"),
    }[op]


def _test_words(fact: Fact | Aggregate, test: Test, currency: str) -> str:
    if test.op == "is_empty":
        return _("is empty")
    if test.op == "within":
        return _within_words(str(test.value))
    if test.op == "between":
        low, high = (value_words(fact, value, currency) for value in test.value)
        return _("is between %(low)s and %(high)s") % {"low": low, "high": high}
    if isinstance(test.value, tuple):
        value = listed(value_words(fact, value, currency) for value in test.value)
    else:
        value = value_words(fact, test.value, currency)
    return _op_words(test.op) % {"value": value}


def _op_words(op: str) -> str:
    return {
        "eq": _("is %(value)s"),
        "ne": _("is not %(value)s"),
        "in": _("is one of %(value)s"),
        "not_in": _("is none of %(value)s"),
        "lt": _("is less than %(value)s"),
        "lte": _("is at most %(value)s"),
        "gt": _("is more than %(value)s"),
        "gte": _("is at least %(value)s"),
        "contains": _("contains %(value)s"),
        "starts_with": _("starts with %(value)s"),
        "has_any": _("has any of %(value)s"),
        "has_all": _("has all of %(value)s"),
        "before": _("is before %(value)s"),
        "after": _("is after %(value)s"),
    }[op]


def _within_words(window: str) -> str:
    days = int(window.strip("+d"))
    if window.startswith("+"):
        return ngettext(
            "is within the next %(days)d day", "is within the next %(days)d days", days
        ) % {"days": days}
    return ngettext("is within the last %(days)d day", "is within the last %(days)d days", days) % {
        "days": days
    }


def value_words(fact: Fact | Aggregate, value: Anything, currency: str = "CNY") -> str:
    """One value as a person reads it."""
    match fact.kind:
        case Kind.MONEY if isinstance(value, Decimal | int):
            major = to_major(int(value), currency)
            places = 0 if major == int(major) else 2
            return symbol(currency) + f"{major:,.{places}f}"
        case Kind.NUMBER if isinstance(value, Decimal):
            return f"{value.normalize() if value else Decimal(0):,f}"
        case Kind.DATE:
            return date_format(value, "DATE_FORMAT")
        case Kind.TIME:
            return date_format(value.astimezone(clock.firm_zone()), "DATETIME_FORMAT")
        case Kind.YES_NO:
            return _("yes") if value else _("no")
    known = fact.choices or fact.words
    if known is not None:
        return str(known().get(str(value), value))
    return str(value)
