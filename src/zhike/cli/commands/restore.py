"""`zhike restore FILE`: the state of a backup, or else the state of before.

The backup is verified first. It is then restored beside what is there, brought up to date there,
and only at the end the names are exchanged, in one transaction.
"""

import os
import secrets
import shutil
import subprocess
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from gettext import gettext
from pathlib import Path
from typing import IO
from urllib.parse import quote, unquote, urlsplit

import psycopg
from psycopg import sql

from zhike.cli import output
from zhike.cli.archive import DUMP, FILES, MANIFEST, PIECE, SECRET_KEY, ArchiveReader
from zhike.cli.client_programs import client_program, connection_environment, require_success
from zhike.cli.installation import database
from zhike.cli.supervisor import zhike_command
from zhike.kernel.errors import Conflict, ZhikeError
from zhike.kernel.home import exclusive, files_folder, home, lake_folder


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "file", type=Path, metavar="FILE", help=gettext("a file that `zhike backup` wrote")
    )
    parser.add_argument(
        "--replace", action="store_true", help=gettext("give up the data that are there now")
    )
    output.add_json_option(parser)


def run(arguments: Namespace) -> int:
    archive = ArchiveReader(arguments.file)
    with exclusive("restore"), database() as server:
        if not arguments.replace and not _is_empty(server.url):
            message = gettext(
                "There are data here already. Add --replace to give them up for the backup's."
            )
            raise Conflict("restore.not_empty", message)
        restore(server.url, archive)
        _erase_again(arguments, server.url)
    text = gettext("Restored the state of %(created_at)s with %(files)d files.")
    facts = {name: archive.manifest[name] for name in ("created_at", "files", "zhike")}
    output.conclude(arguments, facts, text % facts)
    return 0


def restore(url: str, archive: ArchiveReader) -> None:
    with _fresh_database(url) as fresh, _fresh_folder() as folder:
        (folder / FILES).mkdir(mode=0o700)
        for name, content in archive.contents():
            if name == DUMP:
                _fill(_address(url, fresh), content)
            elif name != MANIFEST:
                _unpack(content, folder / name)
        _settle(_address(url, fresh))
        _exchange(url, fresh, folder)


def _is_empty(url: str) -> bool:
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema') LIMIT 1"
        )
        return tables.fetchone() is None


# -- beside what is there ------------------------------------------------------------------------


@contextmanager
def _fresh_database(url: str) -> Iterator[str]:
    """A new, empty database with the locale of the present one; dropped again at the end, unless
    it bears another name by then."""
    fresh = f"zhike_restored_{secrets.token_hex(4)}"
    name = _name(url)
    with _maintenance(url) as connection:
        try:
            connection.execute(_create_like(connection, fresh, name))
        except psycopg.errors.InsufficientPrivilege as error:
            message = gettext(
                "The database user may not create databases (CREATEDB), which a restore needs."
            )
            raise ZhikeError("restore.no_right", message) from error
    try:
        yield fresh
    finally:
        with _maintenance(url) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(fresh))
            )


def _create_like(connection: psycopg.Connection, fresh: str, name: str) -> sql.Composed:
    row = connection.execute(
        "SELECT to_jsonb(d) FROM pg_database AS d WHERE datname = %s", [name]
    ).fetchone()
    assert row is not None
    facts = row[0]
    locale = facts.get("datlocale") or facts.get("daticulocale")  # the name before PostgreSQL 17
    options = [
        sql.SQL("TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE {} LC_CTYPE {}").format(
            facts["datcollate"], facts["datctype"]
        )
    ]
    providers = {
        "b": "LOCALE_PROVIDER builtin BUILTIN_LOCALE {}",
        "i": "LOCALE_PROVIDER icu ICU_LOCALE {}",
    }
    if provider := providers.get(facts["datlocprovider"]):
        options.append(sql.SQL(provider).format(locale))
    return sql.SQL("CREATE DATABASE {} {}").format(
        sql.Identifier(fresh), sql.SQL(" ").join(options)
    )


