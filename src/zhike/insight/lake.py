"""The columnar store: a copy of the record store in Parquet, answered by DuckDB in the process.

Tables have the names and columns of the record store, so that the same filter compiles to either.
The copy is made in bulk, next to the old one, and swapped in by renaming a folder: readers see one
state or the other. It can always be made again.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import connection

from zhike.filters import Node
from zhike.filters.sql import DUCKDB, RECORD, compile_filter, tables_of
from zhike.kernel import clock
from zhike.kernel.home import exclusive, lake_folder
from zhike.kernel.ids import new_id
from zhike.kernel.paging import Count
from zhike.records.types import RecordType

MEMORY = "1500MB"
THREADS = 2
_PARTY_COLUMNS = (
    "id, created_at, updated_at, archived_at, kind, name, code, emails, phones, job_title, "
    "birthday, gender, industry, registration_no, website, country, province, city, street, "
    "owner_id, team_id, pool_id, tags, remark, company_id, source, keys, readers, writers, "
    "completeness, verified_at, consents"
)
_TABLES = {
    "customers_party": _PARTY_COLUMNS,
    "customers_task": "id, party_id, due_on, done_at, archived_at, created_at",
    "commerce_order": "id, party_id, kind, placed_at, value, is_cancelled, archived_at",
    "commerce_line": "order_id, product_id, quantity, amount",
    "commerce_product": "id, code, name, category, archived_at",
    "events_event": "id, party_id, type, happened_at, data",
    "insight_standing": "*",
    "segments_membership": "segment_id, party_id, since",
}
_COLUMNS = "\n".join(f"{table}: {columns}" for table, columns in _TABLES.items())
# What is older no longer answers for the record store: the nightly copy has been missed.
FRESH = timedelta(hours=36)
_ALWAYS = ("customers_party", "commerce_order", "insight_standing")


@dataclass(frozen=True, slots=True)
class Lake:
    """One state of the copy."""

    folder: Path
    made_at: datetime

    def copied_at(self, table: str) -> datetime | None:
        """When a table was copied, maybe in an earlier copy; None if it never was."""
        try:
            seconds = (self.folder / f"{table}.parquet").stat().st_mtime
        except FileNotFoundError:
            return None
        return datetime.fromtimestamp(seconds, UTC)


def current() -> Lake | None:
    """The newest complete copy; None before the first one."""
    pointer = lake_folder() / "current"
    try:
        folder = lake_folder() / pointer.read_text(encoding="ascii").strip()
        made_at = datetime.fromisoformat((folder / "made_at").read_text(encoding="ascii"))
        if (folder / "columns").read_text(encoding="ascii") != _COLUMNS:
            return None  # of an earlier version, which knew less
    except FileNotFoundError:
        return None
    return Lake(folder, made_at)


def refresh(*tables: str) -> Lake:
    """Copies tables (default: those that scores and dashboards read) anew; the others are carried
    over by hard links."""
    wanted = tables or _ALWAYS
    with exclusive("lake"):
        before = current()
        name = new_id().hex
        folder = lake_folder() / f"{name}.part"
        folder.mkdir(mode=0o700)
        made_at = clock.now()
        with _engine() as engine:
            _attach(engine)
            for table, columns in _TABLES.items():
                path = folder / f"{table}.parquet"
                old = before and before.folder / path.name
                if table not in wanted:
                    if old and old.exists():
                        os.link(old, path)
                else:
                    engine.execute(
                        f"COPY (SELECT {columns} FROM pg.{table}) TO '{path}' (FORMAT parquet)"
                    )
        (folder / "made_at").write_text(made_at.isoformat(), encoding="ascii")
        (folder / "columns").write_text(_COLUMNS, encoding="ascii")
        folder.rename(lake_folder() / name)
        partial = lake_folder() / "current.part"
        partial.write_text(name, encoding="ascii")
        os.replace(partial, lake_folder() / "current")
        _remove_old(keep={name, before.folder.name if before else ""})
        return Lake(lake_folder() / name, made_at)


def rewrite() -> None:
    """Copies anew whatever was ever copied, and keeps no older copy: nothing that has left the
    record store is left here."""
    before = current()
    if before is None:
        with exclusive("lake"):
            _remove_old(keep=set())
        return
    held = [name for name in _TABLES if (before.folder / f"{name}.parquet").exists()]
    lake = refresh(*held)
    with exclusive("lake"):
        newest = current() or lake
        _remove_old(keep={newest.folder.name})


def count(kind: RecordType, where: Node) -> Count | None:
    """How many records a filter holds for, as of the oldest table that was asked; None when one of
    them is not in the copy, or too old in it."""
    lake = current()
    if lake is None:
        return None
    copied = [lake.copied_at(table) for table in tables_of(where, kind.schema)]
    known = [at for at in copied if at is not None]
    if len(known) < len(copied) or clock.now() - min(known) > FRESH:
        return None
    query = compile_filter(where, kind.schema, dialect=DUCKDB)
    with reading() as engine:
        found = engine.execute(
            f"SELECT count(*) FROM {kind.table} {RECORD} {query.join_clauses} "
            f"WHERE {query.condition} AND {RECORD}.archived_at IS NULL",
            [float(value) if isinstance(value, Decimal) else value for value in query.parameters],
        ).fetchone()[0]
    return Count(found, exact=True, as_of=min(known))


@contextmanager
def reading(lake: Lake | None = None) -> Iterator:
    """A DuckDB connection on which the tables of a copy stand as views; of the current one unless
    told, which is made when there is none.
    """
    lake = lake or current() or refresh()
    with _engine() as engine:
        for table in _TABLES:
            path = lake.folder / f"{table}.parquet"
            if path.exists():
                engine.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{path}')")
        yield engine


@contextmanager
def _engine() -> Iterator:
    import duckdb

    # Nothing is downloaded at run time; what DuckDB needs stands in wheels.
    options: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "memory_limit": MEMORY,
        "threads": THREADS,
        "temp_directory": str(lake_folder() / "spill"),
    }
    engine = duckdb.connect(":memory:", config=options)
    try:
        engine.execute(f"SET TimeZone = '{settings.TIME_ZONE}'")
        yield engine
    finally:
        engine.close()


def _attach(engine) -> None:
    """Lets DuckDB read the record store directly, through the extension in its wheel."""
    import duckdb_extension_postgres_scanner as scanner

    extension = next(Path(scanner.__file__).parent.rglob("*.duckdb_extension"))
    engine.execute(f"LOAD '{extension}'")
    target = connection.settings_dict
    words = {
        "dbname": target["NAME"],
        "user": target["USER"],
        "password": target["PASSWORD"],
        "host": target["HOST"],
        "port": target["PORT"],
    }
    address = " ".join(f"{key}={_quoted(value)}" for key, value in words.items() if value)
    literal = address.replace("'", "''")
    engine.execute(f"ATTACH '{literal}' AS pg (TYPE postgres, READ_ONLY)")


def _quoted(value: object) -> str:
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"


def _remove_old(keep: set[str]) -> None:
    """Removes copies that nobody needs; a reader that still has one open keeps its files."""
    for folder in lake_folder().iterdir():
        if folder.is_dir() and folder.name not in keep and folder.name != "spill":
            shutil.rmtree(folder, ignore_errors=True)
