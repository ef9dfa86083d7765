"""Whoever is shown what a customer's file says stands in the access log: at every page and every
route, those included that are made tomorrow. And the test would notice if one were forgotten."""

import pytest
from doors import PAGES, ROUTES
from territories import Firm, build_firm
from visitor import Visitor, knocks

from zhike.records.queries import noting

# What only a customer's file says. Names turn up in the labels of work as well.
WORDS = ("Ownstreet", "Ownremark", "Owncode", "13912345670", "139 1234 5670")


def unnoted(firm: Firm, visitor: Visitor) -> list[str]:
    """The doors that tell of a customer and leave no line about it."""
    viewer = firm.become("manager", "own")
    own = firm.territories["Own"]
    files = {own.customer, own.neighbour, own.third, own.double, own.merged}
    found = []
    for doors, knock_at in ((PAGES, visitor.open_page), (ROUTES, visitor.call_route)):
        for knock in knocks(doors, firm, viewer, seen="Own"):
            answer = knock_at(knock.method, knock.address, knock.body)
            asked = f"{answer.asked} {dict(knock.body)}"
            told = [word for word in WORDS if word in answer.text and word not in asked]
            if told and not answer.noted & files:
                found.append(f"{knock.method} {answer.asked[:90]}: {told}")
    return found


@pytest.fixture
def firm(transactional_db, tmp_path) -> Firm:
    return build_firm(tmp_path, is_linked=False)


def test_whatever_shows_a_customer_is_noted(firm):
    assert unnoted(firm, Visitor(firm)) == []


def test_a_face_that_is_not_noted_is_found(firm, monkeypatch):
    monkeypatch.setattr(noting, "_page", lambda kind, viewer: None)
    assert len(unnoted(firm, Visitor(firm))) > 20
