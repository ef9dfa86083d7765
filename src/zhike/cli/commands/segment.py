"""`zhike segment FILTER-FILE`."""

import json
from argparse import ArgumentParser, Namespace
from gettext import gettext
from pathlib import Path

from zhike.cli import output
from zhike.cli.installation import application
from zhike.kernel.errors import Invalid


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILTER-FILE", type=Path, help=gettext("a filter tree as JSON")
    )
    output.add_json_option(parser)


def run(arguments: Namespace) -> int:
    try:
        filter = json.loads(arguments.file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = gettext("%(file)s can't be read: %(reason)s")
        raise Invalid(
            "filter.unreadable", message % {"file": arguments.file, "reason": error}
        ) from None
    with application():
        from zhike.access.viewer import SYSTEM
        from zhike.segments.queries import count_exactly, preview

        found = preview(SYSTEM, filter)
        size = count_exactly(SYSTEM, filter)
    names = [party.name for party in found.sample]
    result = {"size": size, "sentence": found.sentence, "sample": names}
    text = f"{found.sentence}\n{size}\n" + "\n".join(names)
    output.conclude(arguments, result, text)
    return 0
