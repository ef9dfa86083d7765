"""A record with everything that filters may ask, in memory: what the reading in Python reads."""

from typing import Any
from uuid import UUID

from django.db import connection

from zhike.filters.schema import Schema
from zhike.records.types import RecordType


def snapshot(kind: RecordType, record_id: UUID) -> dict[str, Any]:
    """Columns of the record, each join under its name, each collection as a list, the events and
    the ids of its segments. Rights are checked by whoever asks for it."""
    schema = kind.schema
    record = _rows(f"SELECT * FROM {schema.table} WHERE id = %s", record_id)[0]
    for name, join in schema.joins.items():
        statement = f"SELECT * FROM {join.table} WHERE {join.far} = %s"
        record[name] = next(iter(_rows(statement, record[join.near])), None)
    for name, rows in schema.collections.items():
        record[name] = _rows(f"SELECT * FROM {rows.table} WHERE {rows.far} = %s", record_id)
    record["events"] = _events(schema, record_id)
    record["segments"] = _segments(schema, record_id)
    return record


def _events(schema: Schema, record_id: UUID) -> list[dict[str, Any]]:
    if schema.events is None:
        return []
    rows = schema.events
    return _rows(f"SELECT * FROM {rows.table} WHERE {rows.far} = %s", record_id)


def _segments(schema: Schema, record_id: UUID) -> set[str]:
    if schema.groups is None:
        return set()
    rows = schema.groups
    found = _rows(f"SELECT segment_id FROM {rows.table} WHERE {rows.far} = %s", record_id)
    return {str(row["segment_id"]) for row in found}


def _rows(statement: str, *parameters: Any) -> list[dict[str, Any]]:
    import json

    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        names = [column.name for column in cursor.description]
        kinds = [column.type_code for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for name, kind in zip(names, kinds, strict=True):
        if kind == _JSONB:
            for row in rows:
                if isinstance(row[name], str):
                    row[name] = json.loads(row[name])
    return rows


_JSONB = 3802  # PostgreSQL's number of the type; Django's cursor hands it over as text
