"""What is told to a customer who asks what is known of them.

Whatever an app declares as forgotten (`customers/forgetting.py`) is told as well, row by row, so
that a new table can't be left out; `tells` adds what hangs on those rows, `tells_by` what takes
more than rows. Colleagues and other customers are left out of it.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.access.queries import user_names
from zhike.customers.facts import CUSTOMER
from zhike.customers.forgetting import TABLES, forgetting_entries
from zhike.events.catalogue import event_label
from zhike.filters.schema import Words

Row = Mapping[str, Any]
# Made from what is told already, or the machinery's own.
_MACHINERY = {
    *("search", "keys", "name_key", "readers", "writers", "version", "derived", "key"),
    *("owner_before", "owner_after", "pool_before", "pool_after"),
}
# What stands in an event's data of another customer.
_OTHERS = ("other", "other_id", "with", "with_id")


@dataclass(frozen=True, slots=True)
class Section:
    """What one table says of the person, in words and in rows."""

    table: str
    label: Words
    rows: Sequence[Row]
    labels: Mapping[str, Words] = field(default_factory=dict)  # of columns
    note: Words = ""  # what it means, how it comes about


@dataclass(frozen=True, slots=True)
class Tells:
    """How rows of a table are told: those of some customers (`where` over ids), with what `adds`
    says in SQL of rows `t`."""

    table: str
    where: str = "t.party_id = ANY(%(ids)s)"
    adds: Mapping[str, str] = field(default_factory=dict)
    label: Words = ""
    labels: Mapping[str, Words] = field(default_factory=dict)
    note: Words = ""


_declared: dict[str, Tells] = {}
_ways: list[Callable[[Sequence[UUID]], Iterable[Section]]] = []

# What is kept and not told, and why.
UNTOLD: Mapping[str, Words] = {
    "records_importrow": gettext_lazy(
        "Rows of imported files: what was taken over stands in the file and its timeline."
    ),
    "customers_merge": gettext_lazy(
        "Former values of merged files: they stand in the timeline as changes."
    ),
    "records_savedview": gettext_lazy("Names that colleagues gave their own lists."),
    "records_import": gettext_lazy("Names of imported files."),
    "records_batch": gettext_lazy("Names of pieces of work; what they did stands in the timeline."),
    "access_idempotentreply": gettext_lazy("Answers to programs, kept for a day."),
    "events_failure": gettext_lazy("Messages about internal failures."),
}


def tells(*entries: Tells) -> None:
    for entry in entries:
        if entry.table in _declared:
            raise ValueError(f"{entry.table} is told twice")
        _declared[entry.table] = entry


def tells_by(way: Callable[[Sequence[UUID]], Iterable[Section]]):
    """Declares a way of telling that is more than rows of a table."""
    _ways.append(way)
    return way


def told_tables() -> set[str]:
    return {entry.table for entry in _entries()} | {"customers_party", "events_event"}


def sections(ids: Sequence[UUID]) -> list[Section]:
    """Everything known of one customer: a file and those merged into it."""
    found = [section for way in _ways for section in way(ids)]
    found += [_told(entry, ids) for entry in _entries()]
    return [one for one in found if one.rows]


def _entries() -> list[Tells]:
    columns: dict[str, list[str]] = {}
    for entry in forgetting_entries():
        columns.setdefault(entry.table, []).append(entry.column)
    found = dict(_declared)
    for table, names in columns.items():
        where = " OR ".join(f"t.{name} = ANY(%(ids)s)" for name in names)
        found.setdefault(table, Tells(table, where))
    return list(found.values())


def _told(entry: Tells, ids: Sequence[UUID]) -> Section:
    adds = "".join(f" || jsonb_build_object('{name}', {said})" for name, said in entry.adds.items())
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT to_jsonb(t){adds} FROM {entry.table} t WHERE {entry.where} ORDER BY t",
            {"ids": list(ids)},
        )
        rows = [_of_the_person(json.loads(row)) for (row,) in cursor.fetchall()]
    label = entry.label or TABLES.get(entry.table, entry.table)
    return Section(entry.table, label, rows, entry.labels, entry.note)


def _of_the_person(row: Row) -> dict[str, Any]:
    """A row without machinery and without whoever else it names."""
    return {
        name: without_colleagues(value)
        for name, value in row.items()
        if name not in _MACHINERY and not name.endswith(("_id", "_by"))
    }


def without_colleagues(value: Any) -> Any:
    """A value of any shape in which an employee is only an employee."""
    if isinstance(value, str):
        names = user_names()
        return _("an employee") if value in names or value in names.values() else value
    if isinstance(value, list):
        return [without_colleagues(one) for one in value]
    if isinstance(value, dict):
        return {name: without_colleagues(one) for name, one in value.items()}
    return value


@tells_by
def _files(ids: Sequence[UUID]) -> Iterable[Section]:
    labels = {one.attribute: one.label for one in CUSTOMER.fields}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_jsonb(t) || jsonb_build_object('company', (SELECT c.name FROM "
            "customers_party c WHERE c.id = t.company_id AND c.kind = 'company')) "
            "FROM customers_party t WHERE t.id = ANY(%s) ORDER BY merged_into_id NULLS FIRST",
            [list(ids)],
        )
        rows = [_of_the_person(json.loads(row)) for (row,) in cursor.fetchall()]
    labels |= {"company": _("Company")}
    yield Section("customers_party", TABLES["customers_party"], rows, labels)


@tells_by
def _timeline(ids: Sequence[UUID]) -> Iterable[Section]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT type, happened_at, source, data, changes FROM events_event "
            "WHERE party_id = ANY(%s) OR subject_id = ANY(%s) ORDER BY happened_at, id",
            [list(ids), list(ids)],
        )
        rows = [_event(*row) for row in cursor.fetchall()]
    yield Section("events_event", TABLES["events_event"], rows)


def _event(kind: str, at: Any, source: str, data: Any, changes: Any) -> Row:
    said = {key: value for key, value in _read(data).items() if key not in _OTHERS}
    changed = {
        key: value for key, value in _read(changes).items()
        if key not in _MACHINERY and not key.endswith("_id")
    }  # fmt: skip
    return {
        "at": at.isoformat(), "type": kind, "label": str(event_label(kind)), "source": source,
        "data": without_colleagues(said), "changes": without_colleagues(changed),
    }  # fmt: skip


def _read(value: Any) -> dict:
    return json.loads(value) if isinstance(value, str) else (value or {})


def declare() -> None:
    tells(
        Tells("customers_attachment", "t.party_id = ANY(%(ids)s) AND t.removed_at IS NULL"),
    )
