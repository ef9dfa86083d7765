"""`zhike import TYPE FILE`."""

import json
import sys
from argparse import ArgumentParser, Namespace
from gettext import gettext
from pathlib import Path
from typing import Any

from zhike.cli import output
from zhike.cli.installation import application
from zhike.kernel.errors import Invalid


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("type", metavar="TYPE", help=gettext("customer, product or order"))
    parser.add_argument("file", metavar="FILE", type=Path, help=gettext("a CSV or XLSX file"))
    parser.add_argument(
        "--map", type=Path, help=gettext("a JSON file: field name → heading of the column")
    )
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=gettext("an option of this kind of import, such as currency=GBP"),
    )
    parser.add_argument("--dry-run", action="store_true", help=gettext("read and check only"))
    parser.add_argument(
        "--errors", type=Path, metavar="FILE", help=gettext("where to write the refused rows")
    )
    output.add_json_option(parser)


def run(arguments: Namespace) -> int:
    if not arguments.file.is_file():
        message = gettext("There is no file %(file)s.") % {"file": arguments.file}
        raise Invalid("file.missing", message)
    with application():
        run = _import(arguments)
        errors_file = _write_errors(arguments, run)
    if run.state == "failed":
        raise Invalid("import.failed", run.error)
    result = {
        "rows": run.rows,
        "created": run.created,
        "updated": run.updated,
        "skipped": run.skipped,
        "refused": run.refused,
        "asked": run.asked,
        "errors_file": errors_file,
        "batch": run.batch_id,
    }
    text = gettext(
        "%(rows)d rows: %(created)d created, %(updated)d updated, %(skipped)d skipped, "
        "%(refused)d refused"
    )
    if run.asked:
        text += gettext(", %(asked)d to be decided on the page of the import")
    output.conclude(arguments, result, text % {k: v for k, v in result.items() if k != "batch"})
    if errors_file:
        output.say(arguments, gettext("Refused rows: %(file)s") % {"file": errors_file})
    return 1 if run.refused else 0


def _import(arguments: Namespace):
    from zhike.access.viewer import SYSTEM
    from zhike.kernel.text import listed
    from zhike.records.imports import actions
    from zhike.records.imports.recognising import unmapped

    run = actions.prepare_import(
        SYSTEM, type=arguments.type, path=arguments.file.resolve(), name=arguments.file.name
    )
    mapping = _read_json(arguments.map) if arguments.map else run.mapping
    options = dict(pair.partition("=")[::2] for pair in arguments.option) or run.options
    run = actions.map_import(SYSTEM, run.pk, mapping=mapping, options=options)
    if left := unmapped(run.mapping, run.headings):
        names = listed(left)
        output.say(arguments, gettext("Columns not imported: %(names)s") % {"names": names})
    return actions.import_now(
        SYSTEM, run.pk, is_dry_run=arguments.dry_run, report=_progress(arguments)
    )


def _progress(arguments: Namespace):
    """A bar on a terminal, a line a second elsewhere."""
    is_terminal = sys.stderr.isatty()

    def report(run) -> None:
        done, whole = (run.applied, run.groups) if run.state == "applying" else (run.rows, 0)
        text = f"{run.get_state_display()} {done}" + (f"/{whole}" if whole else "")
        print(f"\r\033[K{text}" if is_terminal else text, end="" if is_terminal else "\n",
              file=sys.stderr, flush=True)  # fmt: skip

    return report


def _write_errors(arguments: Namespace, run) -> str | None:
    from zhike.access.viewer import SYSTEM
    from zhike.records.imports.refused import write_error_file

    if not (run.refused or run.asked) or run.state == "failed":
        return None
    path = arguments.errors or Path(f"{arguments.file.stem}.errors.csv")
    write_error_file(SYSTEM, run, path)
    return str(path)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        mapping = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = gettext("%(file)s can't be read: %(reason)s") % {"file": path, "reason": error}
        raise Invalid("map.unreadable", message) from None
    if not isinstance(mapping, dict):
        raise Invalid("map.unreadable", gettext("The mapping must be a JSON object."))
    return mapping
