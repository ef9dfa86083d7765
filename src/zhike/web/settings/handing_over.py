"""Handing over what somebody has when they leave."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zhike.access.queries import user_names
from zhike.kernel.errors import Invalid
from zhike.ownership.actions import hand_over_all, preview_hand_over
from zhike.web.forms import Form, Several
from zhike.web.fragments import go
from zhike.web.request import Request
from zhike.web.values import id_or_none


@require_http_methods(["GET", "POST"])
def hand_over(request: Request, pk: UUID) -> HttpResponse:
    """What there is, to whom it would go, and doing it; in the end the person may no longer sign
    in, where that is ticked."""
    data = request.POST if request.method == "POST" else request.GET
    heirs = [one for key in data.getlist("heirs") if (one := id_or_none({"id": key}, "id"))]
    by_rules = data.get("by_rules") == "1"
    form = Form([], request.POST if request.method == "POST" else None)

    def save(_values):
        leaves = data.get("leaves") == "1"
        return hand_over_all(request.viewer, pk, heirs=heirs, by_rules=by_rules, leaves=leaves)

    if form.saves(save):
        return go(request, reverse("users"), _("Handed over."), batch=form.saved.batch_id)
    try:
        estate = preview_hand_over(request.viewer, pk, heirs=heirs, by_rules=by_rules)
    except Invalid:
        estate = preview_hand_over(request.viewer, pk)
    names = user_names()
    context = {
        "form": form,
        "pk": pk,
        "name": names[str(pk)],
        "estate": estate,
        "by_rules": by_rules,
        "to": [(names[one], number) for one, number in estate.by_owner.items()],
        "heirs": Several(
            "heirs", _("To whom"), [str(one) for one in heirs if one != pk], without={str(pk)}
        ),
    }
    status = form.refusal.status if form.refusal else form.status
    return render(request, "settings/hand_over.html", context, status=status)
