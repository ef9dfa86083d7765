"""Bulk edits and undos that a job carries out, and what many rows at once may get wrong."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from zhike.customers.actions import change_customer, create_customer
from zhike.customers.facts import CUSTOMER
from zhike.customers.models import Party
from zhike.events.models import Event
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from zhike.records import queries
from zhike.records.actions import (
    archive_many,
    ask_archive,
    ask_change,
    ask_undo,
    change_many,
    errands,
    undo_batch,
)
from zhike.records.models import Batch, Errand
from zhike.records.queries import errand

TEXTS = ("name", "code", "registration_no", "website", "city", "street", "province", "industry",
         "job_title", "country", "remark")  # fmt: skip


@pytest.fixture
def three(cast):
    return [cast.yunqi.pk, cast.lin.pk, cast.chen.pk]


@pytest.fixture
def every_batch_is_large(monkeypatch):
    monkeypatch.setattr(queries.work, "MANY", 1)
    monkeypatch.setattr(queries, "MANY", 1)


def trades() -> set[str]:
    return set(Party.objects.values_list("industry", flat=True))


# ------------------------------------------------------------------------------ many at once


def test_a_number_given_to_two_is_refused_and_nothing_is_written(cast, three):
    with pytest.raises(Conflict) as refused:
        change_many(CUSTOMER, three, {"code": "T-1"}, viewer=cast.han)

    assert refused.value.code == "taken"
    assert not Party.objects.filter(code="T-1").exists()
    assert not Batch.objects.filter(kind=Batch.Kind.BULK).exists()


def test_what_is_shared_to_read_is_not_changed_with_the_rest(cast, three):
    from zhike.customers.sharing.actions import share_customer

    share_customer(cast.lin.pk, with_id=cast.zhao.user_id, viewer=cast.han)
    with pytest.raises(NotAllowed):
        change_many(CUSTOMER, [cast.lin.pk], {"industry": "Tea"}, viewer=cast.zhao)


def test_many_are_told_of_one_by_one(cast, three):
    batch = change_many(CUSTOMER, three, {"industry": "Tea"}, viewer=cast.han)
    told = Event.objects.filter(batch_id=batch.pk)
    assert {(event.type, event.subject_id) for event in told} == {
        ("customer.updated", pk) for pk in three
    }
    assert all(event.changes == {"industry": ["", "Tea"]} for event in told)


def test_chunks_are_one_batch(cast, three, monkeypatch):
    monkeypatch.setattr("zhike.records.actions.bulk.CHUNK", 2)
    monkeypatch.setattr("zhike.records.actions.undoing.CHUNK", 2)
    heard = []
    batch = archive_many(CUSTOMER, three, viewer=cast.han, report=heard.append)
    assert sum(heard) == 3
    assert Party.objects.filter(archived_at=None, pk__in=three).count() == 0
    _undo, done, left = undo_batch(cast.han, batch.pk)
    assert (done, left) == (3, 0)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    field=st.sampled_from(TEXTS),
    value=st.sampled_from(["重庆单氏茶行", "91330106MA2AXYZ12Y", "tea.example", "杭州", "A 1"]),
)
def test_what_is_derived_is_derived_anew_exactly_where_it_follows(cast, field, value):
    """`derived_of` must name all that `derive` reads; else search and duplicates go stale."""
    made = create_customer({"kind": "company", "name": "云上"}, viewer=cast.mei)
    try:
        change_customer(made.pk, {field: value}, viewer=cast.mei)
    except Invalid:
        reject()
    kept = Party.objects.get(pk=made.pk)
    anew = Party.objects.get(pk=made.pk)
    CUSTOMER.derive(anew)
    anew.save(force_update=True)
    anew.refresh_from_db()
    assert [getattr(kept, name) for name in sorted(CUSTOMER.derived)] == [
        getattr(anew, name) for name in sorted(CUSTOMER.derived)
    ]


def test_a_change_of_many_names_is_found_by_the_new_ones(cast, three):
    change_many(CUSTOMER, three, {"name": "重庆单氏茶行"}, viewer=cast.han)
    for words in ("重庆", "chongqing", "茶行"):
        assert {p.pk for p in queries.find(CUSTOMER, cast.han, search=words).items} == set(three)


# ------------------------------------------------------------------------------ by a job


def test_a_job_changes_takes_back_and_does_again(cast, three, every_batch_is_large):
    asked = ask_change(cast.han, CUSTOMER, three, {"industry": "Tea"})
    errands.carry_out(asked.pk)
    done = errand(cast.han, asked.pk)
    assert (done.state, done.done, done.left) == ("done", 3, 0)
    assert trades() == {"Tea"}

    back = ask_undo(cast.han, done.batch_id)
    errands.carry_out(back.pk)
    back = errand(cast.han, back.pk)
    assert (back.state, back.done, back.rows) == ("done", 3, 3)
    assert trades() == {""}

    again = ask_undo(cast.han, back.batch_id)
    errands.carry_out(again.pk)
    assert trades() == {"Tea"}


def test_an_errand_is_carried_out_once(cast, three):
    asked = ask_archive(cast.han, CUSTOMER, three)
    errands.carry_out(asked.pk)
    batches = Batch.objects.count()
    errands.carry_out(asked.pk)
    assert Batch.objects.count() == batches


def test_values_that_nobody_could_have_are_refused_before_it_begins(cast, three):
    with pytest.raises(Invalid):
        ask_change(cast.han, CUSTOMER, three, {"birthday": "yesterday"})
    with pytest.raises(NotAllowed):
        ask_change(cast.guest, CUSTOMER, three, {"industry": "Tea"})
    assert not Errand.objects.exists()


def test_what_is_refused_is_told_and_leaves_nothing(cast, three):
    asked = ask_change(cast.han, CUSTOMER, three, {"code": "T-1"})
    errands.carry_out(asked.pk)
    failed = errand(cast.han, asked.pk)
    assert failed.state == "failed"
    assert "T-1" in failed.error
    assert not Batch.objects.filter(kind=Batch.Kind.BULK).exists()


def test_what_was_killed_begins_again_and_is_given_up_after_the_third_time(cast, three):
    asked = ask_change(cast.han, CUSTOMER, three, {"industry": "Tea"})
    long_ago = clock.now() - timedelta(minutes=5)
    for _time in range(2):
        Errand.objects.update(state="running", heartbeat_at=long_ago, tries=1)
        errands.tend_errands()
        assert errand(cast.han, asked.pk).state == "waiting"
    Errand.objects.update(state="running", heartbeat_at=long_ago, tries=3)
    errands.tend_errands()
    assert errand(cast.han, asked.pk).state == "failed"
    errands.carry_out(asked.pk)
    assert trades() == {""}


def test_who_was_overtaken_writes_nothing(cast, three, monkeypatch):
    """A worker that stood still for so long that another has begun its errand again."""
    asked = ask_change(cast.han, CUSTOMER, three, {"industry": "Tea"})

    def overtaken(waiting, report):
        Errand.objects.update(tries=5)
        return errands._change(waiting, report)

    monkeypatch.setitem(errands._WAYS, "change", overtaken)
    errands.carry_out(asked.pk)
    assert trades() == {""}


def test_an_errand_is_shown_to_who_asked_only(cast, three):
    asked = ask_archive(cast.han, CUSTOMER, three)
    with pytest.raises(NotFound):
        errand(cast.mei, asked.pk)


def test_what_is_being_taken_back_is_not_asked_for_again(cast, three):
    batch = change_many(CUSTOMER, three, {"industry": "Tea"}, viewer=cast.han)
    ask_undo(cast.han, batch.pk)
    with pytest.raises(Conflict) as refused:
        ask_undo(cast.han, batch.pk)
    assert refused.value.code == "under_way"