@contextmanager
def _fresh_folder() -> Iterator[Path]:
    """In the home, so that what is in it can be moved into place by renaming."""
    with tempfile.TemporaryDirectory(prefix="restored-", dir=home()) as name:
        yield Path(name)


def _fill(url: str, dump: IO[bytes]) -> None:
    command = [client_program("pg_restore"), "--no-owner", "--no-privileges", "--exit-on-error"]
    target = ["--dbname", _name(url)]
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            [*command, *target],
            env=connection_environment(url),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
        )
        assert process.stdin is not None
        try:
            with process.stdin as pipe:
                shutil.copyfileobj(dump, pipe, PIECE)
        except BrokenPipeError:
            pass  # it has given up; it says itself why
        process.wait()
        complaints.seek(0)
        message = gettext("The database could not be restored: %(reason)s. Nothing was changed.")
        require_success(process, complaints.read(), message)


def _unpack(content: IO[bytes], path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(path, "xb", opener=_open_private) as file:
        shutil.copyfileobj(content, file, PIECE)


def _settle(url: str) -> None:
    """In a process of its own, because Django keeps to the database that it began with."""
    environment = {**os.environ, "ZHIKE_DATABASE_URL": url}
    environment.pop("ZHIKE_DATABASE_URL_FILE", None)
    done = subprocess.run(zhike_command("settle"), env=environment, check=False)
    if done.returncode != 0:
        message = gettext("The restored data could not be brought up to date. Nothing was changed.")
        raise ZhikeError("restore.settle", message)


def _erase_again(arguments: Namespace, url: str) -> None:
    """Whoever was erased after the backup was made; `settle` has marked them."""
    command = zhike_command("erase", "--pending")
    environment = {**os.environ, "ZHIKE_DATABASE_URL": url}
    environment.pop("ZHIKE_DATABASE_URL_FILE", None)
    done = subprocess.run(command, env=environment, check=False, stdout=subprocess.DEVNULL)
    if done.returncode != 0:
        message = gettext("Those erased since the backup aren't erased again yet: the server will.")
        output.say(arguments, message)


# -- the exchange --------------------------------------------------------------------------------


def _exchange(url: str, fresh: str, folder: Path) -> None:
    """Files first: they can be put back if the database doesn't follow."""
    names = [name for name in (FILES.rstrip("/"), SECRET_KEY) if (folder / name).exists()]
    files_folder()
    for name in names:
        _swap(home() / name, folder / name)
    try:
        _swap_databases(url, fresh)
    except BaseException:
        for name in names:
            _swap(home() / name, folder / name)
        raise
    shutil.rmtree(lake_folder())  # the copy of the data that were replaced


def _swap(first: Path, second: Path) -> None:
    aside = second.with_name(f"{second.name}.aside")
    if first.exists():
        first.rename(aside)
    second.rename(first)
    if aside.exists():
        aside.rename(second)


def _swap_databases(url: str, fresh: str) -> None:
    """Both names or none. The replaced database bears the fresh one's then, and is dropped."""
    name, aside = _name(url), f"{fresh}_aside"
    renamed = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    allowed = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    with _maintenance(url) as connection:
        connection.execute(allowed.format(sql.Identifier(name), sql.SQL("false")))
        try:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                " WHERE datname = ANY(%s)",
                [[name, fresh]],
            )
            with connection.transaction():
                for old, new in ((name, aside), (fresh, name), (aside, fresh)):
                    connection.execute(renamed.format(sql.Identifier(old), sql.Identifier(new)))
        except BaseException:
            connection.execute(allowed.format(sql.Identifier(name), sql.SQL("true")))
            raise


def _name(url: str) -> str:
    return unquote(urlsplit(url).path.removeprefix("/"))


def _address(url: str, name: str) -> str:
    """The same server, another database."""
    return urlsplit(url)._replace(path=f"/{quote(name)}").geturl()


def _maintenance(url: str) -> psycopg.Connection:
    return psycopg.connect(_address(url, "postgres"), autocommit=True)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
