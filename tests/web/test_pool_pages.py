"""Pools as people meet them."""

import pytest
from ownership.conftest import pooled

from zhike.customers.models import Party
from zhike.kernel import clock
from zhike.ownership.actions import Membership, change_pool, create_pool, create_rule, set_members
from zhike.ownership.models import Member, Pool, Rule


@pytest.fixture
def east(cast):
    pool = create_pool(cast.mei, name="East", lock_cap=3)
    set_members(cast.mei, pool.pk, [Membership(team_id=cast.li.team_id)])
    return pool


def test_a_customer_is_claimed_on_its_page_and_undone(li, cast, east):
    [party_id] = pooled(cast, east, 1)
    page = li.get(f"/customers/{party_id}")
    assert "in the pool East" in page.text

    answer = li.post(f"/customers/{party_id}/claim", follow=True)

    assert "1 customer claimed." in answer.text
    assert Party.objects.get(pk=party_id).owner_id == cast.li.user_id
    assert "Claimed from the pool “East”" in answer.text


def test_several_are_claimed_from_the_list(li, cast, east):
    ids = pooled(cast, east, 3)
    page = li.get("/customers/", {"view": "pooled"})
    assert page.text.count("data-row") == 3
    assert 'value="claim"' in page.text

    li.post("/lists/customer/bulk", {"list": "view=pooled", "ids": ids[:2], "do": "claim"})

    assert Party.objects.filter(owner_id=cast.li.user_id, pk__in=ids).count() == 2


def test_releasing_leads_on_and_protecting_shows(li, cast, east):
    tomorrow = clock.today().isoformat()
    li.post(f"/customers/{cast.yunqi.pk}/protect", {"until": tomorrow, "why": "Tender"})
    assert "Protected until" in li.get(f"/customers/{cast.yunqi.pk}").text

    li.post(f"/customers/{cast.yunqi.pk}/release", {"reason": "no_need", "pool": ""})

    assert Party.objects.get(pk=cast.yunqi.pk).pool_id == east.pk


def test_the_page_says_when_it_falls_and_why(li, cast, east):
    create_rule(cast.mei, east.pk, name="Ordinary", days=30)
    text = li.get(f"/customers/{cast.yunqi.pk}").text
    assert "Falls into the pool East on" in text
    assert "30 days without contact, counted from" in text


def test_members_see_their_pools_only(li, cast, east):
    create_pool(cast.mei, name="Elsewhere")
    text = li.get("/pools/").text
    assert "East" in text
    assert "Elsewhere" not in text


def test_a_pool_and_a_rule_are_set_up_by_hand(mei, cast):
    mei.post("/settings/pools", {"name": "West"})
    pool = Pool.objects.get(name="West")
    address = f"/settings/pools/{pool.pk}"
    mei.post(f"{address}/members", {"member": str(cast.zhao.user_id)})
    assert Member.objects.get(pool=pool).user_id == cast.zhao.user_id
    rule = {
        "name": "R", "days": "30", "without": "contact", "remind_days": "5", "position": "0",
        "is_enabled": "1", "filter": '{"all":[]}',
    }  # fmt: skip
    assert "陈嘉怡" in mei.post(f"{address}/rules/preview", rule).text
    assert mei.post(f"{address}/rules/new", {**rule, "days": "0"}).status_code == 422
    mei.post(f"{address}/rules/new", rule)
    assert Rule.objects.get(pool=pool).days == 30
    assert "after 30 days without contact" in mei.get(address).text
    mei.post(f"/settings/rules/{Rule.objects.get().pk}/remove")
    assert not Rule.objects.exists()


def test_a_cap_is_told_with_its_numbers(li, cast, east):
    change_pool(cast.mei, east.pk, daily_cap=0)
    [party_id] = pooled(cast, east, 1)
    answer = li.post(f"/customers/{party_id}/claim")
    assert answer.status_code == 409
    assert "claimed 0 of 0 today; you chose 1" in answer.text
