"""Rows and values on their way to a viewer: what may not be seen is taken out of them here, and
which customers they tell of is noted for the access log."""

from collections.abc import Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from zhike.access.policies import Level, can
from zhike.access.queries import unmasked_facts
from zhike.access.viewer import Viewer
from zhike.filters import Fact
from zhike.records.limits import columns_of, in_place_of, limits, row_masks, shown_in_place
from zhike.records.models import Record
from zhike.records.queries.asking import ids_for_which
from zhike.records.queries.noting import note_listed, note_opened
from zhike.records.types import RecordType

Shown = TypeVar("Shown", bound=Record)


def concealed(kind: RecordType, viewer: Viewer, rows: Sequence[Shown]) -> Sequence[Shown]:
    """The rows as the viewer may see them. They are changed in place and must not be written:
    whatever writes reads its own."""
    note_listed(kind, viewer, (row.pk for row in rows))
    fresh = [row for row in rows if row.shown_to != viewer]
    by_role = limits(kind, viewer)
    by_row = _masked_by_row(kind, viewer, [row.pk for row in fresh])
    for row in fresh:
        row.shown_to = viewer
        _conceal(kind, row, {**by_row.get(row.pk, {}), **by_role})
    return rows


def concealed_one(kind: RecordType, viewer: Viewer, row: Shown) -> Shown:
    """One row, with those of its facts shown that the viewer has unmasked a short while ago."""
    note_opened(kind, viewer, row.pk)
    if row.shown_to == viewer:
        return row
    by_row = _masked_by_row(kind, viewer, [row.pk]).get(row.pk, {})
    hidden = {**by_row, **limits(kind, viewer)}
    if hidden and can(viewer, "unmask"):
        shown = unmasked_facts(viewer, kind.name, row.pk)
        hidden = {name: level for name, level in hidden.items() if name not in shown}
    row.shown_to = viewer
    _conceal(kind, row, hidden)
    return row


def concealed_values(
    kind: RecordType, viewer: Viewer, values: dict[UUID, dict[str, object]]
) -> dict[UUID, dict[str, object]]:
    note_listed(kind, viewer, values)
    by_role = limits(kind, viewer)
    by_row = _masked_by_row(kind, viewer, list(values))
    for pk, row in values.items():
        for name, level in {**by_row.get(pk, {}), **by_role}.items():
            if name in row:
                row[name] = shown_in_place(kind, name, level, row[name])
    return values


def limited_facts(
    kind: RecordType, viewer: Viewer, ids: Sequence[UUID]
) -> dict[UUID, frozenset[str]]:
    """The facts of each of some records that the viewer may not read."""
    by_role = limits(kind, viewer).keys()
    by_row = _masked_by_row(kind, viewer, ids)
    return {pk: frozenset({*by_role, *by_row.get(pk, ())}) for pk in ids}


def _masked_by_row(
    kind: RecordType, viewer: Viewer, ids: Sequence[UUID]
) -> dict[UUID, dict[str, Level]]:
    found: dict[UUID, dict[str, Level]] = {}
    for facts, where in row_masks(kind, viewer) if ids else ():
        for pk in ids_for_which(kind, where, ids):
            found.setdefault(pk, {}).update(dict.fromkeys(facts, Level.MASK))
    return found


def _conceal(kind: RecordType, row: Record, hidden: Mapping[str, Level]) -> None:
    if not hidden:
        return
    row.concealed = frozenset(hidden)
    attributes = row.__dict__
    for name, level in hidden.items():
        fact = kind.schema.facts.get(name)
        if name not in kind.field_by_name and not (isinstance(fact, Fact) and fact.join is None):
            continue
        own, *others = columns_of(kind, name)
        if own in attributes:
            attributes[own] = in_place_of(kind, name, level, attributes[own])
        for column in others:
            attributes[column] = None
