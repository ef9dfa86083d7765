"""Rehearsals: what a rule would have done over the last 90 days, held against a clock turned day by
day."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, Phase, given, settings, target
from hypothesis import strategies as st

from zhike.customers.actions import create_customer, log_contact
from zhike.customers.models import Party
from zhike.kernel import clock
from zhike.kernel.errors import Invalid, NotAllowed
from zhike.ownership.actions import (
    Membership,
    assign_customers,
    create_assignment_rule,
    create_pool,
    create_rule,
    draft_assignment_rule,
    draft_rule,
    protect_customer,
    recycle,
    release_customers,
    set_members,
    unprotect_customer,
)
from zhike.ownership.rehearsing.assigning import rehearse_assignment
from zhike.ownership.rehearsing.recycling import DAYS, rehearse_rule

BEGIN = datetime(2026, 3, 2, 4, tzinfo=UTC)  # noon in Shanghai
LENGTH = 160  # days; the last 90 are rehearsed


def at(day: int) -> time_machine.travel:
    return time_machine.travel(BEGIN + timedelta(days=day), tick=False)


def live(cast, history, east) -> object:
    """A customer of Li's to whom things happen on days: contacts, protections, a new owner."""
    party = None
    for day, what, more in history:
        with at(day):
            if what == "open":
                party = create_customer({"name": "C"}, viewer=cast.li)
            elif what == "contact":
                log_contact(party.pk, channel="call", viewer=cast.mei)
            elif what == "protect":
                until = clock.today() + timedelta(days=more)
                protect_customer(party.pk, until=until, reason="x", viewer=cast.mei)
            elif what == "unprotect":
                unprotect_customer(party.pk, viewer=cast.mei)
            else:
                owner = cast.wang if more % 2 else cast.li
                if owner_of(party) != owner.user_id:
                    assign_customers([party.pk], owner_id=owner.user_id, viewer=cast.mei)
    return party


def owner_of(party):
    party.refresh_from_db()
    return party.owner_id


def falls_of(history, days: int, cast) -> list[tuple]:
    """Day by day, as somebody would with a calendar: who lost the customer on which day."""
    first, today = LENGTH - DAYS, LENGTH
    found, owner, since, last, until, gone = [], None, None, None, None, False
    for day in range(today + 1):
        if day >= first and owner is not None and not gone:
            runs_out = max(since, last) + days
            if until is not None and until >= day:
                runs_out = max(runs_out, until + 1)
            if runs_out <= day:
                found.append((owner, day))
                gone = True
        for _day, what, more in (one for one in history if one[0] == day):
            if what == "open":
                owner, since, last, until, gone = cast.li.user_id, day, day, None, False
            elif what == "contact":
                last = day
            elif what == "protect":
                until = day + more
            elif what == "unprotect":
                until = None
            else:
                to = (cast.wang if more % 2 else cast.li).user_id
                if to != owner:
                    owner, since, last, until, gone = to, day, day, None, False
    return found


@pytest.fixture
def east(cast):
    pool = create_pool(cast.mei, name="East", lock_cap=99, lock_days=99)
    members = [Membership(user_id=one.user_id) for one in (cast.li, cast.wang)]
    set_members(cast.mei, pool.pk, members)
    return pool


later = st.tuples(
    st.integers(1, LENGTH - 1),
    st.sampled_from(["contact", "contact", "protect", "protect", "unprotect", "assign"]),
    st.integers(1, 40),
)  # fmt: skip
histories = st.builds(
    lambda opened, rest: [(opened, "open", 0), *sorted(
        {one[0]: one for one in rest if one[0] > opened}.values())],
    st.integers(0, 100), st.lists(later, max_size=9),
)  # fmt: skip


@settings(max_examples=40, deadline=None,
          phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.target),
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(st.lists(histories, min_size=1, max_size=3), st.sampled_from([7, 30, 60, 120]))
def test_a_rehearsal_is_what_a_calendar_says(cast, east, lives, days):
    Party.objects.update(archived_at=BEGIN)
    parties = [live(cast, history, east) for history in lives]
    with at(LENGTH):
        rule = draft_rule({"name": "R", "days": days}, pool_id=east.pk)
        found = rehearse_rule(cast.mei, rule)
        today = clock.today()

    expected = [
        (party.pk, owner, today - timedelta(days=LENGTH - day))
        for party, history in zip(parties, lives, strict=True)
        for owner, day in falls_of(history, days, cast)
    ]
    assert sorted((one.party_id, one.owner_id, one.on) for one in found.some) == sorted(expected)
    assert found.number == len(expected)
    assert found.first_night + sum(found.weeks) == found.number
    target(len(expected))


def test_it_counts_as_the_rule_would_have_counted(cast, east):
    """The night's work itself, turned day by day, takes the same customer on the same day."""
    party = live(cast, [(50, "open", 0), (65, "contact", 0)], east)
    with at(LENGTH):
        found = rehearse_rule(cast.mei, draft_rule({"name": "R", "days": 30}, pool_id=east.pk))
    create_rule(cast.mei, east.pk, name="R", days=30)
    with at(94):
        assert recycle(cast.mei).recycled == 0
    with at(95):
        recycle(cast.mei)
        day = clock.today()

    assert owner_of(party) is None
    assert (found.some[-1].party_id, found.some[-1].on) == (party.pk, day)


