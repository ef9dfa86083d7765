"""A list as a file: streamed, complete, safe to open in a spreadsheet."""

import csv
from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from zhike.filters.schema import Kind
from zhike.kernel.money import to_major
from zhike.records.exports import tell_export
from zhike.records.imports.refused import defuse
from zhike.records.limits import Masked
from zhike.records.queries import every, linked_names, values_of
from zhike.web.listing.reading import Reading, choices_by_fact


class _Line:
    """What csv writes to: hands the line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def csv_lines(reading: Reading) -> Iterator[str]:
    """The rows of a list, all of them, in the columns of the page and the fields of the type."""
    kind, schema = reading.kind, reading.kind.schema
    facts = reading.listing.known(reading.column_names)
    names = tuple(dict.fromkeys((kind.title, *facts, *_fields(reading))))
    writer = csv.writer(_Line())
    choices = choices_by_fact(schema, names)
    yield "\ufeff" + writer.writerow([str(schema.facts[name].label) for name in names])
    for records in _chunks(reading):
        ids = [record.pk for record in records]
        values = values_of(kind, reading.viewer, ids, names)
        linked = _linked(reading, names, values)
        for pk in ids:
            row = values[pk]
            yield writer.writerow(
                [
                    defuse(
                        _plain(row[n], schema.facts[n].kind, reading, {**choices, **linked}.get(n))
                    )
                    for n in names
                ]
            )


def announce_export(reading: Reading) -> None:
    """Writes the export down before it begins. The file doesn't bear the number of that line: of
    somebody who sees a part of the base it would tell how much happens in the rest."""
    tell_export(
        reading.kind, reading.viewer, format="csv", where=reading.where,
        search=reading.address.search, archived=reading.address.archived,
        columns=reading.column_names,
    )  # fmt: skip


def _chunks(reading: Reading):
    return every(
        reading.kind, reading.viewer, where=reading.where, search=reading.address.search,
        archived=reading.address.archived,
    )  # fmt: skip


def _fields(reading: Reading) -> list[str]:
    names = [field.name for field in reading.kind.fields if field.is_fact]
    return list(reading.listing.seen(reading.viewer, names))


def _linked(reading: Reading, names, values) -> dict:
    found = {}
    for name in names:
        field = reading.kind.field_by_name.get(name)
        if field is not None and field.links_to:
            ids = [row[name] for row in values.values() if row[name] is not None]
            titles = linked_names(reading.viewer, field.links_to, ids)
            found[name] = {str(pk): title for pk, title in titles.items()}
    return found


def _plain(value: Any, kind: Kind, reading: Reading, words) -> str:
    if value is None:
        return ""
    if isinstance(value, Masked):
        return str(value)
    if words is not None:
        return str(words.get(str(value), "" if kind is Kind.LINK else value))
    match kind:
        case Kind.MONEY:
            return str(to_major(int(value), reading.currency))
        case Kind.TAGS:
            return ", ".join(value)
        case Kind.TIME:
            return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    return str(value)
