"""Whose time is over is erased in the night; whoever is active, or kept, is not."""

from datetime import timedelta

import pytest

from zhike.commerce.actions import place_order
from zhike.customers import actions as customers
from zhike.customers.models import Party
from zhike.events.models import Event
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid, NotAllowed
from zhike.privacy import queries
from zhike.privacy.actions import (
    erase_customer,
    hold_customer,
    keep_rule,
    open_request,
    release_hold,
    run_erasure,
    run_retention,
)
from zhike.privacy.models import Erasure

EVERYBODY = {"all": []}


@pytest.fixture
def old(cast):
    """Everybody came four years ago, and nothing has happened since."""
    then = clock.now() - timedelta(days=4 * 366)
    Party.objects.update(created_at=then)
    Event.objects.update(happened_at=then)
    return cast


def rule(cast, **values):
    return keep_rule(cast.mei, name="After three years", filter=EVERYBODY, **values)


def due(cast, made) -> set[str]:
    return set(queries.preview_retention(cast.mei, made.pk).names)


def test_a_rule_begins_switched_off_and_shows_whom_it_would_erase(old):
    made = rule(old)
    found = queries.preview_retention(old.mei, made.pk)
    assert (found.count, set(found.names)) == (
        3, {"杭州云栖茶舍", "Lin & Sons Gifts", "陈嘉怡"},
    )  # fmt: skip
    assert run_retention() == {}
    assert Erasure.objects.count() == 0


def test_the_filter_says_who(old):
    made = keep_rule(old.mei, name="Chengdu", filter={"fact": "city", "op": "eq", "value": "成都"})
    assert due(old, made) == {"陈嘉怡"}


@pytest.mark.parametrize("kept", ["young", "spoken", "task", "bought", "unpaid", "held", "asking"])
def test_what_keeps_a_customer(old, kept):
    chen, made = old.chen, rule(old)
    if kept == "young":
        Party.objects.filter(pk=chen.pk).update(created_at=clock.now() - timedelta(days=900))
    elif kept == "spoken":
        customers.add_note(chen.pk, text="called", viewer=old.zhao)
    elif kept == "task":
        customers.create_task(chen.pk, title="call", viewer=old.zhao)
    elif kept == "held":
        hold_customer(old.mei, chen.pk, reason="lawsuit")
    elif kept == "asking":
        open_request(old.mei, kind="access", customer=chen.pk)
    else:
        day = "2015-01-05" if kept == "unpaid" else str(clock.today() - timedelta(days=300))
        place_order(
            {"number": "S-1", "customer": chen.pk, "placed_at": day},
            lines=[{"description": "tea", "quantity": 1, "unit_price": "5"}], viewer=old.zhao,
        )  # fmt: skip
    assert due(old, made) == {"杭州云栖茶舍", "Lin & Sons Gifts"}


def test_archived_customers_are_reached(old):
    Party.objects.filter(pk=old.chen.pk).update(archived_at=clock.now())
    assert queries.preview_retention(old.mei, rule(old).pk).count == 3


def test_the_night_asks_for_as_many_as_it_may(old):
    made = rule(old)
    keep_rule(old.mei, made.pk, is_enabled=True)
    assert run_retention(at_most=2) == {"After three years": 2}
    listed = queries.erased_by(old.mei, made.pk)
    assert {one.ground for one in listed} == {"retention"}
    assert len(listed) == 2


def test_what_is_not_allowed(old):
    for viewer in (old.han, old.zhao, old.guest):
        with pytest.raises(NotAllowed):
            keep_rule(viewer, name="R", filter=EVERYBODY)
        with pytest.raises(NotAllowed):
            run_retention(viewer)
        with pytest.raises(NotAllowed):
            hold_customer(viewer, old.chen.pk, reason="x")
    for wrong in ({"months": 5}, {"months": "x"}, {"name": " "}):
        with pytest.raises(Invalid):
            keep_rule(old.mei, **{"name": "R", "filter": EVERYBODY, **wrong})
    assert queries.retention_rules(old.mei) == []


def test_a_hold_stops_every_erasure(old):
    waiting = Erasure.objects.create(
        party_id=old.chen.pk, ground="request", requested_at=clock.now()
    )
    hold_customer(old.mei, old.chen.pk, reason="lawsuit")
    for attempt in (
        lambda: erase_customer(old.mei, old.chen.pk, ground="request"),
        lambda: run_erasure(waiting.pk, viewer=old.mei),
    ):
        with pytest.raises(Conflict):
            attempt()
    assert Party.objects.get(pk=old.chen.pk).name == "陈嘉怡"
    release_hold(old.mei, old.chen.pk)
    with pytest.raises(Conflict):
        release_hold(old.mei, old.chen.pk)
