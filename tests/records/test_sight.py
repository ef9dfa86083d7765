"""Every question to records keeps to sight, as a plain model in Python has it.

Random trees of teams, random owners; each sight; lists, counts, chunks, values, neighbours, search
and exports of customers and of what hangs on them.
"""

import csv
from dataclasses import dataclass
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhike.access.models import Team, User
from zhike.access.queries import viewer_of
from zhike.access.viewer import SYSTEM, Viewer
from zhike.commerce.facts import ORDER
from zhike.commerce.models import Order
from zhike.customers.facts import CUSTOMER
from zhike.customers.models import Party
from zhike.kernel import clock
from zhike.kernel.ids import new_id
from zhike.records import queries
from zhike.records.actions import copy_rows, new_instance, open_batch
from zhike.records.exports import export_records

SIGHTS = ("own", "team", "below", "all")


@dataclass(frozen=True)
class Setting:
    """Teams by the place of their parent, people by that of their team, customers by those of
    their owner and their team; None is nobody and none."""

    parents: list[int | None]
    people: list[int | None]
    customers: list[tuple[int | None, int | None, bool]]
    looks: int  # the one who asks


@st.composite
def firms(draw) -> Setting:
    teams = draw(st.integers(1, 5))
    # A parent stands before its children, so that the teams are a forest; the first may be a root.
    parents = [draw(st.none() | st.integers(0, n - 1)) if n else None for n in range(teams)]
    some_team = st.none() | st.integers(0, teams - 1)
    people = draw(st.lists(some_team, min_size=1, max_size=4))
    someone = st.none() | st.integers(0, len(people) - 1)
    customers = draw(st.lists(st.tuples(someone, some_team, st.booleans()), max_size=8))
    return Setting(parents, people, customers, draw(st.integers(0, len(people) - 1)))


def sees(firm: Setting, sight: str, owner: int | None, team: int | None) -> bool:
    """The rule in plain words: one's own; with more sight those of one's team; of those below."""
    if sight == "all" or owner == firm.looks:
        return True
    mine = firm.people[firm.looks]
    if sight == "own" or mine is None or team is None:
        return False
    if sight == "team":
        return team == mine
    while team is not None and team != mine:
        team = firm.parents[team]
    return team == mine


def settle(firm: Setting) -> tuple[User, list[Party], list[Order]]:
    """The firm in the base, with an order for each customer; and who asks."""
    for model in (Order, Party, User):
        model.objects.all().delete()
    Team.objects.update(parent=None)
    Team.objects.all().delete()
    teams: list[Team] = []
    for number, parent in enumerate(firm.parents):
        above = None if parent is None else teams[parent]
        teams.append(Team.objects.create(name=f"T{number}", parent=above))
    people = [
        User.objects.create(
            email=f"u{number}@firm.example", name=f"U{number}", role="administrator",
            team=None if team is None else teams[team],
        )
        for number, team in enumerate(firm.people)
    ]  # fmt: skip
    batch = open_batch(SYSTEM, kind="demo")
    parties, orders = [], []
    for number, (owner, team, is_archived) in enumerate(firm.customers):
        extra = {
            "owner_id": None if owner is None else people[owner].pk,
            "team_id": None if team is None else teams[team].pk,
        }
        values = {"name": f"Name {number % 3}", "kind": "person"}
        party = new_instance(CUSTOMER, values, batch=batch, source="", extra=extra)
        party.archived_at = clock.now() if is_archived else None
        parties.append(party)
        head = {"number": str(number), "customer": party.pk, "placed_at": clock.now(),
                "currency": "CNY"}  # fmt: skip
        amounts = {"total": 1, "value": 1}
        orders.append(new_instance(ORDER, head, batch=batch, source="", extra=amounts))
    copy_rows(Party, parties)
    copy_rows(Order, orders)
    return people[firm.looks], parties, orders


def everything(kind, viewer: Viewer) -> set[UUID]:
    return {one.pk for chunk in queries.every(kind, viewer, size=3) for one in chunk}


def paged(kind, viewer: Viewer, **asked) -> list[UUID]:
    found, cursor = [], None
    while True:
        page = queries.find(kind, viewer, limit=2, cursor=cursor, **asked)
        found += [one.pk for one in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found


@pytest.mark.parametrize("sight", SIGHTS)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(firm=firms())
def test_every_question_keeps_to_sight(db, tmp_path, sight, firm):
    user, parties, orders = settle(firm)
    user.sight = sight
    viewer = viewer_of(user)
    seen = [
        (party, order)
        for party, order, (owner, team, _archived) in zip(
            parties, orders, firm.customers, strict=True
        )
        if sees(firm, sight, owner, team)
    ]
    visible = {party.pk for party, _order in seen}
    live = {party.pk for party, _order in seen if party.archived_at is None}
    gone = visible - live

    assert set(paged(CUSTOMER, viewer)) == live
    assert set(paged(CUSTOMER, viewer, archived=True)) == gone
    assert set(queries.find_ids(CUSTOMER, viewer).items) == live
    assert set(paged(CUSTOMER, viewer, search="name")) == live
    assert everything(CUSTOMER, viewer) == live
    assert queries.count(CUSTOMER, viewer).value == len(live)
    assert queries.count(CUSTOMER, viewer, exact=True, search="name").value == len(live)
    everybody = [party.pk for party in parties] + [new_id()]
    assert queries.visible_ids(CUSTOMER, viewer, everybody) == visible
    assert queries.values_of(CUSTOMER, viewer, everybody, ["name"]).keys() == visible
    assert queries.linked_names(viewer, "customer", everybody).keys() == visible
    in_order = paged(CUSTOMER, viewer, sort="name")
    around = [queries.neighbours(CUSTOMER, viewer, pk, sort="name") for pk in in_order]
    assert [after for _before, after in around] == [*in_order[1:], None][: len(in_order)]
    assert [before for before, _after in around] == [None, *in_order][: len(in_order)]
    hidden = [pk for pk in everybody if pk not in visible]
    assert {queries.neighbours(CUSTOMER, viewer, pk) for pk in hidden} <= {(None, None)}
    # What hangs on a customer is seen with it, archived or not.
    assert everything(ORDER, viewer) == {order.pk for _party, order in seen}
    path = tmp_path / "orders.csv"
    assert export_records(ORDER, viewer, path) == len(seen)
    with path.open(encoding="utf-8-sig", newline="") as file:
        exported = {row[0] for row in list(csv.reader(file))[1:]}
    assert exported == {order.number for _party, order in seen}
