"""What the pages about rules have in common: whom a rule is about, and its form."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _

from zhike.customers.facts import CUSTOMER
from zhike.filters import Node
from zhike.filters.sentence import sentence
from zhike.kernel.errors import Invalid
from zhike.records.queries import firm
from zhike.web.forms import Form, Input
from zhike.web.fragments import go
from zhike.web.request import Request
from zhike.web.segments.page import Builder
from zhike.web.segments.views import read_tree


def whom(tree_of: Callable[[], Node]) -> str:
    """Which customers a rule is about, or why it can't be asked any more."""
    try:
        return sentence(tree_of(), CUSTOMER.schema, currency=firm().currency)
    except Invalid as error:
        return error.errors[0].message if error.errors else error.message


class RulePage:
    """A rule while it is made or changed."""

    template = ""

    def __init__(self, request: Request, rule: Any = None):
        self.viewer = request.viewer
        self.rule = rule
        self.data = data = request.POST if request.method == "POST" else None
        kept = json.dumps((rule.filter if rule else None) or {"all": []})
        self.filter = kept if data is None else data.get("filter", "")

    @property
    def offers(self) -> dict:
        return Builder().offers

    @property
    def inputs(self) -> list[Input]:
        rule = self.rule
        is_on = rule is None or rule.is_enabled
        return [
            Input("name", _("Name"), value=rule.name if rule else "", is_required=True),
            Input("position", _("Place among the rules"), "number",
                  str(rule.position) if rule else "",
                  help=_("The first rule that holds decides.")),
            *self.own_inputs,
            Input("is_enabled", _("State"), "select", "1" if is_on else "0",
                  options=[("1", _("on")), ("0", _("off"))]),
        ]  # fmt: skip

    @property
    def own_inputs(self) -> Sequence[Input]:
        """What only this kind of rule asks for."""
        return ()

    def answer(self, request: Request, save: Callable[[dict], Any], back: str) -> HttpResponse:
        """The form; or, sent and taken, `back`."""
        form = Form(self.inputs, self.data)
        if form.saves(lambda _inputs: save(self.values(request.POST))):
            return go(request, back, _("Kept."))
        return render(request, self.template, {"page": self, "form": form}, status=form.status)

    @classmethod
    def values(cls, data: QueryDict) -> dict:
        """What a form says of a rule. Raises Invalid for what can't be read."""
        values = {
            "name": data.get("name", ""),
            "filter": read_tree(data.get("filter") or "{}"),
            "is_enabled": data.get("is_enabled") == "1",
            **cls.own_values(data),
        }
        return values | ({"position": data["position"]} if data.get("position") else {})

    @classmethod
    def drafted(cls, data: QueryDict) -> dict:
        """The same while it may have no name yet."""
        return {**cls.values(data), "name": data.get("name") or "–"}

    @classmethod
    def own_values(cls, data: QueryDict) -> Mapping[str, Any]:
        return {}
