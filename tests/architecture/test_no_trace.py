"""What is out of sight leaves no trace: every page and route answers, to the letter, as if it were
not there. Counts, sums, charts and sizes that take in hidden customers would betray them."""

import re
from types import SimpleNamespace

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from doors import PAGES, ROUTES
from territories import REACH, TERRITORIES, Firm, build_firm
from visitor import Visitor, knocks

from zhike.insight import lake
from zhike.segments.actions import evaluate_all

# What differs from one answer to the next whoever asks.
_CHANGING = re.compile(r"\b\w{64}\b|(request_id|X-Request-Id|Request)\W+[0-9a-f]{16}")
# Asked with the other method, these change nothing either.
_READING = {
    ("POST", "segments/preview"),
    ("POST", "segments/overlap"),
    ("POST", "customers/new/hints"),
    ("POST", "customers/duplicates"),
}
_ORDERS = "SELECT id FROM commerce_order WHERE party_id = ANY(%s)"
# In this order; whatever isn't named goes by the customer's id in party_id.
_TABLES = {
    "commerce_line": f"order_id IN ({_ORDERS})",
    **dict.fromkeys(("commerce_order", "customers_task", "customers_attachment"), ""),
    "customers_duplicate": "party_id = ANY(%s)",
    **dict.fromkeys(("customers_relation", "events_event", "insight_suggestion"), ""),
    **dict.fromkeys(("insight_standing", "insight_stageday", "segments_membership"), ""),
    "customers_displaced": "merge_id IN (SELECT id FROM customers_merge WHERE loser_id = ANY(%s))",
    "customers_merge": "loser_id = ANY(%s)",
    "ownership_entry": "",
    "customers_party": "id = ANY(%s)",
}


def forget(territory: SimpleNamespace) -> None:
    """Takes the customers of a territory out of the base, and what is reckoned from them anew."""
    parties = [
        *(territory.customer, territory.neighbour, territory.third),
        *(territory.double, territory.merged),
    ]
    with connection.cursor() as cursor:
        for table, condition in _TABLES.items():
            cursor.execute(
                f"DELETE FROM {table} WHERE {condition or 'party_id = ANY(%s)'}", [parties]
            )
        cursor.execute("UPDATE insight_scorerun SET customers = customers + 9, orders = orders + 9")
    evaluate_all()
    lake.refresh()


def answers(firm: Firm, visitor: Visitor, role: str, sight: str) -> dict[str, str]:
    """What every door answers to whoever only looks."""
    viewer = firm.become(role, sight)
    found = {}
    for doors, knock_at in ((PAGES, visitor.open_page), (ROUTES, visitor.call_route)):
        looking = {key: door for key, door in doors.items() if key[0] == "GET" or key in _READING}
        for knock in knocks(looking, firm, viewer, seen="Own"):
            answer = knock_at(knock.method, knock.address, knock.body)
            found[f"{knock.method} {answer.asked}"] = _CHANGING.sub("", answer.text)
    return found


@pytest.mark.django_db(transaction=True)
def test_hidden_customers_leave_no_trace(tmp_path):
    with time_machine.travel(timezone.now(), tick=False):
        firm = build_firm(tmp_path, is_linked=False)
        visitor = Visitor(firm)
        betrayed = []
        for role, sight in (("manager", "below"), ("staff", "team"), ("manager", "own")):
            before = answers(firm, visitor, role, sight)
            forget(firm.territories[TERRITORIES[REACH[sight]]])
            after = answers(firm, visitor, role, sight)
            betrayed += [
                f"{role} {sight}: {asked} {_difference(text, after[asked])}"
                for asked, text in before.items()
                if after[asked] != text
            ]

    assert not betrayed, "\n" + "\n".join(betrayed)


def _difference(before: str, after: str) -> str:
    start = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
    first = max(0, start - 60)
    return f"…{before[first : start + 40]!r} / …{after[start : start + 40]!r}"
