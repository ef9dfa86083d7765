"""What can be imported: each kind of file is declared by the app whose records it brings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from zhike.access.viewer import Viewer
from zhike.filters.schema import Words
from zhike.kernel.errors import NotFound
from zhike.records.fields import Field, FieldKind
from zhike.records.models import Batch


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of a file that make one record: (row number, typed values), in the file's order."""

    key: str
    rows: tuple[tuple[int, Mapping], ...]


@dataclass
class Outcome:
    """What became of some groups. Refused rows carry their reason."""

    created: int = 0
    updated: int = 0
    skipped: int = 0
    refused: dict[int, str] = field(default_factory=dict)

    def refuse(self, group: Group, reason: str) -> None:
        self.refused.update((number, reason) for number, _values in group.rows)


@dataclass(frozen=True)
class Importer:
    name: str
    label: Words
    fields: tuple[Field, ...]
    key_of: Callable[[Mapping, int], str]
    # (groups, options, viewer, batch) → outcome
    apply: Callable[[Sequence[Group], Mapping, Viewer, Batch], Outcome]
    check_row: Callable[[Mapping], None] = lambda values: None
    options: Mapping[str, Words] = field(default_factory=dict)

    @property
    def field_by_name(self) -> Mapping[str, Field]:
        return {f.name: f for f in self.fields}


_importers: dict[str, Importer] = {}


def register(importer: Importer) -> None:
    _importers[importer.name] = importer


def importer(name: str) -> Importer:
    if name not in _importers:
        known = ", ".join(sorted(_importers))
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
