"""`zhike serve` as a whole: real database, real web server, real worker, real kills."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from zhike.cli.commands.serve import _keep_alive
from zhike.cli.postgres import EmbeddedPostgres
from zhike.kernel.home import database_folder

from .conftest import Zhike

LONGEST_START = 60
LONGEST_STOP = 15

Serve = Callable[[], "Served"]


class Served:
    """A running `zhike serve`, ready for the first visitor."""

    def __init__(self, port: int, environment: dict[str, str]):
        self.port = port
        words = ["serve", "--no-browser", "--port", str(port)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "zhike.cli", *words],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.said = self._listen_until_ready()

    def _listen_until_ready(self) -> list[str]:
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line.rstrip())
            if f":{self.port}/" in line:
                return said
        raise AssertionError(f"zhike serve ended with {self.process.wait()}: {said}")

    def healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as page:
                return page.status == 200
        except OSError:
            return False

    def children(self, name: str) -> list[int]:
        """Ids of the processes that run `zhike NAME` for this server."""
        found = subprocess.run(
            ["pgrep", "--parent", str(self.process.pid), "--full", f"zhike.cli {name}"],
            check=False,
            capture_output=True,
            text=True,
        )
        return [int(line) for line in found.stdout.split()]

    def end(self, wish: signal.Signals) -> int:
        self.process.send_signal(wish)
        self.process.communicate(timeout=LONGEST_STOP)
        return self.process.returncode


def soon(true: Callable[[], object], patience: float = LONGEST_STOP) -> bool:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.1)
    return False


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def has_ended(process_id: int) -> bool:
    return not Path(f"/proc/{process_id}").exists()


@pytest.fixture
def serve(environment: dict[str, str]) -> Iterator[Serve]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    started: list[Served] = []

    def start() -> Served:
        started.append(Served(port, environment))
        return started[-1]

    yield start
    for served in started:
        if served.process.poll() is None:
            served.end(signal.SIGTERM)


def test_the_first_start_names_the_administrator_and_the_second_does_not(
    serve: Serve, home: Path
) -> None:
    first = serve()
    assert first.healthy()
    assert len(first.said) == 3
    assert "@" in first.said[0]
    assert first.end(signal.SIGINT) == 0
    assert is_free(first.port)
    assert not EmbeddedPostgres(home).is_running()

    second = serve()
    assert second.healthy()
    assert len(second.said) == 1
    assert second.end(signal.SIGTERM) == 0


def test_what_crashes_is_started_again(serve: Serve, home: Path) -> None:
    served = serve()
    assert soon(lambda: served.children("worker"))
    (worker,), (web,) = served.children("worker"), served.children("web")
    database = int((database_folder(home) / "data" / "postmaster.pid").read_text().split()[0])

    os.kill(worker, signal.SIGKILL)
    os.kill(web, signal.SIGKILL)
    os.kill(database, signal.SIGKILL)

    assert soon(lambda: served.children("worker") not in ([], [worker]), LONGEST_START)
    assert soon(lambda: served.children("web") not in ([], [web]), LONGEST_START)
    assert soon(served.healthy, LONGEST_START)
    assert served.end(signal.SIGTERM) == 0


def test_nothing_outlives_a_killed_serve_and_the_next_one_takes_over(serve: Serve) -> None:
    served = serve()
    assert soon(lambda: served.children("worker"))
    children = served.children("worker") + served.children("web")
    served.end(signal.SIGKILL)
    again = serve()
    assert again.healthy()
    assert all(soon(lambda child=child: has_ended(child)) for child in children)
    assert again.end(signal.SIGTERM) == 0


def test_backup_doctor_and_restore_beside_a_running_server(
    serve: Serve, zhike: Zhike, tmp_path: Path
) -> None:
    served = serve()
    backup = str(tmp_path / "backup.tar")
    written = zhike("backup", backup, "--json")
    assert written.returncode == 0, written.stderr
    assert json.loads(written.stdout.splitlines()[-1])["files"] == 0
    assert zhike("restore", backup).returncode == 2
    restored = zhike("restore", backup, "--replace")
    assert restored.returncode == 0, restored.stderr
    assert soon(served.healthy)
    examined = json.loads(zhike("doctor", "--json").stdout.splitlines()[-1])
    states = {finding["subject"]: finding["state"] for finding in examined["findings"]}
    assert (states["Database"], states["Tables"]) == ("good", "good")
    assert served.end(signal.SIGTERM) == 0


def test_a_database_that_dies_while_it_is_looked_at_is_left_to_the_next_round(capsys) -> None:
    class Dying:
        def start(self) -> None:
            raise psycopg.OperationalError("server closed the connection unexpectedly")

    _keep_alive(Dying())  # type: ignore[arg-type]

    assert "closed the connection" in capsys.readouterr().err
