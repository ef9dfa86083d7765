"""The page of file quality, and saying that a file is right."""

from datetime import timedelta

import pytest

from zhike.customers.actions import create_customer
from zhike.customers.models import Party
from zhike.kernel import clock


@pytest.fixture
def stale(cast):
    made = [create_customer({"name": f"旧{n}"}, viewer=cast.li) for n in range(7)]
    old = clock.now() - timedelta(days=700)
    Party.objects.filter(pk__in=[party.pk for party in made]).update(updated_at=old)
    return made


def test_the_page_leads_from_each_figure_to_its_files(sign_in, cast, stale):
    page = sign_in("mei").get("/customers/quality/").text
    assert "Quality of the files" in page
    assert "Li" in page
    for address in {part.split('"')[0] for part in page.split('href="')[1:] if "filter=" in part}:
        assert sign_in("mei").get(address.replace("&amp;", "&")).status_code == 200


def test_the_page_costs_a_fixed_number_of_queries(
    sign_in, cast, stale, django_assert_max_num_queries
):
    mei = sign_in("mei")
    with django_assert_max_num_queries(12):
        mei.get("/customers/quality/")


def test_a_person_verifies_on_the_customers_page(sign_in, cast):
    li = sign_in("li")
    assert "Never verified" in li.get(f"/customers/{cast.yunqi.pk}").text
    li.post(f"/customers/{cast.yunqi.pk}/verify")
    assert "Never verified" not in li.get(f"/customers/{cast.yunqi.pk}").text
