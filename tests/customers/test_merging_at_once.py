"""Several people merging at the same moment, on real connections."""

from threading import Barrier, Thread

import pytest
from cast import build_cast
from django.db import connection

from zhike.customers.actions import add_note, create_customer, create_task
from zhike.customers.merging.actions import merge_customers, unmerge_customers
from zhike.customers.models import Merge, Party
from zhike.events.models import Event
from zhike.kernel.errors import Conflict, ZhikeError


def at_once(*works) -> list:
    """What became of works that begin together: their results or what refused them."""
    found: list = [None] * len(works)
    barrier = Barrier(len(works))

    def run(number: int, work) -> None:
        try:
            barrier.wait()
            found[number] = work()
        except ZhikeError as error:
            found[number] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.fixture
def mei(transactional_db):
    return build_cast().mei


@pytest.fixture
def twins(mei):
    return [create_customer({"name": f"Twin {n}", "city": f"C{n}"}, viewer=mei).pk for n in (1, 2)]


def test_of_two_who_merge_a_pair_one_is_told_that_it_is_done(mei, twins):
    one, other = twins

    same = at_once(*[lambda: merge_customers(mei, one, other)] * 4)

    refused = [result for result in same if isinstance(result, Conflict)]
    assert [error.code for error in refused] == ["merged"] * 3
    assert Merge.objects.count() == 1
    assert Event.objects.filter(type="customer.merged").count() == 1


def test_of_two_who_merge_a_pair_in_opposite_ways_one_wins(mei, twins):
    one, other = twins

    results = at_once(
        lambda: merge_customers(mei, one, other), lambda: merge_customers(mei, other, one)
    )

    assert sorted(isinstance(result, Conflict) for result in results) == [False, True]
    merge = Merge.objects.get()
    assert Party.objects.exclude(merged_into=None).get().pk == merge.loser_id


def test_of_two_who_take_them_apart_one_is_told_that_it_is_done(mei, twins):
    batch = merge_customers(mei, *twins)

    results = at_once(*[lambda: unmerge_customers(mei, batch.pk)] * 2)

    refused = [result for result in results if isinstance(result, Conflict)]
    assert [error.code for error in refused] == ["already_undone"]


def test_what_is_written_down_meanwhile_is_not_left_behind(mei, twins):
    one, other = twins

    at_once(
        lambda: merge_customers(mei, one, other),
        *[lambda: create_task(other, title="Call", viewer=mei)] * 3,
        *[lambda: add_note(other, text="Called", viewer=mei)] * 3,
    )

    later = Event.objects.filter(type__in=["note.added", "task.created"])
    assert set(later.values_list("party_id", flat=True)) == {one}
    assert later.count() == 6
    assert not Party.objects.get(pk=other).tasks.exists()
