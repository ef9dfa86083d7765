"""`zhike erase`."""

from argparse import ArgumentParser, Namespace
from gettext import gettext
from uuid import UUID

from zhike.cli import output
from zhike.cli.installation import application
from zhike.kernel.errors import Invalid

GROUNDS = ("request", "withdrawn", "purpose", "retention", "unlawful")


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "customer", metavar="CUSTOMER", nargs="?", default="",
        help=gettext("the id, or with --was a phone or an e-mail"),
    )  # fmt: skip
    parser.add_argument(
        "--ground", choices=GROUNDS, default="request", help=gettext("why the person is erased")
    )
    parser.add_argument(
        "--reference", default="", help=gettext("the number of the request in your register")
    )
    parser.add_argument(
        "--dry-run", action="store_true", help=gettext("only say what would be done")
    )
    parser.add_argument(
        "--was", action="store_true", help=gettext("only say whether this person was erased")
    )
    parser.add_argument(
        "--pending", action="store_true", help=gettext("carry on every erasure that isn't done")
    )
    output.add_json_option(parser)


def run(arguments: Namespace) -> int:
    with application():
        from zhike.access.viewer import SYSTEM
        from zhike.privacy.actions import erase_customer, preview_erasure
        from zhike.privacy.certificate import certificate, limits, rows
        from zhike.privacy.queries import erasures_of

        if arguments.pending:
            return _carry_on(arguments)
        if arguments.was:
            found = [certificate(one) for one in erasures_of(SYSTEM, arguments.customer)]
            lines = [gettext("erased: certificate %(number)s") % one for one in found]
            text = "\n".join(lines) or gettext("nobody by this was erased here")
            output.conclude(arguments, {"erasures": found}, text)
            return 0
        customer = _id(arguments.customer)
        if arguments.dry_run:
            preview = preview_erasure(SYSTEM, customer)
            result = {"rows": preview.rows, "merged": preview.merged, "shared": preview.shared}
            counted = output.table([[name, str(n)] for name, n in preview.rows.items()])
            output.conclude(arguments, result, counted)
            return 0
        done = erase_customer(
            SYSTEM, customer, ground=arguments.ground, reference=arguments.reference
        )
        result = certificate(done)
        lines = [gettext("erased: certificate %(number)s") % result]
        lines += [f"  {name}: {own + told}" for name, own, told in rows(done)]
        lines += [f"  {limit}" for limit in limits(done)]
    output.conclude(arguments, result, "\n".join(lines))
    return 0


def _carry_on(arguments: Namespace) -> int:
    """One that waits keeps no other from being carried out. Exit 1 when some wait."""
    from zhike.access.viewer import SYSTEM
    from zhike.privacy.actions import carry_erasures_on
    from zhike.privacy.queries import erasure

    done: list[str] = []
    waiting: list[str] = []
    for ids, why in carry_erasures_on():
        for run in (erasure(SYSTEM, pk) for pk in ids):
            (done if run.state == "done" else waiting).append(run.number)
        if why is not None:
            output.say(arguments, why)
    text = gettext("%(count)d erasures carried out, %(waiting)d wait") % {
        "count": len(done), "waiting": len(waiting),
    }  # fmt: skip
    output.conclude(arguments, {"erasures": done, "waiting": waiting}, text)
    return 1 if waiting else 0


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        message = gettext("This is no id of a customer: %(text)s")
        raise Invalid("not_an_id", message % {"text": text}) from None
