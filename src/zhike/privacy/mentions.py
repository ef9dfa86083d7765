"""What names a person in rows that are about somebody or something else: a colleague's note, a
saved list, a file's name. Found by value in every text of every table, so that a table nobody
thought of is reached as well; each mention is replaced where it stands.
"""

import json
import re
from collections import Counter
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
# PostgreSQL is let off looking around: without, it goes through a text once whatever the number of
# people. It finds a little more then, which Python leaves alone.
_LOOKS_AROUND = re.compile(r"\(\?<?![^()]*\)")
_TEXTS = ("text", "varchar", "bpchar", "jsonb", "json", "_text", "_varchar")


@dataclass(frozen=True, slots=True)
class Texts:
    """The columns of one table that hold words."""

    table: str
    key: Sequence[str]
    columns: Mapping[str, str]  # name → type
    longest: Mapping[str, int]


def replace_mentions(patterns: Sequence[str]) -> list[dict[str, int]]:
    """Replaces what the patterns of some people find, in one pass over all texts; of each person
    how many rows of each table."""
    found: list[dict[str, int]] = [{} for _pattern in patterns]
    wanted = _LOOKS_AROUND.sub("", "|".join(filter(None, patterns)))
    if wanted:
        compiled = [re.compile(one, re.IGNORECASE) if one else None for one in patterns]
        for one in tables():
            for person, number in _replace(one, wanted, compiled).items():
                found[person][one.table] = number
    return found


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


def _replace(one: Texts, pattern: str, compiled: Sequence[re.Pattern | None]) -> Counter[int]:
    """By place of the person: rows in which they were named."""
    names = [f'"{column}"' for column in one.columns]
    said = " || ' ' || ".join(f"coalesce({name}::text, '')" for name in names)
    keys = ", ".join(f'"{column}"' for column in one.key)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {keys}, {', '.join(names)} FROM {one.table} WHERE {said} ~* %s", [pattern]
        )
        rows = cursor.fetchall()
    done: Counter[int] = Counter()
    for row in rows:
        key, values = row[: len(one.key)], list(row[len(one.key) :])
        values = [
            _read(value, kind) for value, kind in zip(values, one.columns.values(), strict=True)
        ]
        after = values
        for person, their in enumerate(compiled):
            changed = [without(value, their) for value in after] if their else after
            if changed != after:
                done[person] += 1
            after = changed
        if after != values:
            _write(one, key, _changed(one, values, after))
    return done


def _read(value: Any, kind: str) -> Any:
    return json.loads(value) if kind in ("jsonb", "json") and isinstance(value, str) else value


def _changed(one: Texts, values: Sequence, after: Sequence) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for (column, kind), before, now in zip(one.columns.items(), values, after, strict=True):
        if now == before:
            continue
        if kind in ("jsonb", "json"):
            changed[column] = Jsonb(now)
        else:
            longest = one.longest.get(column)
            changed[column] = now[:longest] if isinstance(now, str) else now
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
