"""The models behind the scores: what was computed, how good it is, what was refused."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from zhike.insight import actions
from zhike.web.fragments import go, is_fragment
from zhike.web.request import Request
from zhike.web.scores.page import ScoresPage


@require_GET
def scores(request: Request) -> HttpResponse:
    template = "scores/state.html" if is_fragment(request) else "scores/scores.html"
    return render(request, template, {"page": ScoresPage(request)})


@require_POST
def compute(request: Request) -> HttpResponse:
    actions.request_scores(request.viewer)
    return go(request, reverse("scores"), _("All scores are being computed."))
