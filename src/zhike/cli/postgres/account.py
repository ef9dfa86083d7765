"""The system user that PostgreSQL runs as when we are root, because it refuses to run as root."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Nothing of the user's environment reaches the server: PGPORT, PGDATA, LC_ALL would change it.
CLEAN_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}

# Our own user first: another's processes could read the data. The others serve where none can be
# made, for example on a read-only system folder.
OWN_NAME = "zhike"
OTHER_NAMES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the operating system."""

    user: int
    group: int

    @property
    def name(self) -> str:
        try:
            return pwd.getpwuid(self.user).pw_name
        except KeyError:
            return str(self.user)

    def process_options(self) -> dict[str, Any]:
        """Arguments with which `subprocess` starts a program as this user."""
        return {"user": self.user, "group": self.group, "extra_groups": ()}


def server_account(database_folder: Path) -> Account | None:
    """Whom PostgreSQL must run as, or None for the present user.

    The owner of an existing cluster stays its owner, even where the name behind the number has
    gone, as in a container made anew around an old volume.
    """
    if os.geteuid() != 0:
        return None
    if database_folder.exists() and (owner := database_folder.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    if _named(OWN_NAME) is None:
        _create(OWN_NAME)
    return next((account for name in (OWN_NAME, *OTHER_NAMES) if (account := _named(name))), None)


def process_options(database_folder: Path) -> dict[str, Any]:
    """Arguments for `subprocess` to start the programs that work on this folder."""
    account = server_account(database_folder)
    identity = account.process_options() if account else {}
    return {"env": CLEAN_ENVIRONMENT, "cwd": "/", **identity}


def _named(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid) if entry.pw_uid != 0 else None


def _create(name: str) -> None:
    """Tries to; whether it worked shows when the name is looked up."""
    if program := shutil.which("useradd"):
        options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
        command = [program, *options, "--shell", "/usr/sbin/nologin", name]
    elif program := shutil.which("adduser"):  # BusyBox
        command = [program, "-S", "-D", "-H", "-h", "/nonexistent", "-s", "/sbin/nologin", name]
    else:
        return
    subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
