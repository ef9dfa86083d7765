"""`zhike export TYPE FILE`."""

from argparse import ArgumentParser, Namespace
from gettext import gettext
from pathlib import Path

from zhike.cli import output
from zhike.cli.installation import application, noted
from zhike.kernel.errors import NotFound


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("type", metavar="TYPE", help=gettext("customer, product, order or task"))
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument("--view", metavar="NAME", help=gettext("a saved view of everybody's"))
    parser.add_argument("--format", choices=("csv", "xlsx", "parquet"), default=None)
    output.add_json_option(parser)


def run(arguments: Namespace) -> int:
    with application(), noted("export") as keep:
        from zhike.access.viewer import SYSTEM
        from zhike.records.exports import export_records
        from zhike.records.types import record_type

        kind = record_type(arguments.type)
        format = arguments.format or arguments.file.suffix.lstrip(".").lower() or "csv"
        where = _filter_of(kind, arguments.view)
        rows = export_records(
            kind, SYSTEM, arguments.file, format=format, where=where, report=lambda _done: keep()
        )
    text = gettext("%(rows)d rows written to %(file)s")
    result = {"rows": rows, "file": str(arguments.file)}
    output.conclude(arguments, result, text % result)
    return 0


def _filter_of(kind, name: str | None):
    from zhike.access.viewer import SYSTEM
    from zhike.filters import EVERYTHING, check, parse
    from zhike.records.queries import firm, saved_views

    if name is None:
        return EVERYTHING
    for view in saved_views(kind, SYSTEM):
        if view.name == name:
            return check(parse(view.filter), kind.schema, currency=firm().currency)
    raise NotFound("view.unknown", gettext("There is no view “%(name)s”.") % {"name": name})
