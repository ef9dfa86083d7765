"""What commands print: lines for people, and with ``--json`` one object for programs."""

import json
import sys
import unicodedata
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from gettext import gettext
from typing import Any

from zhike.kernel.errors import ZhikeError


def add_json_option(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--json",
        action="store_true",
        help=gettext("print the result as one JSON object, on the last line"),
    )


def wants_json(arguments: Namespace) -> bool:
    return getattr(arguments, "json", False)


def say(arguments: Namespace, text: str) -> None:
    """A line for people. Programs that asked for JSON find it among the messages instead."""
    print(text, file=sys.stderr if wants_json(arguments) else sys.stdout, flush=True)


def conclude(arguments: Namespace, result: dict[str, Any], text: str | None = None) -> None:
    """The end of a command: the result for programs, or the sentence for people."""
    if wants_json(arguments):
        print(json.dumps(result, ensure_ascii=False, default=str), flush=True)
    elif text:
        print(text, flush=True)


def refuse(arguments: Namespace, code: str, message: str, details: Sequence[str] = ()) -> None:
    """Why a command could not run."""
    print(f"zhike: {message}", file=sys.stderr)
    for detail in details:
        print(f"  {detail}", file=sys.stderr)
    if wants_json(arguments):
        print(
            json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False),
            flush=True,
        )


def refuse_with(arguments: Namespace, error: ZhikeError) -> None:
    details = [
        f"{each.field}: {each.message}" for each in error.errors if each.message != error.message
    ]
    refuse(arguments, error.code, error.message, details)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns two spaces apart. A Han character takes the room of two letters on a terminal."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(_padded, row, widths)).rstrip() for row in rows]
    return "\n".join(lines)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
