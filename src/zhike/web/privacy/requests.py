"""What people ask concerning their data: the register, one request, its answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhike.access.policies import require
from zhike.access.queries import user_names
from zhike.access.viewer import Viewer
from zhike.filters.schema import Words
from zhike.kernel import clock
from zhike.privacy import actions, queries
from zhike.privacy.queries.requests import SOON
from zhike.privacy.words import EFFECTS, REQUESTS, STATES, WAYS
from zhike.records.queries import linked_names
from zhike.web.forms import Form, Input, offer_people
from zhike.web.fragments import go
from zhike.web.request import Request
from zhike.web.values import day_or_none, id_or_none

if TYPE_CHECKING:
    from zhike.privacy.models import SubjectRequest


@dataclass(frozen=True, slots=True)
class Line:
    """A request as the register shows it."""

    asked: "SubjectRequest"
    kind: Words
    state: Words
    who: str
    responsible: str

    @property
    def is_due_soon(self) -> bool:
        return self.asked.due_on <= clock.today() + SOON


def _lines(viewer: Viewer, found: Sequence["SubjectRequest"]) -> list[Line]:
    ids = {one.party_id for one in found if one.party_id}
    names: Mapping = linked_names(viewer, "customer", list(ids))
    users = user_names()
    return [
        Line(one, REQUESTS[one.kind], STATES[one.state],
             names.get(one.party_id, "–") if one.party_id else one.described,
             users.get(str(one.responsible_id), "–"))
        for one in found
    ]  # fmt: skip


@require_GET
def requests(request: Request) -> HttpResponse:
    context = {
        "waiting": _lines(request.viewer, queries.open_requests(request.viewer)),
        "answered": _lines(request.viewer, queries.closed_requests(request.viewer)),
    }
    return render(request, "privacy/requests.html", context)


@require_http_methods(["GET", "POST"])
def new(request: Request) -> HttpResponse:
    require(request.viewer, "administer")
    form = Form(_inputs(request), request.POST if request.method == "POST" else None)

    def save(values):
        return actions.open_request(
            request.viewer, kind=values["kind"], described=values["described"], way=values["way"],
            customer=id_or_none(values, "customer"), purpose=values["purpose"],
            received_on=day_or_none(values, "received_on"),
            responsible=id_or_none(values, "responsible"),
        )  # fmt: skip

    if form.saves(save):
        return go(request, reverse("request", args=[form.saved.pk]), _("Written down."))
    return render(request, "privacy/request_new.html", {"form": form}, status=form.status)


def _inputs(request: Request) -> list[Input]:
    purposes = [("", "–")] + [(one.key, one.label) for one in queries.purposes()]
    return [
        Input("kind", _("What is asked for"), "select", options=list(REQUESTS.items()),
              is_required=True),
        _customer(request),
        Input("described", _("Or who is asking"),
              help=_("A name and a sign, such as a phone number, while you look for the file.")),
        Input("purpose", _("Objects to"), "select", options=purposes,
              help=_("Of an objection only; without a purpose, marketing.")),
        Input("way", _("How it came"), "select", options=list(WAYS.items())),
        Input("received_on", _("Received"), "date", str(clock.today())),
        _responsible(str(request.viewer.user_id)),
    ]  # fmt: skip


def _customer(request: Request) -> Input:
    chosen = id_or_none(request.POST or request.GET, "customer")
    shown = linked_names(request.viewer, "customer", [chosen]).get(chosen, "") if chosen else ""
    return Input("customer", _("Customer"), "pick", str(chosen or ""), shown=shown,
                 source=reverse("pick", args=["customer"]))  # fmt: skip


def _responsible(chosen: str) -> Input:
    return offer_people(Input("responsible", _("Responsible"), value=chosen))


@require_http_methods(["GET", "POST"])
def request_page(request: Request, pk: UUID) -> HttpResponse:
    asked = queries.request(request.viewer, pk)
    form = Form(
        [
            _customer(request),
            _responsible(str(asked.responsible_id)),
            Input("due_on", _("Answer by"), "date", str(asked.due_on),
                  help=_("Longer only where it is needed, and the person is told why.")),
        ],
        request.POST if request.method == "POST" else None,
    )  # fmt: skip

    def save(values):
        return actions.change_request(
            request.viewer, pk, customer=id_or_none(values, "customer"),
            responsible=id_or_none(values, "responsible"), due_on=day_or_none(values, "due_on"),
        )  # fmt: skip

    if form.saves(save):
        return go(request, reverse("request", args=[pk]), _("Kept."))
    return _page(request, asked, form, _answering(), status=form.status)


@require_POST
def answer(request: Request, pk: UUID) -> HttpResponse:
    form = _answering(request.POST)

    def save(values):
        return actions.answer_request(
            request.viewer, pk, is_fulfilled=values["outcome"] == "fulfilled",
            reason=values["reason"],
        )  # fmt: skip

    if form.saves(save):
        return go(request, reverse("request", args=[pk]), _("Answered."))
    asked = queries.request(request.viewer, pk)
    changing = Form([_customer(request), _responsible(str(asked.responsible_id)),
                     Input("due_on", _("Answer by"), "date", str(asked.due_on))])  # fmt: skip
    status = form.refusal.status if form.refusal else form.status
    return _page(request, asked, changing, form, status=status)


def _answering(data: Mapping | None = None) -> Form:
    outcomes = [(key, label) for key, label in STATES.items() if key != "open"]
    return Form(
        [Input("outcome", _("Answer"), "select", "fulfilled", options=outcomes),
         Input("reason", _("Reason"), "textarea",
               help=_("A refusal needs one. What was told to the person, without more."))],
        data,
    )  # fmt: skip


def _page(request: Request, asked, form: Form, answering: Form, *, status: int) -> HttpResponse:
    line = _lines(request.viewer, [asked])[0]
    labels = {one.key: one.label for one in queries.purposes()}
    context = {
        "asked": asked, "who": line.who, "state": line.state, "responsible": line.responsible,
        "purpose": labels.get(asked.purpose, asked.purpose), "effect": EFFECTS[asked.kind],
        "form": form, "answering": answering,
    }  # fmt: skip
    return render(request, "privacy/request.html", context, status=status)


@require_POST
def reopen(request: Request, pk: UUID) -> HttpResponse:
    actions.reopen_request(request.viewer, pk)
    return go(request, reverse("request", args=[pk]), _("Open again."))


@require_POST
def lift(request: Request, pk: UUID) -> HttpResponse:
    actions.lift_restriction(request.viewer, pk)
    return go(request, reverse("request", args=[pk]), _("The data may be used again."))
