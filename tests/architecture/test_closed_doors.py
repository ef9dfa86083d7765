"""Every URL and every API route × four roles × four sights: nothing is open that should be closed,
and nothing is closed that should be open.

What is walked comes from the URL conf and the API's own description, so that a new address is
walked the day it is born; what each asks for stands in tests/doors.py. Rights come from the policy
itself. The firm of tests/territories.py says whose every text is.
"""

from types import SimpleNamespace

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from doors import (
    METHODS,
    PAGES,
    ROUTES,
    address_of,
    page_addresses,
    route_addresses,
)
from territories import FOR_BOSS_ONLY, REACH, ROLES, SIGHTS, TERRITORIES, build_firm
from visitor import Answer, Knock, Visitor, knocks

from zhike.access.policies import SCOPES

OPEN_TO_STRANGERS = {"sign-in", "sign-in/language", "healthz"}
HOW_TO = "give it a line in tests/doors.py: the rights it asks for, and a body it accepts"
REFUSED = (403, 404)
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def firm(django_db_setup, django_db_blocker, tmp_path_factory):
    """Committed once for the module, since the columnar copy reads what is committed."""
    with django_db_blocker.unblock(), time_machine.travel(timezone.now(), tick=False):
        try:
            yield build_firm(tmp_path_factory.mktemp("files"), is_linked=True)
        finally:
            empty_base()


def empty_base() -> None:
    from django.core.management import call_command

    call_command("flush", interactive=False, verbosity=0, inhibit_post_migrate=True)


@pytest.fixture(scope="module")
def visitor(firm) -> Visitor:
    firm.become("administrator", "all")
    return Visitor(firm)


def wrong_with(knock: Knock, answer: Answer, secrets: tuple[str, ...]) -> str:
    """What is wrong with an answer; empty when nothing is."""
    told = [secret for secret in secrets if secret in answer.text and secret not in answer.asked]
    if told:
        return f"tells {told}"
    if answer.status >= 500:
        return "breaks"
    if knock.is_allowed and knock.is_in_sight:
        is_taken = knock.door.may_conflict and answer.status == 409
        return "" if answer.status < 400 or knock.is_question or is_taken else "is closed"
    if answer.is_anything_changed:
        return "changes something"
    if not knock.is_in_sight:
        return "" if answer.status in (*REFUSED, 422) else "is open"
    return "" if answer.status in (REFUSED if knock.door.is_hidden else (403,)) else "is open"


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("role", ROLES)
def test_every_door_is_open_to_whom_it_should_and_to_nobody_else(firm, visitor, role, sight):
    viewer = firm.become(role, sight)
    seen, out_of_sight = TERRITORIES[REACH[sight] - 1], TERRITORIES[REACH[sight] :]
    hidden = next(iter(out_of_sight), None)
    secrets = tuple(secret for name in out_of_sight for secret in firm.secrets_of(name))
    if (role, sight) != ("administrator", "all"):
        secrets += FOR_BOSS_ONLY[1:]
    secrets += FOR_BOSS_ONLY[:1]
    found, wrong = "", []
    visitor.look_around()

    for doors, knock_at in ((PAGES, visitor.open_page), (ROUTES, visitor.call_route)):
        for knock in knocks(doors, firm, viewer, seen=seen, hidden=hidden):
            answer = knock_at(knock.method, knock.address, knock.body)
            found += answer.text
            if complaint := wrong_with(knock, answer, secrets):
                wrong.append(f"{knock.method} {answer.asked} → {answer.status} {complaint}")

    assert not wrong, "\n" + "\n".join(wrong)
    # What is in sight has been shown: nothing hidden was found, and not because rooms were empty.
    missing = [secret for secret in firm.secrets_of(seen) if secret not in found]
    assert not missing, f"never shown: {missing}"


@pytest.mark.parametrize("scopes", [["read"], ["write"], ["admin"], ["read", "write"]])
def test_a_token_opens_what_its_scopes_say(firm, visitor, scopes):
    firm.become("administrator", "all")
    viewer = firm.allow(scopes)
    visitor.look_around()
    wrong = []

    for knock in knocks(ROUTES, firm, viewer, seen="Far"):
        answer = visitor.call_route(knock.method, knock.address, knock.body)
        if complaint := wrong_with(knock, answer, ()):
            wrong.append(f"{knock.method} {answer.asked} → {answer.status} {complaint}")

    assert not wrong, "\n" + "\n".join(wrong)


def test_a_token_that_reads_changes_nothing(firm, visitor):
    """Whatever the table of doors says."""
    firm.become("administrator", "all")
    viewer = firm.allow(["read"])
    visitor.look_around()

    changing = [
        f"{knock.method} {knock.address}"
        for knock in knocks(ROUTES, firm, viewer, seen="Far")
        if visitor.call_route(knock.method, knock.address, knock.body).is_anything_changed
    ]

    assert changing == []


def test_every_address_has_its_line_in_the_table():
    pages, routes = page_addresses(), route_addresses()
    documented = {(method, path) for path, methods in routes.items() for method in methods}

    assert not set(pages) - {route for _method, route in PAGES}, HOW_TO
    assert not documented - set(ROUTES), HOW_TO
    assert not {route for _method, route in PAGES} - set(pages), "no such page any more"
    assert not set(ROUTES) - documented, "no such route any more"
    assert set(SCOPES) == {"read", "write", "admin"}


def test_no_address_takes_a_method_that_has_no_line(firm, visitor):
    firm.become("administrator", "all")
    ids = SimpleNamespace(**vars(firm.common), **vars(firm.territories["Own"]))
    visitor.look_around()
    taken = []

    for route in page_addresses():
        for method in {"GET", "POST"} - {m for m, known in PAGES if known == route}:
            door = next(door for (_method, known), door in PAGES.items() if known == route)
            address = address_of(route, door, ids, "customer")
            if visitor.open_page(method, address, {}).status != 405:
                taken.append(f"{method} {route}")
    for route, methods in route_addresses().items():
        for method in set(METHODS) - methods:
            door = next(door for (_method, known), door in ROUTES.items() if known == route)
            address = address_of(route, door, ids, "customer")
            if visitor.call_route(method, address, {}).status != 405:
                taken.append(f"{method} {route}")

    assert not taken, f"{taken}: {HOW_TO}"


def test_a_stranger_sees_the_sign_in_page_only(firm):
    ids = SimpleNamespace(**vars(firm.common), **vars(firm.territories["Own"]))
    client, open_pages = Client(), set()

    for (method, route), door in PAGES.items():
        call = client.post if method == "POST" else client.get
        answer = call(f"/{address_of(route, door, ids, 'customer')}", door.body(ids))
        if not answer.headers.get("Location", "").startswith("/sign-in?next="):
            open_pages.add(route)

    # The front page leads to the sign-in page too, and needs no way back.
    assert open_pages - {""} == OPEN_TO_STRANGERS


def test_a_stranger_gets_nothing_from_the_api(firm):
    ids = SimpleNamespace(**vars(firm.common), **vars(firm.territories["Own"]))
    client = Client()

    answers = {
        client.generic(method, f"/api/v1/{address_of(route, door, ids, 'customer')}").status_code
        for (method, route), door in ROUTES.items()
    }

    assert answers == {401}
