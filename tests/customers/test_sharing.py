"""One customer shown to somebody who would not see it: to read, to work on, until a day."""

from datetime import timedelta

import pytest
import time_machine

from zhike.access.models import User
from zhike.access.viewer import SYSTEM
from zhike.commerce.actions import place_order
from zhike.commerce.facts import ORDER
from zhike.customers import actions
from zhike.customers.facts import CUSTOMER, TASK
from zhike.customers.merging.actions import merge_customers, unmerge_customers
from zhike.customers.models import Party
from zhike.customers.queries import shares_of
from zhike.customers.sharing.actions import end_shares, share_customer, stop_sharing
from zhike.events.models import Event
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from zhike.records.actions import archive_record, undo_batch
from zhike.records.queries import count, find_ids, get


@pytest.fixture
def order(cast):
    return place_order(
        {"number": "1", "customer": cast.yunqi.pk, "placed_at": clock.now(), "currency": "CNY"},
        lines=[], total=5, viewer=cast.li,
    )  # fmt: skip


def share(cast, who, level="read", **options):
    """Li shares her tea house."""
    made, batch = share_customer(cast.yunqi.pk, with_id=who, level=level, viewer=cast.li, **options)
    assert made.party_id == cast.yunqi.pk
    return batch


def shares(party_id):
    party = Party.objects.get(pk=party_id)
    rows = [(one.with_id, one.level, one.until) for one in shares_of(party_id)]
    return rows, party.readers, party.writers


def test_whom_it_is_shared_with_sees_it_and_what_hangs_on_it(cast, order):
    task = actions.create_task(cast.yunqi.pk, title="call", viewer=cast.li)
    assert find_ids(CUSTOMER, cast.zhao).items == [cast.chen.pk]

    share(cast, cast.zhao.user_id)

    assert set(find_ids(CUSTOMER, cast.zhao, sort="name").items) == {cast.yunqi.pk, cast.chen.pk}
    assert find_ids(CUSTOMER, cast.zhao, search="云栖").items == [cast.yunqi.pk]
    assert count(CUSTOMER, cast.zhao).value == 2
    assert find_ids(ORDER, cast.zhao).items == [order.pk]
    assert find_ids(TASK, cast.zhao).items == [task.pk]
    assert find_ids(CUSTOMER, cast.wang, search="陈嘉怡").items == []


def test_a_team_is_shared_with_as_well(cast):
    west = User.objects.get(pk=cast.zhao.user_id).team_id

    share(cast, west)

    assert get(CUSTOMER, cast.zhao, cast.yunqi.pk).pk == cast.yunqi.pk


