"""The record service: one door, every change told, everything taken back."""

from datetime import date

import pytest

from zhike.customers.actions import change_customer, create_customer
from zhike.customers.facts import CUSTOMER
from zhike.customers.models import Party
from zhike.events.models import Event
from zhike.kernel.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from zhike.records import queries
from zhike.records.actions import archive_record, change_many, undo_batch
from zhike.records.models import Batch


def test_a_change_tells_before_and_after(cast):
    change_customer(cast.yunqi.pk, {"city": "宁波", "birthday": "1998年3月2日"}, viewer=cast.li)

    event = Event.objects.filter(type="customer.updated").get()
    assert event.changes == {"city": ["杭州", "宁波"], "birthday": [None, "1998-03-02"]}
    assert event.actor_id == cast.li.user_id
    assert event.batch_id == Party.objects.get(pk=cast.yunqi.pk).batch_id


def test_a_change_that_changes_nothing_tells_nothing(cast):
    before = Event.objects.count()

    party = change_customer(cast.yunqi.pk, {"city": " 杭州 "}, viewer=cast.li)

    assert party.version == 1
    assert Event.objects.count() == before


def test_a_stale_version_is_refused(cast):
    change_customer(cast.yunqi.pk, {"city": "宁波"}, viewer=cast.li, version=1)

    with pytest.raises(Stale):
        change_customer(cast.yunqi.pk, {"city": "温州"}, viewer=cast.li, version=1)


def test_what_is_not_seen_does_not_exist(cast):
    with pytest.raises(NotFound):
        change_customer(cast.chen.pk, {"city": "杭州"}, viewer=cast.li)
    with pytest.raises(NotFound):
        queries.get(CUSTOMER, cast.li, cast.chen.pk)
    assert queries.count(CUSTOMER, cast.li).value == 1
    assert queries.find(CUSTOMER, cast.li, search="陈嘉怡").items == []
    assert Event.objects.filter(type="customer.updated").count() == 0


def test_a_link_to_what_is_not_seen_is_refused(cast):
    with pytest.raises(Invalid) as refusal:
        change_customer(cast.yunqi.pk, {"company": cast.lin.pk}, viewer=cast.li)

    assert refusal.value.errors[0].field == "company"


def test_read_only_people_write_nothing(cast):
    before = Event.objects.count()

    with pytest.raises(NotAllowed):
        create_customer({"name": "X"}, viewer=cast.guest)
    with pytest.raises(NotAllowed):
        archive_record(CUSTOMER, cast.yunqi.pk, viewer=cast.guest)

    assert Event.objects.count() == before


def test_a_code_stands_for_one_customer(cast):
    with pytest.raises(Conflict):
        create_customer({"name": "Other", "code": "C001"}, viewer=cast.li)


def test_undo_takes_a_bulk_edit_back_and_undo_of_undo_does_it_again(cast):
    ids = [cast.yunqi.pk, cast.lin.pk, cast.chen.pk]
    batch = change_many(CUSTOMER, ids, {"industry": "Tea"}, viewer=cast.han)

    undo, done, left = undo_batch(cast.han, batch.pk)
    assert (done, left) == (3, 0)
    assert set(Party.objects.values_list("industry", flat=True)) == {""}

    _redo, done, left = undo_batch(cast.han, undo.pk)
    assert (done, left) == (3, 0)
    assert set(Party.objects.values_list("industry", flat=True)) == {"Tea"}


def test_undo_leaves_rows_that_changed_since(cast):
    ids = [cast.yunqi.pk, cast.lin.pk]
    batch = change_many(CUSTOMER, ids, {"industry": "Tea"}, viewer=cast.han)
    change_customer(cast.lin.pk, {"industry": "Gifts"}, viewer=cast.wang)

    _undo, done, left = undo_batch(cast.han, batch.pk)

    assert (done, left) == (1, 1)
    assert Party.objects.get(pk=cast.yunqi.pk).industry == ""
    assert Party.objects.get(pk=cast.lin.pk).industry == "Gifts"
    with pytest.raises(Conflict):
        undo_batch(cast.han, batch.pk)


def test_staff_undo_their_own_work_only(cast):
    change_customer(cast.yunqi.pk, {"city": "宁波"}, viewer=cast.li)
    batch = Batch.objects.order_by("created_at").last()

    with pytest.raises(NotFound):
        undo_batch(cast.wang, batch.pk)
    undo_batch(cast.li, batch.pk)

    assert Party.objects.get(pk=cast.yunqi.pk).city == "杭州"


def test_an_undone_creation_is_archived_and_its_code_is_free_again(cast):
    party = create_customer({"name": "Short-lived", "code": "S1"}, viewer=cast.li)

    undo_batch(cast.li, party.batch_id)

    assert queries.find(CUSTOMER, cast.li, search="short").items == []
    create_customer({"name": "Next", "code": "S1"}, viewer=cast.li)


@pytest.mark.parametrize(
    "words", ["云栖", "yunqi", "yq", "hangzhouyun", "8821", "0013", "tea@yunqi", "C001", "栖"]
)
def test_search_finds_a_name_in_every_guise(cast, words):
    assert [p.pk for p in queries.find(CUSTOMER, cast.mei, search=words).items] == [cast.yunqi.pk]


@pytest.mark.parametrize(
    "words", ["'", "\\", "a & b | !c:*", "%%%", "\x00", "(((", "😀", "' OR 1=1"]
)
def test_search_takes_any_text(cast, words):
    assert queries.find(CUSTOMER, cast.mei, search=words).items == []


def test_pages_by_key_hold_every_row_once(cast):
    for number in range(7):
        create_customer(
            {
                "name": f"N{number % 3}",
                "birthday": date(1990, 1, 1 + number % 2) if number % 3 else None,
            },
            viewer=cast.mei,
        )
    for sort in ("name", "-name", "birthday", "-birthday", "-created_at", "id"):
        seen, cursor = [], None
        while True:
            page = queries.find(CUSTOMER, cast.mei, sort=sort, limit=3, cursor=cursor)
            seen += [p.pk for p in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == 10


def test_neighbours_follow_the_list(cast):
    page = queries.find(CUSTOMER, cast.mei, sort="name", limit=10)
    first, second, third = (p.pk for p in page.items)

    assert queries.neighbours(CUSTOMER, cast.mei, second, sort="name") == (first, third)
    assert queries.neighbours(CUSTOMER, cast.mei, first, sort="name") == (None, second)


def test_neighbours_follow_every_order_and_those_without_a_value_come_last(cast):
    for day in (3, 1, 2):
        create_customer({"name": f"born {day}", "birthday": date(1990, 1, day)}, viewer=cast.mei)
    for sort in ("name", "-name", "birthday", "-birthday", "-created_at"):
        ids = [p.pk for p in queries.find(CUSTOMER, cast.mei, sort=sort, limit=10).items]
        around = [queries.neighbours(CUSTOMER, cast.mei, pk, sort=sort) for pk in ids]
        assert around == list(zip([None, *ids], [*ids[1:], None], strict=False))


def test_a_list_costs_two_queries(cast, django_assert_num_queries):
    """Rows with a value, and rows without one."""
    with django_assert_num_queries(2):
        queries.find(CUSTOMER, cast.mei, sort="-value_12", limit=50)
