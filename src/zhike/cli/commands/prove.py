"""`zhike prove`."""

from argparse import ArgumentParser, Namespace
from gettext import gettext
from pathlib import Path

from zhike.cli import output


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, metavar="FOLDER", help=gettext("the folder of public data sets")
    )
    output.add_json_option(parser)


def run(arguments: Namespace) -> int:
    """Exits 1 when a digit is off. What needs a data set that is not there is listed as such."""
    from zhike.insight.proving import prove

    checks = prove(arguments.data)
    words = {True: "✓", False: "✗", None: "–"}
    rows = [
        [words[check.ok], check.method, check.quantity, str(check.published), str(check.computed)]
        for check in checks
    ]
    result = {
        "checked": sum(check.ok is not None for check in checks),
        "off": sum(check.ok is False for check in checks),
        "skipped": sum(check.ok is None for check in checks),
    }
    output.conclude(arguments, result, output.table(rows))
    return 1 if result["off"] else 0
