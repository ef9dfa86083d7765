"""Every URL and API route × every role: nothing is open that should be closed.

The addresses come from the URL conf itself, so that a new one is walked the day it is born.
"""

import json
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from zhike.access.actions import create_token
from zhike.access.viewer import SYSTEM
from zhike.commerce.actions import create_product, place_order
from zhike.customers.actions import add_relation, create_task
from zhike.events.models import Event
from zhike.segments.actions import create_segment

OPEN = {"sign-in", "sign-in/language", "healthz"}
NOBODY = UUID("01a20000-0000-7000-8000-000000000000")


def routes(patterns, prefix: str = "") -> list[tuple[str, dict]]:
    found = []
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            found.append((route, pattern.default_args))
    return found


def filled(route: str, ids: dict[str, object]) -> str:
    """A route with its parameters filled in."""
    parts = []
    for part in route.split("/"):
        if part.startswith("<"):
            kind, _colon, name = part.strip("<>").partition(":")
            part = str(ids.get(name, NOBODY if kind.startswith("uuid") else ids["name"]))
        parts.append(part)
    return "/" + "/".join(parts)


@pytest.fixture
def world(cast):
    """Something of every kind that belongs to Zhao, whom Li must not see."""
    product = create_product({"code": "T1", "name": "Secret tea"}, viewer=cast.mei)
    values = {"number": "Z-SECRET", "customer": cast.chen.pk, "placed_at": "2026-11-01"}
    order = place_order(values, lines=[], total=77, viewer=cast.zhao)
    task = create_task(cast.chen.pk, title="Secret task", viewer=cast.zhao)
    add_relation(cast.chen.pk, kind="partner", other_id=cast.yunqi.pk, viewer=cast.mei)
    segment = create_segment(cast.han, name="All", filter={"all": []})
    return {
        "pk": cast.chen.pk,
        "customer_id": cast.chen.pk,
        "order_id": order.pk,
        "task_id": task.pk,
        "product_id": product.pk,
        "segment_id": segment.pk,
        "name": "customer",
        "field": "name",
    }


def signed_in(viewer) -> Client:
    client = Client(raise_request_exception=False)
    session = client.session
    session["user"] = str(viewer.user_id)
    session.save()
    return client


ALL = [route for route, _arguments in routes(get_resolver().url_patterns)]
PAGES = [route for route in ALL if not route.startswith("api/")]
API = [route for route in ALL if route.startswith("api/v1/") and "<" in route]


@pytest.mark.parametrize("route", PAGES)
def test_a_stranger_sees_the_sign_in_page_only(db, world, route):
    response = Client(raise_request_exception=False).get(filled(route, world))

    if route.rstrip("/") in OPEN:
        assert response.status_code in (200, 302, 405)
    else:
        assert response.status_code == 302
        assert response["Location"].startswith("/sign-in")


@pytest.mark.parametrize("route", [r for r in ALL if r.startswith("api/v1/")])
def test_a_stranger_gets_nothing_from_the_api(db, world, route):
    response = Client(raise_request_exception=False).get("/" + filled(route, world).lstrip("/"))

    if route.endswith(("openapi.json", "docs", "v1/")):
        assert response.status_code in (200, 401, 404)  # what there is to call is no secret
    else:
        assert response.status_code in (401, 405)
        assert "Z-SECRET" not in response.content.decode()


SECRETS = ("陈嘉怡", "Z-SECRET", "Secret task", "13912345678")


@pytest.mark.parametrize("route", PAGES)
def test_pages_show_nothing_of_customers_one_may_not_see(world, cast, route):
    response = signed_in(cast.li).get(filled(route, world))

    text = "" if response.streaming else response.content.decode()
    assert response.status_code < 500
    assert [secret for secret in SECRETS if secret in text] == []


@pytest.mark.parametrize("route", API)
@pytest.mark.parametrize("method", ["get", "post", "patch", "delete"])
def test_the_api_neither_shows_nor_changes_them(world, cast, route, method):
    _token, secret = create_token(
        SYSTEM, user_id=cast.li.user_id, name="t", scopes=["read", "write", "admin"]
    )
    client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {secret}"})
    before = Event.objects.filter(party_id=cast.chen.pk).count()
    body = {"text": "x", "channel": "call", "title": "x", "amount": 1, "number": "N", "lines": [],
            "kind": "partner", "other": str(cast.yunqi.pk), "until": "2030-01-01"}  # fmt: skip

    response = client.generic(
        method.upper(), filled(route, world), json.dumps(body), content_type="application/json"
    )

    text = "" if response.streaming else response.content.decode()
    assert response.status_code < 500
    assert [secret for secret in SECRETS if secret in text] == []
    assert Event.objects.filter(party_id=cast.chen.pk).count() == before


@pytest.mark.parametrize("route", PAGES)
def test_read_only_people_change_nothing_by_any_form(world, cast, route):
    before = Event.objects.count()

    response = signed_in(cast.guest).post(filled(route, world), {"text": "x", "kind": "note"})

    assert response.status_code < 500
    changed = Event.objects.exclude(type="user.signed_in").count() - before
    assert changed == 0
