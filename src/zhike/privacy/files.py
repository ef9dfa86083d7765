"""What names a person on disk: uploaded files that imports keep, and PostgreSQL's own log."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import files_folder, logs_folder
from zhike.records.imports.reading import open_table, show


def uploads_that_name(patterns: Sequence[re.Pattern | None]) -> list[list[Path]]:
    """By person, the files that were imported, and lists of refused rows, which hold them in any
    row. Each file is read once."""
    folder = files_folder() / "imports"
    found: list[list[Path]] = [[] for _pattern in patterns]
    paths = sorted(folder.iterdir()) if folder.is_dir() and any(patterns) else []
    for path in paths:
        if path.is_file():
            left = {place: pattern for place, pattern in enumerate(patterns) if pattern}
            for text in _texts(path):
                for place in [one for one, pattern in left.items() if pattern.search(text)]:
                    found[place].append(path)
                    del left[place]
    return found


def _texts(path: Path) -> Iterator[str]:
    """The bytes, and the rows if it is a table."""
    yield path.read_bytes().decode("utf-8", "replace")
    try:
        for _number, cells, _position in open_table(path).rows():
            yield " ".join(show(cell) for cell in cells)
    except ZhikeError:
        return  # no table; its bytes are looked at


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
