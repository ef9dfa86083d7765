"""`zhike demo`: fills an empty base with a simulated company."""

import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from gettext import gettext

from zhike.cli import output
from zhike.cli.installation import application
from zhike.kernel.errors import Conflict

DUPLICATES = 0.03


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--customers",
        type=int,
        default=5_000,
        metavar="N",
        help=gettext("how many customers, with about five orders each (default: %(default)s)"),
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=1,
        help=gettext("another number makes another company (default: %(default)s)"),
    )
    parser.add_argument(
        "--duplicates",
        type=float,
        default=DUPLICATES,
        metavar="SHARE",
        help=gettext("which share of the customers is on file twice (default: %(default)s)"),
    )
    output.add_json_option(parser)


def run(arguments: Namespace) -> int:
    begun = time.monotonic()
    with application():
        from zhike.access.viewer import SYSTEM
        from zhike.demo.actions import check_size, load_demo
        from zhike.insight.actions import run_scores, scan_duplicates

        check_size(arguments.customers)
        if not load_demo(
            arguments.customers,
            arguments.seed,
            report=_progress(),
            duplicates=arguments.duplicates,
        ):
            message = gettext("There are customers here already; the demo needs an empty base.")
            raise Conflict("demo.not_empty", message)
        run_scores(SYSTEM)
        scan_duplicates(SYSTEM)
    result = {
        "customers": arguments.customers,
        "seed": arguments.seed,
        "seconds": round(time.monotonic() - begun, 1),
    }
    text = gettext("Made a company of %(customers)d customers in %(seconds)s s.")
    output.conclude(arguments, result, text % result)
    return 0


def _progress() -> Callable[[str, int, int], None]:
    """One line that changes on a terminal, a line a step elsewhere."""
    is_terminal = sys.stderr.isatty()

    def report(step: str, done: int, total: int) -> None:
        text = f"{step} {done:,}/{total:,}"
        if is_terminal:
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
        elif done == total:
            print(text, file=sys.stderr, flush=True)

    return report
