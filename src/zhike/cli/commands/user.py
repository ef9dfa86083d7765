"""`zhike user create`."""

import secrets
import sys
from argparse import ArgumentParser, Namespace
from gettext import gettext
from uuid import UUID

from zhike.cli import output
from zhike.cli.installation import application
from zhike.kernel.errors import NotFound


def add_arguments(parser: ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True, metavar="create")
    create = verbs.add_parser("create", help=gettext("create a user"))
    create.add_argument("email", metavar="EMAIL")
    create.add_argument("--name", required=True, help=gettext("the name that colleagues see"))
    create.add_argument("--role", default="staff", help="administrator, manager, staff, read_only")
    create.add_argument("--sight", default="own", help="own, team, below, all")
    create.add_argument("--team", help=gettext("name of the team"))
    create.add_argument(
        "--password-stdin",
        action="store_true",
        help=gettext("read the password from standard input instead of making one up"),
    )
    output.add_json_option(create)


def run(arguments: Namespace) -> int:
    given = sys.stdin.readline().rstrip("\n") if arguments.password_stdin else None
    password = given or secrets.token_urlsafe(12)
    with application():
        from zhike.access.actions import create_user
        from zhike.access.viewer import SYSTEM

        user = create_user(
            SYSTEM,
            email=arguments.email,
            name=arguments.name,
            role=arguments.role,
            sight=arguments.sight,
            team_id=_team_id(arguments.team) if arguments.team else None,
            password=password,
        )
    result = {"id": user.pk, "email": user.email, "password": None if given else password}
    text = gettext("Created %(email)s.") % {"email": user.email}
    if not given:
        text += "\n" + gettext("The password, shown only now: %(password)s") % {
            "password": password
        }
    output.conclude(arguments, result, text)
    return 0


def _team_id(name: str) -> UUID:
    from zhike.access.queries import team_names

    for team_id, team_name in team_names().items():
        if team_name == name:
            return UUID(team_id)
    raise NotFound("team.unknown", gettext("There is no team %(name)s.") % {"name": name})
