"""What a role may not see of a field is nowhere: not on a page, in an answer of the API, in a list,
a file, a fragment, a message, a search, an order. And the test would notice if it were."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from doors import PAGES, ROUTES
from territories import Firm, build_firm
from visitor import Visitor, knocks

from zhike.access.models import FieldRight
from zhike.access.policies import Level
from zhike.access.viewer import SYSTEM
from zhike.customers import duplicates
from zhike.customers.quality import queries as quality
from zhike.privacy.actions import record_consent
from zhike.privacy.models import Purpose
from zhike.records import limits
from zhike.records.imports import answering
from zhike.records.queries import concealing

AMOUNT = 765_432_100
# What is set for Ting's role, and the words by which each would be noticed.
HIDDEN = {
    ("customer", "code"): ("hide", ("Owncode",)),
    ("customer", "remark"): ("hide", ("Ownremark",)),
    ("customer", "tags"): ("hide", ("Owntag",)),
    ("customer", "job_title"): ("hide", ("Ownjob",)),
    ("customer", "consents"): (
        "hide",
        ("Ownconsentnote", "agreed 2", '"consents": ["m', '"is_given": true'),
    ),
    ("customer", "street"): ("mask", ("Ownstreet",)),
    ("customer", "phones"): (
        "mask",
        (
            "13912345670",
            "139 1234 5670",
            "same phone number",
            '"sign": "phone"',
            "+9.0",
            "% complete",
            "complete on average",
            "without phone or e-mail",
        ),
    ),
    ("customer", "emails"): ("mask", ("ownmail",)),
    ("customer", "birthday"): ("hide", ("same birthday", '"sign": "birthday"')),
    ("order", "remark"): ("hide", ("Ownmemo",)),
    ("order", "value"): ("hide", ("7654321", "7,654,321", "7.65 M", "765.4")),
}
NAMES = {("customer", "name"): ("mask", ("Ownname", "Owni Row", "same name"))}


def limit(hidden: dict) -> None:
    FieldRight.objects.bulk_create(
        FieldRight(role="manager", record_type=kind, fact=fact, level=level)
        for (kind, fact), (level, _words) in hidden.items()
    )


def make_amounts_telling() -> None:
    """Every amount of the firm is one that can be recognised."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE commerce_order SET value = %s, total = %s", [AMOUNT, AMOUNT])
        cursor.execute("UPDATE commerce_line SET amount = %s, unit_price = 7654321", [AMOUNT])
        cursor.execute("UPDATE insight_suggestion SET value = %s", [AMOUNT])
        cursor.execute(
            "UPDATE insight_standing SET value = %s, value_12 = %s, average = %s", [AMOUNT] * 3
        )
        cursor.execute(
            "UPDATE events_event SET data = data || jsonb_build_object('total', %s, 'value', %s) "
            "WHERE type = 'order.created'",
            [AMOUNT, AMOUNT],
        )


def agree(firm: Firm) -> None:
    """Ting's customer agrees to something, with words that can be recognised."""
    if not Purpose.objects.exists():  # an earlier test's flush took the shipped ones along
        import_module("zhike.privacy.migrations.0002_the_ledger_is_kept").ship(apps, None)
    record_consent(
        firm.territories["Own"].customer, purpose="marketing", channel="email", is_given=True,
        source="form", note="Ownconsentnote", viewer=SYSTEM,
    )  # fmt: skip


def betrayals(firm: Firm, visitor: Visitor, words: tuple[str, ...]) -> list[str]:
    """Where one of the words turns up that was not part of the question."""
    viewer = firm.become("manager", "own")
    found = []
    for doors, knock_at in ((PAGES, visitor.open_page), (ROUTES, visitor.call_route)):
        for knock in knocks(doors, firm, viewer, seen="Own"):
            if "/unmask" in knock.address:
                continue  # shows one value on purpose, and says so
            answer = knock_at(knock.method, knock.address, knock.body)
            asked = f"{answer.asked} {dict(knock.body)}"
            told = [word for word in words if word in answer.text and word not in asked]
            found += [f"{knock.method} {answer.asked[:90]}: {word}" for word in told]
            assert answer.status < 500, answer.asked
    return found


@pytest.fixture
def firm(transactional_db, tmp_path) -> Firm:
    firm = build_firm(tmp_path, is_linked=False)
    make_amounts_telling()
    agree(firm)
    return firm


@pytest.mark.parametrize("hidden", [HIDDEN, NAMES], ids=["fields", "names"])
def test_what_is_hidden_is_nowhere(firm, hidden):
    limit(hidden)
    words = tuple(word for _level, some in hidden.values() for word in some)

    assert betrayals(firm, Visitor(firm), words) == []


def test_a_hole_is_found(firm, monkeypatch):
    limit(HIDDEN)
    monkeypatch.setattr(concealing, "limits", lambda kind, viewer: {})
    found = betrayals(firm, Visitor(firm), ("Owncode", "13912345670", "7654321"))

    assert any("Owncode" in one for one in found)
    assert any("13912345670" in one for one in found)
    assert any("7654321" in one for one in found)


def test_a_hole_in_the_timeline_is_found(firm, monkeypatch):
    limit(HIDDEN)
    monkeypatch.setattr(limits, "_told", lambda viewer, event, name, value: value)

    assert betrayals(firm, Visitor(firm), ("7654321", "7,654,321"))


def test_a_hole_in_reasons_is_found(firm, monkeypatch):
    limit(HIDDEN)
    monkeypatch.setattr(duplicates, "_told", lambda reasons, hidden: reasons)
    monkeypatch.setattr(answering, "_told", lambda why, hidden: [one["words"] for one in why])
    found = betrayals(firm, Visitor(firm), ("same phone number", '"sign": "phone"', "+9.0",
                                            "same birthday"))  # fmt: skip

    assert {one.rpartition(": ")[2] for one in found} >= {"same phone number", "+9.0"}
    assert any("api/v1/customers/duplicates" in one for one in found)
    assert any("/questions" in one and "same birthday" in one for one in found)
    assert any("/errors" in one and "same birthday" in one for one in found)
    assert any("/refused" in one and "same birthday" in one for one in found)


def test_a_hole_in_figures_is_found(firm, monkeypatch):
    limit(HIDDEN)
    monkeypatch.setattr(quality, "_with_none_told", lambda viewer, row: row)

    found = betrayals(firm, Visitor(firm), ("complete on average", "without phone or e-mail"))

    assert len(found) == 2


def test_names_in_the_file_of_open_rows_are_concealed(firm, monkeypatch):
    limit(NAMES)
    monkeypatch.setattr(concealing, "limits", lambda kind, viewer: {})

    found = betrayals(firm, Visitor(firm), ("Owni Row",))

    assert any("/errors" in one for one in found)
    assert any("/refused" in one for one in found)


def test_levels_are_ordered():
    assert Level.HIDE < Level.MASK < Level.READ < Level.WRITE
