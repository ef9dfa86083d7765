"""Filling tables that are empty, or nearly: without indexes and foreign keys, which are put back
once the rows are in. Building an index over all rows is several times cheaper than letting each
row find its place, and a foreign key is checked by one join instead of a look-up a row.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection

_FOREIGN_KEYS = """
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
    FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY(%s::regclass[])
"""
# The indexes of primary keys belong to a constraint and stay: ids are written in their order.
_INDEXES = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid = ANY(%s::regclass[])
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""


@contextmanager
def bare_tables(tables: Sequence[str]) -> Iterator[None]:
    """Takes the indexes and foreign keys off some tables and puts the very same back at the end.

    All in the caller's transaction: when it fails or is killed, nothing was ever taken off. Until
    it ends nobody else can use the tables.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FOREIGN_KEYS, [list(tables)])
        foreign_keys = cursor.fetchall()
        cursor.execute(_INDEXES, [list(tables)])
        indexes = cursor.fetchall()
        for table, name, _definition in foreign_keys:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {name}")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        for _name, definition in indexes:
            # The definition of a partitioned table's index is worded for that table alone.
            cursor.execute(definition.replace(" ON ONLY ", " ON "))
        for table, name, definition in foreign_keys:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def analyse(tables: Sequence[str]) -> None:
    """Lets the planner know what came in."""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ANALYZE {table}")
