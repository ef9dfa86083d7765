"""The file of what an import left: refused rows and those with an open question."""

import csv
import os
from pathlib import Path

from django.utils.translation import gettext as _

from zhike.access.viewer import Viewer
from zhike.kernel.errors import NotFound
from zhike.records.imports.actions import imports_folder
from zhike.records.imports.answering import words_of_questions
from zhike.records.imports.reading import open_table, show
from zhike.records.models import Import, ImportRow


def error_file_path(viewer: Viewer, run: Import) -> Path:
    """Where it is written: a place for each reader, since not all may know the same."""
    reader = viewer.user_id.hex if viewer.user_id else viewer.kind
    return imports_folder() / f"{run.pk.hex}.{reader}.errors.csv"


def write_error_file(viewer: Viewer, run: Import, path: Path) -> int:
    """Writes the refused rows and those with an open question as they stood in the file, with the
    reason as far as the viewer may know it; returns how many.

    Cells that a spreadsheet would take for a formula are defused.
    """
    refused = ImportRow.objects.filter(run=run, question__isnull=True).exclude(error="")
    reasons = dict(refused.values_list("number", "error")) | words_of_questions(viewer, run)
    if not Path(run.path).is_file():
        message = _("The file was removed: it was too old, or held somebody erased since.")
        raise NotFound("file_removed", message)
    table = open_table(Path(run.path))
    partial = path.with_name(path.name + ".part")
    with partial.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*table.headings, _("Row"), _("Reason")])
        for number, cells, _position in table.rows():
            if number in reasons:
                padded = [show(cell) for cell in cells] + [""] * (len(table.headings) - len(cells))
                writer.writerow([*map(defuse, padded), number, reasons[number]])
    os.replace(partial, path)
    return len(reasons)


def defuse(cell: str) -> str:
    """A text that no spreadsheet runs: a leading = + - @ or control character gets an apostrophe,
    except on plain numbers."""
    if cell and cell[0] in "=+-@\t\r" and not _is_number(cell):
        return "'" + cell
    return cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
