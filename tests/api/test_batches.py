"""Work and its undo, as a program of somebody who sees only a part of the base meets them."""

import pytest

from zhike.access import actions as access
from zhike.access.viewer import SYSTEM
from zhike.customers.facts import CUSTOMER
from zhike.customers.models import Party
from zhike.records.actions import archive_record, change_many, errands


@pytest.fixture
def han(cast, calling):
    access.change_user(SYSTEM, cast.han.user_id, sight="team", team_id=cast.li.team_id)
    return calling("han")


def test_only_work_on_visible_customers_is_listed(han, cast):
    hidden = archive_record(CUSTOMER, cast.chen.pk, viewer=cast.zhao).batch_id
    shown = archive_record(CUSTOMER, cast.lin.pk, viewer=cast.wang).batch_id

    found = {batch["id"] for batch in han.get("/batches").json()}

    assert str(shown) in found
    assert str(hidden) not in found


def test_undo_counts_what_stayed(han, cast):
    batch = change_many(CUSTOMER, [cast.lin.pk, cast.chen.pk], {"industry": "Tea"}, viewer=cast.mei)

    answer = han.post(f"/batches/{batch.pk}/undo").json()

    assert (answer["done"], answer["left"]) == (1, 1)
    assert Party.objects.get(pk=cast.chen.pk).industry == "Tea"


def test_fails_to_undo_what_is_out_of_sight(han, cast):
    batch = archive_record(CUSTOMER, cast.chen.pk, viewer=cast.zhao).batch_id

    answer = han.post(f"/batches/{batch}/undo")

    assert answer.status_code == 404
    assert "陈嘉怡" not in answer.text


def test_sharing_answers_the_batch_that_undoes_it(calling, cast):
    li, path = calling("li"), f"/customers/{cast.yunqi.pk}/shares/{cast.zhao.user_id}"

    shared = li("PUT", path, {"level": "read"}).json()
    ended = li("DELETE", path).json()

    assert li("DELETE", path).json() == {"batch": None}
    preview = li.get(f"/batches/{shared['batch']}").json()
    assert (preview["kind"], preview["done"], preview["left"]) == ("share", None, None)
    undone = li.post(f"/batches/{ended['batch']}/undo").json()
    assert (undone["done"], undone["left"]) == (1, 0)
    assert Party.objects.get(pk=cast.yunqi.pk).readers == [str(cast.zhao.user_id)]


def test_a_large_batch_is_taken_back_by_a_job(calling, cast, monkeypatch):
    monkeypatch.setattr("zhike.records.queries.work.MANY", 1)
    batch = change_many(CUSTOMER, [cast.lin.pk, cast.chen.pk], {"industry": "Tea"}, viewer=cast.mei)
    mei = calling("mei")

    answer = mei.post(f"/batches/{batch.pk}/undo")

    assert answer.status_code == 202
    asked = answer.json()
    assert (asked["state"], asked["rows"]) == ("waiting", 2)
    assert mei.post(f"/batches/{batch.pk}/undo").status_code == 409
    errands.carry_out(asked["id"])
    told = mei.get(f"/errands/{asked['id']}").json()
    assert (told["state"], told["done"], told["left"]) == ("done", 2, 0)
    assert Party.objects.get(pk=cast.chen.pk).industry == ""
    assert calling("li").get(f"/errands/{asked['id']}").status_code == 404
