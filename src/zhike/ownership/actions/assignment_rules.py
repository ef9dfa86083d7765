"""Setting up the rules by which customers whom nobody holds find an owner."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from zhike.access.queries import active_user_names, team_names, user_names
from zhike.kernel.errors import FieldError, Invalid
from zhike.kernel.text import listed
from zhike.ownership.actions.rulebook import Rulebook
from zhike.ownership.allotment import TERRITORIES, people_of
from zhike.ownership.models import AssignmentRule
from zhike.ownership.setting import no_such_field, one_of


class _AssignmentRules(Rulebook[AssignmentRule]):
    """Whose turn it is stays when one changes."""

    model = AssignmentRule
    kind = "assignment_rule"

    def cleaned(self, name: str, value: Any) -> object:
        match name:
            case "way":
                return one_of(name, value, AssignmentRule.Way.values)
            case "territory":
                return one_of(name, value, ("", *TERRITORIES))
            case "people":
                return [_person(name, one) for one in value or ()]
            case "teams":
                return [_team(one) for one in value or ()]
            case "table":
                return _table(value or {})
            case "takes_new" | "takes_pooled":
                return bool(value)
        raise no_such_field(name)

    def wrong_together(self, rule: AssignmentRule) -> list[FieldError]:
        if rule.way == AssignmentRule.Way.TERRITORY:
            rule.people, rule.teams = [], []
            if not rule.territory or not rule.table:
                message = _("Say which value goes to whom, about one of: %(known)s.")
                return [FieldError("table", "missing", message % {"known": listed(TERRITORIES)})]
        else:
            rule.territory, rule.table = "", {}
        if rule.way == AssignmentRule.Way.PERSON and (len(rule.people) != 1 or rule.teams):
            return [FieldError("people", "one_person", _("Choose one person."))]
        active = active_user_names()
        if not any(str(one) in active for one in people_of(rule)):
            message = _("Choose people or a team with somebody in it.")
            return [FieldError("people", "nobody", message)]
        if not (rule.takes_new or rule.takes_pooled):
            message = _("Choose new customers, customers in pools, or both.")
            return [FieldError("takes_new", "nothing", message)]
        return []


def _table(value: Mapping) -> dict[str, str]:
    places = {str(place).strip(): _person("table", one) for place, one in value.items()}
    return {place: one for place, one in places.items() if place}


def _person(name: str, value: object) -> str:
    """Somebody who is at work here. Whoever leaves later is passed over."""
    if str(value) in active_user_names():
        return str(value)
    if str(value) in user_names():
        message = _("%(name)s has left. Choose somebody who is at work.")
        message %= {"name": user_names()[str(value)]}
        raise Invalid.field(name, "has_left", message)
    raise Invalid.field(name, "unknown_user", _("There is nobody of that id at work here."))


def _team(value: object) -> str:
    if str(value) not in team_names():
        raise Invalid.field("teams", "unknown_team", _("There is no such team."))
    return str(value)


_BOOK = _AssignmentRules()
create_assignment_rule = _BOOK.create
change_assignment_rule = _BOOK.change
remove_assignment_rule = _BOOK.remove
draft_assignment_rule = _BOOK.draft
