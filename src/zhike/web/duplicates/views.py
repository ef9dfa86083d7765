"""Possible duplicates: pairs side by side, worked through with the keyboard."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from zhike.customers.actions import decide_duplicate
from zhike.web.duplicates.page import DuplicatesPage, merging
from zhike.web.fragments import go, is_fragment, tell
from zhike.web.request import Request


@require_GET
def duplicates(request: Request) -> HttpResponse:
    return render(request, "duplicates/duplicates.html", {"page": DuplicatesPage(request)})


@require_POST
def decide(request: Request, pk: UUID) -> HttpResponse:
    """The same customer: on to merging both. Different ones: the next pair is shown."""
    verdict = request.POST.get("verdict", "")
    pair = decide_duplicate(pk, verdict=verdict, viewer=request.viewer)
    if verdict == "same":
        return go(request, merging(pair.party_id, pair.other_id))
    message = _("Marked as different.")
    if not is_fragment(request):
        return go(request, reverse("duplicate_list"), message)
    response = render(request, "duplicates/list.html", {"page": DuplicatesPage(request)})
    return tell(
        response, toast={"message": message, "undo": reverse("duplicate_reopen", args=[pk])}
    )


@require_POST
def reopen(request: Request, pk: UUID) -> HttpResponse:
    """Takes a decision back."""
    decide_duplicate(pk, verdict="open", viewer=request.viewer)
    return go(request, reverse("duplicate_list"))
