"""Merging by another program."""

import pytest

from zhike.customers.actions import create_customer


@pytest.fixture
def double(cast):
    values = {"name": "云栖茶舍", "kind": "company", "industry": "Tea", "birthday": "2001-02-03"}
    return create_customer(values, viewer=cast.mei)


def test_the_result_is_what_the_preview_said(calling, cast, double):
    mei = calling("mei")
    here = f"/customers/{cast.yunqi.pk}"

    preview = mei.get(f"{here}/merge-preview?other={double.pk}").json()
    body = {"other": str(double.pk), "choices": {"name": "loser"}, "version": 1}
    merged = mei.post(f"{here}/merge", body).json()["customer"]

    told = {one["field"]: one for one in preview["fields"]}
    assert told["industry"] == {
        "field": "industry", "label": "Industry", "winner": "", "loser": "Tea",
        "options": ["winner", "loser"], "choice": "loser", "why": "only_loser", "value": "Tea",
    }  # fmt: skip
    assert {"what": "Timeline entries", "moved": 1, "set_aside": 0} in preview["moves"]
    assert (merged["name"], merged["industry"]) == ("云栖茶舍", "Tea")
    assert merged["birthday"] == told["birthday"]["value"] == "2001-02-03"


def test_the_merged_one_says_where_it_went_and_comes_back(calling, cast, double):
    mei = calling("mei")
    mei.post(f"/customers/{cast.yunqi.pk}/merge", {"other": str(double.pk)})

    gone = mei.get(f"/customers/{double.pk}").json()
    assert gone["merged_into"] == str(cast.yunqi.pk)
    assert gone["archived_at"] is not None
    back = mei.post(f"/customers/{double.pk}/unmerge").json()

    assert (back["customer"]["merged_into"], back["kept"]) == (None, 0)
    again = mei.post(f"/customers/{double.pk}/unmerge")
    assert (again.status_code, again.json()["detail"]) == (
        409, "This customer has not been merged into another.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"other": "x"}, 422),
        ({"other": "self"}, 422),
        ({"other": "double", "choices": {"name": "both"}}, 422),
        ({"other": "double", "choices": {"name": "nobody"}}, 422),
        ({"other": "double", "version": 9}, 412),
        ({"other": "double", "other_version": 9}, 412),
    ],
)
def test_what_makes_no_sense_is_refused(calling, cast, double, body, status):
    ids = {"self": str(cast.yunqi.pk), "double": str(double.pk)}
    if "other" in body:
        body = {**body, "other": ids.get(body["other"], body["other"])}

    answer = calling("mei").post(f"/customers/{cast.yunqi.pk}/merge", body)

    assert answer.status_code == status
