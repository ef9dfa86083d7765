"""Assignment rules: who gets whom, why, and what becomes of those whom nobody can take."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from threading import Barrier

import pytest
from cast import build_cast
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from ownership.conftest import pooled
from zhike.access.actions import change_user
from zhike.customers.actions import create_customer
from zhike.customers.models import Party
from zhike.events.catalogue import event_words
from zhike.events.models import Event, ReactionCursor
from zhike.events.reactions import dispatch_all
from zhike.kernel.errors import Invalid, NotAllowed
from zhike.kernel.ids import new_id
from zhike.ownership.actions import (
    assign_arrivals,
    assign_unowned,
    change_assignment_rule,
    change_pool,
    create_assignment_rule,
)
from zhike.ownership.allotment import Desks, allot
from zhike.ownership.models import AssignmentRule, Entry
from zhike.records.actions import undo_batch

CHENGDU = {"fact": "city", "op": "eq", "value": "成都"}


def unowned(cast, number: int, **values) -> list:
    """Customers opened for nobody, as a web form would."""
    return [
        create_customer({"name": f"Free {n}", "owner": None, **values}, viewer=cast.mei).pk
        for n in range(number)
    ]


def owners(ids) -> list:
    by_id = dict(Party.objects.filter(pk__in=ids).values_list("pk", "owner_id"))
    return [by_id[pk] for pk in ids]


def ids_of(*viewers) -> list[str]:
    return [str(one.user_id) for one in viewers]


def arrive(ids) -> None:
    """What the reaction does once the customers are committed."""
    assign_arrivals(dict(Party.objects.filter(pk__in=ids).values_list("pk", "batch_id")))


def test_in_turn_everybody_gets_as_many(cast):
    create_assignment_rule(cast.mei, name="Turns", people=ids_of(cast.li, cast.wang, cast.zhao))
    ids = unowned(cast, 7)
    for one in ids:
        arrive([one])
    turns = owners(ids)
    assert turns[:3] == turns[3:6]
    assert sorted(Counter(turns).values()) == [2, 2, 3]


def test_the_first_rule_that_holds_decides_and_is_told(cast):
    create_assignment_rule(
        cast.mei, name="Chengdu", way="person", people=ids_of(cast.zhao), filter=CHENGDU
    )
    create_assignment_rule(cast.mei, name="Others", way="person", people=ids_of(cast.li))
    [here], [there] = unowned(cast, 1, city="成都"), unowned(cast, 1, city="上海")
    arrive([here, there])
    assert owners([here, there]) == [cast.zhao.user_id, cast.li.user_id]
    entry = Entry.objects.filter(party_id=here).latest("pk")
    assert (entry.verb, entry.reason, entry.owner_after) == (
        "assigned", "Chengdu", cast.zhao.user_id,
    )  # fmt: skip
    event = Event.objects.get(party_id=here, type="customer.allotted")
    assert event_words(event.type, event.data) == (
        "Assigned to Zhao by the rule “Chengdu”: to one person"
    )
    assert Party.objects.get(pk=here).team_id == cast.zhao.team_id


def test_to_whoever_has_fewest(cast):
    create_customer({"name": "Another"}, viewer=cast.li)
    create_assignment_rule(
        cast.mei, name="Load", way="load", people=ids_of(cast.li, cast.wang)
    )  # Li has two, Wang one
    ids = unowned(cast, 3)
    arrive(ids)
    assert Counter(owners(ids)) == {cast.wang.user_id: 2, cast.li.user_id: 1}
    assert owners(ids)[0] == cast.wang.user_id


def test_territories_take_only_what_they_name(cast):
    create_assignment_rule(
        cast.mei, name="Cities", way="territory", territory="city",
        table={"成都": ids_of(cast.zhao)[0], "上海": ids_of(cast.wang)[0]},
    )  # fmt: skip
    ids = [*unowned(cast, 1, city="成都"), *unowned(cast, 1, city="上海"), *unowned(cast, 1)]
    arrive(ids)
    assert owners(ids) == [cast.zhao.user_id, cast.wang.user_id, None]


def test_who_has_left_is_refused_when_saved_and_passed_over_later(cast):
    rule = create_assignment_rule(cast.mei, name="Turns", people=ids_of(cast.li, cast.wang))
    alone = create_assignment_rule(
        cast.mei, name="Wang's", way="person", people=ids_of(cast.wang), filter=CHENGDU, position=-0
    )
    change_assignment_rule(cast.mei, rule.pk, position=5)
    change_user(cast.mei, cast.wang.user_id, is_active=False, leaves_behind=True)
    with pytest.raises(Invalid) as refused:
        change_assignment_rule(cast.mei, rule.pk, people=ids_of(cast.li, cast.wang))
    assert refused.value.errors[0].message == "Wang has left. Choose somebody who is at work."

    ids, [stays] = unowned(cast, 2), unowned(cast, 1, city="成都")
    outcome = assign_unowned(cast.mei)

    assert owners(ids) == [cast.li.user_id] * 2
    assert owners([stays]) == [None]
    assert (outcome.number, outcome.stayed) == (2, {alone.name: {"left": 1}})


def test_a_full_cap_passes_the_turn_on(cast, east):
    change_pool(cast.mei, east.pk, holding_cap=2)  # Li and Wang have one each
    create_assignment_rule(cast.mei, name="Turns", people=ids_of(cast.li, cast.wang))
    ids = unowned(cast, 4)
    outcome = assign_unowned(cast.mei)
    assert Counter(owners(ids)) == {cast.li.user_id: 1, cast.wang.user_id: 1, None: 2}
    assert outcome.stayed == {"Turns": {"full": 2}}


def test_one_run_is_one_batch_and_undone_as_a_whole(cast):
    create_assignment_rule(cast.mei, name="Turns", people=ids_of(cast.li, cast.wang))
    ids = unowned(cast, 5)
    outcome = assign_unowned(cast.mei, filter={"fact": "name", "op": "starts_with",
                                               "value": "Free"})  # fmt: skip
    assert outcome.number == 5
    assert None not in owners(ids)
    _undo, done, left = undo_batch(cast.mei, outcome.batch_id)
    assert (done, left) == (5, 0)
    assert owners(ids) == [None] * 5


@pytest.mark.django_db(transaction=True)
def test_a_new_customer_is_assigned_and_undone_with_its_opening():
    cast = build_cast()
    create_assignment_rule(cast.mei, name="Li's", way="person", people=ids_of(cast.li))
    dispatch_all()
    [party_id] = unowned(cast, 1)
    dispatch_all()
    party = Party.objects.get(pk=party_id)
    assert party.owner_id == cast.li.user_id
    undo_batch(cast.mei, party.batch_id)
    assert Party.objects.get(pk=party_id).archived_at is not None


def test_out_of_a_pool_but_not_back_to_whoever_let_go(cast, east):
    waiting = pooled(cast, east, 3)  # Wang's
    create_assignment_rule(
        cast.mei, name="Again", people=ids_of(cast.li, cast.wang), takes_pooled=True
    )
    outcome = assign_unowned(cast.mei)
    assert (outcome.number, owners(waiting)) == (3, [cast.li.user_id] * 3)
    assert not Party.objects.filter(pk__in=waiting).exclude(pool_id=None).exists()


def test_new_ones_only_leaves_pools_alone(cast, east):
    waiting = pooled(cast, east, 1)
    create_assignment_rule(cast.mei, name="New", people=ids_of(cast.li))
    arrive(waiting)
    assert owners(waiting) == [None]


def test_a_rule_that_cannot_be_asked_stops_those_after_it(cast):
    broken = create_assignment_rule(cast.mei, name="Broken", people=ids_of(cast.li))
    AssignmentRule.objects.filter(pk=broken.pk).update(
        filter={"fact": "gone", "op": "eq", "value": "x"}
    )
    create_assignment_rule(cast.mei, name="After", people=ids_of(cast.wang))
    ids = unowned(cast, 1)
    outcome = assign_unowned(cast.mei)
    assert owners(ids) == [None]
    assert outcome.paused == [{"rule": "Broken", "why": "There is no such fact."}]


def test_only_what_one_sees_and_only_by_right(cast):
    create_assignment_rule(cast.mei, name="Turns", people=ids_of(cast.li))
    ids = unowned(cast, 1)
    with pytest.raises(NotAllowed):
        assign_unowned(cast.li)
    assert assign_unowned(cast.han).number == 0  # of no team, out of Han's sight
    assert owners(ids) == [None]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"people": []}, "people"),
        ({"way": "person", "people": ["two"]}, "people"),
        ({"way": "territory"}, "table"),
        ({"way": "lottery"}, "way"),
        ({"filter": {"fact": "gone", "op": "eq", "value": 1}}, "gone"),
        ({"takes_new": False}, "takes_new"),
    ],
)
def test_what_makes_no_sense_is_refused(cast, values, field):
    values = {"name": "R", "people": ids_of(cast.li), **values}
    with pytest.raises(Invalid) as refused:
        create_assignment_rule(cast.mei, **values)
    assert refused.value.errors[0].field == field
    assert not AssignmentRule.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_at_once_keep_turns_fair_and_caps_true():
    cast = build_cast()
    people = ids_of(cast.li, cast.wang, cast.zhao)
    create_assignment_rule(cast.mei, name="Turns", people=people)
    ids = unowned(cast, 36)
    barrier = Barrier(6)

    def run(number):
        try:
            barrier.wait()
            for one in ids[number * 6 : number * 6 + 6]:
                arrive([one])
            arrive(ids)  # and all of them once more: the second finds them gone
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(run, range(6)))

    assert sorted(Counter(owners(ids)).values()) == [12, 12, 12]
    assert Entry.objects.filter(party_id__in=ids, verb="assigned").count() == 36


@settings(max_examples=60, deadline=None)
@given(
    number=st.integers(1, 40), rooms=st.lists(st.none() | st.integers(0, 9), min_size=1, max_size=5)
)
def test_turns_differ_by_one_at_most_and_no_room_is_overdrawn(number, rooms):
    people = sorted(new_id() for _room in rooms)
    rule = AssignmentRule(way="turn", people=[str(one) for one in people])
    customers = [new_id() for _n in range(number)]
    room = {one: size for one, size in zip(people, rooms, strict=True) if size is not None}
    counted = dict.fromkeys(room, frozenset(customers))
    desks = Desks(frozenset(people), room=dict(room), counted=counted)
    found = allot([(pk, rule, "", False) for pk in customers], desks)
    got = Counter(one.owner_id for one in found if one.owner_id)
    assert all(got[one] <= size for one, size in room.items())
    unlimited = [got[one] for one in people if one not in room]
    assert not unlimited or max(unlimited) - min(unlimited) <= 1
    assert sum(got.values()) == (number if unlimited else min(number, sum(room.values())))


def test_an_older_base_is_not_read_through(db):
    """The reaction begins where the log stands when the migration runs."""
    name = "zhike.ownership.reactions.assign_those_who_arrive"
    ReactionCursor.objects.filter(reaction=name).delete()
    migration = import_module("zhike.ownership.migrations.0006_arrivals_from_now_on")
    with connection.cursor() as cursor:
        cursor.execute(migration.BEGIN_NOW)
        cursor.execute(migration.BEGIN_NOW)  # one that is there stays

    begun = ReactionCursor.objects.get(reaction=name)
    assert begun.tx > 0
    assert begun.event_id == 2**62
