"""Disputes: asking for a colleague's customer, answering, deciding, and the rules that propose."""

from functools import partial
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhike.customers.queries import customer
from zhike.ownership.disputes import actions, queries, rules
from zhike.records.imports.actions import get_import
from zhike.web.disputes.page import (
    SIGN_FIELDS,
    DisputePage,
    DisputeRulePage,
    DisputeRulesPage,
    DisputesPage,
    asks_for_batch,
    asks_for_file,
    asks_for_waiting,
)
from zhike.web.forms import Form
from zhike.web.fragments import go
from zhike.web.request import Request
from zhike.web.values import id_or_none


@require_GET
def disputes(request: Request) -> HttpResponse:
    return render(request, "disputes/disputes.html", {"page": DisputesPage(request)})


@require_POST
def ask(request: Request) -> HttpResponse:
    """Asks for a customer in sight, or for the one whom a hint spoke of."""
    data, sign = request.POST, request.POST.get("sign", "")
    opened = actions.open_dispute(
        request.viewer,
        claim=data.get("claim", ""),
        about=id_or_none(data, "about"),
        sign=sign,
        values={SIGN_FIELDS.get(sign, "name"): data.get("value", "")},
        rival=id_or_none(data, "own_file"),
        waiting=id_or_none(data, "waiting"),
    )
    return go(request, reverse("dispute", args=[opened.pk]), _("Asked. Somebody will decide."))


@require_GET
def collisions(request: Request, pk: UUID) -> HttpResponse:
    """Whether a colleague has a customer like this one of the viewer's, or of a pool."""
    party = customer(request.viewer, pk)
    find = asks_for_file if party.pool_id is None else asks_for_waiting
    return render(request, "disputes/asks.html", {"asks": find(request.viewer, party)})


@require_GET
def collisions_of_import(request: Request, pk: UUID) -> HttpResponse:
    """Which of the files that an import has opened a colleague has as well."""
    run = get_import(request.viewer, pk)
    found = asks_for_batch(request.viewer, run.batch_id) if run.batch_id else []
    return render(request, "disputes/colliding.html", {"found": found})


@require_GET
def dispute(request: Request, pk: UUID) -> HttpResponse:
    page = DisputePage(request.viewer, queries.dispute(request.viewer, pk))
    form = Form(page.decision_inputs)
    return render(request, "disputes/dispute.html", {"page": page, "form": form})


@require_POST
def answer(request: Request, pk: UUID) -> HttpResponse:
    actions.answer_dispute(request.viewer, pk, answer=request.POST.get("answer", ""))
    return go(request, reverse("dispute", args=[pk]), _("Kept."))


@require_POST
def give_way(request: Request, pk: UUID) -> HttpResponse:
    decided = actions.give_way(request.viewer, pk, reason=request.POST.get("reason", ""))
    return go(request, _still_seen(request, pk), _("Given away."), batch=decided.batch_id)


@require_POST
def withdraw(request: Request, pk: UUID) -> HttpResponse:
    actions.withdraw_dispute(request.viewer, pk)
    return go(request, reverse("dispute_list"), _("Withdrawn."))


@require_POST
def decide(request: Request, pk: UUID) -> HttpResponse:
    page = DisputePage(request.viewer, queries.dispute_to_decide(request.viewer, pk))
    form = Form(page.decision_inputs, request.POST)
    if form.saves(lambda values: actions.decide_dispute(request.viewer, pk, **values)):
        return go(request, _still_seen(request, pk), _("Decided."), batch=form.saved.batch_id)
    return render(
        request, "disputes/dispute.html", {"page": page, "form": form}, status=form.status
    )


def _still_seen(request: Request, pk: UUID) -> str:
    """The dispute, or the list where it has gone out of sight with its customer."""
    is_shown = queries.is_shown(request.viewer, pk)
    return reverse("dispute", args=[pk]) if is_shown else reverse("dispute_list")


@require_GET
def dispute_rules(request: Request) -> HttpResponse:
    page = DisputeRulesPage(request.viewer)
    return render(request, "disputes/rules.html", {"known": page.rules})


@require_http_methods(["GET", "POST"])
def new_rule(request: Request) -> HttpResponse:
    queries.dispute_rules(request.viewer)
    page = DisputeRulePage(request)
    save = partial(rules.create_dispute_rule, request.viewer)
    return page.answer(request, lambda values: save(**values), reverse("dispute_rules"))


@require_http_methods(["GET", "POST"])
def rule(request: Request, pk: UUID) -> HttpResponse:
    page = DisputeRulePage(request, queries.dispute_rule(request.viewer, pk))
    save = partial(rules.change_dispute_rule, request.viewer, pk)
    return page.answer(request, lambda values: save(**values), reverse("dispute_rules"))


@require_POST
def remove_rule(request: Request, pk: UUID) -> HttpResponse:
    rules.remove_dispute_rule(request.viewer, pk)
    return go(request, reverse("dispute_rules"), _("Removed."))
