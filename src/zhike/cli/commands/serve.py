"""`zhike serve`: everything, from the database to the first page."""

import http.client
import os
import socket
import subprocess
import sys
import time
import webbrowser
from argparse import ArgumentParser, Namespace
from gettext import gettext

from zhike.cli.installation import NamedServer, database
from zhike.cli.postgres.server import EmbeddedPostgres
from zhike.cli.prepared import is_prepared
from zhike.cli.supervisor import Child, Supervisor, zhike_command
from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import secret_key

# How long the web server of a killed `zhike serve` may still hold the port.
PORT_PATIENCE = 3.0
ANSWER_PATIENCE = 2.0
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--demo", action="store_true", help=gettext("fill an empty database with a demo company")
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help=gettext("address to listen on (default: %(default)s)")
    )
    parser.add_argument(
        "--port", type=int, default=8000, help=gettext("port to listen on (default: %(default)s)")
    )
    parser.add_argument("--no-browser", action="store_true", help=gettext("don't open a browser"))


def run(arguments: Namespace) -> int:
    host, port = arguments.host, arguments.port
    _require_free_port(host, port)
    if not os.environ.get("ZHIKE_SECRET_KEY") and not os.environ.get("ZHIKE_SECRET_KEY_FILE"):
        secret_key()
    with database() as server:
        if not is_prepared(server.url, demo=arguments.demo):
            options = ["--demo"] if arguments.demo else []
            done = subprocess.run(zhike_command("prepare", *options), check=False)
            if done.returncode != 0:
                return done.returncode
        supervisor = Supervisor(
            Child(("web", "--host", host, "--port", str(port))),
            [Child(("worker",))],
            is_ready=lambda: _answers(host, port),
            on_ready=lambda: _welcome(arguments),
            on_round=lambda: _keep_alive(server),
        )
        if not supervisor.run():
            raise ZhikeError("serve.failed", gettext("Zhike could not start; the reason is above."))
    return 0


def _keep_alive(server: NamedServer | EmbeddedPostgres) -> None:
    """Starts the database again when it has died. It may die between answering and being asked:
    then the next round starts it."""
    import psycopg

    try:
        server.start()
    except psycopg.OperationalError as error:
        print(f"zhike: {error}", file=sys.stderr)


def _require_free_port(host: str, port: int) -> None:
    deadline = time.monotonic() + PORT_PATIENCE
    while (reason := _why_not_listen(host, port)) is not None:
        if not isinstance(reason, _Busy) or time.monotonic() > deadline:
            raise reason
        time.sleep(0.1)


class _Busy(ZhikeError):
    """Something listens on the port."""


def _why_not_listen(host: str, port: int) -> ZhikeError | None:
    where = {"host": host, "port": port}
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except PermissionError:
        message = gettext(
            "This user may not listen on port %(port)d. Choose one above 1023 with --port."
        )
        return ZhikeError("serve.port_not_allowed", message % where)
    except socket.gaierror:
        message = gettext("%(host)s is not an address of this machine. Choose one with --host.")
        return ZhikeError("serve.host", message % where)
    except OverflowError:
        return ZhikeError(
            "serve.port", gettext("%(port)d is not a port. Choose one with --port.") % where
        )
    except OSError as error:
        if error.errno == 98 or "in use" in str(error):
            message = gettext("Port %(port)d is already in use. Choose another one with --port.")
            return _Busy("serve.port_in_use", message % where)
        message = gettext("%(host)s is not an address of this machine. Choose one with --host.")
        return ZhikeError("serve.host", message % where)
    return None


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(
        EVERYWHERE.get(host, host), port, timeout=ANSWER_PATIENCE
    )
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _welcome(arguments: Namespace) -> None:
    host = EVERYWHERE.get(arguments.host, arguments.host)
    address = f"http://{f'[{host}]' if ':' in host else host}:{arguments.port}/"
    print(
        gettext("Zhike is ready: %(address)s (Ctrl-C stops it)") % {"address": address}, flush=True
    )
    if not arguments.no_browser and sys.stdout.isatty() and _has_screen():
        webbrowser.open(address)


def _has_screen() -> bool:
    return sys.platform == "darwin" or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
