"""`zhike settle`: makes a database from a backup fit for use, before anybody uses it."""

from argparse import ArgumentParser, Namespace

from zhike.cli.installation import application


def add_arguments(parser: ArgumentParser) -> None:
    pass


def run(arguments: Namespace) -> int:
    with application():
        from zhike.events.actions import rebase_after_restore
        from zhike.privacy.actions import erase_again

        rebase_after_restore()
        erase_again()
    return 0
