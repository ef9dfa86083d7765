"""The embedded PostgreSQL: real clusters, real kills."""

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

import zhike
from zhike.cli.postgres import EmbeddedPostgres, PostgresError
from zhike.cli.postgres.settings import MEGABYTE, memory_settings
from zhike.kernel.home import database_folder, location_file, socket_folder

SOURCES = Path(zhike.__file__).parent.parent
NOBODY = 65534

HOLD = """
import sys, time
from pathlib import Path
from zhike.cli.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
print("started", flush=True)
time.sleep(600)
"""


def write(server: EmbeddedPostgres, text: str) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (text text)")
        connection.execute("INSERT INTO note VALUES (%s)", [text])


def read(server: EmbeddedPostgres) -> list[str]:
    with psycopg.connect(server.url) as connection:
        return [text for (text,) in connection.execute("SELECT text FROM note ORDER BY text")]


def setting(server: EmbeddedPostgres, name: str) -> str:
    with psycopg.connect(server.url) as connection:
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
        assert row is not None
        return row[0]


def server_process(home: Path) -> int:
    return int((database_folder(home) / "data" / "postmaster.pid").read_text().split()[0])


def other_process(home: Path) -> "subprocess.Popen[str]":
    """Another process that holds the same home."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    return process


def kill(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


def test_data_outlive_a_stop_and_a_start(home: Path) -> None:
    server = EmbeddedPostgres(home)
    assert not server.is_running()
    assert server.start() == server.url
    assert server.is_running()
    write(server, "王伟")
    server.stop()
    assert not server.is_running()
    with EmbeddedPostgres(home) as again:
        assert read(again) == ["王伟"]


def test_the_server_is_safe_and_closed(home: Path) -> None:
    with EmbeddedPostgres(home) as server:
        assert setting(server, "fsync") == "on"
        assert setting(server, "data_checksums") == "on"
        assert setting(server, "listen_addresses") == ""
        assert setting(server, "server_encoding") == "UTF8"
        assert setting(server, "server_version_num") >= "180000"
        assert stat.S_IMODE(database_folder(home).stat().st_mode) == 0o700
        assert home.stat().st_mode & 0o007 == 0


def test_what_was_committed_survives_a_kill_of_the_server(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.start()
    write(server, "李娜")
    os.kill(server_process(home), signal.SIGKILL)
    server.start()
    assert read(server) == ["李娜"]
    server.stop()


def test_a_query_that_outlives_its_killed_server_does_not_prevent_the_next(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.start()
    write(server, "刘洋")
    busy = psycopg.connect(server.url)
    busy.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 20000000)")
    os.kill(server_process(home), signal.SIGKILL)
    server.start()
    assert read(server) == ["刘洋"]
    server.stop()


def test_the_server_of_a_killed_process_is_taken_over(home: Path) -> None:
    other = other_process(home)
    running = server_process(home)
    kill(other)
    with EmbeddedPostgres(home) as server:
        assert server_process(home) == running
        write(server, "张敏")
    assert not server.is_running()


def test_the_last_one_to_leave_stops_the_server(home: Path) -> None:
    with EmbeddedPostgres(home) as first:
        with EmbeddedPostgres(home) as second:
            assert second.url == first.url
        assert first.is_running()
        write(first, "still there")
    assert not first.is_running()


def test_whoever_started_the_server_may_leave_first(home: Path) -> None:
    first, second = EmbeddedPostgres(home), EmbeddedPostgres(home)
    first.start()
    second.start()
    first.stop()
    assert second.is_running()
    second.stop()
    assert not second.is_running()


def test_processes_that_start_together_share_one_server(home: Path) -> None:
    others = [other_process(home) for _ in range(3)]
    with EmbeddedPostgres(home) as server:
        write(server, "one")
        assert read(server) == ["one"]
    for other in others:
        kill(other)


def test_two_homes_run_side_by_side(new_home: Callable[..., Path]) -> None:
    with EmbeddedPostgres(new_home()) as first, EmbeddedPostgres(new_home()) as second:
        write(first, "first")
        write(second, "second")
        assert (read(first), read(second)) == (["first"], ["second"])


@pytest.mark.parametrize("name", ["长" * 40, "with space, comma and 'quotes\""])
def test_a_home_of_any_name_works(new_home: Callable[..., Path], name: str) -> None:
    with EmbeddedPostgres(new_home(name)) as server:
        write(server, "here")
        assert read(server) == ["here"]


def test_a_strangers_folder_for_the_socket_is_refused(new_home: Callable[..., Path]) -> None:
    home = new_home("x" * 120)
    sockets = socket_folder(home)
    sockets.mkdir(mode=0o777)
    sockets.chmod(0o777)
    with pytest.raises(PostgresError, match=str(sockets)):
        EmbeddedPostgres(home).start()
    assert not (database_folder(home) / "data").exists()
    sockets.rmdir()


def test_a_throw_away_cluster_leaves_nothing(home: Path) -> None:
    with EmbeddedPostgres(home, durable=False) as server:
        assert setting(server, "fsync") == "off"
        folder = database_folder(home)
        assert folder.exists()
    assert not folder.exists()


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    with EmbeddedPostgres(home):
        pass
    (database_folder(home) / "data" / "global" / "pg_control").rename(home / "pg_control")
    with pytest.raises(PostgresError, match="pg_control") as refusal:
        EmbeddedPostgres(home).start()
    assert str(home / "logs" / "postgres.log") in refusal.value.message


def test_the_log_holds_no_data_of_customers(home: Path) -> None:
    with EmbeddedPostgres(home) as server, psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE customer (phone text UNIQUE)")
        connection.execute("INSERT INTO customer VALUES ('13800138000')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO customer VALUES ('13800138000')")
    assert "13800138000" not in server.log.read_text()


@pytest.mark.parametrize(
    ("memory", "buffers", "work"),
    [(512, "64MB", "8MB"), (4096, "512MB", "8MB"), (65536, "1024MB", "64MB")],
)
def test_memory_fits_the_machine(memory: int, buffers: str, work: str) -> None:
    settings = memory_settings(memory * MEGABYTE)
    assert (settings["shared_buffers"], settings["work_mem"]) == (buffers, work)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run PostgreSQL as somebody else")
def test_root_gives_the_cluster_to_a_system_user_even_below_a_closed_folder(
    tmp_path: Path,
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    home = closed / "home"
    with EmbeddedPostgres(home, durable=False) as server:
        write(server, "root")
        folder = database_folder(home)
        assert folder.stat().st_uid != 0
        assert not folder.is_relative_to(closed)
        assert location_file(home).read_text().strip() == str(folder)
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert not folder.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run PostgreSQL as somebody else")
def test_a_cluster_that_was_lost_is_not_silently_replaced_by_an_empty_one(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    location_file(home).write_text("/var/lib/zhike/gone\n")
    with pytest.raises(PostgresError, match="/var/lib/zhike/gone"):
        EmbeddedPostgres(home).start()


def python_of_everybody() -> str | None:
    """A Python that an ordinary user may run, with our packages; root's own often isn't."""
    candidates = [sys.executable, "/usr/bin/python3"]
    return next((python for python in candidates if run_as_nobody(python, "import psycopg")), None)


def run_as_nobody(python: str, program: str, *words: str) -> str:
    command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", python]
    paths = [str(SOURCES), *(path for path in sys.path if path.endswith("site-packages"))]
    done = subprocess.run(
        [*command, "-c", f"{program}; print('done')", *words],
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "PYTHONPATH": ":".join(paths)},
    )
    return done.stdout


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="needs root and setpriv"
)
def test_an_ordinary_user_has_a_server_too(new_home: Callable[..., Path]) -> None:
    python = python_of_everybody()
    if python is None:
        pytest.skip("no Python with our packages that an ordinary user may run")
    top = new_home().parent
    os.chown(top, NOBODY, NOBODY)
    program = (
        "import sys; from pathlib import Path; from zhike.cli.postgres import EmbeddedPostgres;"
        "server = EmbeddedPostgres(Path(sys.argv[1])); server.start();"
        "print(server.is_running()); server.stop(); print(server.is_running())"
    )
    assert run_as_nobody(python, program, str(top / "theirs")) == "True\nFalse\ndone\n"
    assert (top / "theirs" / "database" / "data").stat().st_uid == NOBODY
