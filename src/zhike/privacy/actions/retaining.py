"""Rules after which customers are erased, holds that stop every erasure, and the nightly run."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.viewer import SYSTEM, Viewer
from zhike.customers.facts import CUSTOMER
from zhike.events.actions import Draft, record
from zhike.filters import check, dump, parse
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid, ZhikeError
from zhike.privacy import queries
from zhike.privacy.actions.erasing import request_erasure
from zhike.privacy.models import LegalHold, RetentionRule
from zhike.privacy.retention import due, is_due
from zhike.records.imports.actions import remove_old_files
from zhike.records.queries import firm, get

# Some people together read all texts once; what is left over is for the next night.
A_NIGHT = 200


@transaction.atomic
def keep_rule(viewer: Viewer, rule_id: UUID | None = None, **values: Any) -> RetentionRule:
    """A new rule, or another state of one: name, filter, months, is_enabled. It begins switched
    off, so that its preview can be looked at first."""
    rule = queries.retention_rule(viewer, rule_id) if rule_id else RetentionRule()
    require(viewer, "administer")
    rule.name = str(values.get("name", rule.name)).strip()[:80]
    if not rule.name:
        raise Invalid.field("name", "missing", _("Give it a name."))
    if "filter" in values:
        tree = check(parse(values["filter"]), CUSTOMER.schema, currency=firm().currency)
        rule.filter = dump(tree)
    rule.months = _months(values.get("months", rule.months))
    rule.is_enabled = bool(rule_id) and bool(values.get("is_enabled", rule.is_enabled))
    rule.save()
    _tell(viewer, rule)
    return rule


def _months(value: object) -> int:
    months = int(str(value)) if str(value).isdecimal() else 0
    if not 6 <= months <= 600:
        raise Invalid.field("months", "out_of_range", _("Between 6 and 600 months."))
    return months


@transaction.atomic
def remove_rule(viewer: Viewer, rule_id: UUID) -> None:
    rule = queries.retention_rule(viewer, rule_id)
    _tell(viewer, rule)
    rule.delete()


def _tell(viewer: Viewer, rule: RetentionRule) -> None:
    data = {"rule": rule.name, "months": rule.months, "is_enabled": rule.is_enabled}
    record(Draft("retention.set", "retention", rule.pk, data=data), origin=viewer.origin())


@transaction.atomic
def hold_customer(viewer: Viewer, party_id: UUID, *, reason: str) -> LegalHold:
    """Nobody erases the customer until the hold is lifted: a lawsuit, an audit."""
    require(viewer, "administer")
    party = get(CUSTOMER, viewer, party_id)
    if not reason.strip():
        raise Invalid.field("reason", "missing", _("Say why."))
    if party.erased_at is not None:
        raise Conflict("erased", _("This customer was erased. That can't be undone."))
    hold, is_new = LegalHold.objects.get_or_create(
        party_id=party.pk, lifted_at=None,
        defaults={"reason": reason.strip()[:200], "placed_by": viewer.user_id,
                  "placed_at": clock.now()},
    )  # fmt: skip
    if is_new:
        record(Draft("hold.placed", "customer", party.pk, party.pk), origin=viewer.origin())
    return hold


@transaction.atomic
def release_hold(viewer: Viewer, party_id: UUID) -> None:
    require(viewer, "administer")
    party = get(CUSTOMER, viewer, party_id)
    found = LegalHold.objects.filter(party_id=party.pk, lifted_at=None)
    if not found.update(lifted_at=clock.now()):
        raise Conflict("not_held", _("There is no hold on this customer."))
    record(Draft("hold.lifted", "customer", party.pk, party.pk), origin=viewer.origin())


def run_retention(viewer: Viewer = SYSTEM, *, at_most: int = A_NIGHT) -> Mapping[str, int]:
    """Requests the erasure of those whose time is over; rule by rule, how many."""
    require(viewer, "administer")
    done: dict[str, int] = {}
    for rule in RetentionRule.objects.filter(is_enabled=True).order_by("name", "pk"):
        done[rule.name] = _run(rule, viewer, at_most - sum(done.values()))
    return done


def remove_import_files(viewer: Viewer = SYSTEM) -> int:
    """Removes imported files that are older than the policy says; what they brought stays, and so
    does the batch. How many."""
    require(viewer, "administer")
    months = queries.policy().import_months
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s - make_interval(months => %s)", [clock.now(), months])
        return remove_old_files(cursor.fetchone()[0])


def _run(rule: RetentionRule, viewer: Viewer, at_most: int) -> int:
    number = 0
    for chunk in due(rule):
        for party_id in chunk:
            if number >= at_most:
                return number
            number += _request(rule, viewer, party_id)
    return number


@transaction.atomic
def _request(rule: RetentionRule, viewer: Viewer, party_id: UUID) -> bool:
    if not is_due(rule, party_id):
        return False
    try:
        request_erasure(viewer, party_id, ground="retention", rule_id=rule.pk)
    except ZhikeError:
        return False  # erased, merged or held in between: the next night asks again
    return True
