"""What can be imported: each kind of file is declared by the app whose records it brings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from zhike.access.viewer import Viewer
from zhike.filters.schema import Words
from zhike.kernel.errors import Invalid, NotFound
from zhike.kernel.text import listed
from zhike.records.fields import Field, FieldKind
from zhike.records.models import Batch


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of a file that make one record: (row number, typed values), in the file's order."""

    key: str
    rows: tuple[tuple[int, Mapping], ...]


@dataclass(frozen=True, slots=True)
class Clue:
    """Something that a record of the file and one that is there have in common, and the facts that
    it tells of."""

    words: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """Whether a record of the file is one that is there already: which, how probable that is (0…1),
    and what speaks for it. It is worded for whoever reads it, by what they may see."""

    record_id: UUID
    probability: float
    why: tuple[Clue, ...]


@dataclass
class Outcome:
    """What became of some groups. Refused rows carry their reason, others a question."""

    created: int = 0
    updated: int = 0
    skipped: int = 0
    refused: dict[int, str] = field(default_factory=dict)
    asked: dict[str, Question] = field(default_factory=dict)  # by the group's key

    def refuse(self, group: Group, reason: str) -> None:
        self.refused.update((number, reason) for number, _values in group.rows)

    def ask(self, group: Group, question: Question) -> None:
        self.asked[group.key] = question


@dataclass(frozen=True, slots=True)
class Supplement:
    """Columns that an app of a higher floor adds to a kind of file, and what it makes of them."""

    fields: Callable[[], Sequence[Field]]
    options: tuple[Field, ...]
    # (viewer, names of mapped fields, options): raises Invalid before anything is read.
    check: Callable[[Viewer, Sequence[str], Mapping], None]
    # (values by record, options, viewer, batch) → the records of which something was written.
    write: Callable[[Mapping[UUID, Mapping], Mapping, Viewer, Batch], set[UUID]]
    # (values of new records) → columns of theirs that `write` would change, so that no row that
    # was only just written is written again.
    fill: Callable[[Sequence[Mapping]], Sequence[Mapping]] = lambda many: [{} for _values in many]


@dataclass(frozen=True)
class Importer:
    name: str
    label: Words
    own_fields: tuple[Field, ...]
    key_of: Callable[[Mapping, int], str]
    # (groups, options, viewer, batch) → outcome
    apply: Callable[[Sequence[Group], Mapping, Viewer, Batch], Outcome]
    check_row: Callable[[Mapping], None] = lambda values: None
    own_options: tuple[Field, ...] = ()
    needs_one_of: tuple[tuple[str, ...], ...] = ()  # of each, one field at least
    # Writes a group into the record that it turned out to be: (group, record, options, viewer,
    # batch).
    write_into: Callable[[Group, UUID, Mapping, Viewer, Batch], Outcome] | None = None

    @property
    def fields(self) -> tuple[Field, ...]:
        """Its own, and those that other apps add."""
        added = (field for one in supplements(self.name) for field in one.fields())
        return (*self.own_fields, *added)

    @property
    def options(self) -> tuple[Field, ...]:
        added = (option for one in supplements(self.name) for option in one.options)
        return (*self.own_options, *added)

    @property
    def field_by_name(self) -> Mapping[str, Field]:
        return {f.name: f for f in self.fields}

    @property
    def option_by_name(self) -> Mapping[str, Field]:
        return {f.name: f for f in self.options}

    def missing(self, mapping: Mapping[str, str]) -> list[str]:
        """What has no column yet and needs one, in words."""
        fields = self.field_by_name
        lacking = [str(f.label) for f in self.own_fields if f.is_required and f.name not in mapping]
        for names in self.needs_one_of:
            if not any(name in mapping for name in names):
                labels = [str(fields[name].label) for name in names]
                lacking.append(_(" or ").join(labels))
        return lacking

    def clean_options(self, options: Mapping[str, object]) -> dict:
        """Options as they are kept, those without a value left out. Raises Invalid."""
        known = self.option_by_name
        for name in options:
            if name not in known:
                message = _("There is no option “%(name)s”; there are: %(known)s.")
                words = {"name": name, "known": listed(known)}
                raise Invalid.field(name, "unknown_option", message % words)
        cleaned = {name: known[name].clean(value) for name, value in options.items()}
        return {name: to_json(value) for name, value in cleaned.items() if value not in ("", None)}


_importers: dict[str, Importer] = {}
_supplements: dict[str, list[Supplement]] = {}


def supplement(name: str, added: Supplement) -> None:
    """Adds columns to an importer of a lower floor."""
    _supplements.setdefault(name, []).append(added)


def supplements(name: str) -> Sequence[Supplement]:
    return _supplements.get(name, ())


def write_supplements(
    name: str, values: Mapping[UUID, Mapping], options: Mapping, viewer: Viewer, batch: Batch
) -> set[UUID]:
    """Hands over what the added columns say of records that were written; of which of them
    something was kept."""
    return {
        record_id
        for one in supplements(name)
        for record_id in one.write(values, options, viewer, batch)
    }


def fill_from_supplements(name: str, opened: Sequence[tuple[object, Mapping]]) -> None:
    """Sets what the added columns say of new records (record, values) that aren't written yet."""
    for one in supplements(name):
        filled = one.fill([values for _record, values in opened])
        for (record, _values), columns in zip(opened, filled, strict=True):
            for column, value in columns.items():
                setattr(record, column, value)


def register(importer: Importer) -> None:
    _importers[importer.name] = importer


def importer(name: str) -> Importer:
    if name not in _importers:
        known = listed(sorted(_importers))
        message = _("“%(name)s” can't be imported; choose one of: %(known)s.")
        raise NotFound("not_found", message % {"name": name, "known": known})
    return _importers[name]


def importers() -> Mapping[str, Importer]:
    return dict(_importers)


def to_json(value: object) -> object:
    """A typed value as it waits in the staging table."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def revive(fields: Mapping[str, Field], values: Mapping) -> dict:
    """The typed values of a staged row."""
    return {
        name: value if value is None else _REVIVERS.get(fields[name].kind, _same)(value)
        for name, value in values.items()
    }


def _same(value: object) -> object:
    return value


_REVIVERS: dict[FieldKind, Callable] = {
    FieldKind.NUMBER: Decimal,
    FieldKind.DATE: date.fromisoformat,
    FieldKind.TIME: datetime.fromisoformat,
}
