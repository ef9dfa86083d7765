"""Adding a condition: fact → operator → value, each step typed by the one before."""

from collections.abc import Mapping
from functools import cached_property

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from zhike.access.viewer import Viewer
from zhike.events.catalogue import EventType, event_types
from zhike.filters import All, EventTest, InSegment, Kind, Node, Not, Test, check
from zhike.filters.check import OPS
from zhike.filters.schema import Aggregate, Fact, Schema, Words
from zhike.kernel.errors import Invalid
from zhike.records.limits import refuse_limited
from zhike.segments.facts import name_of
from zhike.segments.queries import segments
from zhike.web.forms import Input
from zhike.web.listing.address import conditions_of
from zhike.web.listing.listing import Listing

OP_WORDS: Mapping[str, Words] = {
    "eq": gettext_lazy("is"),
    "ne": gettext_lazy("is not"),
    "in": gettext_lazy("is one of"),
    "not_in": gettext_lazy("is none of"),
    "lt": gettext_lazy("is less than"),
    "lte": gettext_lazy("is at most"),
    "gt": gettext_lazy("is more than"),
    "gte": gettext_lazy("is at least"),
    "between": gettext_lazy("is between"),
    "contains": gettext_lazy("contains"),
    "starts_with": gettext_lazy("starts with"),
    "is_empty": gettext_lazy("is empty"),
    "has_any": gettext_lazy("has any of"),
    "has_all": gettext_lazy("has all of"),
    "before": gettext_lazy("is before"),
    "after": gettext_lazy("is after"),
    "within": gettext_lazy("is within"),
}
_FIRST_OP = {
    Kind.TEXT: "contains", Kind.NUMBER: "gte", Kind.MONEY: "gte", Kind.TIME: "within",
    Kind.DATE: "within", Kind.CHOICE: "in",
}  # fmt: skip
_TYPES = {Kind.NUMBER: "number", Kind.MONEY: "number", Kind.DATE: "date", Kind.TIME: "date"}
_SEGMENT = "segment"
_EVENT = "event:"  # before the name of one
_EVENT_OPS = ("gte", "lte", "eq")
_WINDOWS = (30, 60, 90, 180, 365)


def countable_events() -> list[EventType]:
    """The events worth asking about how often they happened to a customer."""
    return [one for one in event_types().values() if one.group in ("orders", "contact")]


