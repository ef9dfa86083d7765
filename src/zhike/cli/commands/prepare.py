"""`zhike prepare`: tables, the first administrator and, if asked, the demo company.

`zhike serve` runs it as a process of its own, so that the one that then watches over the others
for months stays small.
"""

from argparse import ArgumentParser, Namespace
from gettext import gettext

from zhike.cli.installation import application
from zhike.cli.prepared import note_prepared
from zhike.kernel.home import database_url

DEMO_CUSTOMERS = 5_000
DEMO_SEED = 1
DEMO_DUPLICATES = 0.03


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--demo", action="store_true")


def run(arguments: Namespace) -> int:
    with application():
        from zhike.access.actions import create_first_administrator

        if credentials := create_first_administrator():
            email, password = credentials
            print(gettext("The administrator: %(email)s") % {"email": email})
            print(
                gettext("The password, shown only now: %(password)s") % {"password": password},
                flush=True,
            )
        if arguments.demo:
            from zhike.access.viewer import SYSTEM
            from zhike.demo.actions import load_demo
            from zhike.insight.actions import run_scores, scan_duplicates

            is_new = load_demo(
                customers=DEMO_CUSTOMERS,
                seed=DEMO_SEED,
                report=_report,
                duplicates=DEMO_DUPLICATES,
            )
            if is_new:
                run_scores(SYSTEM)
                scan_duplicates(SYSTEM)
        note_prepared(database_url(), demo=arguments.demo)
    return 0


def _report(what: str, done: int, whole: int) -> None:
    """A line for the two things that people know; the rest goes by quietly."""
    if done == whole and what in ("customers", "orders"):
        print(f"{what}: {whole:,}", flush=True)
