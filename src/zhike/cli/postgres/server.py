"""Starting, sharing and stopping the server of one cluster."""

import fcntl
import os
import signal
import subprocess
import time
from gettext import gettext
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg.pq import PGconn, Ping

from zhike.cli.lifeline import interrupt_with_starter
from zhike.cli.postgres.account import process_options, server_account
from zhike.cli.postgres.cluster import data_folder, make_cluster, remove_cluster
from zhike.cli.postgres.programs import PostgresError, programs_folder
from zhike.cli.postgres.settings import server_settings
from zhike.kernel import home as places

# Seconds.
MOMENT = 0.02  # between two looks
LONGEST_RECOVERY = 600
LONGEST_STOP = 30
LONGEST_LEFTOVER = 20
BEFORE_NEXT_TRY = 0.5

# PostgreSQL complains so while something of a killed server is still there: a query that runs on,
# or the server itself until whoever started it has taken note of its end.
LEFTOVERS = ("still in use", "already exists")

LARGEST_LOG = 10 * 2**20


class EmbeddedPostgres:
    """One cluster of one home, shared by every process that has called `start`."""

    def __init__(self, home: Path | None = None, *, durable: bool = True):
        self.home = places.home(home)
        self.durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        self._share: int | None = None  # descriptor of the lock that counts the users

    @property
    def url(self) -> str:
        return places.embedded_database_url(self.home)

    @property
    def log(self) -> Path:
        return places.logs_folder(self.home) / "postgres.log"

    def start(self) -> str:
        """Starts the server unless it runs, and answers the address of the database."""
        with places.exclusive("postgres", self.home):
            self._take_share()
            try:
                if not self._wait_for_answer():
                    make_cluster(self.home, durable=self.durable)
                    self._launch()
                self._make_database()
            except BaseException:
                self._leave()
                raise
        return self.url

    def stop(self) -> None:
        """Leaves the server. The last process to leave stops it and waits until it has ended."""
        if self._share is not None:
            with places.exclusive("postgres", self.home):
                self._leave()

    def is_running(self) -> bool:
        """Whether the server of this home answers."""
        return self._answer() is Ping.OK

    def binary(self, name: str) -> Path:
        """A client program, such as `pg_dump`, of the server's own version."""
        return programs_folder() / name

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    # -- starting ----------------------------------------------------------------------------

    def _launch(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        deadline = time.monotonic() + LONGEST_LEFTOVER
        while True:
            start_of_story = self._spawn()
            if self._wait_for_answer():
                return
            complaint = self._last_complaint(start_of_story)
            leftover = any(words in complaint for words in LEFTOVERS)
            if not leftover or time.monotonic() > deadline:
                break
            time.sleep(BEFORE_NEXT_TRY)
        message = gettext("PostgreSQL did not start: %(reason)s. The whole story is in %(path)s.")
        raise PostgresError("start", message % {"reason": complaint, "path": self.log})

    def _spawn(self) -> int:
        """Where in the log the story of this start begins."""
        folder, sockets = places.database_folder(self.home), places.socket_folder(self.home)
        settings = server_settings(sockets, durable=self.durable)
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        program = programs_folder(server_account(folder)) / "postgres"
        with open(self.log, "ab") as log:
            # Asked before the server starts: it writes through the same position.
            start_of_story = log.tell()
            # Its own session: Ctrl-C in the terminal must not reach it before it reaches us.
            self._process = subprocess.Popen(
                [program, "-D", data_folder(self.home), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=None if self.durable else interrupt_with_starter,  # noqa: PLW1509
                **process_options(folder),
            )
            return start_of_story

    def _wait_for_answer(self) -> bool:
        """Whether the server answers, after the time it may need to recover or to go away."""
        deadline = time.monotonic() + LONGEST_RECOVERY
        while time.monotonic() < deadline:
            alive = self._process is not None and self._process.poll() is None
            answer = self._answer()
            if answer is Ping.OK:
                return True
            if answer is Ping.NO_RESPONSE and not alive:
                return False
            time.sleep(MOMENT)
        return False

    def _answer(self) -> Ping:
        if self._process_id() is None:
            return Ping.NO_RESPONSE
        return Ping(PGconn.ping(self._maintenance_url.encode()))

    def _process_id(self) -> int | None:
        """The process that PostgreSQL itself wrote down; it may have been killed since."""
        try:
            lines = (data_folder(self.home) / "postmaster.pid").read_text().splitlines()
            return int(lines[0])
        except (OSError, ValueError, IndexError):
            return None

    def _last_complaint(self, start_of_story: int) -> str:
        story = self.log.read_bytes()[start_of_story:].decode(errors="replace")
        complaints = [
            line.partition("FATAL:")[2] for line in story.splitlines() if "FATAL:" in line
        ]
        return (complaints[-1] if complaints else story).strip()

    @property
    def _maintenance_url(self) -> str:
        return places.embedded_database_url(self.home, "postgres")

    def _make_database(self) -> None:
        name = places.DATABASE_NAME
        with psycopg.connect(self._maintenance_url, autocommit=True) as connection:
            query = "SELECT FROM pg_database WHERE datname = %s"
            if connection.execute(query, [name]).fetchone() is None:
                connection.execute(f"CREATE DATABASE {name}")

    # -- sharing and stopping ----------------------------------------------------------------

    def _take_share(self) -> None:
        """Every process that uses the server holds a shared lock. It ends with the process, so the
        count of users is right even when one was killed."""
        if self._share is None:
            path = places.run_folder(self.home) / "postgres.users"
            self._share = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._share, fcntl.LOCK_SH)

    def _leave(self) -> None:
        if self._share is None:
            return
        try:
            fcntl.flock(self._share, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._shut_down()
        except BlockingIOError:
            pass  # others still use it, and the last of them stops it
        finally:
            os.close(self._share)
            self._share = None

    def _shut_down(self) -> None:
        """First politely, though without waiting for clients, then at once: what was committed is
        in the write-ahead log either way."""
        if self._answer() is not Ping.NO_RESPONSE and not self._ended_after(signal.SIGINT):
            self._ended_after(signal.SIGQUIT)
        self._process = None
        if not self.durable:
            remove_cluster(self.home)

    def _ended_after(self, wish: signal.Signals) -> bool:
        process_id = self._process_id()
        if process_id is None:
            return True
        try:
            os.kill(process_id, wish)
        except ProcessLookupError:
            return True
        deadline = time.monotonic() + LONGEST_STOP
        while time.monotonic() < deadline:
            if self._has_ended(process_id):
                return True
            time.sleep(MOMENT)
        return False

    def _has_ended(self, process_id: int) -> bool:
        """Our own child is waited for; somebody else's removes its file as the last thing."""
        if self._process is not None and self._process.pid == process_id:
            return self._process.poll() is not None
        return self._process_id() is None
