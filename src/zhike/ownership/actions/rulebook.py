"""Creating, changing and removing rules: the steps that all kinds of rules have in common.

A kind says which values it has besides, what doesn't go together, and what is locked and told.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.events.actions import Draft, record
from zhike.kernel import clock
from zhike.kernel.errors import FieldError, NotFound
from zhike.ownership.models import AssignmentRule, DisputeRule, Rule
from zhike.ownership.setting import (
    customer_filter,
    no_such_field,
    number_of_days,
    rule_name,
    set_values,
    whole_number,
)

LAST = 1_000_000  # the place of a rule that is only being thought of
R = TypeVar("R", Rule, AssignmentRule, DisputeRule)


class Rulebook(ABC, Generic[R]):
    """All rules of one kind. `within` is what they belong to: for recycling rules their pool."""

    model: type[R]
    kind: str  # of what its event is about

    @transaction.atomic
    def create(self, viewer: Viewer, within: UUID | None = None, /, **values: Any) -> R:
        """A new rule, after the others unless a position is given. Raises one Invalid that names
        every value that can't be taken."""
        belonging = self.lock(viewer, within)
        place = self.known().filter(**belonging).count()
        rule = self.model(**belonging, position=place, created_at=clock.now())
        self._set(rule, {"name": "", **values})
        rule.save(force_insert=True)
        self._tell(rule, viewer)
        return rule

    @transaction.atomic
    def change(self, viewer: Viewer, rule_id: UUID, /, **values: Any) -> R:
        """Changes what is given, and nothing that follows from the rule."""
        rule = self._locked(viewer, rule_id)
        self._set(rule, values)
        rule.save(force_update=True)
        self._tell(rule, viewer)
        return rule

    @transaction.atomic
    def remove(self, viewer: Viewer, rule_id: UUID, /) -> None:
        rule = self._locked(viewer, rule_id)
        self._tell(rule, viewer)
        rule.delete()

    def draft(self, values: Mapping, rule_id: UUID | None = None, **belonging: Any) -> R:
        """A rule as it would be kept, a new one or in place of `rule_id`: nothing is written."""
        rule = self.model(**belonging, position=LAST, created_at=clock.now())
        if rule_id is not None:
            rule = self._found(self.known().filter(pk=rule_id, **belonging))
        self._set(rule, {"name": "–", **values})
        return rule

    def known(self) -> "QuerySet[R]":
        return self.model.objects.all()

    def lock(self, viewer: Viewer, within: UUID | None) -> dict[str, Any]:
        """Asks for the right and locks what a rule belongs to, which it gives back."""
        require(viewer, "administer")
        return {}

    def cleaned(self, name: str, value: object) -> object:
        """A value of this kind's own."""
        raise no_such_field(name)

    @abstractmethod
    def wrong_together(self, rule: R) -> list[FieldError]:
        """What is wrong only in company: values that can't stand beside each other."""

    def told(self, rule: R) -> Draft:
        return Draft(f"{self.kind}.set", self.kind, rule.pk, data={"rule": rule.name})

    def _locked(self, viewer: Viewer, rule_id: UUID) -> R:
        within = self.known().filter(pk=rule_id)
        self.lock(viewer, getattr(within.first(), "pool_id", None))
        return self._found(within.select_for_update(of=("self",)))

    def _found(self, rules: "QuerySet[R]") -> R:
        rule = rules.first()
        if rule is None:
            raise NotFound("not_found", _("There is no such rule."))
        return rule

    def _set(self, rule: R, values: Mapping) -> None:
        set_values(rule, values, self._cleaned, lambda: self.wrong_together(rule))

    def _cleaned(self, name: str, value: Any) -> object:
        match name:
            case "name":
                return rule_name(value)
            case "filter":
                return customer_filter(value)
            case "days":
                return None if value in (None, "") else number_of_days(value)
            case "is_enabled":
                return bool(value)
            case "position":
                return whole_number(name, value)
        return self.cleaned(name, value)

    def _tell(self, rule: R, viewer: Viewer) -> None:
        record(self.told(rule), origin=viewer.origin())
