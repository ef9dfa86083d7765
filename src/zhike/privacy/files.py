"""What names a person on disk: uploaded files that imports keep, and PostgreSQL's own log."""

import re
from pathlib import Path

from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import files_folder, logs_folder
from zhike.records.imports.reading import open_table, show


def uploads_that_name(compiled: re.Pattern) -> list[Path]:
    """Files that were imported, and lists of refused rows, which hold the person in any row."""
    folder = files_folder() / "imports"
    if not folder.is_dir():
        return []
    return [path for path in sorted(folder.iterdir()) if path.is_file() and _names(path, compiled)]


def _names(path: Path, compiled: re.Pattern) -> bool:
    if compiled.search(path.read_bytes().decode("utf-8", "replace")):
        return True
    try:
        table = open_table(path)
        return any(
            compiled.search(" ".join(show(cell) for cell in cells))
            for _number, cells, _position in table.rows()
        )
    except ZhikeError:
        return False  # no table; its bytes were looked at


def clean_logs(compiled: re.Pattern) -> int:
    """PostgreSQL writes values into its complaints. They are overwritten where they stand: it keeps
    the file open. How many there were."""
    found = 0
    for path in sorted(logs_folder().iterdir()):
        if path.is_file():
            with path.open("r+b") as file:
                for match in compiled.finditer(file.read().decode("utf-8", "surrogateescape")):
                    before = match.string[: match.start()].encode("utf-8", "surrogateescape")
                    file.seek(len(before))
                    file.write(b"*" * len(match.group().encode("utf-8", "surrogateescape")))
                    found += 1
    return found
