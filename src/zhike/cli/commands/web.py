"""`zhike web`: the web server alone, as `zhike serve` starts it."""

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from gettext import gettext
from typing import Any

from zhike.cli.lifeline import STARTER, follow_starter

# Two requests at a time keep one Python process busy; more would only take turns.
THREADS = 2
PATIENCE = 5  # seconds for requests that are under way when the server stops


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--host", default="127.0.0.1", help=gettext("address to listen on (default: %(default)s)")
    )
    parser.add_argument(
        "--port", type=int, default=8000, help=gettext("port to listen on (default: %(default)s)")
    )


def run(arguments: Namespace) -> int:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    if STARTER in os.environ:
        follow_starter()
    server = Granian(
        "zhike.config.wsgi:application",
        address=arguments.host,
        port=arguments.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        log_level=LogLevels.warning,
        workers_kill_timeout=PATIENCE,
    )
    os.environ[STARTER] = str(os.getpid())
    server.serve(target_loader=load_application, wrap_loader=False)
    return 0


def load_application() -> Callable[..., Any]:
    """Runs in the server's own child process, which would otherwise outlive a killed server."""
    follow_starter()
    from django.core.servers.basehttp import get_internal_wsgi_application

    return get_internal_wsgi_application()
