"""Questions about what people ask of the firm concerning their data."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.kernel.errors import NotFound
from zhike.privacy.models import SubjectRequest
from zhike.records.queries import get

SOON = timedelta(days=5)


def open_requests(viewer: Viewer, limit: int = 200) -> list[SubjectRequest]:
    """Those without an answer; what is overdue comes first."""
    require(viewer, "administer")
    return list(SubjectRequest.objects.filter(state="open").order_by("due_on", "pk")[:limit])


def closed_requests(viewer: Viewer, limit: int = 100) -> list[SubjectRequest]:
    """The newest answers first."""
    require(viewer, "administer")
    found = SubjectRequest.objects.exclude(state="open")
    return list(found.order_by("-answered_on", "-pk")[:limit])


def request(viewer: Viewer, request_id: UUID) -> SubjectRequest:
    require(viewer, "administer")
    found = SubjectRequest.objects.filter(pk=request_id).first()
    if found is None:
        raise NotFound("not_found", _("There is no such request."))
    return found


def requests_of(viewer: Viewer, party_id: UUID) -> list[SubjectRequest]:
    """What one customer has asked for, the newest first."""
    require(viewer, "administer")
    party = get(CUSTOMER, viewer, party_id)
    return list(SubjectRequest.objects.filter(party_id=party.pk).order_by("-received_on", "-pk"))


def is_restricted(party_id: UUID) -> bool:
    """Whether the customer's data may only be kept, not used (PIPL Art. 44, GDPR Art. 18)."""
    return bool(restrictions([party_id]))


def restrictions(ids: Sequence[UUID]) -> list[SubjectRequest]:
    """The restrictions in force."""
    granted = SubjectRequest.objects.filter(kind="restriction", state="fulfilled", lifted_on=None)
    return list(granted.filter(party_id__in=ids))
