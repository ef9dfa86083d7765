"""Claims, caps and waits; releases and assignments."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from ownership.conftest import again, pooled
from zhike.access.actions import change_user
from zhike.customers.actions import change_customer, create_customer
from zhike.customers.facts import CUSTOMER, TASK
from zhike.customers.models import Party
from zhike.events.models import Event
from zhike.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from zhike.ownership.actions import (
    Membership,
    assign_customers,
    change_pool,
    claim_customer,
    claim_customers,
    create_pool,
    empty_pool,
    release_customers,
    remove_pool,
    set_members,
)
from zhike.ownership.models import Entry, Pool
from zhike.records.actions import change_record, undo_batch
from zhike.records.queries import count, find, get, visible_ids


def test_a_claim_gives_the_customer_and_brings_the_team(cast, east):
    [party_id] = pooled(cast, east, 1)

    claimed = claim_customer(party_id, viewer=again(cast.li))

    party = Party.objects.get(pk=party_id)
    assert (party.owner_id, party.team_id, party.pool_id) == (
        cast.li.user_id, cast.li.team_id, None,
    )  # fmt: skip
    event = Event.objects.filter(party_id=party_id, type="customer.claimed").get()
    assert (event.batch_id, event.data["pool"]) == (claimed.batch_id, "East")


def test_an_undone_claim_waits_in_the_pool_again(cast, east):
    [party_id] = pooled(cast, east, 1)
    claimed = claim_customer(party_id, viewer=again(cast.li))

    _undo, done, left = undo_batch(cast.li, claimed.batch_id)

    party = Party.objects.get(pk=party_id)
    assert (done, left, party.owner_id, party.pool_id) == (1, 0, None, east.pk)


def test_members_see_who_waits_and_nobody_else_does(cast, east):
    ids = pooled(cast, east, 2)
    assert visible_ids(CUSTOMER, again(cast.li), ids) == set(ids)
    assert visible_ids(CUSTOMER, again(cast.zhao), ids) == set()
    assert visible_ids(CUSTOMER, again(cast.han), ids) == set()
    with pytest.raises(NotFound):
        claim_customer(ids[0], viewer=again(cast.zhao))


def test_what_hangs_on_them_is_seen_with_them(cast, east):
    party = create_customer({"name": "With a task"}, viewer=cast.wang)
    from zhike.customers.actions import create_task

    create_task(party.pk, title="Call", viewer=cast.wang)
    release_customers([party.pk], viewer=cast.wang, reason="other", pool_id=east.pk)

    assert count(TASK, again(cast.li)).value == 1
    assert count(TASK, again(cast.zhao)).value == 0


def test_a_team_brings_in_the_teams_below_it(cast):
    pool = create_pool(cast.mei, name="Everybody")
    set_members(cast.mei, pool.pk, [Membership(team_id=cast.han.team_id)])
    [party_id] = pooled(cast, pool, 1)

    assert visible_ids(CUSTOMER, again(cast.zhao), [party_id]) == {party_id}
    assert visible_ids(CUSTOMER, again(cast.han), [party_id]) == {party_id}


def test_the_daily_cap_counts_what_was_thrown_back(cast, east):
    first, second, third = pooled(cast, east, 3)
    change_pool(cast.mei, east.pk, daily_cap=2)
    li = again(cast.li)
    claim_customer(first, viewer=li)
    release_customers([first], viewer=li, reason="no_need")
    claim_customer(second, viewer=li)

    with pytest.raises(Conflict, match="claimed 2 of 2 today; you chose 1"):
        claim_customer(third, viewer=li)
    assert Party.objects.get(pk=third).owner_id is None
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        claim_customer(third, viewer=li)


def test_the_holding_cap_leaves_out_who_is_exempt(cast, east):
    first, second = pooled(cast, east, 2)
    exempt = {"fact": "tags", "op": "has_any", "value": ["礼盒"]}
    change_pool(cast.mei, east.pk, holding_cap=1, exempt=exempt)  # Li's Yunqi has the tag
    li = again(cast.li)
    claim_customer(first, viewer=li)

    with pytest.raises(Conflict, match="hold 1 of 1 customers; you chose 1"):
        claim_customer(second, viewer=li)


def test_the_former_owner_waits_and_an_edit_restarts_nothing(cast, east):
    change_pool(cast.mei, east.pk, cooling_days=7, freeze_hours=2)
    [party_id] = pooled(cast, east, 1)
    with pytest.raises(Conflict, match="may be claimed from"):
        claim_customer(party_id, viewer=again(cast.li))

    with time_machine.travel(timezone.now() + timedelta(hours=3)):
        change_customer(party_id, {"city": "上海"}, viewer=cast.mei)
        with pytest.raises(Conflict, match="may be claimed again by you on"):
            claim_customer(party_id, viewer=again(cast.wang))
        claim_customer(party_id, viewer=again(cast.li))


def test_of_several_those_that_can_be_had_are_had(cast, east):
    ids = pooled(cast, east, 3)
    claim_customer(ids[0], viewer=again(cast.wang))

    claimed = claim_customers(ids, viewer=again(cast.li))

    assert claimed.ids == sorted(ids[1:])
    assert list(claimed.missed) == [ids[0]]


def test_who_is_not_a_member_or_finds_it_closed(cast, east):
    [party_id] = pooled(cast, east, 1)
    with pytest.raises(Conflict, match="somebody was faster"):
        claim_customer(party_id, viewer=cast.mei)  # sees everybody, belongs to no pool
    create_pool(cast.mei, name="Other")
    change_pool(cast.mei, east.pk, is_enabled=False)
    with pytest.raises(Conflict, match="is closed"):
        claim_customer(party_id, viewer=again(cast.li))


def test_where_administrators_assign_nobody_claims(cast, east):
    [party_id] = pooled(cast, east, 1)
    change_pool(cast.mei, east.pk, assignment="admin")
    with pytest.raises(Conflict, match="customers are assigned"):
        claim_customer(party_id, viewer=again(cast.li))

    members = [Membership(user_id=cast.li.user_id, is_admin=True)]
    set_members(cast.mei, east.pk, members)
    assign_customers([party_id], owner_id=cast.zhao.user_id, viewer=again(cast.li))
    assert Party.objects.get(pk=party_id).owner_id == cast.zhao.user_id


def test_a_form_is_no_way_around_the_caps(cast, east):
    [party_id] = pooled(cast, east, 1)
    li = again(cast.li)
    with pytest.raises(NotAllowed, match="not change it"):
        change_record(CUSTOMER, party_id, {"owner": li.user_id}, viewer=li)
    assert Party.objects.get(pk=party_id).pool_id == east.pk


def test_releasing_asks_for_a_reason_and_ones_own(cast, east):
    with pytest.raises(Invalid):
        release_customers([cast.yunqi.pk], viewer=cast.li, reason="")
    with pytest.raises(NotAllowed):
        release_customers([cast.yunqi.pk], viewer=cast.wang, reason="other")
    with pytest.raises(Invalid, match="no open pool"):
        release_customers([cast.chen.pk], viewer=cast.zhao, reason="other")
    release_customers([cast.yunqi.pk], viewer=cast.li, reason="other")
    with pytest.raises(Conflict, match="Nobody holds"):
        release_customers([cast.yunqi.pk], viewer=again(cast.li), reason="other")
    assert Entry.objects.latest("pk").reason == "other"


def test_nobody_who_has_left_gets_a_customer(cast):
    change_user(cast.mei, cast.zhao.user_id, is_active=False, leaves_behind=True)
    with pytest.raises(Invalid, match="nobody of that id"):
        assign_customers([cast.yunqi.pk], owner_id=cast.zhao.user_id, viewer=cast.mei)


def test_a_pool_with_customers_is_emptied_before_it_is_removed(cast, east):
    ids = pooled(cast, east, 2)
    other = create_pool(cast.mei, name="West")
    with pytest.raises(Conflict, match="still holds customers"):
        remove_pool(cast.mei, east.pk)

    batch_id, moved = empty_pool(cast.mei, east.pk, into=other.pk)
    assert moved == 2
    undo_batch(cast.mei, batch_id)
    assert set(Party.objects.filter(pool_id=east.pk).values_list("pk", flat=True)) == set(ids)

    empty_pool(cast.mei, east.pk, into=other.pk)
    claimed = claim_from(cast, other, ids[0])
    remove_pool(cast.mei, east.pk)
    undo_batch(cast.mei, claimed.batch_id)
    assert Party.objects.get(pk=ids[0]).pool_id == other.pk


def claim_from(cast, pool, party_id):
    set_members(cast.mei, pool.pk, [Membership(user_id=cast.mei.user_id)])
    return claim_customer(party_id, viewer=cast.mei)


def test_what_an_undo_would_put_into_a_removed_pool_goes_to_its_heir(cast, east):
    [party_id] = pooled(cast, east, 1)
    claimed = claim_customer(party_id, viewer=again(cast.li))
    heir = create_pool(cast.mei, name="West")
    remove_pool(cast.mei, east.pk, heir=heir.pk)

    undo_batch(cast.li, claimed.batch_id)

    assert Party.objects.get(pk=party_id).pool_id == heir.pk


def test_the_last_open_pool_stays_open(cast, east):
    with pytest.raises(Conflict, match="last open pool"):
        change_pool(cast.mei, east.pk, is_enabled=False)
    with pytest.raises(Conflict, match="last open pool"):
        remove_pool(cast.mei, east.pk)
    assert Pool.objects.get(pk=east.pk).is_enabled


def test_pools_are_set_up_by_administrators_and_sensibly(cast, east):
    with pytest.raises(NotAllowed):
        create_pool(cast.han, name="Mine")
    with pytest.raises(Invalid) as refused:
        create_pool(cast.mei, name="East", daily_cap="-1", exempt={"fact": "gone", "op": "eq"})
    assert {error.field for error in refused.value.errors} == {"name", "daily_cap", "gone"}


def test_phones_are_masked_until_somebody_claims(cast, east):
    values = {"name": "Hidden Hill", "phones": "138 0013 7733", "emails": "tea@hidden.example"}
    party_id = create_customer(values, viewer=cast.wang).pk
    release_customers([party_id], viewer=cast.wang, reason="other", pool_id=east.pk)
    li = again(cast.li)

    def phones(viewer) -> list[str]:
        return get(CUSTOMER, viewer, party_id).phones

    assert phones(li) == ["138****7733"]
    assert find(CUSTOMER, li, search="7733").items == []
    assert [one.pk for one in find(CUSTOMER, li, search="Hidden").items] == [party_id]
    assert phones(cast.mei) == ["13800137733"]  # who may assign sees whom
    claim_customer(party_id, viewer=li)
    assert phones(again(cast.li)) == ["13800137733"]


def test_a_pools_administrator_sees_whom_they_assign(cast, east):
    [party_id] = pooled(cast, east, 1)
    Party.objects.filter(pk=party_id).update(phones=["13800138821"])
    set_members(cast.mei, east.pk, [Membership(user_id=cast.li.user_id, is_admin=True)])

    assert get(CUSTOMER, again(cast.li), party_id).phones == ["13800138821"]
