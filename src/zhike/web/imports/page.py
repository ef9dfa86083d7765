"""An import as its page shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import QueryDict

from zhike.access.policies import sees_all
from zhike.access.viewer import Viewer
from zhike.filters.schema import Words
from zhike.kernel import clock
from zhike.records.fields import Field, FieldKind
from zhike.records.imports import State
from zhike.records.imports.answering import OpenQuestion, in_percent, open_questions
from zhike.records.imports.importers import importer
from zhike.records.imports.recognising import unmapped
from zhike.records.queries import linked_names
from zhike.web.forms import Input, as_text, input_for
from zhike.web.listing import listings

if TYPE_CHECKING:
    from zhike.records.models import Import

SAMPLES = 3
QUIET_FOR = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Column:
    """A heading of the file, some of its values, and the field it goes to."""

    position: int
    heading: str
    samples: Sequence[str]
    field: str


@dataclass(frozen=True, slots=True)
class AskedAbout:
    """A row as the file has it, and who it probably is."""

    number: int
    title: str
    told: Sequence[tuple[Words, str]]
    name: str
    record_id: UUID
    percent: str  # empty where it may not be told
    why: Sequence[str]


def _in_words(field: Field, value: object) -> str:
    return str(field.choices().get(str(value), value)) if field.choices else as_text(value)


def _revived(option: Field, value: object) -> object:
    """An option as it was kept, in the shape that its input shows."""
    is_instant = option.kind is FieldKind.TIME and isinstance(value, str) and value
    return option.clean(value) if is_instant else value


class ImportPage:
    def __init__(self, viewer: Viewer, run: "Import", data: QueryDict | None = None):
        self.viewer = viewer
        self.run = run
        self.kind = importer(run.record_type)
        self.data = data or QueryDict()
        self.is_sent = data is not None
        self.errors: list[str] = []

    @property
    def is_open(self) -> bool:
        """Whether its columns can still be matched."""
        return self.run.state in (State.UPLOADED, State.FAILED)

    @property
    def may_collide(self) -> bool:
        """Whether its customers may be a colleague's out of sight as well."""
        is_in = self.run.state == State.DONE and self.run.record_type == "customer"
        return is_in and not sees_all(self.viewer)

    @property
    def is_running(self) -> bool:
        return self.run.state in (State.READING, State.APPLYING)

    @property
    def is_waiting(self) -> bool:
        """Whether it has been asked for but no worker has looked at it for a while."""
        beat = self.run.heartbeat_at
        return self.is_running and beat is not None and clock.now() - beat > QUIET_FOR

    @property
    def progress(self) -> int:
        """How far it is, in percent: reading is the first half, applying the second."""
        if self.run.state == State.READING and not self.run.groups:
            return min(49, 50 * self.run.bytes_read // max(self.run.size, 1))
        return 50 + 50 * self.run.applied // max(self.run.groups, 1)

    @property
    def columns(self) -> list[Column]:
        fields = {heading: name for name, heading in self.mapping.items()}
        return [
            Column(position, heading, self._samples(position), fields.get(heading, ""))
            for position, heading in enumerate(self.run.headings)
        ]

    def _samples(self, position: int) -> list[str]:
        cells = (row[position] for row in self.run.sample if position < len(row))
        return [cell for cell in cells if cell][:SAMPLES]

    @property
    def mapping(self) -> Mapping[str, str]:
        return self.sent_mapping if self.is_sent else self.run.mapping

    @property
    def sent_mapping(self) -> dict[str, str]:
        """Field → heading, as the selects were set."""
        headings = enumerate(self.run.headings)
        chosen = {
            self.data.get(f"column-{position}", ""): heading for position, heading in headings
        }
        chosen.pop("", None)
        return chosen

    @property
    def sent_options(self) -> dict[str, str]:
        names = self.kind.option_by_name
        return {name: str(self.data[name]) for name in names if self.data.get(name)}

    @cached_property
    def fields(self) -> Sequence[tuple[Words, Sequence[Field]]]:
        """What columns may go to, the importer's own before those of each group of added ones."""
        groups: dict[Words, list[Field]] = {"": list(self.kind.own_fields)}
        for field in self.kind.fields[len(self.kind.own_fields) :]:
            groups.setdefault(field.group or "", []).append(field)
        return list(groups.items())

    @property
    def options(self) -> list[Input]:
        return [self._option(one) for one in self.kind.own_options]

    @property
    def added_options(self) -> Sequence[tuple[Words, bool, Sequence[Input]]]:
        """By group of added columns, and whether one of them is chosen."""
        groups: dict[Words, list[Input]] = {}
        for one in self.kind.options[len(self.kind.own_options) :]:
            groups.setdefault(one.group or "", []).append(self._option(one))
        chosen = {f.group for f in self.kind.fields if f.name in self.mapping}
        return [(group, group in chosen, inputs) for group, inputs in groups.items()]

    def _option(self, option: Field) -> Input:
        chosen = self.sent_options if self.is_sent else self.run.options
        made = input_for(option, _revived(option, chosen.get(option.name)))
        if option.choices:  # the first is what happens when nothing is chosen
            made.options = [(value, label) for value, label in made.options if value]
        return made

    @cached_property
    def questions(self) -> list[AskedAbout]:
        """Rows that are probably a record which is there, the most probable first."""
        if not self.run.asked or self.run.state != State.DONE:
            return []
        found = open_questions(self.viewer, self.run)
        ids = [one.record_id for one in found]
        names = linked_names(self.viewer, self.run.record_type, ids)
        return [self._asked_about(one, names.get(one.record_id, "")) for one in found]

    def _asked_about(self, one: OpenQuestion, name: str) -> AskedAbout:
        told = [
            (field.label, _in_words(field, one.values[field.name]))
            for field in self.kind.fields
            if one.values.get(field.name) and field.name != "name"
        ]
        percent = "" if one.probability is None else in_percent(one.probability)
        title = str(one.values.get("name") or "")
        return AskedAbout(one.numbers[0], title, told, name, one.record_id, percent, one.why)

    @property
    def rows_page(self) -> str:
        """The URL name of the list where the rows are now."""
        known = listings().get(self.run.record_type)
        return known.page if known else ""

    @property
    def missing(self) -> list[str]:
        """The needed fields for which no column has been found."""
        return self.kind.missing(self.mapping)

    @property
    def left_out(self) -> int:
        return len(unmapped(self.mapping, self.run.headings))
