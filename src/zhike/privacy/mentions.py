"""What names a person in rows that are about somebody or something else: a colleague's note, a
saved list, a file's name. Found by value in every text of every table, so that a table nobody
thought of is reached as well; each mention is replaced where it stands.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg.types.json import Jsonb

from zhike.kernel.text import STARS

# What never speaks of customers, or is the machinery's own.
_SPARED = re.compile(
    r"^(django_|auth_|procrastinate_|privacy_(erasure|erasedkey|policy)|access_(user|team|token)$"
    r"|access_signinattempt|commerce_product|records_firm|spatial_)"
)
_TEXTS = ("text", "varchar", "bpchar", "jsonb", "json", "_text", "_varchar")


@dataclass(frozen=True, slots=True)
class Texts:
    """The columns of one table that hold words."""

    table: str
    key: Sequence[str]
    columns: Mapping[str, str]  # name → type
    longest: Mapping[str, int]


def replace_mentions(pattern: str) -> dict[str, int]:
    """Replaces what a pattern finds; how many rows of each table."""
    if not pattern:
        return {}
    compiled = re.compile(pattern, re.IGNORECASE)
    found = {one.table: _replace(one, pattern, compiled) for one in tables()}
    return {table: number for table, number in found.items() if number}


def tables() -> list[Texts]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.relname, a.attname, t.typname, CASE WHEN a.atttypmod > 4
                AND t.typname IN ('varchar', '_varchar') THEN a.atttypmod - 4 END,
                a.attnum = ANY(i.indkey)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            JOIN pg_type t ON t.oid = a.atttypid
            JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
            WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
              AND a.attgenerated = ''
            ORDER BY c.relname, a.attnum
            """
        )
        rows = cursor.fetchall()
    found: dict[str, Texts] = {}
    for table, column, kind, longest, is_key in rows:
        if _SPARED.match(table):
            continue
        one = found.setdefault(table, Texts(table, [], {}, {}))
        if is_key:
            one.key.append(column)  # type: ignore[attr-defined]
        if kind in _TEXTS:
            one.columns[column] = kind  # type: ignore[index]
            if longest:
                one.longest[column] = longest  # type: ignore[index]
    return [one for one in found.values() if one.columns]


def _replace(one: Texts, pattern: str, compiled: re.Pattern) -> int:
    names = [f'"{column}"' for column in one.columns]
    said = " || ' ' || ".join(f"coalesce({name}::text, '')" for name in names)
    keys = ", ".join(f'"{column}"' for column in one.key)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {keys}, {', '.join(names)} FROM {one.table} WHERE {said} ~* %s", [pattern]
        )
        rows = cursor.fetchall()
    done = 0
    for row in rows:
        key, values = row[: len(one.key)], row[len(one.key) :]
        changed = _changed(one, values, compiled)
        if changed:
            _write(one, key, changed)
            done += 1
    return done


def _changed(one: Texts, values: Sequence, compiled: re.Pattern) -> dict[str, Any]:
    changed = {}
    for (column, kind), value in zip(one.columns.items(), values, strict=True):
        if value is None:
            continue
        is_json = kind in ("jsonb", "json")
        before = json.loads(value) if is_json and isinstance(value, str) else value
        after = without(before, compiled)
        if after != before:
            if isinstance(after, str) and not is_json:
                after = after[: one.longest.get(column, len(after))]
            changed[column] = Jsonb(after) if is_json else after
    return changed


def without(value: Any, compiled: re.Pattern) -> Any:
    """A value of any shape in which stars stand for what a pattern finds."""
    if isinstance(value, str):
        return compiled.sub(STARS, value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return STARS if compiled.search(str(value)) else value
    if isinstance(value, list):
        return [without(one, compiled) for one in value]
    if isinstance(value, dict):
        return {compiled.sub(STARS, key): without(one, compiled) for key, one in value.items()}
    return value


def _write(one: Texts, key: Sequence, changed: Mapping[str, Any]) -> None:
    values = ", ".join(f'"{column}" = %s' for column in changed)
    same = " AND ".join(f'"{column}" = %s' for column in one.key)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {one.table} SET {values} WHERE {same}", [*changed.values(), *key])
