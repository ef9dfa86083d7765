"""The file that `zhike backup` writes and `zhike restore` reads.

An ordinary tar, so that nobody needs us to get at their data: ``database.dump`` (the custom format
of pg_dump), ``secret_key``, ``files/…`` and, last, ``manifest.json`` with the SHA-256 of each.
Everything streams; nothing is held in memory or written twice.
"""

import hashlib
import io
import json
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from gettext import gettext
from pathlib import Path
from typing import IO, Any

from zhike.kernel.errors import ZhikeError

FORMAT = 1
DUMP, SECRET_KEY, FILES, MANIFEST = "database.dump", "secret_key", "files/", "manifest.json"
PIECE = 2**20


class DamagedBackup(ZhikeError):
    """The file isn't a complete backup of ours."""

    def __init__(self, reason: str):
        message = gettext(
            "The file is not a whole backup of Zhike: %(reason)s. Nothing was changed."
        )
        super().__init__("backup.damaged", message % {"reason": reason})


class ArchiveWriter:
    """Takes streams of unknown length, one after the other."""

    def __init__(self, file: IO[bytes]):
        self._file = file
        self._checksums: dict[str, str] = {}

    def add(self, name: str, source: IO[bytes]) -> int:
        """Its size in bytes. The header before the content is corrected when the size is known."""
        header_at = self._file.tell()
        self._file.write(_header(name, 0))
        checksum, size = hashlib.sha256(), 0
        while piece := source.read(PIECE):
            self._file.write(piece)
            checksum.update(piece)
            size += len(piece)
        self._file.write(bytes(-size % tarfile.BLOCKSIZE))
        end = self._file.tell()
        self._file.seek(header_at)
        self._file.write(_header(name, size))
        self._file.seek(end)
        self._checksums[name] = checksum.hexdigest()
        return size

    def finish(self, facts: dict[str, Any]) -> None:
        manifest = {"format": FORMAT, **facts, "sha256": self._checksums}
        text = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
        self.add(MANIFEST, io.BytesIO(text))
        self._file.write(bytes(2 * tarfile.BLOCKSIZE))


class ArchiveReader:
    """A backup, verified from its first to its last byte before anything is taken from it."""

    def __init__(self, path: Path):
        self.path = path
        self.manifest = self._verified_manifest()

    def contents(self) -> Iterator[tuple[str, IO[bytes]]]:
        """Names and streams in the order of the file; each stream is good until the next."""
        with self._open() as archive:
            for entry in archive:
                content = archive.extractfile(entry)
                if not entry.isreg() or content is None or not _is_expected(entry.name):
                    raise DamagedBackup(entry.name)
                yield entry.name, content

    def _verified_manifest(self) -> dict[str, Any]:
        checksums: dict[str, str] = {}
        manifest: dict[str, Any] | None = None
        try:
            for name, content in self.contents():
                if name == MANIFEST:
                    manifest = json.load(content)
                else:
                    checksums[name] = _checksum(content)
        except (tarfile.TarError, EOFError, ValueError) as error:
            raise DamagedBackup(str(error)) from error
        except OSError as error:
            message = gettext("%(path)s can't be read (%(reason)s).")
            raise ZhikeError(
                "backup.unreadable",
                message % {"path": self.path, "reason": error.strerror or error},
            ) from error
        if not isinstance(manifest, dict) or DUMP not in checksums:
            raise DamagedBackup(gettext("its end is missing"))
        if manifest.get("format") != FORMAT:
            message = gettext(
                "This backup was written by a newer Zhike (%(version)s). Install that first."
            )
            raise ZhikeError("backup.newer", message % {"version": manifest.get("zhike")})
        if checksums != manifest.get("sha256"):
            wrong = {name for name, _ in checksums.items() ^ manifest.get("sha256", {}).items()}
            raise DamagedBackup(gettext("%(name)s was changed") % {"name": min(wrong)})
        return manifest

    @contextmanager
    def _open(self) -> Iterator[tarfile.TarFile]:
        with tarfile.open(self.path, "r:") as archive:
            yield archive


def _header(name: str, size: int) -> bytes:
    """As long for one size as for another."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o600, int(time.time())
    return entry.tobuf(tarfile.GNU_FORMAT, "utf-8")


def _is_expected(name: str) -> bool:
    """No name leads out of the folder it is unpacked into."""
    if name in (DUMP, SECRET_KEY, MANIFEST):
        return True
    return name.startswith(FILES) and not {"", ".", ".."} & set(name.split("/"))


def _checksum(content: IO[bytes]) -> str:
    checksum = hashlib.sha256()
    while piece := content.read(PIECE):
        checksum.update(piece)
    return checksum.hexdigest()
