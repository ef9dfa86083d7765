"""`zhike disclose`."""

from argparse import ArgumentParser, Namespace
from gettext import gettext
from pathlib import Path
from uuid import UUID

from zhike.cli import output
from zhike.cli.installation import application, noted
from zhike.kernel.errors import Invalid, ZhikeError


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("customer", metavar="CUSTOMER", type=UUID, help=gettext("the id"))
    parser.add_argument(
        "--output", type=Path, required=True, metavar="FILE", help=gettext("the file to write")
    )
    parser.add_argument("--language", default="", help=gettext("of the page in it: zh-hans or en"))
    output.add_json_option(parser)


def run(arguments: Namespace) -> int:
    if arguments.output.exists():
        message = gettext("%(path)s is there already.") % {"path": arguments.output}
        raise Invalid("file_exists", message)
    with application(), noted("disclose"):
        from zhike.access.viewer import SYSTEM
        from zhike.privacy.actions import disclose_customer

        made = disclose_customer(SYSTEM, arguments.customer, language=arguments.language)
        _write(arguments.output, made.stream())
    result = {
        "file": str(arguments.output), "rows": made.row_count, "files": len(made.files),
        "bytes": arguments.output.stat().st_size,
    }  # fmt: skip
    text = gettext("%(file)s: %(rows)d rows, %(files)d files.") % result
    output.conclude(arguments, result, text)
    return 0


def _write(path: Path, pieces) -> None:
    """For nobody else to read; what could not be written whole is not left lying."""
    try:
        path.touch(mode=0o600, exist_ok=False)
        with path.open("wb") as file:
            file.writelines(pieces)
    except OSError as error:
        path.unlink(missing_ok=True)
        message = gettext("%(path)s can't be written (%(reason)s).")
        values = {"path": path, "reason": error.strerror}
        raise ZhikeError("disclosure.not_written", message % values) from error