def test_who_may_read_may_not_write(cast, order):
    share(cast, cast.zhao.user_id)
    task = actions.create_task(cast.yunqi.pk, title="call", viewer=cast.li)

    for act in (
        lambda: actions.change_customer(cast.yunqi.pk, {"city": "x"}, viewer=cast.zhao),
        lambda: archive_record(CUSTOMER, cast.yunqi.pk, viewer=cast.zhao),
        lambda: actions.add_note(cast.yunqi.pk, text="x", viewer=cast.zhao),
        lambda: actions.create_task(cast.yunqi.pk, title="x", viewer=cast.zhao),
        lambda: actions.complete_task(task.pk, viewer=cast.zhao),
        lambda: place_order(
            {"number": "2", "customer": cast.yunqi.pk, "placed_at": clock.now()},
            lines=[], total=5, viewer=cast.zhao,
        ),
        lambda: archive_record(ORDER, order.pk, viewer=cast.zhao),
        lambda: merge_customers(cast.zhao, cast.chen.pk, cast.yunqi.pk),
        lambda: share_customer(cast.yunqi.pk, with_id=cast.wang.user_id, viewer=cast.zhao),
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            act()
    assert Party.objects.get(pk=cast.yunqi.pk).city == "杭州"


def test_who_may_work_on_it_writes(cast):
    share(cast, cast.zhao.user_id, "write")

    actions.add_note(cast.yunqi.pk, text="met", viewer=cast.zhao)
    actions.change_customer(cast.yunqi.pk, {"city": "苏州"}, viewer=cast.zhao)

    assert Party.objects.get(pk=cast.yunqi.pk).city == "苏州"


def test_what_is_taken_back_is_gone(cast):
    share(cast, cast.zhao.user_id)

    stop_sharing(cast.yunqi.pk, with_id=cast.zhao.user_id, viewer=cast.li)

    with pytest.raises(NotFound):
        get(CUSTOMER, cast.zhao, cast.yunqi.pk)
    told = Event.objects.filter(party_id=cast.yunqi.pk, type__in=("customer.shared",
                                "customer.unshared")).order_by("id")  # fmt: skip
    assert [(one.type, one.data["with"]) for one in told] == [
        ("customer.shared", "Zhao"), ("customer.unshared", "Zhao"),
    ]  # fmt: skip


def test_a_share_ends_after_its_last_day(cast):
    share(cast, cast.zhao.user_id, until=clock.today())
    assert end_shares(SYSTEM) == 0

    with time_machine.travel(clock.now() + timedelta(days=2)):
        assert end_shares(SYSTEM) == 1

    assert shares_of(cast.yunqi.pk) == []
    with pytest.raises(NotFound):
        get(CUSTOMER, cast.zhao, cast.yunqi.pk)


def test_shares_are_for_people_and_teams_and_days_to_come(cast):
    with pytest.raises(Invalid):
        share(cast, cast.chen.pk)
    with pytest.raises(Invalid):
        share(cast, cast.zhao.user_id, until=clock.today() - timedelta(days=1))
    with pytest.raises(NotFound):
        share_customer(cast.chen.pk, with_id=cast.li.user_id, viewer=cast.li)
    assert shares_of(cast.yunqi.pk) == []


def test_shares_go_along_with_a_merge_and_back(cast):
    share(cast, cast.zhao.user_id)
    other = actions.create_customer({"name": "云栖", "kind": "company"}, viewer=cast.li)

    batch = merge_customers(cast.li, other.pk, cast.yunqi.pk)

    assert get(CUSTOMER, cast.zhao, other.pk).readers == [str(cast.zhao.user_id)]
    unmerge_customers(cast.li, batch.pk)
    assert get(CUSTOMER, cast.zhao, cast.yunqi.pk).readers == [str(cast.zhao.user_id)]
    with pytest.raises(NotFound):
        get(CUSTOMER, cast.zhao, other.pk)


def test_sharing_is_undone_and_done_again(cast):
    zhao = cast.zhao.user_id
    batch = share(cast, zhao, "write")
    shared = shares(cast.yunqi.pk)

    undo, done, left = undo_batch(cast.li, batch.pk)

    assert (done, left) == (1, 0)
    assert shares(cast.yunqi.pk) == ([], [], [])
    with pytest.raises(Conflict):
        undo_batch(cast.li, batch.pk)
    again, done, left = undo_batch(cast.li, undo.pk)
    assert (done, left) == (1, 0)
    assert shares(cast.yunqi.pk) == shared == ([(zhao, "write", None)], [str(zhao)], [str(zhao)])
    undo_batch(cast.li, again.pk)
    assert shares(cast.yunqi.pk) == ([], [], [])


def test_undone_it_is_shared_as_it_was_before(cast):
    zhao, day = cast.zhao.user_id, clock.today() + timedelta(days=3)
    share(cast, zhao, until=day)
    more = share(cast, zhao, "write")

    undo_batch(cast.li, more.pk)
    assert shares(cast.yunqi.pk) == ([(zhao, "read", day)], [str(zhao)], [])

    ended = stop_sharing(cast.yunqi.pk, with_id=zhao, viewer=cast.li)
    assert stop_sharing(cast.yunqi.pk, with_id=zhao, viewer=cast.li) is None
    undo_batch(cast.li, ended.pk)
    assert shares(cast.yunqi.pk) == ([(zhao, "read", day)], [str(zhao)], [])


def test_what_was_changed_since_stays_when_sharing_is_undone(cast):
    zhao = cast.zhao.user_id
    first = share(cast, zhao)
    share(cast, zhao, "write")

    assert undo_batch(cast.li, first.pk)[1:] == (0, 1)
    assert shares(cast.yunqi.pk)[0] == [(zhao, "write", None)]


def test_a_share_whose_day_has_passed_does_not_come_back(cast):
    share(cast, cast.zhao.user_id, until=clock.today())
    ended = stop_sharing(cast.yunqi.pk, with_id=cast.zhao.user_id, viewer=cast.li)

    with time_machine.travel(clock.now() + timedelta(days=2)):
        assert undo_batch(cast.li, ended.pk)[1:] == (0, 1)

    assert shares(cast.yunqi.pk)[0] == []


def test_who_may_only_read_undoes_no_sharing(cast):
    batch = share(cast, cast.zhao.user_id)

    with pytest.raises(NotFound):
        undo_batch(cast.zhao, batch.pk)
    assert shares(cast.yunqi.pk)[0] != []
    assert undo_batch(cast.mei, batch.pk)[1:] == (1, 0)


def test_sharing_that_went_along_with_a_merge_is_undone_at_the_winner(cast):
    batch = share(cast, cast.zhao.user_id)
    other = actions.create_customer({"name": "云栖", "kind": "company"}, viewer=cast.li)
    merge_customers(cast.li, other.pk, cast.yunqi.pk)

    assert undo_batch(cast.li, batch.pk)[1:] == (1, 0)

    assert shares(other.pk) == ([], [], [])
