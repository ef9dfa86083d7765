"""Questions about rules of retention and holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.kernel.errors import NotFound
from zhike.privacy.models import Erasure, LegalHold, RetentionRule
from zhike.privacy.retention import due
from zhike.records.queries import linked_names


@dataclass(frozen=True, slots=True)
class Due:
    """Whom a rule would erase now: how many, and the first by name."""

    count: int
    names: Sequence[str]


def retention_rules(viewer: Viewer) -> list[RetentionRule]:
    require(viewer, "administer")
    return list(RetentionRule.objects.order_by("name", "pk"))


def retention_rule(viewer: Viewer, rule_id: UUID) -> RetentionRule:
    require(viewer, "administer")
    found = RetentionRule.objects.filter(pk=rule_id).first()
    if found is None:
        raise NotFound("not_found", _("There is no such rule."))
    return found


def preview_retention(viewer: Viewer, rule_id: UUID) -> Due:
    """Changes nothing. Names are of those in sight."""
    rule = retention_rule(viewer, rule_id)
    count = 0
    first: list[UUID] = []
    for chunk in due(rule):
        count += len(chunk)
        first += chunk[: 10 - len(first)]
    names = linked_names(viewer, "customer", first)
    return Due(count, [names[pk] for pk in first if pk in names])


def erased_by(viewer: Viewer, rule_id: UUID) -> list[Erasure]:
    """The certificates of a rule, the newest first."""
    rule = retention_rule(viewer, rule_id)
    return list(Erasure.objects.filter(rule_id=rule.pk).order_by("-requested_at")[:100])


def hold_on(party_id: UUID) -> LegalHold | None:
    return LegalHold.objects.filter(party_id=party_id, lifted_at=None).first()
