"""What happened to a customer, in words: each event with its reason, its change, its author."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from zhike.access.queries import user_names
from zhike.access.viewer import Viewer
from zhike.customers.queries import timeline
from zhike.events.catalogue import event_type, event_words
from zhike.events.queries import events_by_id
from zhike.filters.schema import Words
from zhike.records.limits import Masked, conceal_events
from zhike.records.queries import batches_behind
from zhike.records.sources import SOURCES
from zhike.records.types import RecordType, record_types
from zhike.web.records.shown import Names, show

if TYPE_CHECKING:
    from zhike.customers.models import Party
    from zhike.events.models import Event

GROUPS: Mapping[str, Words] = {
    "": _("All"),
    "orders": _("Orders"),
    "contact": _("Contact"),
    "file": _("File"),
    "system": _("System"),
}


@dataclass(frozen=True, slots=True)
class Change:
    label: Words
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Work:
    """A batch as its entries mention it."""

    kind: str
    label: str
    address: str


@dataclass(frozen=True, slots=True)
class Entry:
    event: "Event"
    words: str
    text: str
    changes: Sequence[Change]
    actor: str
    is_by_person: bool
    address: str  # of what it is about
    because: str  # the event that led to it
    work: Work | None  # on many records, which it was part of


class Timeline:
    """A page of a customer's events, newest first."""

    def __init__(self, viewer: Viewer, party: "Party", *, group: str = "", cursor: str = ""):
        self.viewer = viewer
        self.party = party
        self.group = group if group in GROUPS else ""
        self.cursor = cursor
        self.names = Names(viewer)

    @property
    def groups(self) -> list[tuple[str, Words, bool]]:
        return [(name, label, name == self.group) for name, label in GROUPS.items()]

    @cached_property
    def page(self):
        return timeline(
            self.viewer, self.party, group=self.group or None, cursor=self.cursor or None
        )

    @cached_property
    def users(self) -> Mapping[str, str]:
        return user_names()

    @property
    def entries(self) -> list[Entry]:
        return [self._entry(event) for event in self.page.items]

    def _entry(self, event: "Event") -> Entry:
        known = event_type(event.type)
        return Entry(
            event,
            event_words(event.type, event.data),
            str(event.data.get("text", "")),
            self._changes(event),
            self._actor(event.actor_id) or self._source(event),
            event.actor_kind == "user" and known is not None and known.group != "system",
            _address(event),
            self._because(event),
            self._work(event),
        )

    def _actor(self, user_id: UUID | None) -> str:
        return self.users.get(str(user_id), "") if user_id else ""

    def _source(self, event: "Event") -> str:
        """How it came about when nobody did it; the work says it better where there is one."""
        return "" if self._work(event) else str(SOURCES.get(event.source, ""))

    @cached_property
    def works(self) -> Mapping[UUID, Work]:
        """The imports, mass changes and undos behind the events, as far as the viewer may look."""
        ids = {event.batch_id for event in self.page.items if event.batch_id}
        return {
            batch.pk: Work(batch.get_kind_display(), batch.label, reverse("batch", args=[batch.pk]))
            for batch in batches_behind(self.viewer, ids).values()
            if batch.kind != "edit"
        }

    def _work(self, event: "Event") -> Work | None:
        return self.works.get(event.batch_id) if event.batch_id else None

    @cached_property
    def causes(self) -> "Mapping[int, Event]":
        wanted = {event.cause_id for event in self.page.items if event.cause_id}
        found = events_by_id(wanted) if wanted else {}
        conceal_events(self.viewer, found.values())
        return found

    def _because(self, event: "Event") -> str:
        cause = self.causes.get(event.cause_id or 0)
        return event_words(cause.type, cause.data) if cause else ""

    def _changes(self, event: "Event") -> list[Change]:
        kind = record_types().get(event.subject_type)
        if kind is None or not event.changes:
            return []
        return [
            Change(
                _label(kind, name), self._value(kind, name, before), self._value(kind, name, after)
            )
            for name, (before, after) in event.changes.items()
            if _field(kind, name) is not None
        ]

    def _value(self, kind: RecordType, name: str, value: object) -> object:
        declared = _field(kind, name)
        is_read = isinstance(value, Masked) or not isinstance(value, str) or not value
        cleaned = value if is_read else declared.clean(value)
        return show(declared, cleaned, self.names)


def _field(kind: RecordType, attribute: str):
    return next((field for field in kind.fields if field.attribute == attribute), None)


def _label(kind: RecordType, attribute: str) -> Words:
    declared = _field(kind, attribute)
    return declared.label if declared else attribute


def _address(event: "Event") -> str:
    is_order = event.subject_type == "order" and event.subject_id
    return reverse("order", args=[event.subject_id]) if is_order else ""
