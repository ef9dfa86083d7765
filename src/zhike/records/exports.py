"""Records on their way out: CSV, XLSX or Parquet, streamed, safe for spreadsheets, logged."""

import csv
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from django.utils.translation import gettext as _

from zhike.access.policies import refuse_braked, require
from zhike.access.viewer import Viewer
from zhike.events.actions import Draft, record
from zhike.filters import EVERYTHING, Node, dump
from zhike.kernel import clock
from zhike.kernel.errors import Invalid
from zhike.kernel.text import listed
from zhike.records import queries
from zhike.records.fields import Field, FieldKind
from zhike.records.imports.refused import defuse
from zhike.records.types import RecordType

FORMATS = ("csv", "xlsx", "parquet")
MOST_SHEET_ROWS = 1_048_575
Report = Callable[[int], None]


def export_records(
    kind: RecordType,
    viewer: Viewer,
    path: Path,
    *,
    format: str = "csv",
    where: Node = EVERYTHING,
    search: str = "",
    report: Report | None = None,
) -> int:
    """Writes all records that the viewer sees and a filter selects; returns how many.

    The file appears under its name when it is complete. What was exported by whom is told.
    """
    require(viewer, "export")
    if format not in FORMATS:
        known = listed(FORMATS)
        message = _("Choose one of: %(known)s.") % {"known": known}
        raise Invalid.field("format", "unknown_choice", message)
    partial = path.with_name(path.name + ".part")
    number = tell_export(kind, viewer, format=format, where=where, search=search)
    rows = export_rows(kind, viewer, where=where, search=search, report=report)
    try:
        count = _WRITERS[format](kind, rows, partial, number)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return count


def tell_export(
    kind: RecordType,
    viewer: Viewer,
    *,
    format: str,
    where: Node = EVERYTHING,
    search: str = "",
    archived: bool = False,
    columns: Sequence[str] = (),
) -> int:
    """Notes who takes what out, before the first byte leaves: whoever breaks off has most of it as
    well. Returns the number of the export, which the file bears."""
    refuse_braked(viewer)
    count = queries.count(
        kind, viewer, where=where, search=search, exact=True, archived=archived
    ).value
    queries.note_way(viewer, queries.Way.EXPORTED)
    data = {
        "type": kind.name, "rows": count, "format": format, "filter": dump(where),
        "search": search, "columns": list(columns) or [field.name for field in _fields(kind)],
    }  # fmt: skip
    return record(Draft("records.exported", kind.name, None, data=data), origin=viewer.origin())


def headings(kind: RecordType) -> list[str]:
    return [str(field.label) for field in _fields(kind)]


def export_rows(
    kind: RecordType,
    viewer: Viewer,
    *,
    where: Node = EVERYTHING,
    search: str = "",
    report: Report | None = None,
) -> Iterator[list[str]]:
    """One list of texts a record, in the order of `headings`; memory does not grow."""
    require(viewer, "export")
    fields = _fields(kind)
    done = 0
    for chunk in queries.every(kind, viewer, where=where, search=search):
        names = _names_of_links(fields, chunk, viewer)
        for instance in chunk:
            yield [_text(field, getattr(instance, field.attribute), names) for field in fields]
        done += len(chunk)
        if report:
            report(done)


def _fields(kind: RecordType) -> list[Field]:
    return [field for field in kind.fields if field.kind is not FieldKind.OBJECT]


def _names_of_links(fields: Sequence[Field], chunk: Sequence, viewer: Viewer) -> dict:
    names: dict = {}
    for field in fields:
        ids = [value for one in chunk if (value := getattr(one, field.attribute)) is not None]
        if field.links_to is not None and ids:
            names |= queries.linked_names(viewer, field.links_to, ids)
        elif field.kind in (FieldKind.USER, FieldKind.TEAM) and ids and field.choices:
            known = field.choices()
            names |= {one: str(known.get(str(one), one)) for one in ids}
    return names


def _text(field: Field, value: object, names: dict) -> str:
    if value is None:
        return ""
    if field.kind is FieldKind.LINK:
        return names.get(value, "")
    if field.kind in (FieldKind.USER, FieldKind.TEAM):
        return str(names.get(value, value))
    if isinstance(value, list | tuple):
        return "; ".join(value)
    if isinstance(value, datetime):
        return value.astimezone(clock.firm_zone()).isoformat(sep=" ", timespec="seconds")
    if field.choices is not None:
        return str(field.choices().get(str(value), value))
    return format(value, "f") if field.kind is FieldKind.NUMBER else str(value)


def _write_csv(kind: RecordType, rows: Iterator[list[str]], path: Path, number: int) -> int:
    """Plain text has no room for a mark beside the rows; the log knows it by name and time."""
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headings(kind))
        for row in rows:
            writer.writerow([defuse(cell) for cell in row])
            count += 1
    return count


def _write_xlsx(kind: RecordType, rows: Iterator[list[str]], path: Path, number: int) -> int:
    import xlsxwriter

    count = 0
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"comments": mark(number)})
        sheet = book.add_worksheet()
        sheet.set_footer(f"&R{mark(number)}")
        bold = book.add_format({"bold": True})
        for column, heading in enumerate(headings(kind)):
            sheet.write_string(0, column, heading, bold)
        for count, row in enumerate(rows, start=1):
            if count > MOST_SHEET_ROWS:
                message = _("An Excel sheet holds 1,048,575 rows; export as CSV or Parquet.")
                raise Invalid.field("format", "too_many_rows", message)
            for column, cell in enumerate(row):
                sheet.write_string(count, column, cell)
    return count


def _write_parquet(kind: RecordType, rows: Iterator[list[str]], path: Path, number: int) -> int:
    """By way of a CSV that DuckDB turns into columns of text: nothing is guessed."""
    import duckdb

    table = path.with_name(path.name + ".csv")
    try:
        count = 0
        with table.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, quoting=csv.QUOTE_ALL)
            writer.writerow([field.name for field in _fields(kind)])
            for row in rows:
                writer.writerow(row)
                count += 1
        with duckdb.connect(":memory:") as engine:
            engine.execute(
                "COPY (SELECT * FROM read_csv($1, all_varchar = true, header = true)) TO "
                f"{_quoted(path)} (FORMAT parquet, KV_METADATA {{export: '{mark(number)}'}})",
                [str(table)],
            )
    finally:
        table.unlink(missing_ok=True)
    return count


def mark(number: int) -> str:
    """By which a file that turns up somewhere leads to its line in the log."""
    return f"Zhike {number}"


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


_WRITERS = {"csv": _write_csv, "xlsx": _write_xlsx, "parquet": _write_parquet}
