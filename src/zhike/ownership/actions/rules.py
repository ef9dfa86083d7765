"""Setting up the rules by which customers go back."""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from zhike.access.viewer import Viewer
from zhike.events.actions import Draft, record
from zhike.kernel import clock
from zhike.kernel.errors import FieldError, NotFound
from zhike.ownership.actions.pools import locked_pool
from zhike.ownership.models import Rule
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
def create_rule(viewer: Viewer, pool_id: UUID, **values) -> Rule:
    """A new rule, after the others of its pool unless a position is given."""
    pool = locked_pool(viewer, pool_id)
    rule = Rule(pool=pool, position=pool.rules.count(), created_at=clock.now())
    set_rule(rule, {"name": "", **values})
    rule.save(force_insert=True)
    _tell(rule, viewer)
    return rule


@transaction.atomic
def change_rule(viewer: Viewer, rule_id: UUID, **values) -> Rule:
    """Changes what is given. No clock is touched: there are none to touch."""
    rule = _locked(viewer, rule_id)
    set_rule(rule, values)
    rule.save(force_update=True)
    _tell(rule, viewer)
    return rule


@transaction.atomic
def remove_rule(viewer: Viewer, rule_id: UUID) -> None:
    rule = _locked(viewer, rule_id)
    rule.delete()
    _tell(rule, viewer)


def draft_rule(pool_id: UUID, rule: Rule | None, values: Mapping) -> Rule:
    """A rule as it would be kept, for a preview: nothing is written."""
    draft = Rule(pool_id=pool_id, position=1_000_000, created_at=clock.now())
    if rule is not None:
        draft = Rule.objects.select_related("pool").get(pk=rule.pk)
    set_rule(draft, {"name": "–", **values})
    return draft


def _locked(viewer: Viewer, rule_id: UUID) -> Rule:
    rule = Rule.objects.filter(pk=rule_id, pool__archived_at=None).first()
    if rule is None:
        raise NotFound("not_found", _("There is no such rule."))
    rule.pool = locked_pool(viewer, rule.pool_id)
    return rule


def set_rule(rule: Rule, values: Mapping) -> None:
    set_values(rule, values, _cleaned, lambda: _wrong_together(rule))


def _wrong_together(rule: Rule) -> list[FieldError]:
    if rule.days is not None and rule.remind_days >= max(rule.days, 1):
        message = _("The reminder must come after the clock has started.")
        return [FieldError("remind_days", "too_early", message)]
    return []


def _cleaned(name: str, value) -> object:
    match name:
        case "name":
            return rule_name(value)
        case "filter":
            return customer_filter(value)
        case "without":
            return one_of(name, value, Rule.Without.values)
        case "is_enabled":
            return bool(value)
        case "days":
            return None if value in (None, "") else number_of_days(value)
        case "remind_days" | "position":
            return whole_number(name, value)
    raise no_such_field(name)


def _tell(rule: Rule, viewer: Viewer) -> None:
    draft = Draft("pool.updated", "pool", rule.pool_id, data={"pool": rule.pool.name})
    record(draft, origin=viewer.origin())
