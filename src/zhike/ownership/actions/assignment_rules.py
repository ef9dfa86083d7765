"""Setting up the rules by which customers whom nobody holds find an owner."""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.queries import active_user_names, team_names, user_names
from zhike.access.viewer import Viewer
from zhike.events.actions import Draft, record
from zhike.kernel import clock
from zhike.kernel.errors import FieldError, Invalid, NotFound
from zhike.kernel.text import listed
from zhike.ownership.allotment import TERRITORIES, people_of
from zhike.ownership.models import AssignmentRule
from zhike.ownership.setting import (
    customer_filter,
    no_such_field,
    one_of,
    rule_name,
    set_values,
    whole_number,
)


@transaction.atomic
def create_assignment_rule(viewer: Viewer, **values) -> AssignmentRule:
    """A new rule, after the others unless a position is given. Raises Invalid for a person who has
    left and for a filter that can't be asked."""
    require(viewer, "administer")
    rule = AssignmentRule(position=AssignmentRule.objects.count(), created_at=clock.now())
    _set(rule, {"name": "", "filter": {}, **values})
    rule.save(force_insert=True)
    _tell(rule, viewer)
    return rule


@transaction.atomic
def change_assignment_rule(viewer: Viewer, rule_id: UUID, **values) -> AssignmentRule:
    """Changes what is given. Whose turn it is stays."""
    rule = _locked(viewer, rule_id)
    _set(rule, values)
    rule.save(force_update=True)
    _tell(rule, viewer)
    return rule


@transaction.atomic
def remove_assignment_rule(viewer: Viewer, rule_id: UUID) -> None:
    rule = _locked(viewer, rule_id)
    _tell(rule, viewer)
    rule.delete()


def draft_assignment_rule(rule_id: UUID | None, values: Mapping) -> AssignmentRule:
    """A rule as it would be kept, for a rehearsal: nothing is written."""
    rule = AssignmentRule.objects.filter(pk=rule_id).first() if rule_id else None
    draft = rule or AssignmentRule(position=1_000_000, created_at=clock.now())
    _set(draft, {"name": "–", **values, "is_enabled": True})
    return draft


def _locked(viewer: Viewer, rule_id: UUID) -> AssignmentRule:
    require(viewer, "administer")
    rule = AssignmentRule.objects.select_for_update().filter(pk=rule_id).first()
    if rule is None:
        raise NotFound("not_found", _("There is no such rule."))
    return rule


def _set(rule: AssignmentRule, values: Mapping) -> None:
    set_values(rule, values, _cleaned, lambda: _wrong_together(rule))


def _cleaned(name: str, value) -> object:
    match name:
        case "name":
            return rule_name(value)
        case "filter":
            return customer_filter(value)
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
        case "takes_new" | "takes_pooled" | "is_enabled":
            return bool(value)
        case "position":
            return whole_number(name, value)
    raise no_such_field(name)


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


def _wrong_together(rule: AssignmentRule) -> list[FieldError]:
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
        return [FieldError("people", "nobody", _("Choose people or a team with somebody in it."))]
    if not (rule.takes_new or rule.takes_pooled):
        message = _("Choose new customers, customers in pools, or both.")
        return [FieldError("takes_new", "nothing", message)]
    return []


def _tell(rule: AssignmentRule, viewer: Viewer) -> None:
    draft = Draft("assignment_rule.set", "assignment_rule", rule.pk, data={"rule": rule.name})
    record(draft, origin=viewer.origin())
