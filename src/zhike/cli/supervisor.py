"""Keeps child processes running until somebody asks for the end."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from zhike.cli.lifeline import STARTER

SHORTEST_PAUSE = 1.0  # before a crashed child is started again; doubled with every crash
LONGEST_PAUSE = 30.0
HEALTHY_AFTER = 60.0
PATIENCE = 10.0  # for children that were asked to end
STARTING_LOOK = 0.05
ROUND = 5.0  # between two looks at what is not our child
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def zhike_command(*words: str) -> list[str]:
    """The command line of another `zhike` in the same Python."""
    return [sys.executable, "-m", "zhike.cli", *words]


@dataclass
class Child:
    """One command of ours that is to run all the time."""

    words: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    crashes: int = 0
    start_again: float = field(default=0.0)

    def start(self) -> None:
        """In a session of its own: Ctrl-C in the terminal is for us, we tell the children."""
        environment = {**os.environ, STARTER: str(os.getpid())}
        self.process = subprocess.Popen(
            zhike_command(*self.words),
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.started = time.monotonic()

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def send(self, wish: signal.Signals) -> None:
        """To the child and to what it started itself."""
        if self.process is not None and self.running:
            os.killpg(self.process.pid, wish)


class Supervisor:
    """Starts children, starts crashed ones again, and ends them all together.

    The first child has the machine to itself until `is_ready` says yes, which is asked often;
    `on_ready` is then called once and the others start. If it ends before that, it is taken as
    unable to start, and `run` answers False. From then on `on_round` is called every few seconds
    and whenever a process has ended.
    """

    def __init__(
        self,
        first: Child,
        others: Sequence[Child],
        *,
        is_ready: Callable[[], bool],
        on_ready: Callable[[], None],
        on_round: Callable[[], object],
    ):
        self.first = first
        self.others = list(others)
        self.children = [first, *others]
        self.is_ready = is_ready
        self.on_ready = on_ready
        self.on_round = on_round
        self.endings = 0

    def run(self) -> bool:
        """Until a signal asks for the end. The children have ended when this returns."""
        listener = self._listen_to_signals()
        try:
            self.first.start()
            return self._become_ready(listener) and self._keep_running(listener)
        finally:
            self._end_children(listener)

    def _listen_to_signals(self) -> int:
        """A descriptor that can be read as soon as a signal has come. Nothing is busy waiting."""
        listener, bell = os.pipe()
        for end in (listener, bell):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(bell, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        for ending in ENDINGS:
            signal.signal(ending, self._note_ending)
        return listener

    def _note_ending(self, number: int, frame: object) -> None:
        self.endings += 1

    def _become_ready(self, listener: int) -> bool:
        while not self.endings:
            if not self.first.running:
                return False
            if self.is_ready():
                self.on_ready()
                for child in self.others:
                    child.start()
                return True
            _wait(listener, STARTING_LOOK)
        return True

    def _keep_running(self, listener: int) -> bool:
        while not self.endings:
            self.on_round()
            now = time.monotonic()
            for child in self.children:
                if not child.running:
                    self._start_again(child, now)
            pauses = [child.start_again - now for child in self.children if not child.running]
            _wait(listener, max(0.0, min([ROUND, *pauses])))
        return True

    def _start_again(self, child: Child, now: float) -> None:
        if child.start_again == 0.0:
            child.crashes = 0 if now - child.started > HEALTHY_AFTER else child.crashes + 1
            pause = min(SHORTEST_PAUSE * 2 ** max(0, child.crashes - 1), LONGEST_PAUSE)
            child.start_again = now + pause
        elif now >= child.start_again:
            child.start_again = 0.0
            child.start()

    def _end_children(self, listener: int) -> None:
        """Politely; by force when they take too long or when somebody asks a second time."""
        already_asked = self.endings
        deadline = time.monotonic() + PATIENCE
        for child in self.children:
            child.send(signal.SIGTERM)
        while any(child.running for child in self.children):
            if time.monotonic() > deadline or self.endings > max(already_asked, 1):
                for child in self.children:
                    child.send(signal.SIGKILL)
            _wait(listener, STARTING_LOOK)


def _wait(listener: int, seconds: float) -> None:
    readable, _, _ = select.select([listener], [], [], seconds)
    if readable:
        os.read(listener, 4096)
