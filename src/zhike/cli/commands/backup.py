"""`zhike backup FILE`: database, files and secret key in one file, while people go on working."""

import os
import subprocess
import tempfile
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from gettext import gettext
from pathlib import Path
from typing import Any

import zhike
from zhike.cli import output
from zhike.cli.archive import DUMP, FILES, SECRET_KEY, ArchiveWriter
from zhike.cli.client_programs import client_program, connection_environment, require_success
from zhike.cli.installation import database
from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import files_folder, home


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help=gettext("the file to write"))
    output.add_json_option(parser)


def run(arguments: Namespace) -> int:
    with database() as server:
        facts = write_backup(server.url, arguments.file)
    text = gettext("%(file)s: database and %(files)d files, %(megabytes).1f MB.")
    values = {"file": arguments.file, "files": facts["files"], "megabytes": facts["bytes"] / 2**20}
    output.conclude(arguments, facts, text % values)
    return 0


def write_backup(url: str, path: Path) -> dict[str, Any]:
    """Writes beside the name and renames at the end: a file of that name is always whole."""
    part = path.with_name(f"{path.name}.part")
    try:
        with open(part, "wb", opener=_open_private) as file:
            archive = ArchiveWriter(file)
            size = _add_database(archive, url)
            count = _add_files(archive)
            created = datetime.now(UTC).isoformat(timespec="seconds")
            facts = {"zhike": zhike.__version__, "created_at": created, "files": count}
            archive.finish({**facts, "database_bytes": size})
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        message = gettext("%(path)s can't be written (%(reason)s).")
        values = {"path": error.filename or path, "reason": error.strerror}
        raise ZhikeError("backup.not_written", message % values) from error
    finally:
        part.unlink(missing_ok=True)
    return {"file": str(path), "bytes": path.stat().st_size, **facts}


def _add_database(archive: ArchiveWriter, url: str) -> int:
    command = [client_program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges"]
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            command, env=connection_environment(url), stdout=subprocess.PIPE, stderr=complaints
        )
        with process:
            assert process.stdout is not None
            size = archive.add(DUMP, process.stdout)
        complaints.seek(0)
        message = gettext("The database could not be written out: %(reason)s")
        require_success(process, complaints.read(), message)
    return size


def _add_files(archive: ArchiveWriter) -> int:
    """After the database: whatever the database speaks of is there."""
    key = home() / "secret_key"
    if key.exists():
        with open(key, "rb") as file:
            archive.add(SECRET_KEY, file)
    folder = files_folder()
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    for path in paths:
        with open(path, "rb") as file:
            archive.add(FILES + path.relative_to(folder).as_posix(), file)
    return len(paths)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