class Condition:
    """One condition while it is being made, from what the popover has sent so far."""

    def __init__(self, listing: Listing, data: QueryDict, viewer: Viewer):
        self.listing = listing
        self.viewer = viewer
        self.schema: Schema = listing.kind.schema
        self.data = data
        self.error = ""
        suggested = listing.asked(viewer, listing.known(listing.suggested))
        name = data.get("fact", "")
        self.fact = self._known.get(name) or self.schema.facts[suggested[0]]
        first = _FIRST_OP.get(self.fact.kind, self.ops[0][0])
        op = data.get("op", "")
        self.op = op if op in dict(self.ops) else first

    @cached_property
    def _known(self) -> dict[str, Fact | Aggregate]:
        """What can be asked about: the facts, the segments and each event as if they were some."""
        known: dict[str, Fact | Aggregate] = {
            name: self.schema.facts[name]
            for name in self.listing.asked(self.viewer, self.schema.facts)
        }
        if self.schema.groups is not None and self._segments:
            known[_SEGMENT] = Fact(
                _SEGMENT, _("Segment"), Kind.CHOICE, "", choices=lambda: self._segments
            )
        if self.schema.events is not None:
            for one in countable_events():
                name = _EVENT + one.name
                known[name] = Fact(name, one.label, Kind.NUMBER, "", group=_("What happened"))
        return known

    @cached_property
    def _segments(self) -> dict[str, Words]:
        return {str(one.pk): name_of(one) for one in segments(self.viewer)}

    @property
    def facts(self) -> list[tuple[Words, list[Fact | Aggregate]]]:
        """The facts to choose from: those mostly wanted first, then by group."""
        names = self.listing.asked(self.viewer, self.listing.known(self.listing.suggested))
        suggested = [self.schema.facts[name] for name in names]
        groups: dict[Words, list] = {_("Often used"): suggested}
        for fact in self._known.values():
            if fact not in suggested:
                groups.setdefault(fact.group or _("More"), []).append(fact)
        return list(groups.items())

    @property
    def ops(self) -> list[tuple[str, Words]]:
        ops = OPS[self.fact.kind]
        if self.fact.name == _SEGMENT:
            ops = ("eq", "ne")
        elif self._event:
            ops = _EVENT_OPS
        return [(op, OP_WORDS[op]) for op in ops]

    @property
    def windows(self) -> list[tuple[str, str]]:
        """The times that an aggregate or the count of an event may be limited to."""
        if not (self.fact.takes_window or self._event):
            return []
        return [("", _("ever"))] + [(f"{days}d", last_days(days)) for days in _WINDOWS]

    @property
    def window(self) -> str:
        return self.data.get("window", "")

    @property
    def _event(self) -> str:
        """The name of the event that is counted; empty for a fact."""
        return self.fact.name.removeprefix(_EVENT) if self.fact.name.startswith(_EVENT) else ""

    @property
    def unit(self) -> str:
        """What stands behind the value."""
        return _("times") if self._event else ""

    @property
    def chosen(self) -> list[str]:
        return self.data.getlist("value")

    @property
    def choices(self) -> list[tuple[str, Words]]:
        return list(self.fact.choices().items()) if self.fact.choices else []

    @property
    def takes_many(self) -> bool:
        return self.op in ("in", "not_in")

    @property
    def inputs(self) -> list[Input]:
        """What is still to be entered for this fact and operator."""
        if self.op == "is_empty" or self.choices:
            return []
        if self.op == "within":
            options = [(f"{days}d", last_days(days)) for days in (7, 14, *_WINDOWS)]
            options += [(f"+{days}d", next_days(days)) for days in (7, 14, 30)]
            return [Input("value", _("Time"), "select", options=options, value=self._value(0))]
        if self.fact.kind is Kind.YES_NO:
            options = [("1", _("yes")), ("0", _("no"))]
            return [
                Input(
                    "value",
                    pgettext("of a condition", "Value"),
                    "select",
                    options=options,
                    value=self._value(0),
                )
            ]
        if self.fact.kind is Kind.LINK:
            field = self.listing.kind.field_by_name[self.fact.name]
            source = reverse("pick", args=[field.links_to])
            return [Input("value", self.fact.label, "pick", source=source)]
        widget = _TYPES.get(self.fact.kind, "text")
        labels = (
            (_("From"), _("To")) if self.op == "between" else (pgettext("of a condition", "Value"),)
        )
        several = self.takes_many or self.fact.kind is Kind.TAGS
        hint = _("Several with commas between them.") if several else ""
        return [
            Input("value", label, widget, value=self._value(position), hint=hint)
            for position, label in enumerate(labels)
        ]

    def _value(self, position: int) -> str:
        return self.chosen[position] if position < len(self.chosen) else ""

    def node(self) -> Node:
        if self.fact.name == _SEGMENT:
            inside = InSegment(str(self._typed()))
            return inside if self.op == "eq" else Not(inside)
        if self._event:
            return EventTest(self._event, self.op, self._typed(), window=self.window or None)
        return Test(self.fact.name, self.op, self._typed(), self.window or None)

    def _typed(self) -> object:
        values = [value.strip() for value in self.chosen if value.strip()]
        if self.op == "is_empty":
            return None
        if self.op == "between":
            return tuple(values)
        if self.op in ("in", "not_in", "has_any", "has_all"):
            if not self.choices:
                values = [
                    part.strip() for value in values for part in value.replace("，", ",").split(",")
                ]
            return tuple(value for value in values if value)
        value = values[0] if values else ""
        return value == "1" if self.fact.kind is Kind.YES_NO else value

    def added_to(self, node: Node, *, currency: str) -> Node:
        """The conditions of a list with this one among them. Raises Invalid."""
        if self.op != "is_empty" and not any(value.strip() for value in self.chosen):
            raise Invalid.field("value", "missing", _("Choose or enter a value."))
        added = self.node()
        refuse_limited(self.listing.kind, self.viewer, added)
        check(added, self.schema, currency=currency)
        return All((*conditions_of(node), added))


def last_days(days: int) -> str:
    return ngettext("the last %(days)d day", "the last %(days)d days", days) % {"days": days}


def next_days(days: int) -> str:
    return ngettext("the next %(days)d day", "the next %(days)d days", days) % {"days": days}
