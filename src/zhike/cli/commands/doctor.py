"""`zhike doctor`: looks at everything that Zhike stands on, and says what to do."""

import platform
import shutil
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from gettext import gettext
from pathlib import Path

import zhike
from zhike.cli import output
from zhike.cli.installation import application, unapplied_migrations
from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import database_folder, home, lake_folder, named_database_url

GOOD, NOTE, BAD = "good", "note", "bad"
SIGNS = {GOOD: "✓", NOTE: "!", BAD: "✗"}

OLDEST_PYTHON = (3, 11)
GIGABYTE = 2**30
SCARCE_DISK, TOO_LITTLE_DISK = 5 * GIGABYTE, GIGABYTE
HEARTBEAT_SECONDS = 60
PACKAGE = Path(zhike.__file__).parent


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look found, and, unless it is good, what to do about it."""

    subject: str
    state: str
    found: str
    advice: str = ""


def add_arguments(parser: ArgumentParser) -> None:
    output.add_json_option(parser)


def run(arguments: Namespace) -> int:
    findings = examine()
    healthy = all(finding.state != BAD for finding in findings)
    facts = {"healthy": healthy, "findings": [asdict(finding) for finding in findings]}
    output.conclude(arguments, facts, _report(findings))
    return 0 if healthy else 2


def examine() -> list[Finding]:
    findings = [
        _look(gettext("Python"), look_at_python),
        _look(gettext("Data folder"), look_at_home),
        _look(gettext("Disk"), look_at_disk),
    ]
    with ExitStack() as stack:
        database = _look(gettext("Database"), lambda: look_at_database(stack))
        findings.append(database)
        if database.state != BAD:
            findings.append(_look(gettext("Tables"), look_at_tables))
            findings.append(_look(gettext("Worker"), look_at_worker))
    return [
        *findings,
        _look(gettext("Analytics store"), look_at_lake),
        _look(gettext("Chinese texts"), look_at_translations),
        _look(gettext("Styles and scripts"), look_at_assets),
    ]


def _look(subject: str, examination: Callable[[], tuple[str, ...]]) -> Finding:
    """A look that itself fails is a finding, not the end of the examination."""
    try:
        return Finding(subject, *examination())
    except ZhikeError as error:
        return Finding(subject, BAD, error.message)
    except Exception as error:  # noqa: BLE001
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        return Finding(subject, BAD, reason)


def look_at_python() -> tuple[str, ...]:
    found = f"{platform.python_version()} ({sys.executable})"
    if sys.version_info[:2] < OLDEST_PYTHON:
        return BAD, found, gettext("Install Python 3.11 or newer.")
    return GOOD, found


def look_at_home() -> tuple[str, ...]:
    with tempfile.TemporaryFile(dir=home()) as file:
        file.write(b"zhike")
        file.flush()
    return GOOD, str(home())


def look_at_disk() -> tuple[str, ...]:
    free = min(shutil.disk_usage(_existing(path)).free for path in (home(), database_folder()))
    found = gettext("%(gigabytes).1f GB free") % {"gigabytes": free / GIGABYTE}
    if free >= SCARCE_DISK:
        return GOOD, found
    return BAD if free < TOO_LITTLE_DISK else NOTE, found, gettext("Make room on this disk.")


def look_at_database(stack: ExitStack) -> tuple[str, ...]:
    """Starts the embedded one when it isn't running, until the end of the examination."""
    stack.enter_context(application(up_to_date=False))
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = f"PostgreSQL {cursor.fetchone()[0]}"
    if named_database_url():
        return GOOD, gettext("%(version)s, named by ZHIKE_DATABASE_URL") % {"version": version}
    where = {"version": version, "path": database_folder()}
    if database_folder().is_relative_to(home()):
        return GOOD, gettext("%(version)s, embedded, in %(path)s") % where
    return (
        NOTE,
        gettext("%(version)s, embedded, in %(path)s, outside the data folder") % where,
        gettext(
            "PostgreSQL can't run as root, and no other user may enter the data folder."
            " Use `zhike backup`: a copy of the data folder alone would lack the database."
        ),
    )


def look_at_tables() -> tuple[str, ...]:
    waiting = unapplied_migrations()
    if not waiting:
        return GOOD, gettext("as this version needs them")
    found = gettext("%(count)d changes wait") % {"count": len(waiting)}
    return BAD, found, gettext("Run: %(command)s") % {"command": "zhike migrate"}


def look_at_worker() -> tuple[str, ...]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXTRACT(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers"
        )
        age = cursor.fetchone()[0]
    if age is not None and age <= HEARTBEAT_SECONDS:
        return GOOD, gettext("alive %(seconds)d seconds ago") % {"seconds": age}
    return NOTE, gettext("not running"), gettext("Run: %(command)s") % {"command": "zhike serve"}


def look_at_lake() -> tuple[str, ...]:
    import duckdb

    files = sorted(lake_folder().rglob("*.parquet"))
    if not files:
        return GOOD, gettext("empty")
    with duckdb.connect() as connection:
        for path in files:
            connection.execute("SELECT count(*) FROM parquet_metadata(?)", [str(path)]).fetchone()
    return GOOD, gettext("%(count)d files, all readable") % {"count": len(files)}


def look_at_translations() -> tuple[str, ...]:
    compiled = PACKAGE / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.mo"
    if compiled.exists():
        return GOOD, gettext("present")
    return BAD, gettext("missing"), gettext("Run: %(command)s") % {"command": "make setup"}


def look_at_assets() -> tuple[str, ...]:
    if any((PACKAGE / "web" / "static" / "dist").glob("**/*.css")):
        return GOOD, gettext("present")
    return BAD, gettext("missing"), gettext("Run: %(command)s") % {"command": "make setup"}


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _report(findings: list[Finding]) -> str:
    rows = [(SIGNS[finding.state], finding.subject, finding.found) for finding in findings]
    advice = [f"→ {finding.subject}: {finding.advice}" for finding in findings if finding.advice]
    return "\n".join([output.table(rows), *advice])
