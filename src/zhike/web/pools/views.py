"""The pools, and what can be done about a customer's owner."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.kernel.errors import Invalid
from zhike.ownership import actions
from zhike.records.queries import visible_ids
from zhike.web.fragments import go
from zhike.web.pools.claiming import words_of
from zhike.web.pools.page import PoolsPage
from zhike.web.request import Request
from zhike.web.values import day_or_none, id_or_none


@require_GET
def pools(request: Request) -> HttpResponse:
    return render(request, "pools/pools.html", {"page": PoolsPage(request.viewer)})


@require_POST
def claim(request: Request, pk: UUID) -> HttpResponse:
    claimed = actions.claim_customer(pk, viewer=request.viewer)
    return go(request, reverse("customer", args=[pk]), words_of(claimed), batch=claimed.batch_id)


@require_POST
def release(request: Request, pk: UUID) -> HttpResponse:
    reason, pool_id = request.POST.get("reason", ""), id_or_none(request.POST, "pool")
    batch = actions.release_customers([pk], viewer=request.viewer, reason=reason, pool_id=pool_id)
    return go(request, _still_seen(request.viewer, pk), _("Released."), batch=batch)


@require_POST
def assign(request: Request, pk: UUID) -> HttpResponse:
    owner_id = id_or_none(request.POST, "new_owner")
    if owner_id is None:
        raise Invalid.field("new_owner", "missing", _("Choose a colleague."))
    batch = actions.assign_customers([pk], owner_id=owner_id, viewer=request.viewer)
    return go(request, _still_seen(request.viewer, pk), _("Assigned."), batch=batch)


def _still_seen(viewer: Viewer, pk: UUID) -> str:
    """The customer's page, or the list where it has gone out of sight."""
    if visible_ids(CUSTOMER, viewer, [pk]):
        return reverse("customer", args=[pk])
    return reverse("customer_list")


@require_POST
def protect(request: Request, pk: UUID) -> HttpResponse:
    until = day_or_none(request.POST, "until")
    if until is None:
        raise Invalid.field("until", "missing", _("Choose a day."))
    reason = request.POST.get("why", "")
    actions.protect_customer(pk, until=until, reason=reason, viewer=request.viewer)
    return go(request, reverse("customer", args=[pk]), _("Protected."))


@require_POST
def unprotect(request: Request, pk: UUID) -> HttpResponse:
    actions.unprotect_customer(pk, viewer=request.viewer)
    return go(request, reverse("customer", args=[pk]), _("Protection ended."))
