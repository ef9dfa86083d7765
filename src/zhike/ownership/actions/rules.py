"""Setting up the rules by which customers go back."""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from zhike.access.viewer import Viewer
from zhike.events.actions import Draft, record
from zhike.filters import dump, parse
from zhike.kernel import clock
from zhike.kernel.errors import FieldError, Invalid, NotFound
from zhike.ownership.actions.pools import locked_pool, whole_number
from zhike.ownership.clocks import tree_of
from zhike.ownership.models import Rule

_NAMES = {"name", "filter", "without", "days", "remind_days", "is_enabled", "position"}


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
    errors: list[FieldError] = []
    for name, value in values.items():
        try:
            setattr(rule, name, _cleaned(name, value))
        except Invalid as error:
            errors.extend(error.errors)
    if not errors and "filter" in values:
        try:
            tree_of(rule)
        except Invalid as error:
            errors.extend(error.errors)
    if not errors and rule.days is not None and rule.remind_days >= max(rule.days, 1):
        message = _("The reminder must come after the clock has started.")
        errors.append(FieldError("remind_days", "too_early", message))
    if errors:
        raise Invalid("invalid", _("Some values can't be taken."), tuple(errors))


def _cleaned(name: str, value: object) -> object:
    if name == "name":
        text = str(value).strip()
        if not text or len(text) > 80:
            raise Invalid.field(name, "missing", _("Give a name of at most 80 characters."))
        return text
    if name == "filter":
        return dump(parse(value)) if value else {}
    if name == "without":
        if value not in Rule.Without.values:
            raise Invalid.field(name, "unknown_choice", _("There is no such choice."))
        return value
    if name == "is_enabled":
        return bool(value)
    if name == "days" and value in (None, ""):
        return None
    if name not in _NAMES:
        message = _("There is no field “%(name)s”.") % {"name": name}
        raise Invalid.field(name, "unknown_field", message)
    number = whole_number(name, value)
    if name == "days" and not 1 <= number <= 3650:
        raise Invalid.field(name, "bad_value", _("From 1 to 3,650 days."))
    return number


def _tell(rule: Rule, viewer: Viewer) -> None:
    draft = Draft("pool.updated", "pool", rule.pool_id, data={"pool": rule.pool.name})
    record(draft, origin=viewer.origin())
