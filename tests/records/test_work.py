"""What history tells of a piece of work: how it stands, and what taking it back would do."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhike.customers.actions import change_customer, create_customer
from zhike.customers.facts import CUSTOMER
from zhike.customers.models import Party
from zhike.kernel.errors import Conflict
from zhike.records.actions import archive_many, archive_record, change_many, undo_batch
from zhike.records.models import Batch
from zhike.records.queries import forecast_undo, told_of, works


@pytest.fixture
def three(cast):
    return [cast.yunqi, cast.lin, cast.chen]


def stands(viewer, batch) -> tuple[bool, object]:
    (work,) = works(viewer, [Batch.objects.get(pk=batch.pk)])
    return work.is_undone, work.last


def test_work_is_undone_and_done_again_as_often_as_one_likes(cast, three):
    batch = change_many(CUSTOMER, [p.pk for p in three], {"industry": "Tea"}, viewer=cast.han)
    assert stands(cast.han, batch) == (False, batch.pk)

    for is_undone in (True, False, True, False):
        _was, last = stands(cast.han, batch)
        undoing, done, left = undo_batch(cast.han, last)
        assert (done, left) == (3, 0)
        assert stands(cast.han, batch) == (is_undone, undoing.pk)
        trades = set(Party.objects.values_list("industry", flat=True))
        assert trades == ({""} if is_undone else {"Tea"})


def test_what_would_stay_is_named_with_what_changed_it(cast, three):
    ids = [party.pk for party in three]
    batch = change_many(CUSTOMER, ids, {"industry": "Tea"}, viewer=cast.han)
    since = change_customer(cast.lin.pk, {"industry": "Gifts"}, viewer=cast.mei).batch_id

    forecast = forecast_undo(cast.han, batch)

    assert (forecast.done, forecast.left) == (2, 1)
    (stays,) = forecast.named
    assert (stays.record_id, stays.name) == (cast.lin.pk, "Lin & Sons Gifts")
    assert stays.changed_by is not None
    assert stays.changed_by.pk == since
    assert [count for _label, count in told_of(cast.han, batch)] == [3]


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    work=st.lists(st.sampled_from(["create", "change", "archive"]), min_size=1, max_size=5),
    since=st.sets(st.integers(0, 4)),
)
def test_the_forecast_is_what_happens(cast, work, since):
    batch = Batch.objects.create(
        kind="bulk", user_id=cast.han.user_id, created_at=cast.yunqi.created_at
    )
    touched = []
    for number, verb in enumerate(work):
        made = create_customer(
            {"name": f"N{number}"}, viewer=cast.han, batch=batch if verb == "create" else None
        )
        if verb == "change":
            change_customer(made.pk, {"city": "杭州"}, viewer=cast.han, batch=batch)
        elif verb == "archive":
            archive_record(CUSTOMER, made.pk, viewer=cast.han, batch=batch)
        touched.append((made, verb))
    for number in since:
        if number < len(touched) and touched[number][1] != "archive":
            change_customer(touched[number][0].pk, {"city": "宁波"}, viewer=cast.mei)

    forecast = forecast_undo(cast.han, batch)
    _undoing, done, left = undo_batch(cast.han, batch.pk)

    assert (forecast.done, forecast.left) == (done, left)


def test_a_number_that_is_taken_by_now_stops_the_undo_and_says_so(cast):
    first = create_customer({"name": "甲", "code": "Z1"}, viewer=cast.han)
    batch = archive_many(CUSTOMER, [first.pk], viewer=cast.han)
    create_customer({"name": "乙", "code": "Z1"}, viewer=cast.han)

    with pytest.raises(Conflict, match="Z1"):
        undo_batch(cast.han, batch.pk)

    assert Party.objects.get(pk=first.pk).archived_at is not None
    assert Batch.objects.get(pk=batch.pk).undone_at is None
