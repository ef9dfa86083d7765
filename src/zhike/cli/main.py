"""The entry point of the command `zhike`.

Only the module of the command that was asked for is loaded, and Django only by commands that need
it, so that ``zhike --help`` answers at once. Exit status: 0 done, 1 some rows were refused, 2 could
not run, 130 interrupted.
"""

import os
import signal
import sys
import traceback
from argparse import ArgumentParser, HelpFormatter, Namespace
from collections.abc import Sequence
from gettext import gettext
from importlib import import_module
from typing import Protocol

import zhike
from zhike.cli import language, output
from zhike.cli.commands import COMMANDS, Command
from zhike.kernel.errors import ZhikeError

DONE, SOME_REFUSED, COULD_NOT_RUN, INTERRUPTED = 0, 1, 2, 130


class CommandModule(Protocol):
    """What a module below `zhike.cli.commands` offers."""

    def add_arguments(self, parser: ArgumentParser) -> None: ...

    def run(self, arguments: Namespace) -> int: ...


def main(words: Sequence[str] | None = None) -> int:
    words = sys.argv[1:] if words is None else words
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhike.config.settings")
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _end)
    language.speak()
    parser, module = _parser_for(words)
    arguments = parser.parse_args(words)
    if module is None:
        parser.print_help()
        return COULD_NOT_RUN
    return _run(module, arguments)


class _CommandList(HelpFormatter):
    """Python measures commands without their indent, and would break the longest one's line."""

    def __init__(self, prog: str):
        super().__init__(prog)
        self._action_max_length = 4 + max(len(command.name) for command in COMMANDS)


def _parser_for(words: Sequence[str]) -> tuple[ArgumentParser, CommandModule | None]:
    """The parser, with the arguments of the one command that was asked for, and its module."""
    parser = ArgumentParser(
        prog="zhike",
        description=gettext("Zhike: customer management."),
        formatter_class=_CommandList,
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"zhike {zhike.__version__}",
        help=gettext("show the version and exit"),
    )
    choices = parser.add_subparsers(title=gettext("commands"), metavar=gettext("COMMAND"))
    asked_for = next((word for word in words if not word.startswith("-")), None)
    module = None
    for command in COMMANDS:
        if command.name == asked_for:
            summary = gettext(command.summary)
            module = _load(command)
            module.add_arguments(
                choices.add_parser(command.name, help=summary, description=summary)
            )
        elif not command.internal:
            choices.add_parser(command.name, help=gettext(command.summary))
    return parser, module


def _load(command: Command) -> CommandModule:
    return import_module(command.module)  # type: ignore[return-value]


def _run(module: CommandModule, arguments: Namespace) -> int:
    try:
        return module.run(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (`| head`) has seen enough. Nothing may be flushed into its pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except ZhikeError as error:
        output.refuse_with(arguments, error)
    except Exception as error:  # noqa: BLE001
        if _is_unreachable_database(error):
            reason = str(error).strip().splitlines()[0]
            message = gettext("The database does not answer: %(reason)s") % {"reason": reason}
            output.refuse(arguments, "database.unreachable", message)
        else:
            traceback.print_exc()
            output.refuse(
                arguments, "unexpected", gettext("Something unforeseen happened; please report it.")
            )
    return COULD_NOT_RUN


def _end(number: int, frame: object) -> None:
    """Ends like Ctrl-C, so that a database that was started for this command is stopped."""
    raise SystemExit(128 + number)


def _is_unreachable_database(error: Exception) -> bool:
    """By name, because neither Django nor psycopg need be loaded."""
    return type(error).__name__ == "OperationalError"
