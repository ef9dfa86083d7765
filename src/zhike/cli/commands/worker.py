"""`zhike worker`: does the jobs that wait. Any number may run, on any number of machines."""

import os
from argparse import ArgumentParser, Namespace

from zhike.cli.installation import application
from zhike.cli.lifeline import STARTER, follow_starter


def add_arguments(parser: ArgumentParser) -> None:
    pass


def run(arguments: Namespace) -> int:
    supervised = STARTER in os.environ
    if supervised:
        follow_starter()
    with application(up_to_date=not supervised):
        from zhike.jobs import run_worker

        run_worker()
    return 0
