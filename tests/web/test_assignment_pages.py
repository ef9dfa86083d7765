"""Assignment rules and hand-overs as administrators meet them."""

from zhike.access.models import User
from zhike.customers.actions import create_customer
from zhike.customers.models import Party
from zhike.ownership.models import AssignmentRule, Rehearsal
from zhike.ownership.rehearsing.actions import carry_out

RULE = {"name": "Cities", "way": "territory", "territory": "city", "table": "成都 = Zhao",
        "takes": "new", "is_enabled": "1", "filter": '{"all":[]}'}  # fmt: skip


def test_a_rule_is_made_and_run_and_the_page_says_why(mei, cast):
    mei.post("/settings/assignment/new", RULE)
    rule = AssignmentRule.objects.get()
    assert rule.table == {"成都": str(cast.zhao.user_id)}
    party = create_customer({"name": "Free", "city": "成都", "owner": None}, viewer=cast.mei)
    page = mei.get("/settings/assignment")
    assert "Cities" in page.text
    assert "Zhao" in page.text

    answer = mei.post("/settings/assignment/run", follow=True)

    assert "1 customer assigned." in answer.text
    assert Party.objects.get(pk=party.pk).owner_id == cast.zhao.user_id
    text = mei.get(f"/customers/{party.pk}").text
    assert "By the assignment rule “Cities”" in text
    assert "成都 = Zhao" in mei.get(f"/settings/assignment/{rule.pk}").text


def test_a_table_with_a_stranger_is_refused_beside_its_field(mei, cast):
    answer = mei.post("/settings/assignment/new", {**RULE, "table": "成都 = Nobody"})
    assert answer.status_code == 422
    assert "names no colleague who is at work" in answer.text
    assert not AssignmentRule.objects.exists()


def test_leaving_asks_for_a_hand_over(mei, cast):
    user = cast.li.user_id
    leaving = {"name": "Li", "role": "staff", "sight": "own", "team_id": "", "is_active": "0"}
    answer = mei.post(f"/settings/users/{user}", leaving, follow=True)
    assert "Hand them over first" in answer.text
    assert "Hand-over of Li" in answer.text
    wang = str(cast.wang.user_id)
    preview = mei.get(f"/settings/users/{user}/hand-over", {"heirs": wang})
    assert "This would go to" in preview.text

    mei.post(f"/settings/users/{user}/hand-over", {"heirs": wang, "leaves": "1"})

    assert Party.objects.get(pk=cast.yunqi.pk).owner_id == cast.wang.user_id
    assert not User.objects.get(pk=user).is_active


def test_a_rehearsal_is_watched_and_found_again(mei, li, cast):
    people = str(cast.li.user_id)
    form = {**RULE, "way": "turn", "people": people, "table": ""}
    refused = mei.post("/settings/assignment/rehearse", {**form, "way": "x"})
    assert "There is no such choice." in refused.text
    running = mei.post("/settings/assignment/rehearse", form)
    asked = Rehearsal.objects.get()
    address = f"/settings/rehearsals/{asked.pk}"
    assert f'hx-get="{address}"' in running.text

    carry_out(asked.pk)

    part = {"HX-Request": "true", "HX-Target": "section#rehearsal"}
    done = mei.get(address, headers=part)
    assert "of the customers who came without an owner" in done.text
    assert "hx-get" not in done.text
    assert "of the customers who came without an owner" in mei.get(address).text
    assert address in mei.get("/settings/assignment/new").text
    assert li.get(address).status_code == 403
