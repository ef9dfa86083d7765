"""What the planner knows of the tables after work by the hundred thousand."""

from django.db import connection

from zhike.records.types import record_types

# A table that grew by less is looked at by PostgreSQL itself, in its own time.
NOTABLE = 1 / 10


def refresh_statistics() -> None:
    """Tells the planner what has changed: an undo right after a large import would otherwise be
    planned for the one row of the batch that the old statistics know of."""
    _analyse(_tables())


def refresh_statistics_after(changes: int) -> None:
    """The same for those tables of which so many changes are a notable part: after the first file
    of a company every page would else be planned for an empty base."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE oid = ANY(%s::regclass[]) AND reltuples * %s < %s",
            [_tables(), NOTABLE, changes],
        )
        _analyse([row[0] for row in cursor.fetchall()])


def _tables() -> list[str]:
    return sorted({kind.table for kind in record_types().values()} | {"events_event"})


def _analyse(tables: list[str]) -> None:
    if tables:
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {', '.join(tables)}")
