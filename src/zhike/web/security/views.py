"""Alarms, exports, unmaskings, decoys, and the access log: for administrators."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhike.security import actions, queries
from zhike.web.forms import Form, Input
from zhike.web.fragments import go
from zhike.web.request import Request
from zhike.web.security.page import LogPage, SecurityPage

LIMITS = (
    ("opened_an_hour", gettext_lazy("Customers opened in an hour")),
    ("opened_a_day", gettext_lazy("Customers opened in a day")),
    ("seen_an_hour", gettext_lazy("Customers seen in an hour, lists included")),
    ("seen_a_day", gettext_lazy("Customers seen in a day, lists included")),
    ("times_usual", gettext_lazy("Times as many opened or exported as usual")),
    ("exported_rows", gettext_lazy("Rows of one export")),
    ("exported_rows_a_day", gettext_lazy("Rows exported in a day, all exports together")),
    ("exports_a_day", gettext_lazy("Exports in a day")),
    ("unmasked_an_hour", gettext_lazy("Masked values shown in an hour")),
    ("brake_an_hour", gettext_lazy("Brake: opened in an hour, then few more")),
    ("braked_an_hour", gettext_lazy("Different customers shown in an hour to whoever was stopped")),
    ("months", gettext_lazy("Months that the access log is kept")),
)


@require_http_methods(["GET", "POST"])
def security(request: Request) -> HttpResponse:
    page = SecurityPage(request.viewer)
    known = queries.watch()
    form = Form(
        [
            Input(name, label, "number", str(getattr(known, name)), is_required=True)
            for name, label in LIMITS
        ],
        request.POST if request.method == "POST" else None,
    )
    if form.saves(lambda values: actions.set_watch(request.viewer, **values)):
        return go(request, reverse("security"), _("Kept."))
    context = {"page": page, "form": form}
    return render(request, "security/security.html", context, status=form.status)


@require_GET
def log(request: Request) -> HttpResponse:
    return render(request, "security/log.html", {"page": LogPage(request)})


@require_POST
def settle(request: Request, pk: UUID) -> HttpResponse:
    actions.settle_alarm(request.viewer, pk, note=request.POST.get("note", ""))
    return go(request, reverse("security"), _("Settled."))


@require_POST
def release(request: Request, pk: UUID) -> HttpResponse:
    actions.lift_brake(request.viewer, pk)
    return go(request, reverse("security"), _("May go on."))


@require_POST
def decoy(request: Request, pk: UUID) -> HttpResponse:
    """Makes a customer a decoy, or an ordinary one again."""
    if request.POST.get("is_decoy") == "1":
        actions.mark_canary(request.viewer, pk)
        message = _("Now a decoy. Whoever touches it raises an alarm.")
    else:
        actions.unmark_canary(request.viewer, pk)
        message = _("No decoy any more.")
    return go(request, reverse("customer_seers", args=[pk]), message)
