"""Clocks, protection and recycling. Days are lived through with a travelling clock."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from ownership.conftest import again
from zhike.commerce.actions import create_product, place_order
from zhike.customers.actions import change_customer, log_contact
from zhike.customers.facts import CUSTOMER
from zhike.customers.models import Party, Task
from zhike.events.catalogue import event_words
from zhike.events.models import Event
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid, NotAllowed
from zhike.ownership.actions import (
    Membership,
    assign_customers,
    change_pool,
    change_rule,
    create_rule,
    preview_recycling,
    protect_customer,
    recycle,
    set_members,
    unprotect_customer,
)
from zhike.ownership.clocks import Asked, clocks, explain, rules_in_force
from zhike.ownership.models import Entry, Rule, Run
from zhike.records.actions import change_many, undo_batch

DAY = timedelta(days=1)


def after(days: int):
    return time_machine.travel(timezone.now() + days * DAY)


def clock_of(party):
    found = clocks(rules_in_force(), Asked(ids=[party.pk]))
    return found[0] if found else None


def owner_of(party):
    return Party.objects.get(pk=party.pk).owner_id


@pytest.fixture
def rule(cast, east):
    return create_rule(cast.mei, east.pk, name="Ordinary", days=30, remind_days=5)


def test_without_contact_for_so_many_days_it_falls(cast, east, rule):
    held = clock.today()
    assert clock_of(cast.yunqi).falls_on == held + 30 * DAY
    with after(10):
        log_contact(cast.yunqi.pk, channel="call", viewer=cast.li)
    with after(29):
        assert recycle(cast.mei).recycled == 0
    with after(30):
        outcome = recycle(cast.mei)  # Lin, whom nobody called; Zhao of the west has no rule
        assert (outcome.recycled, outcome.by_rule) == (1, {"Ordinary": 1})
        assert owner_of(cast.yunqi) == cast.li.user_id
    with after(40):
        recycle(cast.mei)
    assert Party.objects.get(pk=cast.yunqi.pk).pool_id == east.pk
    assert owner_of(cast.chen) == cast.zhao.user_id
    told = Event.objects.get(party_id=cast.yunqi.pk, type="customer.recycled")
    assert told.data["falls_on"] == str(held + 40 * DAY)
    assert event_words(told.type, told.data) == (
        "Fell into the pool “East” by the rule “Ordinary”: 30 days without contact"
    )


def test_what_it_would_do_is_what_it_does(cast, east, rule):
    with after(31):
        before = preview_recycling(cast.mei)
        assert Party.objects.filter(pool_id=east.pk).count() == 0
        done = recycle(cast.mei)
    assert (before.recycled, before.by_rule) == (done.recycled, done.by_rule)


def test_it_is_undone_as_a_whole(cast, east, rule):
    with after(31):
        outcome = recycle(cast.mei)
        undo_batch(cast.mei, outcome.batch_id)
    assert owner_of(cast.yunqi) == cast.li.user_id
    assert owner_of(cast.lin) == cast.wang.user_id


def test_the_first_rule_that_holds_decides(cast, east):
    never = {"fact": "tags", "op": "has_any", "value": ["礼盒"]}
    create_rule(cast.mei, east.pk, name="Never", filter=never, days=None)
    create_rule(cast.mei, east.pk, name="Rest", days=10)

    assert clock_of(cast.yunqi) is None
    assert clock_of(cast.lin).rule.name == "Rest"


def test_an_order_counts_where_the_rule_asks_for_orders(cast, east):
    create_rule(cast.mei, east.pk, name="Orders", days=30, without="order")
    product = create_product({"code": "T1", "name": "Tea"}, viewer=cast.mei)
    with after(10):
        placed = clock.now()
        place_order(
            {"number": "N1", "customer": cast.yunqi.pk, "placed_at": placed},
            lines=[{"product": product.pk, "quantity": 1, "unit_price": 5}], viewer=cast.mei,
        )  # fmt: skip
        log_contact(cast.lin.pk, channel="call", viewer=cast.mei)

        assert clock_of(cast.yunqi).falls_on == clock.today(placed) + 30 * DAY
        assert clock_of(cast.lin).started_at == clock_of(cast.lin).held_since


def test_edits_and_switching_a_rule_leave_clocks_alone(cast, east, rule):
    falls_on = clock_of(cast.yunqi).falls_on
    with after(20):
        change_customer(cast.yunqi.pk, {"city": "上海"}, viewer=cast.mei)
        change_many(CUSTOMER, [cast.yunqi.pk], {"industry": "x"}, viewer=cast.mei)
        change_rule(cast.mei, rule.pk, is_enabled=False)
        assert clock_of(cast.yunqi) is None
        change_rule(cast.mei, rule.pk, is_enabled=True)
        assert clock_of(cast.yunqi).falls_on == falls_on


def test_who_gets_it_in_bulk_gets_a_clock(cast, east, rule):
    assert clock_of(cast.chen) is None
    with after(3):
        assign_customers([cast.chen.pk], owner_id=cast.li.user_id, viewer=cast.han)
        assert clock_of(cast.chen).falls_on == clock.today() + 30 * DAY


def test_a_new_owner_is_protected(cast, east, rule):
    change_pool(cast.mei, east.pk, protect_days=60)
    assert clock_of(cast.yunqi).falls_on == clock.today() + 60 * DAY


def test_protecting_until_a_day_and_ending_it(cast, east, rule):
    change_pool(cast.mei, east.pk, lock_cap=1, lock_days=90)
    last = clock.today() + 90 * DAY
    with pytest.raises(Invalid, match="Choose a day"):
        protect_customer(cast.yunqi.pk, until=last + DAY, reason="x", viewer=cast.li)
    protect_customer(cast.yunqi.pk, until=last, reason="Tender", viewer=cast.li)

    assert clock_of(cast.yunqi).falls_on == last + DAY
    assert "Protected until" in explain(clock_of(cast.yunqi))
    with after(31):
        recycle(cast.mei)
        assert owner_of(cast.yunqi) == cast.li.user_id
        unprotect_customer(cast.yunqi.pk, viewer=cast.li)
        recycle(cast.mei)
    assert owner_of(cast.yunqi) is None


def test_one_person_protects_so_many_only(cast, east, rule):
    change_pool(cast.mei, east.pk, lock_cap=1)
    tomorrow = clock.today() + DAY
    assign_customers([cast.chen.pk], owner_id=cast.li.user_id, viewer=cast.han)
    protect_customer(cast.yunqi.pk, until=tomorrow, reason="x", viewer=cast.li)
    protect_customer(cast.yunqi.pk, until=tomorrow, reason="longer", viewer=cast.li)
    with pytest.raises(Conflict, match="1 of 1 customers are protected"):
        protect_customer(cast.chen.pk, until=tomorrow, reason="x", viewer=cast.li)
    with pytest.raises(NotAllowed):
        protect_customer(cast.lin.pk, until=tomorrow, reason="x", viewer=_staff_all(cast))
    with after(3):
        protect_customer(cast.chen.pk, until=clock.today(), reason="x", viewer=cast.li)


def _staff_all(cast):
    from dataclasses import replace

    return replace(cast.li, sight="all")


def test_reminders_come_once_for_each_clock(cast, east, rule):
    with after(25):
        assert recycle(cast.mei).reminded == 2
        assert recycle(cast.mei).reminded == 0
        task = Task.objects.get(party_id=cast.yunqi.pk)
        assert (task.assignee_id, "East" in task.title) == (cast.li.user_id, True)
        log_contact(cast.yunqi.pk, channel="call", viewer=cast.li)
    with after(51):
        assert recycle(cast.mei).reminded == 1


def test_a_rule_about_what_is_gone_pauses_itself_and_those_after_it(cast, east, rule):
    create_rule(cast.mei, east.pk, name="Later", days=1, position=9)
    Rule.objects.filter(pk=rule.pk).update(filter={"fact": "gone", "op": "eq", "value": 1})
    with after(40):
        outcome = recycle(cast.mei)
    assert outcome.recycled == 0
    assert [one["rule"] for one in outcome.paused] == ["Ordinary"]


def test_a_killed_run_goes_on_in_its_batch(cast, east, rule, monkeypatch):
    from zhike.ownership.actions import recycling

    monkeypatch.setattr(recycling, "CHUNK", 1)
    done = recycling._recycle_chunk
    with after(31):

        def dies(ids, run, outcome, viewer):
            if run.batch_id is not None:
                raise KeyboardInterrupt
            done(ids, run, outcome, viewer)

        monkeypatch.setattr(recycling, "_recycle_chunk", dies)
        with pytest.raises(KeyboardInterrupt):
            recycle(cast.mei)
        assert Entry.objects.filter(verb="recycled").count() == 1
        monkeypatch.setattr(recycling, "_recycle_chunk", done)
        outcome = recycle(cast.mei)

    assert (outcome.recycled, Run.objects.count()) == (2, 1)
    batches = Entry.objects.filter(verb="recycled").values_list("batch_id", flat=True)
    assert set(batches) == {outcome.batch_id}


def test_what_happened_since_it_was_found_counts(cast, east, rule):
    """A contact between the look over the base and the chunk."""
    from zhike.ownership.actions import recycling

    with after(31):
        ids = recycling.due_ids(rules_in_force(), clock.now())
        log_contact(cast.yunqi.pk, channel="call", viewer=cast.li)
        run, outcome = Run.objects.create(begun_at=clock.now()), recycling.Outcome()
        recycling._recycle_chunk(ids, run, outcome, cast.mei)
    assert outcome.recycled == 1
    assert owner_of(cast.yunqi) == cast.li.user_id


def test_rules_are_set_up_sensibly(cast, east, rule):
    for values, field in (
        ({"days": 0}, "days"), ({"days": 5, "remind_days": 5}, "remind_days"),
        ({"without": "x"}, "without"), ({"name": " "}, "name"),
        ({"filter": {"fact": "gone", "op": "eq"}}, "gone"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            change_rule(cast.mei, rule.pk, **values)
        assert [error.field for error in refused.value.errors] == [field]
    with pytest.raises(NotAllowed):
        change_rule(cast.han, rule.pk, days=5)


def test_who_left_the_pool_is_under_no_rule(cast, east, rule):
    set_members(cast.mei, east.pk, [Membership(user_id=cast.wang.user_id)])
    assert clock_of(cast.yunqi) is None
    assert again(cast.li).pool_ids == frozenset()
