"""Setting up the rules by which a dispute's outcome is proposed."""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.events.actions import Draft, record
from zhike.kernel import clock
from zhike.kernel.errors import FieldError, NotFound
from zhike.ownership.disputes.judging import OF_DAYS
from zhike.ownership.models import DisputeRule
from zhike.ownership.setting import (
    customer_filter,
    no_such_field,
    number_of_days,
    one_of,
    rule_name,
    set_values,
    whole_number,
)


@transaction.atomic
def create_dispute_rule(viewer: Viewer, **values) -> DisputeRule:
    """A new rule, after the others unless a position is given."""
    require(viewer, "administer")
    rule = DisputeRule(position=DisputeRule.objects.count(), created_at=clock.now())
    _set(rule, {"name": "", **values})
    rule.save(force_insert=True)
    _tell(rule, viewer)
    return rule


@transaction.atomic
def change_dispute_rule(viewer: Viewer, rule_id: UUID, **values) -> DisputeRule:
    rule = _locked(viewer, rule_id)
    _set(rule, values)
    rule.save(force_update=True)
    _tell(rule, viewer)
    return rule


@transaction.atomic
def remove_dispute_rule(viewer: Viewer, rule_id: UUID) -> None:
    """What it has proposed stays with the decisions."""
    rule = _locked(viewer, rule_id)
    _tell(rule, viewer)
    rule.delete()


def _locked(viewer: Viewer, rule_id: UUID) -> DisputeRule:
    require(viewer, "administer")
    rule = DisputeRule.objects.select_for_update().filter(pk=rule_id).first()
    if rule is None:
        raise NotFound("not_found", _("There is no such rule."))
    return rule


def _set(rule: DisputeRule, values: Mapping) -> None:
    set_values(rule, values, _cleaned, lambda: _wrong_together(rule))


def _cleaned(name: str, value) -> object:
    match name:
        case "name":
            return rule_name(value)
        case "filter":
            return customer_filter(value)
        case "when":
            return one_of(name, value, DisputeRule.When.values)
        case "verdict":
            return one_of(name, value, DisputeRule.Verdict.values)
        case "days":
            return None if value in (None, "") else number_of_days(value)
        case "is_enabled":
            return bool(value)
        case "position":
            return whole_number(name, value)
    raise no_such_field(name)


def _wrong_together(rule: DisputeRule) -> list[FieldError]:
    if rule.when not in OF_DAYS:
        rule.days = None
    elif rule.days is None:
        return [FieldError("days", "missing", _("Say how many days."))]
    return []


def _tell(rule: DisputeRule, viewer: Viewer) -> None:
    draft = Draft("dispute_rule.set", "dispute_rule", rule.pk, data={"rule": rule.name})
    record(draft, origin=viewer.origin())
