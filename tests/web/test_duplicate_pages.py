"""The queue of pairs who are probably one customer."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from zhike.customers.actions import create_customer
from zhike.customers.models import Duplicate
from zhike.kernel import clock

FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def pair(cast):
    values = {"name": "云栖茶舍", "kind": "company", "city": "宁波", "phones": "13800138821"}
    return pair_of(cast.yunqi, create_customer(values, viewer=cast.li))


def pair_of(one, other) -> Duplicate:
    reasons = [
        {"sign": "phone", "level": "same", "weight": 18.4},
        {"sign": "name", "level": "core", "weight": 11.0},
    ]
    return Duplicate.objects.create(
        party=one, other=other, probability=0.98, reasons=reasons, found_at=clock.now()
    )


def test_both_files_stand_side_by_side_with_the_reasons(li, pair):
    page = li.get("/customers/duplicates/").content.decode()

    assert f'href="/customers/{pair.party_id}"' in page
    assert f'href="/customers/{pair.other_id}"' in page
    assert "98 %" in page
    assert "same company name, written otherwise" in page
    assert '<tr class="differs"><th scope="row">City<span class="sr"> (differs)</span></th>' in page
    assert '<tr><th scope="row">Phones</th><td>13800138821</td><td>13800138821</td></tr>' in page


def test_a_decision_takes_the_pair_off_the_queue_and_can_be_taken_back(li, pair):
    answer = li.post(
        f"/customers/duplicates/{pair.pk}/decide", {"verdict": "different"}, headers=FRAGMENT
    )

    assert "No customer seems to be on file twice" in answer.content.decode()
    assert f"/customers/duplicates/{pair.pk}/reopen" in answer.headers["HX-Trigger"]
    assert "98 %" in li.get("/customers/duplicates/?state=different").content.decode()

    li.post(f"/customers/duplicates/{pair.pk}/reopen")

    assert "98 %" in li.get("/customers/duplicates/").content.decode()


def test_the_same_leads_to_merging_and_back_to_the_queue(li, pair):
    merging = f"/customers/{pair.party_id}/merge/{pair.other_id}?from=duplicates"
    address = f"/customers/duplicates/{pair.pk}/decide"

    answer = li.post(address, {"verdict": "same"}, headers=FRAGMENT)

    assert answer.headers["HX-Redirect"] == merging
    assert merging in li.get("/customers/duplicates/?state=same").content.decode()
    page = li.get(merging).content.decode()
    assert f"/customers/{pair.other_id}/merge/{pair.party_id}?from=duplicates" in page
    assert li.post(merging).headers["Location"] == "/customers/duplicates/"
    assert "Merged." in li.get("/customers/duplicates/").content.decode()
    assert "98 %" not in li.get("/customers/duplicates/?state=same").content.decode()


def test_whoever_sees_one_of_both_only_sees_no_pair(sign_in, cast, pair):
    pair_of(*sorted((cast.chen, pair.other), key=lambda party: party.pk))

    assert "98 %" not in sign_in("zhao").get("/customers/duplicates/").content.decode()


def test_the_page_takes_the_same_number_of_questions_however_many_pairs(li, cast, pair):
    li.get("/customers/duplicates/")
    with CaptureQueriesContext(connection) as few:
        li.get("/customers/duplicates/")
    for number in range(5):
        values = {"name": f"云栖茶舍{number}", "kind": "company"}
        pair_of(cast.yunqi, create_customer(values, viewer=cast.li))
    with CaptureQueriesContext(connection) as many:
        li.get("/customers/duplicates/")

    assert len(many) == len(few)


def test_a_reader_is_offered_no_decision(guest, pair):
    page = guest.get("/customers/duplicates/").content.decode()

    assert "98 %" in page
    assert 'data-key="s"' not in page
