"""Setting up the rules by which customers go back."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from zhike.access.viewer import Viewer
from zhike.events.actions import Draft
from zhike.kernel.errors import FieldError, NotFound
from zhike.ownership.actions.pools import locked_pool
from zhike.ownership.actions.rulebook import Rulebook
from zhike.ownership.models import Rule
from zhike.ownership.setting import no_such_field, one_of, whole_number


class _RecyclingRules(Rulebook[Rule]):
    """No clock is touched when one changes: there are none to touch."""

    model = Rule

    def known(self) -> "QuerySet[Rule]":
        return Rule.objects.select_related("pool").filter(pool__archived_at=None)

    def lock(self, viewer: Viewer, within: UUID | None) -> dict[str, Any]:
        if within is None:
            raise NotFound("not_found", _("There is no such rule."))
        return {"pool": locked_pool(viewer, within)}

    def cleaned(self, name: str, value: object) -> object:
        match name:
            case "without":
                return one_of(name, value, Rule.Without.values)
            case "remind_days":
                return whole_number(name, value)
        raise no_such_field(name)

    def wrong_together(self, rule: Rule) -> list[FieldError]:
        if rule.days is not None and rule.remind_days >= max(rule.days, 1):
            message = _("The reminder must come after the clock has started.")
            return [FieldError("remind_days", "too_early", message)]
        return []

    def told(self, rule: Rule) -> Draft:
        return Draft("pool.updated", "pool", rule.pool_id, data={"pool": rule.pool.name})


_BOOK = _RecyclingRules()
create_rule = _BOOK.create
change_rule = _BOOK.change
remove_rule = _BOOK.remove
draft_rule = _BOOK.draft
