"""What has to be forgotten of a customer who is erased: declared once by the app that keeps it, as
`points_at_customer` is for merges.

The file of an erased customer stays as a stub without a person, so that orders and sums stay right;
all else that stands below an id is deleted or emptied here. What names the person anywhere else is
found by its value (`privacy/actions/mentions.py`).
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.customers.facts import CUSTOMER
from zhike.customers.merging.actions import derive_people
from zhike.customers.merging.pointers import Rows
from zhike.customers.models import Attachment, Displaced, Merge, Party
from zhike.events.catalogue import event_types
from zhike.filters.schema import Words
from zhike.kernel import clock
from zhike.kernel.text import STARS
from zhike.records.models import Batch

# Lets guarded ledgers be emptied within the transaction that sets it (read by their triggers).
ERASING_SETTING = "zhike.erasing"
_KEPT = {
    *("id", "kind", "created_at", "updated_at", "archived_at", "version", "batch_id", "owner_id"),
    *("team_id", "merged_into_id", "erased_at", "completeness"),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Who is forgotten: one file and those merged into it, and what tells the person wherever it
    stands (names, numbers, addresses, former ones included)."""

    ids: Sequence[UUID]
    number: str  # of the certificate; the stub is called by it
    batch: Batch
    pattern: re.Pattern | None = None
    sql_pattern: str = ""
    files: list[str] = field(default_factory=list)  # below the folder of files, to be removed


@dataclass(frozen=True, slots=True)
class Forgets:
    """Rows of a table that belong to a customer: deleted, or some of their columns emptied."""

    table: str
    column: str = "party_id"
    empties: Mapping[str, str] | None = None  # column → the SQL it is set to
    counted: Callable[[Rows, int], None] | None = None  # told of deleted rows (-1)


_declared: dict[str, Forgets] = {}
_ways: list[Callable[[Person], Mapping[str, int]]] = []
_copies: list[tuple[Words, Callable[[], None]]] = []
_gates: list[Callable[[Sequence[Mapping]], Sequence[bool]]] = []


def forgets(*entries: Forgets) -> None:
    for entry in entries:
        name = f"{entry.table}.{entry.column}"
        if name in _declared:
            raise ValueError(f"{name} is declared twice")
        _declared[name] = entry


def forgets_by(way: Callable[[Person], Mapping[str, int]]):
    """Declares a way of forgetting that is more than emptying rows: table → number of rows."""
    _ways.append(way)
    return way


def forgets_copies(label: Words, make_again: Callable[[], None]) -> None:
    """Declares a copy of the record store that is made again without the person."""
    _copies.append((label, make_again))


def knows_erased(gate: Callable[[Sequence[Mapping]], Sequence[bool]]) -> None:
    """Declares who knows whether described customers were erased, without knowing who they are."""
    _gates.append(gate)


def were_erased(described: Sequence[Mapping]) -> list[bool]:
    """Which of some customers in a file were erased before."""
    found = [False] * len(described)
    for gate in _gates:
        found = [was or now for was, now in zip(found, gate(described), strict=True)]
    return found


def forgetting_tables() -> set[str]:
    return {entry.table for entry in _declared.values()}


def forgetting_entries() -> Sequence[Forgets]:
    return tuple(_declared.values())


def copies() -> Sequence[tuple[Words, Callable[[], None]]]:
    return tuple(_copies)


def count_rows(ids: Sequence[UUID]) -> dict[str, int]:
    """How many rows of each table would be touched."""
    found: dict[str, int] = {}
    for entry in _declared.values():
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*) FROM {entry.table} WHERE {entry.column} = ANY(%s)", [list(ids)]
            )
            found[entry.table] = found.get(entry.table, 0) + cursor.fetchone()[0]
    return {table: number for table, number in found.items() if number}


def forget(person: Person) -> dict[str, int]:
    """Forgets in every declared place; how many rows of each table."""
    found: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, 'yes', TRUE)", [ERASING_SETTING])
    for way in _ways:
        for table, number in way(person).items():
            found[table] = found.get(table, 0) + number
    for entry in _declared.values():
        found[entry.table] = found.get(entry.table, 0) + _forget_rows(entry, person.ids)
    return {table: number for table, number in found.items() if number}


def _forget_rows(entry: Forgets, ids: Sequence[UUID]) -> int:
    where = f"WHERE {entry.column} = ANY(%s)"
    with connection.cursor() as cursor:
        if entry.empties is not None:
            values = ", ".join(f"{column} = {value}" for column, value in entry.empties.items())
            cursor.execute(f"UPDATE {entry.table} SET {values} {where}", [list(ids)])
            return cursor.rowcount
        cursor.execute(f"DELETE FROM {entry.table} t {where} RETURNING to_jsonb(t)", [list(ids)])
        rows = [json.loads(row) for (row,) in cursor.fetchall()]
    if rows and entry.counted is not None:
        entry.counted(rows, -1)
    return len(rows)


