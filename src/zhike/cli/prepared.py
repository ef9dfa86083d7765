"""Whether a database has been prepared by just this installation, asked without loading Django.

`zhike prepare` leaves a mark, in the comment of the database, of the code that it ran. While code
and mark agree there is nothing to prepare, and `zhike serve` saves the second or two of looking. A
restored or exchanged database has no mark.
"""

import hashlib
import sysconfig
from pathlib import Path

import psycopg
from psycopg import sql

import zhike

WITH_DEMO = "demo"


def is_prepared(url: str, *, demo: bool) -> bool:
    marks = _comment(url).split()
    return _fingerprint() in marks and (WITH_DEMO in marks or not demo)


def note_prepared(url: str, *, demo: bool) -> None:
    """Only the owner of a database may comment on it. Others will simply prepare again."""
    had_demo = WITH_DEMO in _comment(url).split()
    comment = f"Zhike {_fingerprint()} {WITH_DEMO if demo or had_demo else ''}".strip()
    with psycopg.connect(url, autocommit=True) as connection:
        statement = sql.SQL("COMMENT ON DATABASE {} IS {}").format(
            sql.Identifier(connection.info.dbname), comment
        )
        try:
            connection.execute(statement)
        except psycopg.errors.InsufficientPrivilege:
            pass


def _comment(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
            " WHERE datname = current_database()"
        ).fetchone()
    return (row and row[0]) or ""


def _fingerprint() -> str:
    """Changes with our migrations and settings, and whenever a package is installed or removed."""
    package = Path(zhike.__file__).parent
    ours = [package / "config" / "settings.py", *package.glob("*/migrations/*.py")]
    paths = [*sorted(ours), Path(sysconfig.get_path("purelib"))]
    facts = [f"{path} {path.stat().st_mtime_ns}" for path in paths if path.exists()]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]
