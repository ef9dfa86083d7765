"""The page on which two files become one."""

import pytest

from zhike.customers.actions import create_customer, create_task
from zhike.customers.models import Merge, Party


@pytest.fixture
def double(cast):
    values = {"name": "云栖茶舍", "kind": "company", "phones": "139 0000 1111", "industry": "Tea",
              "code": "X9"}  # fmt: skip
    return create_customer(values, viewer=cast.mei)


def address(one, other) -> str:
    return f"/customers/{one.pk}/merge/{other.pk}"


def test_the_page_shows_both_files_and_what_goes_along(mei, cast, double):
    create_task(double.pk, title="Call", viewer=cast.mei)

    text = mei.get(address(cast.yunqi, double)).text

    assert '<input type="radio" name="choice-name" value="winner" checked>' in text
    assert '<input type="radio" name="choice-industry" value="loser" checked>' in text
    assert '<input type="radio" name="choice-phones" value="both" checked>' in text
    assert "The files differ in “Customer no.”." in text
    assert '<span>Tasks</span> <span class="number">1</span>' in text


def test_it_merges_as_chosen_and_can_be_undone(mei, cast, double):
    form = {"choice-name": "loser", f"version-{double.pk}": "1"}

    answer = mei.post(address(cast.yunqi, double), form)

    assert answer.headers["Location"] == f"/customers/{cast.yunqi.pk}"
    page = mei.get(answer.headers["Location"]).text
    batch = Merge.objects.get().batch_id
    assert "Merged." in page
    assert f"/batches/{batch}/undo" in page
    assert "<h1>云栖茶舍</h1>" in page
    assert "Merge" in mei.get("/history").text
    mei.post(f"/batches/{batch}/undo")
    assert Party.objects.get(pk=double.pk).merged_into_id is None


def test_a_merged_file_leads_to_the_one_that_stays(mei, cast, double):
    mei.post(address(cast.yunqi, double), {})

    answer = mei.get(f"/customers/{double.pk}")

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/customers/{cast.yunqi.pk}")


def test_a_file_changed_since_it_was_compared_is_not_merged(mei, cast, double):
    answer = mei.post(address(cast.yunqi, double), {f"version-{double.pk}": "0"})
    assert answer.status_code == 412
    assert mei.post(address(cast.yunqi, double), {"version-x": "y"}).status_code == 422
    assert Merge.objects.count() == 0


def test_the_other_file_is_chosen_on_the_page_of_the_first(mei, li, cast, double):
    start = f"/customers/{cast.yunqi.pk}/merge"
    assert start in mei.get(f"/customers/{cast.yunqi.pk}").text
    answer = mei.get(start, {"double": double.pk})
    assert answer.headers["Location"] == address(cast.yunqi, double)
    assert mei.get(start).status_code == 422
    assert li.get(address(cast.yunqi, double)).status_code == 404


def test_the_page_costs_a_fixed_number_of_queries(mei, cast, double, django_assert_max_num_queries):
    with django_assert_max_num_queries(40):
        mei.get(address(cast.yunqi, double))
