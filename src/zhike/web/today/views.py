"""The workbench: who deserves a contact today, worked through with the keyboard."""

from datetime import timedelta
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhike.customers.events import CHANNELS, OUTCOMES
from zhike.customers.queries import customer
from zhike.insight import actions, queries
from zhike.kernel import clock
from zhike.kernel.errors import Invalid
from zhike.web.forms import Input, offer_people
from zhike.web.fragments import go, is_fragment, tell
from zhike.web.request import Request
from zhike.web.today.page import TodayPage
from zhike.web.values import day_or_none, id_or_none


@require_GET
def today(request: Request) -> HttpResponse:
    template = "today/list.html" if is_fragment(request) else "today/today.html"
    return render(request, template, {"page": TodayPage(request)})


@require_GET
def waiting(request: Request) -> HttpResponse:
    """The count beside Today in the sidebar, which follows what is worked off on a page."""
    return render(request, "today/waiting.html", {"count": queries.waiting(request.viewer)})


@require_http_methods(["GET", "POST"])
def work(request: Request, pk: UUID) -> HttpResponse:
    """What was said, how it went, and when to go on."""
    if request.method == "GET":
        return _sheet(request, pk, "work", channels=CHANNELS, outcomes=OUTCOMES)
    actions.work_suggestion(
        request.viewer,
        pk,
        channel=request.POST.get("channel", ""),
        outcome=request.POST.get("outcome", ""),
        text=request.POST.get("text", ""),
        next_on=day_or_none(request.POST, "next_on"),
        next_step=request.POST.get("next_step", ""),
    )
    return _done(request, pk, _("Recorded."))


@require_http_methods(["GET", "POST"])
def snooze(request: Request, pk: UUID) -> HttpResponse:
    if request.method == "GET":
        return _sheet(request, pk, "snooze", until=clock.today() + timedelta(days=7))
    until = day_or_none(request.POST, "until")
    actions.resolve_suggestion(request.viewer, pk, state="snoozed", until=until)
    return _done(request, pk, _("Put off."))


@require_http_methods(["GET", "POST"])
def hand_over(request: Request, pk: UUID) -> HttpResponse:
    if request.method == "GET":
        return _sheet(
            request,
            pk,
            "hand_over",
            input=offer_people(Input("assignee", _("Who takes over"), is_focused=True)),
        )
    assignee = id_or_none(request.POST, "assignee")
    if assignee is None:
        raise Invalid.field("assignee", "missing", _("Choose a colleague."))
    actions.hand_over_suggestion(request.viewer, pk, assignee=assignee)
    return _done(request, pk, _("Handed over."), can_undo=False)


@require_POST
def dismiss(request: Request, pk: UUID) -> HttpResponse:
    actions.resolve_suggestion(request.viewer, pk, state="dismissed")
    return _done(request, pk, _("Not now: quiet for thirty days."))


@require_POST
def reopen(request: Request, pk: UUID) -> HttpResponse:
    """The undo of everything that takes a customer off the list."""
    actions.reopen_suggestion(request.viewer, pk)
    return go(request, reverse("today"))


def _sheet(request: Request, pk: UUID, name: str, **context) -> HttpResponse:
    step = queries.suggestion_of(request.viewer, customer(request.viewer, pk))
    return render(request, f"today/{name}.html", {"step": step, **context})


def _done(request: Request, pk: UUID, message: str, *, can_undo: bool = True) -> HttpResponse:
    if not is_fragment(request):
        return go(request, reverse("today"), message)
    undo = reverse("today_reopen", args=[pk]) if can_undo else ""
    response = render(request, "today/list.html", {"page": TodayPage(request)})
    return tell(response, toast={"message": message, "undo": undo}, worked=True)
