"""How long customers are kept: the rules, one rule with whom it would erase, holds."""

import json
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhike.access.policies import require
from zhike.customers.facts import CUSTOMER
from zhike.customers.keeping import keepers
from zhike.filters.sentence import sentence
from zhike.kernel.errors import Invalid
from zhike.privacy import actions, queries
from zhike.privacy.retention import tree_of
from zhike.records.queries import firm
from zhike.web.forms import Form, Input
from zhike.web.fragments import go
from zhike.web.request import Request
from zhike.web.segments.page import Builder
from zhike.web.segments.views import read_tree

_EVERYBODY = json.dumps({"all": []})


@require_GET
def rules(request: Request) -> HttpResponse:
    lines = [(one, _whom(one)) for one in queries.retention_rules(request.viewer)]
    context = {"lines": lines, "keepers": [label for label, _sql in keepers().values()]}
    return render(request, "privacy/retention.html", context)


def _whom(rule) -> str:
    try:
        return sentence(tree_of(rule), CUSTOMER.schema, currency=firm().currency)
    except Invalid as error:
        return error.errors[0].message if error.errors else error.message


@require_http_methods(["GET", "POST"])
def new_rule(request: Request) -> HttpResponse:
    require(request.viewer, "administer")
    return _build(request, None)


@require_http_methods(["GET", "POST"])
def rule(request: Request, pk: UUID) -> HttpResponse:
    return _build(request, queries.retention_rule(request.viewer, pk))


def _build(request: Request, known) -> HttpResponse:
    form = Form(_inputs(known), request.POST if request.method == "POST" else None)

    def save(values):
        return actions.keep_rule(
            request.viewer, known.pk if known else None, name=values["name"],
            months=values["months"], is_enabled=values.get("is_enabled") == "1",
            filter=read_tree(request.POST.get("filter") or _EVERYBODY),
        )  # fmt: skip

    if form.saves(save):
        return go(request, reverse("retention_rule", args=[form.saved.pk]), _("Kept."))
    tree = json.dumps(known.filter) if known and known.filter else _EVERYBODY
    context = {
        "rule": known, "form": form, "filter": request.POST.get("filter") or tree,
        "offers": Builder().offers,
        "due": queries.preview_retention(request.viewer, known.pk) if known else None,
        "erased": queries.erased_by(request.viewer, known.pk) if known else [],
    }  # fmt: skip
    return render(request, "privacy/retention_rule.html", context, status=form.status)


def _inputs(known) -> list[Input]:
    inputs = [
        Input("name", _("Name"), value=known.name if known else "", is_required=True),
        Input("months", _("Months without activity"), "number",
              str(known.months if known else 36), is_required=True),
    ]  # fmt: skip
    if known is not None:
        state = "1" if known.is_enabled else "0"
        inputs.append(
            Input("is_enabled", _("State"), "select", state,
                  options=[("0", _("off")), ("1", _("on"))],
                  help=_("Switched on, it erases every night; that can't be undone."))
        )  # fmt: skip
    return inputs


@require_POST
def remove(request: Request, pk: UUID) -> HttpResponse:
    actions.remove_rule(request.viewer, pk)
    return go(request, reverse("retention"), _("Removed."))


@require_POST
def hold(request: Request, pk: UUID) -> HttpResponse:
    actions.hold_customer(request.viewer, pk, reason=request.POST.get("reason", ""))
    return go(request, reverse("customer", args=[pk]), _("Held: nobody erases this customer."))


@require_POST
def release(request: Request, pk: UUID) -> HttpResponse:
    actions.release_hold(request.viewer, pk)
    return go(request, reverse("customer", args=[pk]), _("The hold is lifted."))
