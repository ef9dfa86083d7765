"""`zhike token create`."""

from argparse import ArgumentParser, Namespace
from gettext import gettext
from typing import TYPE_CHECKING

from zhike.cli import output
from zhike.cli.installation import application
from zhike.kernel.errors import NotFound

if TYPE_CHECKING:
    from zhike.access.models import User


def add_arguments(parser: ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True, metavar="create")
    create = verbs.add_parser("create", help=gettext("create a token for a user"))
    create.add_argument("email", metavar="EMAIL", help=gettext("the user who acts with this token"))
    create.add_argument("--name", required=True, help=gettext("what the token is for"))
    create.add_argument(
        "--scope",
        action="append",
        required=True,
        help=gettext("what it may do (read, write, admin); may be given several times"),
    )
    output.add_json_option(create)


def run(arguments: Namespace) -> int:
    with application():
        from zhike.access.actions import create_token
        from zhike.access.viewer import SYSTEM

        user = _user(arguments.email)
        token, secret = create_token(
            SYSTEM, user_id=user.pk, name=arguments.name, scopes=arguments.scope
        )
    result = {"id": token.pk, "name": token.name, "scopes": token.scopes, "token": secret}
    text = gettext("The token, shown only now: %(token)s")
    output.conclude(arguments, result, text % {"token": secret})
    return 0


def _user(email: str) -> "User":
    from zhike.access.queries import users
    from zhike.access.viewer import SYSTEM

    for user in users(SYSTEM):
        if user.email == email.strip().lower():
            return user
    raise NotFound("user.unknown", gettext("There is no user %(email)s.") % {"email": email})
