"""Undo reaches as far as sight: others' work only where one sees it, one's own as a whole."""

from dataclasses import replace

import pytest

from zhike.access import actions as access
from zhike.access.queries import team_names, viewer_of
from zhike.access.viewer import SYSTEM
from zhike.customers.actions import change_customer, create_customer, create_task
from zhike.customers.facts import CUSTOMER
from zhike.customers.models import Party, Task
from zhike.events.models import Event
from zhike.kernel.errors import Conflict, NotAllowed, NotFound
from zhike.records.actions import archive_many, archive_record, change_many, undo_batch
from zhike.records.models import Batch
from zhike.records.queries import batches


@pytest.fixture
def east(cast):
    """Gao manages the east only: she sees what Li and Wang have, and nothing of Zhao's."""
    team_id = next(pk for pk, name in team_names().items() if name == "East")
    user = access.create_user(
        SYSTEM, email="gao@teahouse.example", name="Gao", role="manager", sight="team",
        team_id=team_id, password="green-tea-2026",
    )  # fmt: skip
    user.refresh_from_db()
    return viewer_of(user)


def industries() -> dict[str, str]:
    return dict(Party.objects.values_list("name", "industry"))


def test_of_others_work_only_visible_rows_are_taken_back(cast, east):
    batch = change_many(
        CUSTOMER, [cast.yunqi.pk, cast.lin.pk, cast.chen.pk], {"industry": "Tea"}, viewer=cast.han
    )

    _undo, done, left = undo_batch(east, batch.pk)

    assert (done, left) == (2, 1)
    assert industries() == {"杭州云栖茶舍": "", "Lin & Sons Gifts": "", "陈嘉怡": "Tea"}


def test_what_stayed_out_of_sight_can_be_undone_by_whoever_sees_it(cast, east):
    batch = archive_many(CUSTOMER, [cast.yunqi.pk, cast.chen.pk], viewer=cast.han)

    undo_batch(east, batch.pk)
    assert Party.objects.get(pk=cast.chen.pk).archived_at is not None
    _undo, done, left = undo_batch(cast.han, batch.pk)

    assert (done, left) == (1, 1)
    assert Party.objects.get(pk=cast.chen.pk).archived_at is None
    with pytest.raises(Conflict):
        undo_batch(cast.han, batch.pk)


def test_what_hangs_on_a_customer_out_of_sight_stays(cast, east):
    task = create_task(cast.chen.pk, title="Call", viewer=cast.zhao)
    before = Event.objects.count()

    with pytest.raises(NotFound):
        undo_batch(east, task.batch_id)

    assert Event.objects.count() == before
    assert Task.objects.get(pk=task.pk).archived_at is None


def test_ones_own_work_is_taken_back_even_when_it_handed_the_customer_away(cast):
    change_customer(cast.yunqi.pk, {"owner": cast.zhao.user_id}, viewer=cast.li)
    batch = Batch.objects.latest("created_at")

    _undo, done, left = undo_batch(cast.li, batch.pk)

    assert (done, left) == (1, 0)
    assert Party.objects.get(pk=cast.yunqi.pk).owner_id == cast.li.user_id


def test_what_was_handed_away_by_others_has_changed_since_and_stays(cast):
    party = create_customer({"name": "Moving on"}, viewer=cast.li)
    change_customer(party.pk, {"owner": cast.zhao.user_id}, viewer=cast.han)

    _undo, done, left = undo_batch(cast.li, party.batch_id)

    assert (done, left) == (0, 1)
    assert Party.objects.get(pk=party.pk).archived_at is None


def test_history_names_no_work_on_customers_out_of_sight(cast, east):
    hidden = archive_record(CUSTOMER, cast.chen.pk, viewer=cast.zhao).batch_id
    shown = change_customer(cast.lin.pk, {"city": "苏州"}, viewer=cast.wang).batch_id
    own = change_customer(cast.yunqi.pk, {"owner": cast.zhao.user_id}, viewer=east).batch_id

    found = {batch.pk for batch in batches(east)}

    assert {shown, own} <= found
    assert hidden not in found
    assert hidden in {batch.pk for batch in batches(cast.mei)}


def test_history_is_for_whoever_may_look(cast):
    with pytest.raises(NotAllowed):
        batches(replace(cast.mei, scopes=frozenset({"admin"})))


@pytest.mark.parametrize("sight", ["own", "team", "below"])
def test_history_asks_once_however_much_was_done(cast, east, sight, django_assert_num_queries):
    viewer = replace(east, sight=sight)
    with django_assert_num_queries(1):
        batches(viewer)
