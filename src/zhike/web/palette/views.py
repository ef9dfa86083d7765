"""The command palette: one field that finds customers, orders, pages and things to do."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from zhike.access.policies import can
from zhike.commerce.facts import ORDER
from zhike.customers.facts import CUSTOMER
from zhike.filters import Test
from zhike.kernel.text import name_tokens
from zhike.records.queries import find, firm
from zhike.web import formats
from zhike.web.navigation import navigation
from zhike.web.request import Request

HITS = 6


@dataclass(frozen=True, slots=True)
class Hit:
    label: object
    address: str
    detail: str = ""
    hotkey: str = ""


@require_GET
def palette(request: Request) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:100]
    groups = [
        (_("Customers"), _customers(request, text)),
        (_("Orders"), _orders(request, text)),
        (_("Go to"), _matching(_places(request), text)),
        (_("Do"), _matching(_actions(request), text)),
    ]
    found = [(label, hits) for label, hits in groups if hits]
    return render(request, "palette/hits.html", {"groups": found, "text": text})


def _customers(request: Request, text: str) -> list[Hit]:
    if not text:
        return []
    found = find(CUSTOMER, request.viewer, search=text, limit=HITS).items
    return [
        Hit(
            p.name,
            reverse("customer", args=[p.pk]),
            " · ".join(filter(None, (p.city, *p.phones[:1]))),
        )
        for p in found
    ]


def _orders(request: Request, text: str) -> list[Hit]:
    if not any(character.isdigit() for character in text):
        return []
    where = Test("number", "starts_with", text)
    currency = firm().currency
    return [
        Hit(o.number, reverse("order", args=[o.pk]), formats.money(o.value, currency))
        for o in find(ORDER, request.viewer, where=where, limit=HITS).items
    ]


def _places(request: Request) -> list[Hit]:
    entries = navigation(request)
    return [Hit(e.place.label, e.address, hotkey=e.place.hotkey) for e in entries]


def _actions(request: Request) -> list[Hit]:
    offered = (
        ("create", _("New customer"), "customer_new"),
        ("create", _("New order"), "order_new"),
        ("create", _("New product"), "product_new"),
        ("import", _("Import a file"), "import_list"),
        ("administer", _("Users and teams"), "users"),
        ("view", _("API tokens"), "tokens"),
    )
    return [
        Hit(label, _address(page)) for right, label, page in offered if can(request.viewer, right)
    ]


def _address(page: str) -> str:
    try:
        return reverse(page)
    except NoReverseMatch:
        return reverse("home")


def _matching(hits: list[Hit], text: str) -> list[Hit]:
    """Those whose words begin with the text, in letters or in pinyin."""
    wanted = text.casefold()
    return [
        hit
        for hit in hits
        if wanted in str(hit.label).casefold()
        or any(token.startswith(wanted) for token in name_tokens(str(hit.label)))
    ]
