"""What a viewer is not told of the facts of a record: worked out from what `access.policies` has
for their role, and what stands in place of a value then.

A fact follows what it is made of: who may not see what an order is worth isn't told what a customer
has bought in all. What goes out of the record service has passed here.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from zhike.access.policies import Level, level_set
from zhike.access.viewer import Viewer
from zhike.events.catalogue import event_type
from zhike.filters import All as AllOf
from zhike.filters import Any as AnyOf
from zhike.filters import EventTest, Node, Not, Test
from zhike.filters.schema import Aggregate, Fact, Kind
from zhike.filters.tree import walk
from zhike.kernel.errors import FieldError, Invalid
from zhike.kernel.text import STARS
from zhike.records.fields import FieldKind
from zhike.records.types import RecordType, record_types


class Masked(str):
    """What stands in place of a value that the viewer may not see but may know to be there."""


@dataclass(frozen=True, slots=True)
class RowMask:
    """Rows whose facts are masked for a viewer although their role may see them, such as phones
    of customers whom nobody has claimed. `where` says which rows; None for whom none are."""

    facts: frozenset[str]
    where: Callable[[Viewer], Node | None]


_row_masks: dict[str, list[RowMask]] = {}


def mask_rows(record_type: str, mask: RowMask) -> None:
    """Declares a mask; for the `facts.py` of whichever app knows the rows."""
    _row_masks.setdefault(record_type, []).append(mask)


def row_masks(kind: RecordType, viewer: Viewer) -> list[tuple[frozenset[str], Node]]:
    """The masks by row that concern a viewer: facts, and the filter of the rows."""
    found = ((mask.facts, mask.where(viewer)) for mask in _row_masks.get(kind.name, ()))
    return [(facts, where) for facts, where in found if where is not None]


def limits(kind: RecordType, viewer: Viewer) -> Mapping[str, Level]:
    """The facts and fields that the viewer may not read, each with what they may."""
    return _limits(viewer, kind.name) if viewer.limits else {}


def is_limited(kind: RecordType, viewer: Viewer, fact: str) -> bool:
    return fact in limits(kind, viewer)


def may_write(kind: RecordType, viewer: Viewer, field: str) -> bool:
    return level_set(viewer, kind.name, field) is Level.WRITE


def settable(kind: RecordType) -> Iterable[str]:
    """The facts of a type for which rights can be set: its own, without those nothing can be shown
    without and those that are another type's."""
    for name, fact in kind.schema.facts.items():
        if not (fact.is_bearing and name not in kind.field_by_name) and not _borrowed(kind, fact):
            yield name
    for field in kind.fields:
        if not field.is_fact:
            yield field.name


def lowest(kind: RecordType, fact: str) -> Level:
    """How far a fact can be withheld: what a record is known by stays readable."""
    known = kind.field_by_name.get(fact) or kind.schema.facts.get(fact)
    if known is None or known.is_bearing:
        return Level.READ
    return Level.MASK if fact == kind.title else Level.HIDE


@lru_cache(maxsize=256)
def _limits(viewer: Viewer, name: str) -> Mapping[str, Level]:
    kind = record_types()[name]
    names = {*kind.schema.facts, *(field.name for field in kind.fields)}
    levels = ((one, _level(viewer, kind, one)) for one in sorted(names))
    return {one: level for one, level in levels if level < Level.READ}


def _level(viewer: Viewer, kind: RecordType, name: str) -> Level:
    """The least of what is set for a fact and for what it is made of."""
    level = max(level_set(viewer, kind.name, name), lowest(kind, name))
    fact = kind.schema.facts.get(name)
    sources = _sources(kind, fact) if fact is not None else ()
    return min([level, *(_level(viewer, other, one) for other, one in sources)])


def _sources(kind: RecordType, fact: Fact | Aggregate) -> Iterable[tuple[RecordType, str]]:
    """The facts that a fact is made of, with their types."""
    for source in fact.made_of:
        name, _dot, one = source.partition(".")
        yield record_types()[name], one
    yield from _borrowed(kind, fact)


