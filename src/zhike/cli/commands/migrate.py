"""`zhike migrate`: the tables of this version. The other commands do it by themselves."""

from argparse import ArgumentParser, Namespace
from gettext import gettext

from zhike.cli import output
from zhike.cli.installation import application, bring_up_to_date


def add_arguments(parser: ArgumentParser) -> None:
    output.add_json_option(parser)


def run(arguments: Namespace) -> int:
    with application(up_to_date=False):
        changed = bring_up_to_date()
    text = (
        gettext("The database was brought up to date.")
        if changed
        else gettext("The database is up to date.")
    )
    output.conclude(arguments, {"changed": changed}, text)
    return 0
