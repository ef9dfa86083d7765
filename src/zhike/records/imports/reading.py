"""Reading a table from a file of unknown origin: CSV in UTF-8 or GB18030, or XLSX.

Whatever is wrong with the file as a whole is one clear error, raised before anything is written.
"""

import codecs
import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from django.utils.translation import gettext as _

from zhike.identity import normalise
from zhike.kernel.errors import Invalid

LARGEST_FILE = 4 * 2**30
LARGEST_SHEET = 2 * 2**30  # unpacked
LARGEST_PACKING = 200  # unpacked bytes per packed byte; real sheets stay below 50
MOST_COLUMNS = 300
LONGEST_CELL = 100_000
_DELIMITERS = ",\t;|"


@dataclass(frozen=True, slots=True)
class Table:
    """A file understood well enough to be read row by row."""

    path: Path
    format: str  # csv | xlsx
    headings: list[str]
    encoding: str = ""
    delimiter: str = ","

    def rows(self) -> Iterator[tuple[int, list, int]]:
        """(row number as a person counts it, cells, bytes read so far) of every row with values.

        Raises Invalid when the file turns out to be broken.
        """
        rows = self._csv_rows() if self.format == "csv" else self._xlsx_rows()
        for number, cells, position in rows:
            if any(cell not in ("", None) for cell in cells):
                yield number, cells, position

    def _csv_rows(self) -> Iterator[tuple[int, list, int]]:
        with self.path.open("rb") as binary:
            text = io.TextIOWrapper(binary, encoding=self.encoding, newline="")
            reader = csv.reader(text, delimiter=self.delimiter, strict=True)
            number = 0
            try:
                for number, cells in enumerate(reader, start=1):
                    if number > 1:
                        yield number, cells, binary.tell()
            except csv.Error as error:
                raise _broken_row(max(number + 1, reader.line_num), str(error)) from None
            except UnicodeDecodeError:
                raise _unreadable() from None

    def _xlsx_rows(self) -> Iterator[tuple[int, list, int]]:
        sheet = _sheet(self.path)
        for number, cells in enumerate(sheet.iter_rows(), start=1):
            if number > 1:
                yield number, cells, 0


def open_table(path: Path) -> Table:
    """Finds out what a file is. Raises Invalid for one that is no table."""
    size = path.stat().st_size
    if size == 0:
        raise Invalid.field("file", "empty", _("The file is empty."))
    if size > LARGEST_FILE:
        raise Invalid.field("file", "too_large", _("Files up to 4 GB can be imported."))
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(b"PK\x03\x04"):
        return _open_xlsx(path)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        message = _("This is an old Excel file (.xls). Save it as .xlsx or .csv.")
        raise Invalid.field("file", "old_excel", message)
    return _open_csv(path)


def sample(table: Table, count: int = 5) -> list[list[str]]:
    return [[show(cell) for cell in cells] for _n, cells, _p in islice(table.rows(), count)]


def show(cell: object) -> str:
    """A cell as a person would read it."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def _open_csv(path: Path) -> Table:
    encoding = _encoding_of(path)
    with path.open(encoding=encoding, newline="") as file:
        first = file.readline(LONGEST_CELL)
        delimiter = max(_DELIMITERS, key=first.count)
        file.seek(0)
        try:
            headings = next(csv.reader(file, delimiter=delimiter, strict=True), [])
        except csv.Error as error:
            raise _broken_row(1, str(error)) from None
    return Table(path, "csv", _headings(headings), encoding, delimiter)


def _encoding_of(path: Path) -> str:
    """UTF-8 when every byte fits, else GB18030 when every byte fits that."""
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for encoding in ("utf-8-sig", "gb18030"):
        if _decodes(path, encoding):
            return encoding
    raise _unreadable()


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while chunk := file.read(2**20):
                if b"\x00" in chunk:
                    message = _("This is not a table: it holds binary data.")
                    raise Invalid.field("file", "binary", message)
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _open_xlsx(path: Path) -> Table:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            is_workbook = any(part.filename == "xl/workbook.xml" for part in parts)
    except (zipfile.BadZipFile, OSError):
        raise _truncated() from None
    if not is_workbook:
        raise Invalid.field("file", "not_xlsx", _("This is a ZIP file, but not an Excel table."))
    unpacked = sum(part.file_size for part in parts)
    packed = max(sum(part.compress_size for part in parts), 1)
    if unpacked > LARGEST_SHEET or (unpacked > 2**26 and unpacked / packed > LARGEST_PACKING):
        message = _("This file would unpack to an unreasonable size and was not opened.")
        raise Invalid.field("file", "zip_bomb", message)
    first: list = next(_sheet(path).iter_rows(), [])
    return Table(path, "xlsx", _headings([show(cell) for cell in first]))


def _sheet(path: Path):
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_path(str(path))
        return workbook.get_sheet_by_index(0)
    except (CalamineError, OSError, ValueError, IndexError):
        raise _truncated() from None


def _headings(cells: list[str]) -> list[str]:
    headings = [normalise(cell.replace("\x00", ""))[:200] for cell in cells]
    while headings and not headings[-1]:
        headings.pop()
    if not headings or not any(headings):
        message = _("The first row must hold the names of the columns; it is empty.")
        raise Invalid.field("file", "no_headings", message)
    if len(headings) > MOST_COLUMNS:
        raise Invalid.field("file", "too_many_columns", _("At most 300 columns can be read."))
    seen: dict[str, int] = {}
    unique = []
    for position, heading in enumerate(headings, start=1):
        heading = heading or _("Column %(number)s") % {"number": position}
        seen[heading] = seen.get(heading, 0) + 1
        unique.append(heading if seen[heading] == 1 else f"{heading} ({seen[heading]})")
    return unique


def _broken_row(number: int, reason: str) -> Invalid:
    message = _(
        "Row %(number)s can't be read: a quotation mark is not closed or stands in the wrong "
        "place (%(reason)s). Save the file again as CSV and retry."
    ) % {"number": number, "reason": reason}
    return Invalid.field("file", "broken_row", message)


def _unreadable() -> Invalid:
    message = _("The text can't be read: it is neither UTF-8 nor GB18030. Save it as UTF-8.")
    return Invalid.field("file", "bad_encoding", message)


def _truncated() -> Invalid:
    message = _("The Excel file is damaged or cut off. Save it again and retry.")
    return Invalid.field("file", "broken_xlsx", message)
