"""Somebody leaves: what they had goes to others, as one piece of work that can be undone."""

import pytest

from zhike.access.actions import change_user
from zhike.access.models import User
from zhike.customers.actions import create_customer, create_task
from zhike.customers.models import Party, Share, Task
from zhike.customers.sharing.actions import share_customer
from zhike.kernel.errors import Conflict, Invalid, NotAllowed
from zhike.ownership.actions import create_assignment_rule, hand_over_all, preview_hand_over
from zhike.ownership.models import Entry, Member
from zhike.records.actions import undo_batch


@pytest.fixture
def lis(cast, east):
    """What Li has: three customers, two tasks, one of them about Zhao's customer, a share, a
    pool."""
    more = [create_customer({"name": n, "city": "成都"}, viewer=cast.li) for n in ("甲", "乙")]
    own = create_task(cast.yunqi.pk, title="Call", viewer=cast.li)
    other = create_task(cast.chen.pk, title="Help", viewer=cast.zhao, assignee=cast.li.user_id)
    share_customer(cast.chen.pk, with_id=cast.li.user_id, viewer=cast.zhao, level="write")
    return [cast.yunqi.pk, *(one.pk for one in more)], own, other


def state(ids):
    return (
        [Party.objects.get(pk=pk).owner_id for pk in ids],
        dict(Task.objects.values_list("title", "assignee_id")),
        sorted(map(str, Share.objects.values_list("with_id", flat=True))),
        sorted(map(str, Member.objects.values_list("user_id", flat=True))),
        {pk: sorted(readers) for pk, readers in Party.objects.values_list("pk", "readers")},
    )


def test_a_preview_says_what_there_is_and_to_whom_and_changes_nothing(cast, lis):
    before = state(lis[0])
    heirs = [cast.wang.user_id, cast.zhao.user_id]
    estate = preview_hand_over(cast.mei, cast.li.user_id, heirs=heirs)
    assert (len(estate.customers), len(estate.tasks), len(estate.shares), estate.pools) == (
        3, 2, 1, ["East"],
    )  # fmt: skip
    assert sorted(estate.by_owner.values()) == [1, 2]
    assert state(lis[0]) == before


def test_everything_goes_over_and_comes_back_and_goes_again(cast, lis):
    ids, _own, _other = lis
    before = state(ids)
    wang = cast.wang.user_id

    estate = hand_over_all(cast.mei, cast.li.user_id, heirs=[wang])

    after = state(ids)
    assert after[0] == [wang] * 3
    assert after[1] == {"Call": wang, "Help": wang}
    assert after[2] == [str(wang)]
    assert after[3] == [str(wang)]  # who had been a member already
    assert Party.objects.get(pk=cast.chen.pk).writers == [str(wang)]
    entry = Entry.objects.filter(party_id=ids[0]).latest("pk")
    assert (entry.owner_before, entry.owner_after) == (cast.li.user_id, wang)

    undo, _done, left = undo_batch(cast.mei, estate.batch_id)
    assert left == 0
    assert state(ids) == before

    undo_batch(cast.mei, undo.pk)
    assert state(ids) == after


def test_by_the_rules_first_and_the_rest_to_the_heirs(cast, lis):
    ids, _own, _other = lis
    create_assignment_rule(
        cast.mei, name="Chengdu", people=[cast.zhao.user_id, cast.li.user_id],
        filter={"fact": "city", "op": "eq", "value": "成都"},
    )  # fmt: skip
    estate = hand_over_all(cast.mei, cast.li.user_id, heirs=[cast.wang.user_id], by_rules=True)
    assert state(ids)[0] == [cast.wang.user_id, cast.zhao.user_id, cast.zhao.user_id]
    assert estate.rules == ["Chengdu"]
    assert estate.by_owner == {str(cast.wang.user_id): 1, str(cast.zhao.user_id): 2}


def test_who_has_customers_cannot_just_leave(cast, lis):
    with pytest.raises(Conflict, match="Hand them over first"):
        change_user(cast.mei, cast.li.user_id, is_active=False)
    assert User.objects.get(pk=cast.li.user_id).is_active
    hand_over_all(cast.mei, cast.li.user_id, heirs=[cast.wang.user_id], leaves=True)
    assert not User.objects.get(pk=cast.li.user_id).is_active


def test_heirs_are_others_who_are_at_work(cast, lis):
    change_user(cast.mei, cast.zhao.user_id, is_active=False, leaves_behind=True)
    for heirs in ([], [cast.li.user_id], [cast.zhao.user_id]):
        with pytest.raises(Invalid):
            hand_over_all(cast.mei, cast.li.user_id, heirs=heirs)
    with pytest.raises(NotAllowed):
        hand_over_all(cast.han, cast.li.user_id, heirs=[cast.wang.user_id])
    with pytest.raises(Conflict, match="nothing to hand over"):
        hand_over_all(cast.mei, cast.guest.user_id, heirs=[cast.wang.user_id])
