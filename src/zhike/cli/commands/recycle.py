"""`zhike recycle`."""

from argparse import ArgumentParser, Namespace
from gettext import gettext

from zhike.cli import output
from zhike.cli.installation import application


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--dry-run", action="store_true", help=gettext("only say what would be done")
    )
    output.add_json_option(parser)


def run(arguments: Namespace) -> int:
    with application():
        from zhike.access.viewer import SYSTEM
        from zhike.ownership.actions import preview_recycling, recycle

        do = preview_recycling if arguments.dry_run else recycle
        outcome = do(SYSTEM)
    result = {
        "dry_run": arguments.dry_run,
        "recycled": outcome.recycled,
        "reminded": outcome.reminded,
        "by_rule": outcome.by_rule,
        "paused": outcome.paused,
        "batch": str(outcome.batch_id) if outcome.batch_id else None,
    }
    lines = [
        gettext("%(recycled)d customers recycled, %(reminded)d owners reminded") % result,
        *(f"  {rule}: {number}" for rule, number in outcome.by_rule.items()),
        *(
            gettext("paused: %(rule)s (%(why)s)") % {"rule": one["rule"], "why": one["why"]}
            for one in outcome.paused
        ),
    ]
    output.conclude(arguments, result, "\n".join(lines))
    return 0
