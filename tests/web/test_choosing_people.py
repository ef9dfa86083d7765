"""Somebody is chosen from a list in a small firm, and by searching where many work."""

import pytest

from zhike.access.models import User
from zhike.customers.models import Party
from zhike.ownership.actions import create_pool
from zhike.ownership.models import AssignmentRule


@pytest.fixture
def crowd(cast):
    User.objects.bulk_create(
        User(email=f"{n}@crowd.example", name=f"Crowd {n:03}", role="staff", sight="own")
        for n in range(300)
    )


def test_a_small_firm_chooses_from_a_list(mei, cast):
    text = mei.get(f"/customers/{cast.yunqi.pk}").text

    assert f'<option value="{cast.zhao.user_id}">Zhao</option>' in text
    assert "/people/pick" not in text


def test_where_many_work_no_page_holds_all_names(mei, cast, crowd):
    for address in (
        f"/customers/{cast.yunqi.pk}",
        f"/records/customer/{cast.yunqi.pk}/fields/owner",
        "/customers/new",
    ):
        answer = mei.get(address)
        assert answer.status_code == 200, address
        assert answer.text.count("Crowd ") == 0, address
    text = mei.get(f"/customers/{cast.yunqi.pk}").text
    assert 'data-source="/people/pick"' in text
    assert 'data-source="/people/pick/with-teams"' in text
    assert 'value="Mei"' in text  # whose task it will be, unless somebody else is chosen


def test_who_is_meant_is_found_by_a_part_of_the_name(mei, crowd):
    text = mei.get("/people/pick?q=d 29").text

    assert text.count('role="option"') == 8
    assert "Crowd 290" in text
    assert "Nothing found" in mei.get("/people/pick?q=nobody").text


def test_teams_are_found_where_they_may_be_chosen(mei, cast, crowd):
    assert f'data-value="{cast.li.team_id}"' in mei.get("/people/pick/with-teams?q=team").text
    assert f'data-value="{cast.li.team_id}"' not in mei.get("/people/pick?q=team").text


def test_several_are_searched_for_one_after_another(mei, cast, crowd):
    pool = create_pool(cast.mei, name="East")
    addresses = {
        f"/settings/users/{cast.li.user_id}/hand-over": "/people/pick",
        "/settings/assignment/new": "/people/pick/with-teams",
        f"/settings/pools/{pool.pk}": "/people/pick/with-teams",
        "/settings/privacy/requests/new": "/people/pick",
    }
    for address, source in addresses.items():
        answer = mei.get(address)
        assert answer.status_code == 200, address
        assert 'type="checkbox" name="people"' not in answer.text, address
        assert "> Crowd " not in answer.text, address
        assert f'data-source="{source}"' in answer.text, address


def test_those_chosen_are_kept_in_their_order(mei, cast, crowd):
    heirs = [str(User.objects.get(name=name).pk) for name in ("Crowd 200", "Crowd 100")]
    address = f"/settings/users/{cast.li.user_id}/hand-over"
    text = mei.get(address, {"heirs": heirs}).text
    assert text.index("Crowd 200") < text.index("Crowd 100")

    mei.post(address, {"heirs": heirs[:1]})

    assert str(Party.objects.get(pk=cast.yunqi.pk).owner_id) == heirs[0]


def test_teams_and_people_are_taken_apart(mei, cast, crowd):
    chosen = [str(cast.li.team_id), str(cast.zhao.user_id)]
    form = {"name": "R", "way": "turn", "takes": "new", "is_enabled": "1", "filter": '{"all":[]}'}
    mei.post("/settings/assignment/new", {**form, "people": chosen})
    rule = AssignmentRule.objects.get()
    assert (rule.teams, rule.people) == (chosen[:1], chosen[1:])
    text = mei.get(f"/settings/assignment/{rule.pk}").text
    assert all(f'name="people" value="{one}"' in text for one in chosen)
