"""Record types: everything that people keep, declared once.

A type says which fields it has, who sees its rows, what its search finds and how its events are
called. Lists, forms, API, import, export and undo are written once against this.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.apps import apps

from zhike.access.policies import Level
from zhike.access.viewer import Viewer
from zhike.filters import EVERYTHING, Node, Schema
from zhike.filters.schema import Aggregate, Collection, Fact, Join, Words
from zhike.kernel.errors import NotFound
from zhike.records.fields import Field
from zhike.records.models import Record

Row = TypeVar("Row", bound=Record)


@dataclass(frozen=True)
class RecordType(Generic[Row]):
    name: str
    model_label: str
    label: Words
    plural: Words
    fields: tuple[Field, ...]
    title: str = "name"  # the attribute that names a record
    party_column: str | None = "party_id"  # whose it is: "id" for the customer itself
    sight: Callable[[Viewer], Node] = lambda viewer: EVERYTHING
    reach: Callable[[Viewer], Node] = lambda viewer: EVERYTHING  # what of that they may change
    derive: Callable[[Row], None] = lambda record: None  # fills computed columns before a write
    derived: frozenset[str] = frozenset()  # the columns that `derive` fills
    derived_of: frozenset[str] = frozenset()  # the attributes that `derive` reads
    derived_from: tuple[str, ...] = ()  # the linked records that `derive` reads
    # Columns that follow from what an edit changed, whichever door it came by; told and undone
    # like the rest of the edit.
    follows: Callable[[Row, Mapping], Mapping] = lambda record, changes: {}
    # Raises NotAllowed for a change that takes more than the right to change.
    guard: Callable[[Viewer, Row, Mapping], None] = lambda viewer, record, changes: None
    summary: Callable[[Row], Mapping] = lambda record: {}  # what "created" tells
    happened: Callable[[Row], datetime | None] = lambda record: (
        None
    )  # when it came to be, if not now
    # Who took the place of records that were merged away; keeps them so until the transaction ends.
    stand_ins: Callable[[Sequence[UUID]], Mapping[UUID, UUID]] = lambda ids: {}
    # Remembers that a row which came to the stand-in was meant for the record that was merged away.
    credit: Callable[[UUID, str, Any], None] = lambda former, pointer, row_id: None
    # Further columns in which a fact stands or from which it could be read, by its name.
    also_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    match_by: tuple[str, ...] = ()  # attributes by which imports and upserts find a record
    default_sort: str = "-created_at"
    has_search: bool = False
    # The words by which a record is found when some of its facts may not be, and what of these
    # finds it as a whole.
    search_texts: Callable[[Row, Mapping[str, Level]], tuple[Set[str], Set[str]]] = (
        lambda record, hidden: (
            frozenset(),
            frozenset(),
        )
    )
    joins: tuple[Join, ...] = ()
    facts: tuple[Fact | Aggregate, ...] = ()
    collections: tuple[Collection, ...] = ()
    field_by_name: Mapping[str, Field] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "field_by_name", {f.name: f for f in self.fields})

    @property
    def model(self) -> type[Row]:
        return apps.get_model(self.model_label)

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def schema(self) -> Schema:
        return _schemas[self.name]

    def is_derived_anew(self, changes: Iterable[str]) -> bool:
        return not self.derived_of.isdisjoint(changes)

    def party_of(self, record: Row) -> Any:
        return getattr(record, self.party_column) if self.party_column else None


_types: dict[str, RecordType] = {}
_schemas: dict[str, Schema] = {}


def register(record_type: RecordType, *, table: str, **schema_options) -> None:
    if record_type.name in _types:
        raise ValueError(f"the record type {record_type.name} is declared twice")
    own = tuple(f.as_fact() for f in record_type.fields if f.is_fact)
    schema = Schema(record_type.name, table, **schema_options).extended(
        joins=record_type.joins,
        collections=record_type.collections,
        facts=own + record_type.facts,
    )
    _types[record_type.name] = record_type
    _schemas[record_type.name] = schema


def extend(
    name: str,
    *,
    joins: tuple[Join, ...] = (),
    collections: tuple[Collection, ...] = (),
    facts: tuple[Fact | Aggregate, ...] = (),
    **options,
) -> None:
    """Lets a higher floor add what it knows about a type: scores, segments, aggregates."""
    _schemas[name] = _schemas[name].extended(
        joins=joins, collections=collections, facts=facts, **options
    )


def record_type(name: str) -> RecordType:
    """Raises NotFound for a name that stands for no type."""
    from django.utils.translation import gettext as _

    if name not in _types:
        raise NotFound("not_found", _("There is no such kind of record."))
    return _types[name]


def record_types() -> Mapping[str, RecordType]:
    return dict(_types)


def label_of_fact(type_name: str, fact: str) -> Words:
    """What people call a fact or a field of a type; its name when it isn't there any more."""
    kind = _types.get(type_name)
    known = kind and (kind.field_by_name.get(fact) or kind.schema.facts.get(fact))
    return known.label if known else fact
