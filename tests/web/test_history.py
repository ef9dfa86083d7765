"""The page of what was done, for somebody who sees only a part of the base."""

import pytest

from zhike.access import actions as access
from zhike.access.viewer import SYSTEM
from zhike.customers.actions import change_customer
from zhike.customers.facts import CUSTOMER
from zhike.customers.models import Party
from zhike.records.actions import archive_record, change_many
from zhike.records.models import Batch


@pytest.fixture
def han(cast, sign_in):
    """Han, who by now manages the east only."""
    access.change_user(SYSTEM, cast.han.user_id, sight="team", team_id=cast.li.team_id)
    return sign_in("han")


def test_history_names_nobody_out_of_sight(han, cast):
    archive_record(CUSTOMER, cast.chen.pk, viewer=cast.zhao)
    archive_record(CUSTOMER, cast.lin.pk, viewer=cast.wang)

    text = han.get("/history").text

    assert "Lin &amp; Sons Gifts" in text
    assert "陈嘉怡" not in text


def test_undo_says_that_something_stayed_and_not_what(han, cast):
    ids = [cast.lin.pk, cast.chen.pk]
    batch = change_many(CUSTOMER, ids, {"industry": "Tea"}, viewer=cast.mei, label="Trades")

    text = han.post(f"/batches/{batch.pk}/undo", follow=True).text

    assert "Undone: 1 taken back. 1 stayed: changed since, or not yours to see." in text
    assert "陈嘉怡" not in text
    assert Party.objects.get(pk=cast.chen.pk).industry == "Tea"


def test_fails_to_undo_what_is_out_of_sight(han, cast):
    batch = archive_record(CUSTOMER, cast.chen.pk, viewer=cast.zhao).batch_id

    assert han.post(f"/batches/{batch}/undo").status_code == 404
    assert Party.objects.get(pk=cast.chen.pk).archived_at is not None


def test_the_page_offers_the_way_back_and_forth(sign_in, cast):
    han = sign_in("han")
    ids = [cast.yunqi.pk, cast.lin.pk]
    batch = change_many(CUSTOMER, ids, {"industry": "Tea"}, viewer=cast.han, label="Trades")
    change_customer(cast.lin.pk, {"industry": "Gifts"}, viewer=cast.mei)

    page = han.get(f"/history/{batch.pk}").text
    assert "Lin &amp; Sons Gifts" in page
    assert f"/batches/{batch.pk}/undo" in page
    han.post(f"/batches/{batch.pk}/undo")

    undoing = Batch.objects.get(undoes=batch)
    for address in ("/history", f"/history/{batch.pk}"):
        page = han.get(address).text
        assert "Do it again" in page
        assert f"/batches/{undoing.pk}/undo" in page


def test_sharing_stands_in_history_with_its_way_back(li, cast):
    shown = {"with": str(cast.zhao.user_id), "level": "read"}
    text = li.post(f"/customers/{cast.yunqi.pk}/shares", shown, follow=True).text
    batch = Batch.objects.get(kind="share")

    assert f"/batches/{batch.pk}/undo" in text
    assert "The customer is shared as it was before" in li.get(f"/history/{batch.pk}").text
    assert "Undone: 1 taken back." in li.post(f"/batches/{batch.pk}/undo", follow=True).text
    assert Party.objects.get(pk=cast.yunqi.pk).readers == []
