"""`zhike duplicates scan`."""

import sys
from argparse import ArgumentParser, Namespace
from gettext import gettext

from zhike.cli import output
from zhike.cli.installation import application


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("what", choices=["scan"], help=gettext("look through the whole base"))
    output.add_json_option(parser)


def run(arguments: Namespace) -> int:
    def report(step: str) -> None:
        print(step, file=sys.stderr, flush=True)

    with application():
        from zhike.access.viewer import SYSTEM
        from zhike.insight.actions import scan_duplicates

        result = scan_duplicates(SYSTEM, report=report)
    text = gettext(
        "%(customers)d customers in %(seconds)s s: %(open)d probable duplicates, %(new)d of them "
        "new, %(closed)d closed"
    )
    output.conclude(arguments, result, text % result)
    return 0
