"""Everything that points at a customer, declared once by the app that keeps it; and how such rows
go from one customer to another and back, set by set."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from zhike.filters.schema import Words
from zhike.kernel import clock

LEDGER = "customers_displaced"
Rows = Sequence[Mapping]


@dataclass(frozen=True, slots=True)
class Pointer:
    """A column that holds a customer's id.

    Rows of a merge's loser move to the winner. Those that would stand twice there (`once_per`: what
    the column is unique with) or relate the winner to itself (`other`: the column of the customer
    at the other end), and all that is derived, are set aside as a whole instead.
    """

    table: str
    column: str = "party_id"
    label: Words = ""  # without one it is nobody's business
    key: str = "id"
    key_type: str = "uuid"
    once_per: tuple[str, ...] | None = None
    other: str = ""
    is_record: bool = False  # its rows have versions
    is_customer: bool = False  # its rows are customers, which are never set aside
    is_derived: bool = False  # reckoned anew from what has moved
    # Told of rows set aside (-1) and put back (+1), by whoever keeps sums over them.
    counted: Callable[[Rows, int], None] | None = None

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}"

    @property
    def is_own(self) -> str:
        """The condition on rows `t` that the merge handles; the pair itself is written by field."""
        apart = " AND t.id <> %(winner)s AND t.id <> %(loser)s" if self.is_customer else ""
        return f"t.{self.column} = %(loser)s{apart}"

    @property
    def has_its_like(self) -> str:
        """The condition on rows `t` that can't move."""
        if self.is_derived:
            return "TRUE"
        conditions = []
        if self.other and not self.is_customer:
            conditions.append(f"t.{self.other} = %(winner)s")
        if self.once_per is not None:
            same = "".join(f" AND o.{column} = t.{column}" for column in self.once_per)
            conditions.append(
                f"EXISTS (SELECT 1 FROM {self.table} o WHERE o.{self.column} = %(winner)s{same})"
            )
        return " OR ".join(conditions) or "FALSE"


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows of a kind move, and how many are set aside."""

    label: Words
    moved: int
    aside: int


_pointers: dict[str, Pointer] = {}


def points_at_customer(*pointers: Pointer) -> None:
    for pointer in pointers:
        if pointer.name in _pointers:
            raise ValueError(f"{pointer.name} is declared twice")
        _pointers[pointer.name] = pointer


# What is kept in the customers' own rows of what points at them: told of both after a merge.
_kept: list[Callable[[Sequence[UUID]], None]] = []


def keeps_in_row(refresh: Callable[[Sequence[UUID]], None]) -> None:
    _kept.append(refresh)


def refresh_rows(ids: Sequence[UUID]) -> None:
    for refresh in _kept:
        refresh(ids)


def pointers() -> Sequence[Pointer]:
    return tuple(_pointers.values())


def count_rows(
    pointer: Pointer, winner: UUID, loser: UUID, seen: Callable[[Sequence[UUID]], set[UUID]]
) -> Count:
    """What `move_rows` would do; of rows with a customer at the other end, those that are seen."""
    ids = {"winner": winner, "loser": loser}
    if not pointer.other:
        found = _fetch(
            f"SELECT ({pointer.has_its_like}) AS stays, count(*) FROM {pointer.table} t "
            f"WHERE {pointer.is_own} GROUP BY 1",
            ids,
        )
        counts = dict(found)
        return Count(pointer.label, counts.get(False, 0), counts.get(True, 0))
    rows = _fetch(
        f"SELECT t.{pointer.other}, ({pointer.has_its_like}) FROM {pointer.table} t "
        f"WHERE {pointer.is_own}",
        ids,
    )
    visible = seen([other for other, _stays in rows]) if rows else set()
    aside = [stays for other, stays in rows if other in visible]
    return Count(pointer.label, aside.count(False), aside.count(True))


def move_rows(pointer: Pointer, merge_id: int, winner: UUID, loser: UUID) -> None:
    """Lets the loser's rows point at the winner and notes which they were. Doing it again takes
    along what has come since."""
    values = {
        "merge": merge_id, "winner": winner, "loser": loser, "name": pointer.name,
        "now": clock.now(),
    }  # fmt: skip
    if not pointer.is_customer:
        _set_aside(pointer, values)
    if not pointer.is_derived:
        _run(
            f"WITH moved AS (UPDATE {pointer.table} t SET {pointer.column} = %(winner)s"
            f"{_touch(pointer)} WHERE {pointer.is_own} RETURNING t.{pointer.key} AS key) "
            f"INSERT INTO {LEDGER} (merge_id, pointer, row_id) "
            "SELECT %(merge)s, %(name)s, key FROM moved",
            values,
        )


def move_rows_back(pointer: Pointer, merge_id: int, winner: UUID, loser: UUID) -> None:
    """Lets the rows that a merge moved and that still point at the winner point at the loser
    again, and puts back what was set aside. What happened to them since goes with them."""
    values = {
        "merge": merge_id, "winner": winner, "loser": loser, "name": pointer.name,
        "now": clock.now(),
    }  # fmt: skip
    if not pointer.is_derived:
        _move_back(pointer, values)
    if not pointer.is_customer:
        _put_back(pointer, values)


def _set_aside(pointer: Pointer, values: Mapping) -> None:
    rows = _fetch(
        f"WITH gone AS (DELETE FROM {pointer.table} t "
        f"WHERE {pointer.is_own} AND ({pointer.has_its_like}) RETURNING t.*) "
        f"INSERT INTO {LEDGER} (merge_id, pointer, row_id, row) "
        "SELECT %(merge)s, %(name)s, '', to_jsonb(gone) FROM gone RETURNING row",
        values,
    )
    _tell(pointer, rows, -1)


def _move_back(pointer: Pointer, values: Mapping) -> None:
    # Ids go by hand: a planner who knows nothing of the fresh ledger would join it row by row.
    noted = _fetch(
        f"SELECT row_id FROM {LEDGER} WHERE merge_id = %(merge)s AND pointer = %(name)s "
        "AND row IS NULL",
        values,
    )
    back = _fetch(
        f"UPDATE {pointer.table} t SET {pointer.column} = %(loser)s{_touch(pointer)} "
        f"WHERE t.{pointer.key} = ANY(%(ids)s::{pointer.key_type}[]) "
        f"AND t.{pointer.column} = %(winner)s RETURNING t.{pointer.key}",
        {**values, "ids": [row_id for (row_id,) in noted]},
    )
    if pointer.is_record and not pointer.is_customer:
        _run(
            "UPDATE events_event SET party_id = %(loser)s "
            "WHERE subject_id = ANY(%(ids)s) AND party_id = %(winner)s",
            {**values, "ids": [key for (key,) in back]},
        )


def _put_back(pointer: Pointer, values: Mapping) -> None:
    rows = _fetch(
        f"WITH aside AS (SELECT row FROM {LEDGER} WHERE merge_id = %(merge)s "
        "AND pointer = %(name)s AND row IS NOT NULL), "
        f"back AS (INSERT INTO {pointer.table} SELECT (jsonb_populate_record("
        f"NULL::{pointer.table}, row)).* FROM aside ON CONFLICT DO NOTHING RETURNING *) "
        "SELECT to_jsonb(back) FROM back",
        values,
    )
    _tell(pointer, rows, 1)


def _touch(pointer: Pointer) -> str:
    return ", version = t.version + 1, updated_at = %(now)s" if pointer.is_record else ""


def _tell(pointer: Pointer, rows: Sequence[tuple], sign: int) -> None:
    if rows and pointer.counted is not None:
        # Django's cursor hands jsonb over as text.
        pointer.counted([json.loads(row) for (row,) in rows], sign)


def _fetch(statement: str, values: Mapping) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def _run(statement: str, values: Mapping) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
