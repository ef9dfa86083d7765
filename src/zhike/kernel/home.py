"""Where Zhike keeps its things on disk: one private folder, ``ZHIKE_HOME``, and what lies in it.

The settings are computed from here, so nothing here imports Django. Every function that ends in
``_folder`` answers a folder that exists and can be written, or raises `HomeError`; the two that
belong to PostgreSQL (`database_folder`, `socket_folder`) only say where it is, because
`zhike.cli.postgres` alone knows whom it must belong to. `root` names another home than
``ZHIKE_HOME``: tests and tools need it, the product doesn't.
"""

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from gettext import gettext
from pathlib import Path
from urllib.parse import quote

from zhike.kernel.errors import ZhikeError

DATABASE_NAME = "zhike"
DATABASE_ROLE = "zhike"
DATABASE_PORT = 5432  # only a part of the socket's name: PostgreSQL listens on no network

# Where the embedded database of root goes when its system user can't walk to ZHIKE_HOME.
SYSTEM_FOLDER = Path("/var/lib/zhike")

# The address of a socket holds 108 bytes on Linux and 104 on macOS, the closing zero included.
LONGEST_SOCKET_PATH = 103


class HomeError(ZhikeError):
    """The data folder can't be used as it is."""

    status = 500


def home(root: Path | None = None) -> Path:
    """The folder of all data: ``ZHIKE_HOME``, else ``~/.zhike``; created for its owner alone."""
    return _private_folder(_home_path(root))


def files_folder(root: Path | None = None) -> Path:
    """Files that people uploaded."""
    return _private_folder(home(root) / "files")


def lake_folder(root: Path | None = None) -> Path:
    """The columnar copy that analytics reads; it can always be made again."""
    return _private_folder(home(root) / "lake")


def logs_folder(root: Path | None = None) -> Path:
    return _private_folder(home(root) / "logs")


def run_folder(root: Path | None = None) -> Path:
    """Locks and other traces of running processes; worthless once they have ended."""
    return _private_folder(home(root) / "run")


def location_file(root: Path | None = None) -> Path:
    """Names the folder of the embedded database when that isn't inside the home."""
    return _home_path(root) / "database.location"


def database_folder(root: Path | None = None) -> Path:
    """The folder of the embedded PostgreSQL, whether or not it exists yet.

    It lies in the home. But PostgreSQL refuses to run as root; when this process is root and the
    home is below a closed folder (such as ``/root``), the system user that PostgreSQL runs as
    could not walk there, and we do not open other people's folders.
    """
    pointer = location_file(root)
    if pointer.exists():
        return Path(pointer.read_text(encoding="utf-8").strip())
    path = _home_path(root)
    inside = path / "database"
    if os.geteuid() != 0 or inside.exists() or _everyone_may_pass(path.parent):
        return inside
    return SYSTEM_FOLDER / _short_name(path)


def open_system_folder() -> Path:
    """``/var/lib/zhike``, made if need be; anybody may walk through it, whatever our umask says."""
    if not SYSTEM_FOLDER.exists():
        SYSTEM_FOLDER.mkdir(parents=True, exist_ok=True)
        SYSTEM_FOLDER.chmod(0o755)
    return SYSTEM_FOLDER


def socket_folder(root: Path | None = None) -> Path:
    """Where the embedded PostgreSQL is reached: its own folder, or, when the path of the socket
    would be too long or hold a comma (which separates hosts), a short one under ``/tmp``.

    Not the folder of ``TMPDIR``: all processes of a home must come to the same answer.
    """
    folder = database_folder(root)
    socket = folder / f".s.PGSQL.{DATABASE_PORT}"
    if len(os.fsencode(socket)) <= LONGEST_SOCKET_PATH and "," not in str(socket):
        return folder
    return Path("/tmp") / f"zhike-{_short_name(folder)}"


def embedded_database_url(root: Path | None = None, database: str = DATABASE_NAME) -> str:
    """The address of the embedded PostgreSQL, running or not."""
    host = quote(str(socket_folder(root)), safe="")
    return f"postgresql://{DATABASE_ROLE}@/{database}?host={host}&port={DATABASE_PORT}"


def named_database_url() -> str | None:
    """The server that ``ZHIKE_DATABASE_URL``, or the file ``ZHIKE_DATABASE_URL_FILE``, names."""
    if path := os.environ.get("ZHIKE_DATABASE_URL_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise _not_readable("ZHIKE_DATABASE_URL_FILE", path, error) from error
    return os.environ.get("ZHIKE_DATABASE_URL", "").strip() or None


def database_url() -> str:
    """The database of this installation: the named one, else the embedded one."""
    return named_database_url() or embedded_database_url()


def secret_key(root: Path | None = None) -> str:
    """The key that signs sessions and tokens: made once, then the same for ever.

    Processes that start together agree on one key, and none ever reads half of it.
    """
    path = home(root) / "secret_key"
    with exclusive("secret_key", root):
        if not path.exists():
            _write_private(path, secrets.token_urlsafe(64) + "\n")
        try:
            key = path.read_text(encoding="ascii").strip()
        except OSError as error:
            raise _not_usable(path, error) from error
    if not key:
        message = gettext(
            "%(path)s is empty. Restore it from a backup, or delete it to sign out everybody."
        )
        raise HomeError("home.secret_key", message % {"path": path})
    return key


@contextmanager
def exclusive(name: str, root: Path | None = None) -> Iterator[None]:
    """Only one process of this home at a time gets past here; the others wait. The lock ends with
    the process that holds it, however that ends."""
    descriptor = os.open(run_folder(root) / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _home_path(root: Path | None) -> Path:
    """Symbolic links are followed, so that two names of one home are one home."""
    if root is not None:
        return Path(root).resolve()
    named = os.environ.get("ZHIKE_HOME", "").strip()
    try:
        return Path(named or "~/.zhike").expanduser().resolve()
    except RuntimeError as error:
        message = gettext(
            "This user has no home folder: name the folder for all data in ZHIKE_HOME."
        )
        raise HomeError("home.unknown", message) from error


def _private_folder(path: Path) -> Path:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _not_usable(path, error) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise _not_usable(path, PermissionError(13, os.strerror(13)))
    return path


def _not_usable(path: Path, error: OSError) -> HomeError:
    message = gettext(
        "The folder for data, %(path)s, can't be used (%(reason)s)."
        " Give this user the right to write there, or name another folder in ZHIKE_HOME."
    )
    return HomeError("home.not_usable", message % {"path": path, "reason": error.strerror})


def _not_readable(variable: str, path: str, error: OSError) -> HomeError:
    message = gettext("%(variable)s names %(path)s, which can't be read (%(reason)s).")
    values = {"variable": variable, "path": path, "reason": error.strerror}
    return HomeError("home.not_readable", message % values)


def _write_private(path: Path, text: str) -> None:
    """All of it or nothing, readable by the owner alone from the first byte."""
    part = path.with_name(f"{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        with open(part, "x", encoding="ascii", opener=_open_private) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise _not_usable(path, error) from error


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _everyone_may_pass(folder: Path) -> bool:
    existing = [path for path in (folder, *folder.parents) if path.exists()]
    return all(path.stat().st_mode & 0o001 for path in existing)


def _short_name(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
