"""How good the customer file is, and saying of one file that it is right."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from zhike.customers.quality.actions import verify_customer
from zhike.web.fragments import go
from zhike.web.quality.page import QualityPage
from zhike.web.request import Request


@require_GET
def quality(request: Request) -> HttpResponse:
    return render(request, "quality/quality.html", {"page": QualityPage(request.viewer)})


@require_POST
def verify(request: Request, pk: UUID) -> HttpResponse:
    party = verify_customer(pk, viewer=request.viewer)
    return go(request, reverse("customer", args=[pk]), _("Verified."), batch=party.batch_id)
