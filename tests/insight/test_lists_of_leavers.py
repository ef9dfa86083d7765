"""Suggestions handed to somebody who leaves go to the heir, or are nobody's in particular again."""

import pytest

from zhike.access.actions import change_user
from zhike.access.viewer import SYSTEM
from zhike.customers.actions import create_customer
from zhike.customers.sharing.actions import share_customer
from zhike.events.reactions import dispatch_all
from zhike.insight.actions import hand_over_suggestion
from zhike.insight.models import ScoreRun, Suggestion
from zhike.kernel import clock
from zhike.ownership.actions import hand_over_all
from zhike.records.actions import undo_batch

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def handed(cast):
    """Two suggestions on Li's list about customers of others, who share them with Li."""
    for party in (cast.lin, cast.chen):
        share_customer(party.pk, with_id=cast.li.user_id, viewer=cast.mei)
    create_customer({"name": "甲"}, viewer=cast.li)
    run = ScoreRun.objects.create(as_of=clock.today(), requested_at=clock.now())
    for party in (cast.lin, cast.chen):
        Suggestion.objects.create(party_id=party.pk, run=run, reason="second", value=5)
        hand_over_suggestion(cast.mei, party.pk, assignee=cast.li.user_id)
    dispatch_all()
    return cast


def assignees(cast) -> list:
    found = dict(Suggestion.objects.values_list("party_id", "assignee_id"))
    return [found[cast.lin.pk], found[cast.chen.pk]]


def test_they_go_to_an_heir_who_sees_the_customer(handed):
    cast = handed
    assert assignees(cast) == [cast.li.user_id] * 2

    hand_over_all(cast.mei, cast.li.user_id, heirs=[cast.mei.user_id], leaves=True)
    dispatch_all()

    assert assignees(cast) == [cast.mei.user_id] * 2


def test_what_the_heir_may_not_see_is_nobodys_again(handed):
    cast = handed
    Suggestion.objects.create(
        party_id=create_customer({"name": "乙"}, viewer=cast.zhao).pk, reason="second", value=5,
        run=ScoreRun.objects.get(), assignee_id=cast.li.user_id,
    )  # fmt: skip

    hand_over_all(cast.mei, cast.li.user_id, heirs=[cast.wang.user_id])
    dispatch_all()

    assert not Suggestion.objects.filter(assignee_id=cast.li.user_id).exists()
    assert Suggestion.objects.filter(assignee_id=None).count() == 1
    assert assignees(cast) == [cast.wang.user_id] * 2  # the share went over as well


def test_who_leaves_without_an_heir_leaves_them_to_the_owners(handed):
    cast = handed
    change_user(SYSTEM, cast.li.user_id, name="Li Na")
    dispatch_all()
    assert assignees(cast) == [cast.li.user_id] * 2

    change_user(SYSTEM, cast.li.user_id, is_active=False, leaves_behind=True)
    dispatch_all()

    assert assignees(cast) == [None, None]


def test_a_hand_over_undone_brings_them_back_and_done_again_takes_them(handed):
    cast = handed
    free = create_customer({"name": "乙"}, viewer=cast.mei).pk
    share_customer(free, with_id=cast.li.user_id, viewer=cast.mei)
    Suggestion.objects.create(
        party_id=free, reason="second", value=5, run=ScoreRun.objects.get(),
        assignee_id=cast.wang.user_id,
    )  # fmt: skip
    estate = hand_over_all(cast.mei, cast.li.user_id, heirs=[cast.wang.user_id])
    dispatch_all()
    hand_over_suggestion(cast.mei, cast.chen.pk, assignee=cast.mei.user_id)
    assert assignees(cast) == [cast.wang.user_id, cast.mei.user_id]

    undo, _done, _left = undo_batch(cast.mei, estate.batch_id)
    dispatch_all()

    assert assignees(cast) == [cast.li.user_id, cast.mei.user_id]
    assert Suggestion.objects.get(party_id=free).assignee_id == cast.wang.user_id
    undo_batch(cast.mei, undo.pk)
    dispatch_all()
    assert assignees(cast) == [cast.wang.user_id, cast.mei.user_id]


def test_who_had_left_finds_them_when_they_return(handed):
    cast = handed
    estate = hand_over_all(cast.mei, cast.li.user_id, heirs=[cast.wang.user_id], leaves=True)
    dispatch_all()
    undo_batch(cast.mei, estate.batch_id)
    dispatch_all()
    assert assignees(cast) == [None, None]

    change_user(cast.mei, cast.li.user_id, is_active=True)
    dispatch_all()

    assert assignees(cast) == [cast.li.user_id] * 2