def _borrowed(kind: RecordType, fact: Fact | Aggregate) -> list[tuple[RecordType, str]]:
    """Facts of another type that an aggregate adds up or a join reads."""
    if isinstance(fact, Aggregate):
        table, column = kind.schema.collections[fact.collection].table, fact.measure
    elif fact.join is not None:
        table, column = kind.schema.joins[fact.join].table, fact.column
    else:
        return []
    return [
        (other, name)
        for other in record_types().values()
        if other.table == table
        for name, one in other.schema.facts.items()
        if isinstance(one, Fact) and one.join is None and one.column == column
    ]


# ------------------------------------------------------------------------------- what is asked


def refuse_limited(kind: RecordType, viewer: Viewer, where: Node) -> None:
    """Raises Invalid for a filter that asks about what the viewer may not see: who is found and in
    which order would tell it."""
    hidden = limits(kind, viewer)
    if not viewer.limits:
        return
    for part in walk(where):
        if isinstance(part, Test) and part.fact in hidden:
            raise refusal(kind, part.fact)
        if isinstance(part, EventTest) and part.where is not None:
            for test in walk(part.where):
                if isinstance(test, Test) and _tells_limited(viewer, part.event, test.fact):
                    raise Invalid.field(test.fact, "not_yours", _("You may not ask about this."))


def refusal(kind: RecordType, fact: str) -> Invalid:
    known = kind.schema.facts.get(fact) or kind.field_by_name[fact]
    message = _("“%(fact)s” is not shown to you, so it can't be asked about.")
    return Invalid.field(fact, "not_yours", message % {"fact": known.label})


def with_rows_kept_apart(kind: RecordType, viewer: Viewer, where: Node) -> Node:
    """A filter that holds for nothing masked by row: whether it would, can't be found out."""
    masks = row_masks(kind, viewer)
    return _kept_apart(where, masks) if masks else where


def _kept_apart(node: Node, masks: list[tuple[frozenset[str], Node]]) -> Node:
    match node:
        case AllOf(parts):
            return AllOf(tuple(_kept_apart(part, masks) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(_kept_apart(part, masks) for part in parts))
        case Not(part):
            return Not(_kept_apart(part, masks))
        case Test(fact=fact):
            apart = [Not(rows) for facts, rows in masks if fact in facts]
            return AllOf((*apart, node)) if apart else node
    return node


def refuse_unwritable(kind: RecordType, viewer: Viewer, names: Iterable[str]) -> None:
    """Raises Invalid naming every field that the viewer may not set."""
    if not viewer.limits:
        return
    message = _("You may not set this. Ask your administrator.")
    errors = [
        FieldError(name, "not_writable", message)
        for name in names
        if (name in kind.field_by_name or name in kind.schema.facts)
        and not may_write(kind, viewer, name)
    ]
    if errors:
        raise Invalid("not_writable", message, tuple(errors))


# ----------------------------------------------------------------------- what stands in its place


def in_place_of(kind: RecordType, name: str, level: Level, value: Any) -> Any:
    """What is handed out instead of the value of a fact, fit to stand in a record."""
    field = kind.field_by_name.get(name)
    if field is None and (borrowed := _borrowed(kind, kind.schema.facts[name])):
        kind, name = borrowed[0]
        field = kind.field_by_name.get(name)
    shape = field.kind if field else kind.schema.facts[name].kind
    if level is Level.MASK and value:
        if name == kind.title:
            return Masked(mask_name(str(value)))
        if (cover := _COVERS.get(shape)) is not None:
            return cover(value)
    return _EMPTY.get(shape)


def shown_in_place(kind: RecordType, name: str, level: Level, value: Any) -> Any:
    """The same for where values are only shown: that there is one may be known."""
    covered = in_place_of(kind, name, level, value)
    is_there = level is Level.MASK and value not in (None, "", [])
    is_link = kind.schema.facts[name].kind is Kind.LINK
    return Masked(STARS) if is_there and covered is None and not is_link else covered


def untold() -> str:
    """What is told of a reason that would name a hidden fact."""
    return _("something that you may not see")


def mask_name(name: str) -> str:
    return name[:1] + ("*" if len(name) <= 3 else STARS)


def mask_phone(number: str) -> str:
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 11 else STARS + number[-2:]


def mask_email(email: str) -> str:
    local, _at, domain = email.partition("@")
    return f"{local[:2] if len(local) > 2 else local[:1]}{STARS}@{domain}"


_TEXTS = (
    *(FieldKind.TEXT, FieldKind.LONG_TEXT, FieldKind.ADDRESS, FieldKind.WEB, FieldKind.CHOICE),
    *(FieldKind.CURRENCY, Kind.TEXT, Kind.CHOICE),
)
_LISTS = (FieldKind.TAGS, FieldKind.PHONES, FieldKind.EMAILS, Kind.TAGS)
_COVERS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_TEXTS, lambda value: Masked(STARS)),
    **dict.fromkeys(_LISTS, lambda values: [Masked(STARS)]),
    FieldKind.PHONES: lambda values: [Masked(mask_phone(one)) for one in values],
    FieldKind.EMAILS: lambda values: [Masked(mask_email(one)) for one in values],
}
_EMPTY: Mapping[str, Any] = {
    **dict.fromkeys(_TEXTS, ""),
    **dict.fromkeys(_LISTS, []),
    FieldKind.OBJECT: {},
}


