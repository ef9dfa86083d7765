"""Processes that end with the one that started them, even when that one is killed with -9.

Linux tells them; elsewhere they look twice a second.
"""

import ctypes
import os
import signal
import sys
import threading
import time

STARTER = "ZHIKE_STARTER"  # environment: process id of the one that started us
PR_SET_PDEATHSIG = 1
LOOK_EVERY = 0.5

# Loaded beforehand: between fork and exec hardly anything is safe to do.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def follow_starter() -> None:
    """Called by a process at its beginning: it is asked to end as soon as its starter has ended."""
    starter = int(os.environ.get(STARTER) or os.getppid())
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    else:
        threading.Thread(target=_watch, args=(starter,), name="lifeline", daemon=True).start()
    if os.getppid() != starter:  # it ended before we could ask
        os.kill(os.getpid(), signal.SIGTERM)


def interrupt_with_starter() -> None:
    """The same for programs that aren't ours, as their `preexec_fn`; on Linux only."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def _watch(starter: int) -> None:
    while os.getppid() == starter:
        time.sleep(LOOK_EVERY)
    os.kill(os.getpid(), signal.SIGTERM)
