"""What commands stand on: the database of this installation, and Django on top of it."""

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from gettext import gettext
from typing import TYPE_CHECKING

from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import named_database_url

if TYPE_CHECKING:
    from zhike.cli.postgres import EmbeddedPostgres

OLDEST_SERVER = 16
MIGRATION_LOCK = 0x7A68696B65  # "zhike"


class NamedServer:
    """The PostgreSQL that ``ZHIKE_DATABASE_URL`` names. Others start it, others stop it."""

    def __init__(self, url: str):
        self.url = url

    def start(self) -> str:
        return self.url


@contextmanager
def database() -> Iterator["NamedServer | EmbeddedPostgres"]:
    """A running database: the named server, or the embedded one, which is started when nobody has
    started it yet and stopped when nobody uses it any more. `start()` makes sure that it runs."""
    if url := named_database_url():
        _require_recent_server(url)
        yield NamedServer(url)
        return
    from zhike.cli.postgres import EmbeddedPostgres

    with EmbeddedPostgres() as server:
        yield server


@contextmanager
def application(*, up_to_date: bool = True) -> Iterator[None]:
    """Django, loaded, on a running database with the tables of this version.

    `up_to_date=False` leaves the tables as they are.
    """
    with database():
        import django
        from django.db import connections

        django.setup()
        if up_to_date:
            bring_up_to_date()
        try:
            yield
        finally:
            connections.close_all()


@contextmanager
def noted(command: str) -> Iterator[Callable[[], None]]:
    """Inside `application()`: what a command shows or writes out of customers is kept in the access
    log, under the account on this machine that runs it. Gives what keeps it so far, for whatever
    runs long."""
    from zhike.records.queries import Notebook
    from zhike.security.actions import write_down

    book = Notebook(operator=f"{_account()}: zhike {command}"[:80])
    try:
        with book.open():
            yield lambda: write_down(book)
    finally:
        write_down(book)


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container whose account has no name
        return str(os.getuid())


def bring_up_to_date() -> bool:
    """Applies the migrations that wait. False when there were none."""
    from django.core.management import call_command
    from django.db import connection

    if not unapplied_migrations():
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            call_command("migrate", interactive=False, verbosity=0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])
    return True


def unapplied_migrations() -> list[str]:
    """Their names, in the order in which they would be applied."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def _require_recent_server(url: str) -> None:
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            version = connection.info.server_version // 10_000
    except psycopg.OperationalError as error:
        message = gettext("The server named in ZHIKE_DATABASE_URL does not answer: %(reason)s")
        raise ZhikeError(
            "database.unreachable", message % {"reason": str(error).strip()}
        ) from error
    except psycopg.ProgrammingError as error:  # not an address at all; it may hold a password
        message = gettext(
            "ZHIKE_DATABASE_URL is not an address like postgresql://user:password@host/name."
        )
        raise ZhikeError("database.address", message) from error
    if version < OLDEST_SERVER:
        message = gettext("PostgreSQL %(version)d is too old: Zhike needs %(oldest)d or newer.")
        raise ZhikeError(
            "database.too_old", message % {"version": version, "oldest": OLDEST_SERVER}
        )