# ------------------------------------------------------------------------------- what was told


def conceal_events(viewer: Viewer, found: Iterable[Any]) -> None:
    """Takes out of events what the viewer may not see: of their data and of what they changed."""
    if not viewer.limits:
        return
    for event in found:
        kind = record_types().get(event.subject_type)
        event.data = {
            name: _told(viewer, event.type, name, value) for name, value in event.data.items()
        }
        if kind is not None and event.changes:
            event.changes = _changes(kind, viewer, event.changes)


def _told(viewer: Viewer, event: str, name: str, value: Any) -> Any:
    source = _source_of(event, name)
    level = limits(source[0], viewer).get(source[1]) if source else None
    return value if source is None or level is None else in_place_of(*source, level, value)


def _tells_limited(viewer: Viewer, event: str, name: str) -> bool:
    source = _source_of(event, name)
    return source is not None and source[1] in limits(source[0], viewer)


def _source_of(event: str, name: str) -> tuple[RecordType, str] | None:
    """The fact that a value in an event's data tells: declared with the event, else the fact of
    the same name of the type that the event is about."""
    known = event_type(event)
    told = known.tells.get(name) if known else None
    type_name, _dot, fact = told.partition(".") if told else (event.partition(".")[0], "", name)
    kind = record_types().get(type_name)
    if kind is None or (fact not in kind.schema.facts and fact not in kind.field_by_name):
        return None
    return kind, fact


def _changes(kind: RecordType, viewer: Viewer, changes: Mapping) -> dict:
    hidden = limits(kind, viewer)
    by_column = {column: name for name in hidden for column in columns_of(kind, name)}
    shown = {}
    for column, pair in changes.items():
        name = by_column.get(column)
        if name is None:
            shown[column] = pair
        elif hidden[name] is Level.MASK:
            shown[column] = [in_place_of(kind, name, Level.MASK, value) for value in pair]
    return shown


def columns_of(kind: RecordType, name: str) -> tuple[str, ...]:
    """The attributes of a record in which a fact stands, or from which it could be read."""
    field = kind.field_by_name.get(name)
    fact = kind.schema.facts.get(name)
    if field is not None:
        own: tuple[str, ...] = (field.attribute,)
    else:
        own = (fact.column,) if isinstance(fact, Fact) and fact.join is None else ()
    return (*own, *kind.also_in.get(name, ()))
