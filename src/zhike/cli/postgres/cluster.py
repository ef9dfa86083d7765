"""Making a cluster: its folders, who owns them, and what PostgreSQL puts there at first."""

import os
import shutil
import subprocess
from gettext import gettext
from pathlib import Path

from zhike.cli.postgres.account import Account, process_options, server_account
from zhike.cli.postgres.programs import PostgresError, programs_folder
from zhike.kernel.home import (
    DATABASE_ROLE,
    database_folder,
    location_file,
    open_system_folder,
    socket_folder,
)

# Nobody but us reaches the socket, in a folder closed to others, so there are no passwords.
# The built-in locale orders text the same on every machine; no C library decides.
INITDB_OPTIONS = (
    *("--username", DATABASE_ROLE, "--auth", "trust", "--encoding", "UTF8"),
    *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
    *("--text-search-config", "simple", "--no-instructions"),
)


def data_folder(home: Path) -> Path:
    """What PostgreSQL calls PGDATA."""
    return database_folder(home) / "data"


def make_cluster(home: Path, *, durable: bool) -> None:
    """Makes what isn't there yet; a cluster that was made before is left as it is."""
    _make_folders(home)
    if not data_folder(home).exists():
        _initialise(home, durable=durable)


def remove_cluster(home: Path) -> None:
    for folder in {database_folder(home), socket_folder(home)}:
        shutil.rmtree(folder, ignore_errors=True)
    location_file(home).unlink(missing_ok=True)


def _make_folders(home: Path) -> None:
    folder = database_folder(home)
    account = server_account(folder)
    if os.geteuid() == 0 and account is None:
        message = gettext(
            "PostgreSQL does not run as root, and no other system user could be found or made."
            " Start Zhike as an ordinary user, or name a server in ZHIKE_DATABASE_URL."
        )
        raise PostgresError("no_account", message)
    if folder.is_relative_to(home):
        _make_folder(folder, account)
        _let_through(home, account)
    else:
        _make_folder_elsewhere(folder, account, location_file(home))
    _make_folder(socket_folder(home), account)


def _make_folder(folder: Path, account: Account | None) -> None:
    """A folder of the account alone. It is refused when it is a stranger's, as one that somebody
    put under ``/tmp`` before us could be."""
    owner = account.user if account else os.geteuid()
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        if account and folder.lstat().st_uid == 0:
            os.chown(folder, account.user, account.group, follow_symlinks=False)
        status = folder.lstat()
    except OSError as error:
        message = gettext("The folder of the database, %(path)s, can't be made (%(reason)s).")
        values = {"path": folder, "reason": error.strerror}
        raise PostgresError("folder", message % values) from error
    if folder.is_symlink() or status.st_uid != owner or status.st_mode & 0o077:
        message = gettext(
            "%(path)s belongs to somebody else or is open to others. Remove it and start again."
        )
        raise PostgresError("folder", message % {"path": folder})


def _make_folder_elsewhere(folder: Path, account: Account | None, pointer: Path) -> None:
    """Outside the home, with a file in the home that says where."""
    if pointer.exists() and not folder.exists():
        message = gettext(
            "The database of this data folder was in %(path)s and is not there."
            " Put it back, or remove %(pointer)s to begin with an empty one."
        )
        raise PostgresError("lost", message % {"path": folder, "pointer": pointer})
    open_system_folder()
    _make_folder(folder, account)
    pointer.write_text(f"{folder}\n", encoding="utf-8")


def _let_through(home: Path, account: Account | None) -> None:
    """The account may walk through the home to its own folder, but not look around."""
    mode = home.stat().st_mode
    if account and not mode & 0o001:
        os.chown(home, -1, account.group)
        home.chmod(mode & 0o7777 | 0o010)


def _initialise(home: Path, *, durable: bool) -> None:
    """Beside the final place: there is never half a cluster."""
    folder = database_folder(home)
    part = folder / "data.part"
    shutil.rmtree(part, ignore_errors=True)
    program = programs_folder(server_account(folder)) / "initdb"
    done = subprocess.run(
        [program, "--pgdata", part, *INITDB_OPTIONS, *(() if durable else ("--no-sync",))],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        **process_options(folder),
    )
    if done.returncode != 0:
        message = gettext("PostgreSQL could not make its cluster in %(path)s: %(reason)s")
        reason = (done.stderr.strip().splitlines() or ["?"])[-1]
        raise PostgresError("initdb", message % {"path": folder, "reason": reason})
    part.rename(data_folder(home))