def test_who_loses_much_is_named(cast, east):
    with at(0):
        for number in range(10):
            create_customer({"name": f"C{number}"}, viewer=cast.li)
            create_customer({"name": f"D{number}"}, viewer=cast.wang)
    with at(79):
        for party in Party.objects.filter(name__startswith="D"):
            log_contact(party.pk, channel="call", viewer=cast.wang)
    with at(LENGTH - 1):
        log_contact(Party.objects.get(name="C0").pk, channel="call", viewer=cast.li)
    with at(LENGTH):
        found = rehearse_rule(cast.mei, draft_rule({"name": "R", "days": 85}, pool_id=east.pk))

    (li,) = [one for one in found.losses if one.owner_id == cast.li.user_id]
    assert (li.held, li.lost, li.is_great) == (10, 10, True)
    assert found.worked == 1
    assert found.as_is == found.really == 0


def test_a_rule_that_takes_nobody_back_takes_nobody(cast, east):
    with at(0):
        create_customer({"name": "C"}, viewer=cast.li)
    with at(LENGTH):
        create_rule(cast.mei, east.pk, name="Old", days=30)
        never = draft_rule({"name": "N", "days": None, "position": 0}, pool_id=east.pk)
        found = rehearse_rule(cast.mei, never)

    assert found.number == 0
    assert found.as_is == 1


def test_first_rules_come_first(cast, east):
    with at(0):
        create_customer({"name": "C", "city": "杭州"}, viewer=cast.li)
    with at(LENGTH):
        hangzhou = {"fact": "city", "op": "eq", "value": "杭州"}
        create_rule(cast.mei, east.pk, name="Never", filter=hangzhou, days=None)
        found = rehearse_rule(cast.mei, draft_rule({"name": "R", "days": 30}, pool_id=east.pk))

    assert found.number == 0


def test_rehearsing_is_for_administrators_and_says_what_cannot_be_asked(cast, east):
    rule = draft_rule({"name": "R", "days": 30}, pool_id=east.pk)
    with pytest.raises(NotAllowed):
        rehearse_rule(cast.han, rule)
    with pytest.raises(Invalid):
        draft_rule({"name": "R", "filter": {"fact": "x", "op": "eq", "value": 1}}, pool_id=east.pk)


def free(cast, day: int, number: int, **values) -> list:
    """Customers opened for nobody on a day."""
    with at(day):
        return [
            create_customer({"name": f"F{day}-{n}", "owner": None, **values}, viewer=cast.mei).pk
            for n in range(number)
        ]


def drafted(cast, **values):
    people = [str(cast.li.user_id), str(cast.wang.user_id)]
    return draft_assignment_rule({"name": "A", "people": people, **values})


def test_arrivals_go_in_turn_and_are_held_against_what_became_of_them(cast):
    free(cast, 20, 3)  # long before
    first, second, third = free(cast, 100, 3)
    with at(102):
        assign_customers([first, second], owner_id=cast.zhao.user_id, viewer=cast.mei)
    with at(LENGTH):
        found = rehearse_assignment(cast.mei, drafted(cast))

    assert (found.arrived, found.number) == (3, 3)
    by_owner = {one.owner_id: (one.would, one.really) for one in found.owners}
    assert sorted(by_owner[pk][0] for pk in (cast.li.user_id, cast.wang.user_id)) == [1, 2]
    assert by_owner[cast.zhao.user_id] == (0, 2)
    assert found.median_wait == timedelta(days=2)
    assert found.waiting == 1
    assert found.elsewhere == 2
    assert owner_of(Party.objects.get(pk=third)) is None


def test_load_is_what_everybody_held_when_it_began(cast):
    with at(0):
        for number in range(3):
            create_customer({"name": f"L{number}"}, viewer=cast.li)
    with at(LENGTH - 1):  # since then Wang has got far more
        for number in range(9):
            create_customer({"name": f"W{number}"}, viewer=cast.wang)
    free(cast, 100, 2)
    with at(LENGTH):
        found = rehearse_assignment(cast.mei, drafted(cast, way="load"))

    assert [(one.owner_id, one.would) for one in found.owners] == [(cast.wang.user_id, 2)]


def test_a_rule_before_it_keeps_its_customers(cast):
    free(cast, 100, 2, city="杭州")
    free(cast, 101, 1, city="成都")
    hangzhou = {"fact": "city", "op": "eq", "value": "杭州"}
    with at(LENGTH):
        create_assignment_rule(
            cast.mei, name="First", filter=hangzhou, way="person", people=[cast.zhao.user_id]
        )
        found = rehearse_assignment(cast.mei, drafted(cast))

    assert (found.arrived, found.number, found.before) == (3, 1, 2)


def test_who_let_go_does_not_get_it_back(cast, east):
    with at(10):
        party = create_customer({"name": "P"}, viewer=cast.li)
    with at(100):
        release_customers([party.pk], viewer=cast.li, reason="other", pool_id=east.pk)
    with at(LENGTH):
        draft = drafted(cast, takes_new=False, takes_pooled=True)
        found = rehearse_assignment(cast.mei, draft)

    assert [(one.owner_id, one.would) for one in found.owners] == [(cast.wang.user_id, 1)]
