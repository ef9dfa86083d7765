"""What tells a person wherever it stands, and the pattern that finds it."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.db import connection

from zhike.access.queries import user_names

_TELLING = ("name", "phones", "emails", "registration_no", "street", "website", "code")
# Shorter ones mean too much else.
_SHORTEST = {"name": 2, "phones": 7, "emails": 6, "registration_no": 8, "street": 5, "website": 8}


def terms_of(ids: Sequence[UUID]) -> dict[str, list[str]]:
    """Names, numbers and addresses of some files, former ones included, by field."""
    found: dict[str, set[str]] = {name: set() for name in _TELLING}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT to_jsonb(p) FROM (SELECT {', '.join(_TELLING)} FROM customers_party "
            "WHERE id = ANY(%s)) p "
            "UNION ALL SELECT before || after FROM customers_merge WHERE winner_id = ANY(%s) "
            "UNION ALL SELECT before FROM customers_merge WHERE winner_id = ANY(%s) "
            "UNION ALL SELECT jsonb_build_object(c.key, v.value) FROM events_event e, "
            "jsonb_each(e.changes) c, jsonb_array_elements(c.value) v "
            "WHERE e.subject_id = ANY(%s) AND e.changes IS NOT NULL AND c.key = ANY(%s) "
            "AND jsonb_typeof(c.value) = 'array'",
            [list(ids)] * 4 + [list(_TELLING)],
        )
        for (row,) in cursor.fetchall():
            _collect(found, json.loads(row))
    return {name: sorted(values) for name, values in found.items() if values}


def _collect(found: dict[str, set[str]], row: Mapping) -> None:
    for name in _TELLING:
        value = row.get(name)
        values = value if isinstance(value, list) else [value]
        found[name] |= {one for one in values if isinstance(one, str) and one.strip()}


def unmistakable(terms: Mapping[str, Sequence[str]], ids: Sequence[UUID]) -> dict[str, list[str]]:
    """Those that no other customer and no colleague bears, and that are long enough to mean nobody
    else: only these are taken out of what is said of others."""
    colleagues = [name.casefold() for name in user_names().values()]
    found: dict[str, list[str]] = {}
    for name, values in terms.items():
        if name not in _SHORTEST:
            continue
        borne = _borne_by_others(name, values, ids)
        kept = [
            value
            for value in values
            if len(value) >= _SHORTEST[name]
            and value not in borne
            and not any(value.casefold() in colleague for colleague in colleagues)
        ]
        if kept:
            found[name] = kept
    return found


def _borne_by_others(name: str, values: Sequence[str], ids: Sequence[UUID]) -> set[str]:
    is_list = name in ("phones", "emails")
    same = (
        f"t.value = ANY(p.{name})"
        if is_list
        else f"position(lower(t.value) in lower(p.{name})) > 0"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT t.value FROM unnest(%s::text[]) t(value) JOIN customers_party p "
            f"ON {same} WHERE p.id <> ALL(%s)",
            [list(values), list(ids)],
        )
        return {row[0] for row in cursor.fetchall()}


def pattern_of(terms: Mapping[str, Sequence[str]]) -> str:
    """A regular expression that PostgreSQL and Python read alike; empty without terms."""
    parts = {_phone(value) for value in terms.get("phones", ())}
    texts = {v for name in _SHORTEST if name != "phones" for v in terms.get(name, ())}
    for text in texts:
        for written in {text, json.dumps(text, ensure_ascii=False)[1:-1]}:
            parts.add(_bounded(written))
    return "|".join(sorted(filter(None, parts), key=len, reverse=True))


def _phone(value: str) -> str:
    """The number without its country, however it is grouped."""
    digits = re.sub(r"\D", "", value)
    if digits.startswith("86") and len(digits) == 13:
        digits = digits[2:]
    if len(digits) < _SHORTEST["phones"]:
        return ""
    core = digits if len(digits) <= 11 else digits[-10:]
    return r"[ ().-]*".join(core) + r"(?![0-9])"


def _bounded(text: str) -> str:
    """Latin names are words: Li doesn't stand in Lily."""
    found = re.sub(r"([][\\.^$*+?{}|()\-])", r"\\\1", text)
    before = r"(?<![A-Za-z0-9])" if re.match(r"[A-Za-z0-9]", text) else ""
    after = r"(?![A-Za-z0-9])" if re.search(r"[A-Za-z0-9]$", text) else ""
    return f"{before}{found}{after}"


def all_texts(terms: Mapping[str, Sequence[str]]) -> Iterable[str]:
    return (value for values in terms.values() for value in values)
