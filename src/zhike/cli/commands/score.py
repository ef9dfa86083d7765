"""`zhike score`."""

import sys
from argparse import ArgumentParser, Namespace
from datetime import date
from gettext import gettext

from zhike.cli import output
from zhike.cli.installation import application


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--as-of", type=date.fromisoformat, metavar="DATE", help=gettext("as known on a past day")
    )
    output.add_json_option(parser)


def run(arguments: Namespace) -> int:
    def report(run) -> None:
        print(f"{run.progress:3d} % {run.step}", file=sys.stderr, flush=True)

    with application():
        from zhike.access.viewer import SYSTEM
        from zhike.insight.actions import run_scores

        run = run_scores(SYSTEM, as_of=arguments.as_of, report=report)
    result = {
        "as_of": run.as_of,
        "customers": run.customers,
        "orders": run.orders,
        "seconds": run.seconds,
        "report": run.report,
    }
    text = gettext("%(customers)d customers scored from %(orders)d orders up to %(as_of)s")
    output.conclude(arguments, result, text % result)
    return 0