@forgets_by
def _events(person: Person) -> Mapping[str, int]:
    """The one exception to a log that is never edited. What happened when stays, with numbers and
    what its type declares as impersonal; before and after, and all other words, go."""
    keeps = {name: list(kind.impersonal) for name, kind in event_types().items() if kind.impersonal}
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE events_event e SET changes = NULL, data = (SELECT coalesce("
            "jsonb_object_agg(d.key, d.value), '{}') FROM jsonb_each(e.data) d WHERE "
            "jsonb_typeof(d.value) IN ('number', 'boolean') OR (%s::jsonb -> e.type) ? d.key) "
            "WHERE e.party_id = ANY(%s) OR e.subject_id = ANY(%s)",
            [json.dumps(keeps), list(person.ids), list(person.ids)],
        )
        own = cursor.rowcount
        cursor.execute(
            "UPDATE events_event SET data = data || %s::jsonb "
            "WHERE data ? 'other' AND data ->> 'other_id' = ANY(%s)",
            [json.dumps({"other": STARS}), [str(pk) for pk in person.ids]],
        )
        return {"events_event": own + cursor.rowcount}


@forgets_by
def _failures(person: Person) -> Mapping[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM events_failure f USING events_event e WHERE e.id = f.event_id "
            "AND (e.party_id = ANY(%s) OR e.subject_id = ANY(%s))",
            [list(person.ids), list(person.ids)],
        )
        return {"events_failure": cursor.rowcount}


@forgets_by
def _labels(person: Person) -> Mapping[str, int]:
    """Single pieces of work are called by the record that they were about."""
    kinds = [Batch.Kind.EDIT, Batch.Kind.MERGE, Batch.Kind.UNDO, Batch.Kind.CLAIM]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE records_batch SET label = '' WHERE kind = ANY(%s) AND label <> '' AND id IN "
            "(SELECT batch_id FROM events_event WHERE party_id = ANY(%s) OR subject_id = ANY(%s))",
            [kinds, list(person.ids), list(person.ids)],
        )
        return {"records_batch": cursor.rowcount}


@forgets_by
def _staged(person: Person) -> Mapping[str, int]:
    """Rows of files that are about the person, and answers of ours that repeat what was sent."""
    ids = [str(pk) for pk in person.ids]
    found: dict[str, int] = {}
    with connection.cursor() as cursor:
        for table, column, condition in (
            ("records_importrow", "values", "question ->> 'record' = ANY(%(ids)s)"),
            ("access_idempotentreply", "body", "body LIKE ANY(%(likes)s)"),
        ):
            told = f' OR "{column}"::text ~* %(pattern)s' if person.sql_pattern else ""
            cursor.execute(
                f"DELETE FROM {table} WHERE {condition}{told}",
                {"ids": ids, "likes": [f"%{pk}%" for pk in ids], "pattern": person.sql_pattern},
            )
            found[table] = cursor.rowcount
    return found


@forgets_by
def _merges(person: Person) -> Mapping[str, int]:
    """They can't be taken apart any more."""
    merges = Merge.objects.filter(winner_id__in=person.ids)
    aside = Displaced.objects.filter(merge__in=merges).delete()[0]
    emptied = merges.update(before={}, after={}, choices={})
    return {"customers_displaced": aside, "customers_merge": emptied}


@forgets_by
def _attachments(person: Person) -> Mapping[str, int]:
    found = Attachment.objects.filter(party_id__in=person.ids)
    person.files.extend(f"{pk.hex[-2:]}/{pk.hex}" for pk in found.values_list("pk", flat=True))
    return {"customers_attachment": found.delete()[0]}


@forgets_by
def _file(person: Person) -> Mapping[str, int]:
    """Every column that isn't declared as kept is emptied, those of later versions too."""
    now = clock.now()
    parties = list(Party.objects.filter(pk__in=person.ids).select_for_update().order_by("pk"))
    for party in parties:
        for column in Party._meta.concrete_fields:
            if column.attname not in _KEPT:
                setattr(party, column.attname, column.get_default())
        party.name = _("Erased %(number)s") % {"number": person.number}
        party.archived_at, party.erased_at = party.archived_at or now, now
        party.updated_at, party.batch_id = now, person.batch.pk
        party.version += 1
        CUSTOMER.derive(party)
        party.search, party.keys = (), []
        party.save(force_update=True)
    derive_people(*parties)
    return {CUSTOMER.table: len(parties)}


# What tables are called on a certificate; others are called as they are.
TABLES: Mapping[str, Words] = {
    "customers_party": gettext_lazy("Customer file"),
    "events_event": gettext_lazy("Timeline entries"),
    "customers_task": gettext_lazy("Tasks"),
    "customers_attachment": gettext_lazy("Files"),
    "customers_relation": gettext_lazy("Relations"),
    "customers_share": gettext_lazy("Shares"),
    "commerce_order": gettext_lazy("Orders"),
    "segments_membership": gettext_lazy("Segments"),
    "customers_duplicate": gettext_lazy("Possible duplicates"),
    "commerce_line": gettext_lazy("Order lines"),
    "commerce_payment": gettext_lazy("Payments"),
    "insight_standing": gettext_lazy("Scores"),
    "insight_stageday": gettext_lazy("Stages over time"),
    "insight_suggestion": gettext_lazy("Today's list"),
    "ownership_entry": gettext_lazy("Ledger of owners"),
    "ownership_reminder": gettext_lazy("Reminders"),
    "privacy_consent": gettext_lazy("Consents"),
    "privacy_subjectrequest": gettext_lazy("Requests"),
    "privacy_legalhold": gettext_lazy("Legal holds"),
    "access_unmasking": gettext_lazy("Masked values looked at"),
}


def declare() -> None:
    forgets(
        Forgets("customers_task"),
        Forgets("customers_relation"),
        Forgets("customers_relation", "other_id"),
        Forgets("customers_share"),
        Forgets("customers_duplicate"),
        Forgets("customers_duplicate", "other_id"),
        Forgets("access_unmasking", "record_id", empties={"reason": "''"}),
    )
