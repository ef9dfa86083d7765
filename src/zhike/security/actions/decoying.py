"""Decoys: customers nobody works with, known to administrators alone."""

from uuid import UUID

from django.db import transaction

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.events.actions import Draft, record
from zhike.kernel import clock
from zhike.records.queries import get
from zhike.security.models import Canary


@transaction.atomic
def mark_canary(viewer: Viewer, party_id: UUID) -> Canary:
    """Makes a customer a decoy; once is enough."""
    require(viewer, "administer")
    party = get(CUSTOMER, viewer, party_id)
    values = {"marked_by": viewer.user_id, "marked_at": clock.now()}
    canary, is_new = Canary.objects.get_or_create(party_id=party.pk, defaults=values)
    if is_new:
        _tell("canary.marked", canary, viewer)
    return canary


@transaction.atomic
def unmark_canary(viewer: Viewer, party_id: UUID) -> None:
    require(viewer, "administer")
    canary = Canary.objects.filter(party_id=party_id).first()
    if canary is not None:
        _tell("canary.unmarked", canary, viewer)
        canary.delete()


def _tell(event: str, canary: Canary, viewer: Viewer) -> None:
    record(Draft(event, "canary", canary.pk), origin=viewer.origin())
