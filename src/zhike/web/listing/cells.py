"""One value in a list: how each kind of fact looks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from zhike.filters.schema import Aggregate, Fact, Kind
from zhike.records.limits import Masked
from zhike.web import formats

NUMERIC = (Kind.NUMBER, Kind.MONEY)


@dataclass
class Around:
    """What the cells of one page share, fetched once."""

    currency: str
    names: Mapping[str, Mapping[UUID, str]] = field(default_factory=dict)  # of linked records
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    tones: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    low: Mapping[str, float] = field(default_factory=dict)


def cell(fact: Fact | Aggregate, value: object, around: Around):
    """The words of a value, marked up where looks carry meaning. Empty ones stay empty."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, Masked):
        return str(value)
    return _CELLS[fact.kind](fact, value, around)


def _text(fact, value, around: Around) -> str:
    return str(around.choices.get(fact.name, {}).get(value, value))


def _choice(fact, value, around: Around):
    words = around.choices.get(fact.name, {}).get(str(value), value)
    tones = around.tones.get(fact.name)
    if tones is None:
        return str(words)
    return format_html('<span class="badge {}">{}</span>', tones.get(str(value), ""), words)


def _link(fact, value, around: Around):
    known: Mapping[Any, object] = around.names.get(fact.name) or around.choices.get(fact.name, {})
    return str(known.get(value) or known.get(str(value), formats.NOTHING))


def _number(fact, value, around: Around):
    if fact.name not in around.low:
        return formats.number(value)
    shown = formats.number(value, 2)
    return (
        format_html('<span class="warn">{}</span>', shown)
        if value < around.low[fact.name]
        else shown
    )


def _tags(fact, value, around: Around):
    if fact.name == "tags":
        return format_html_join(" ", '<span class="badge">{}</span>', ((tag,) for tag in value[:3]))
    rest = len(value) - 1
    return f"{value[0]} +{rest}" if rest else str(value[0])


def _time(fact, value, around: Around):
    show = formats.ago if isinstance(fact, Aggregate) else formats.moment
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), show(value))


_CELLS: dict[Kind, Callable] = {
    Kind.TEXT: _text,
    Kind.CHOICE: _choice,
    Kind.LINK: _link,
    Kind.NUMBER: _number,
    Kind.MONEY: lambda fact, value, around: formats.money(value, around.currency),
    Kind.DATE: lambda fact, value, around: formats.day(value),
    Kind.TIME: _time,
    Kind.YES_NO: lambda fact, value, around: _("yes") if value else _("no"),
    Kind.TAGS: _tags,
}
