"""Pools and owners as other programs meet them."""

from ownership.conftest import pooled

from zhike.customers.models import Party
from zhike.kernel import clock
from zhike.ownership.actions import Membership, create_pool, protect_customer, set_members
from zhike.ownership.rehearsing.actions import carry_out


def test_a_pool_is_made_and_a_customer_claimed_and_released(calling, cast):
    mei, li = calling("mei"), calling("li")
    pool = mei.post("/pools", {"name": "East", "daily_cap": 5}).json()
    members = {"members": [{"user": str(cast.li.user_id)}]}
    assert mei("PUT", f"/pools/{pool['id']}/members", members).status_code == 200
    rule = mei.post(f"/pools/{pool['id']}/rules", {"name": "R", "days": 30})
    assert rule.status_code == 201
    [waiting] = li.get("/pools").json()
    assert (waiting["name"], waiting["waiting"], waiting["is_member"]) == ("East", 0, True)

    yunqi = f"/customers/{cast.yunqi.pk}"
    assert li.post(f"{yunqi}/release", {"reason": "other"}).status_code == 200
    assert li.get(yunqi).json()["pool"] == pool["id"]
    claimed = li.post("/pools/claim", {"customers": [str(cast.yunqi.pk)]}).json()
    assert claimed["claimed"] == [str(cast.yunqi.pk)]

    held = li.get(f"{yunqi}/ownership").json()
    assert held["owner"] == str(cast.li.user_id)
    assert held["falls_on"] is not None
    assert "30 days without contact" in held["why"]
    assert [line["verb"] for line in held["history"]] == ["claimed", "released", "created"]


def test_what_cannot_be_had_says_why(calling, cast):
    pool = create_pool(cast.mei, name="East", daily_cap=1)
    set_members(cast.mei, pool.pk, [Membership(team_id=cast.li.team_id)])
    ids = [str(pk) for pk in pooled(cast, pool, 2)]
    refused = calling("li").post("/pools/claim", {"customers": ids})
    assert refused.status_code == 409
    assert "claimed 0 of 1 today; you chose 2" in refused.text
    assert calling("zhao").post(f"/customers/{ids[0]}/claim").status_code == 404


def test_what_a_recycling_would_do(calling, cast):
    answer = calling("mei").get("/pools/recycling").json()
    assert (answer["recycled"], answer["by_rule"], answer["paused"]) == (0, {}, [])
    assert calling("li").post("/pools/recycling").status_code == 403


def test_a_rehearsal_is_asked_for_and_read_later(calling, cast):
    mei = calling("mei")
    pool = create_pool(cast.mei, name="East")
    asked = mei.post(f"/pools/{pool.pk}/rehearsal", {"days": 30})
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    address = f"/rehearsals/{asked.json()['id']}"
    assert mei.get(address).json()["result"] is None

    carry_out(asked.json()["id"])

    answer = mei.get(address).json()
    assert (answer["state"], answer["progress"]) == ("done", 100)
    assert (answer["result"]["customers"], answer["result"]["owners"]) == (0, [])
    assert calling("li").get(address).status_code == 403
    assert mei.post(f"/pools/{pool.pk}/rehearsal", {"days": 0}).status_code == 422
    people = {"people": [str(cast.li.user_id)]}
    asked = mei.post("/assignment/rehearsal", people).json()
    carry_out(asked["id"])
    assert mei.get(f"/rehearsals/{asked['id']}").json()["result"]["arrived"] == 0


def test_who_may_not_claim_is_told_what_they_may(calling, cast):
    pool = create_pool(cast.mei, name="East", lock_cap=1)
    members = [Membership(user_id=one.user_id) for one in (cast.li, cast.wang, cast.zhao)]
    set_members(cast.mei, pool.pk, members)
    [waiting] = pooled(cast, pool, 1)
    Party.objects.filter(pk=waiting).update(
        phones=["13800138821"], keys=Party.objects.get(pk=cast.yunqi.pk).keys
    )
    protect_customer(cast.yunqi.pk, until=clock.today(), reason="Deal", viewer=cast.li)
    zhao = calling("zhao")

    refused = zhao.post(f"/customers/{waiting}/claim")

    assert refused.status_code == 409
    assert str(cast.yunqi.pk) not in refused.text
    ask = refused.json()["may"]["ask"]
    answer = zhao.post(ask["address"], {"claim": "They wrote to me", "waiting": ask["waiting"]})
    assert answer.status_code == 201
    assert (answer.json()["sign"], answer.json()["customer"]) == ("phone", None)
