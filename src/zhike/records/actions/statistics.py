"""What the planner knows of the tables after work by the hundred thousand."""

from django.db import connection

from zhike.records.types import record_types

MANY = 5_000


def refresh_statistics() -> None:
    """Tells the planner what has changed: an undo right after a large import would otherwise be
    planned for the one row of the batch that the old statistics know of."""
    tables = sorted({kind.table for kind in record_types().values()} | {"events_event"})
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(tables)}")
