"""Backup and restore, at the level of PostgreSQL and of files."""

import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from zhike.cli.archive import ArchiveReader, DamagedBackup
from zhike.cli.commands import restore as restoring
from zhike.cli.commands.backup import write_backup
from zhike.cli.postgres import EmbeddedPostgres
from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import files_folder, home, lake_folder, secret_key

LONG_NAME = "合同" * 40 + ".pdf"


@pytest.fixture
def server(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedPostgres]:
    """A home with a table of orders and one uploaded file. Settling a restored database is the
    business of Django and tested where the whole system runs."""
    monkeypatch.setenv("ZHIKE_HOME", str(home))
    monkeypatch.delenv("ZHIKE_DATABASE_URL", raising=False)
    monkeypatch.setattr(restoring, "_settle", lambda url: None)
    with EmbeddedPostgres(home, durable=False) as server:
        execute(server, "CREATE TABLE paid (id bigint PRIMARY KEY, buyer text NOT NULL)")
        execute(server, "INSERT INTO paid SELECT g, '客户' || g FROM generate_series(1, 20000) g")
        (files_folder() / "王伟").mkdir()
        (files_folder() / "王伟" / LONG_NAME).write_bytes(b"\0signed" * 1000)
        yield server


@pytest.fixture
def backup(server: EmbeddedPostgres, tmp_path: Path) -> Path:
    secret_key()
    write_backup(server.url, tmp_path / "backup.tar")
    return tmp_path / "backup.tar"


def execute(server: EmbeddedPostgres, statement: str) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute(statement)


def one(server: EmbeddedPostgres, query: str) -> object:
    with psycopg.connect(server.url) as connection:
        row = connection.execute(query).fetchone()
        assert row is not None
        return row[0]


def state(server: EmbeddedPostgres) -> tuple[object, ...]:
    """Everything that a restore may change."""
    files = {path.name: path.read_bytes() for path in files_folder().rglob("*") if path.is_file()}
    databases = "SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database"
    fingerprint = "SELECT md5(string_agg(p::text, ',' ORDER BY id)) FROM paid p"
    return one(server, fingerprint), files, secret_key(), one(server, databases)


def spoil(server: EmbeddedPostgres) -> None:
    execute(server, "DELETE FROM paid WHERE id > 7")
    shutil.rmtree(files_folder())
    (files_folder() / "later.txt").write_text("written after the backup")
    (home() / "secret_key").unlink()


def test_a_restore_brings_back_rows_files_and_key(server: EmbeddedPostgres, backup: Path) -> None:
    before = state(server)
    spoil(server)
    (lake_folder() / "orders.parquet").write_text("a copy of what is being replaced")
    restoring.restore(server.url, ArchiveReader(backup))
    assert state(server) == before
    assert list(lake_folder().iterdir()) == []


def test_people_who_are_connected_do_not_prevent_a_restore(
    server: EmbeddedPostgres, backup: Path
) -> None:
    before = state(server)
    connection = psycopg.connect(server.url)
    connection.execute("SELECT FROM paid")
    restoring.restore(server.url, ArchiveReader(backup))
    assert state(server) == before
    with pytest.raises(psycopg.errors.AdminShutdown):
        connection.execute("SELECT FROM paid")


def test_the_backup_is_an_ordinary_tar_for_its_owner_alone(backup: Path) -> None:
    with tarfile.open(backup) as archive:
        names = archive.getnames()
    assert names == ["database.dump", "secret_key", f"files/王伟/{LONG_NAME}", "manifest.json"]
    assert backup.stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in backup.parent.iterdir() if path.is_file()) == ["backup.tar"]


def damaged_in_the_middle(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        damaged_in_the_middle,
        lambda content: content[: len(content) // 2],
        lambda content: content[: content.index(b"manifest.json")],
        lambda content: b"something else",
        lambda content: b"",
    ],
    ids=["changed", "cut off", "without manifest", "no tar", "empty"],
)
def test_a_damaged_backup_changes_nothing(server: EmbeddedPostgres, backup: Path, damage) -> None:
    before = state(server)
    backup.write_bytes(damage(backup.read_bytes()))
    with pytest.raises(DamagedBackup):
        ArchiveReader(backup)
    assert state(server) == before


def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "evil").write_text("x")
    with tarfile.open(tmp_path / "evil.tar", "w") as archive:
        archive.add(tmp_path / "evil", "files/../../evil")
    with pytest.raises(DamagedBackup, match="evil"):
        ArchiveReader(tmp_path / "evil.tar")


@pytest.mark.parametrize("step", ["_settle", "_swap_databases"])
def test_a_restore_that_fails_half_way_changes_nothing(
    server: EmbeddedPostgres, backup: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*arguments: object) -> None:
        raise ZhikeError("test", "the power went off")

    spoil(server)
    before = state(server)
    monkeypatch.setattr(restoring, step, fail)
    with pytest.raises(ZhikeError, match="the power went off"):
        restoring.restore(server.url, ArchiveReader(backup))
    assert state(server) == before
    assert [path.name for path in home().iterdir() if path.name.startswith("restored-")] == []


def test_a_database_with_data_is_not_replaced_unless_asked(
    server: EmbeddedPostgres, backup: Path, zhike
) -> None:
    before = state(server)
    refused = zhike("restore", str(backup))
    assert refused.returncode == 2
    assert "--replace" in refused.stderr
    assert state(server) == before


def test_a_backup_that_cannot_be_written_leaves_nothing(
    server: EmbeddedPostgres, tmp_path: Path
) -> None:
    with pytest.raises(ZhikeError, match="nowhere"):
        write_backup(server.url, tmp_path / "nowhere" / "backup.tar")
    with pytest.raises(ZhikeError):
        write_backup(server.url + "&dbname=gone", tmp_path / "backup.tar")
    assert [path for path in tmp_path.iterdir() if path.is_file()] == []
