"""Customers from a file, by the thousand: what is looked up is looked up once a chunk."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from zhike.customers.facts import CUSTOMER
from zhike.customers.models import Party
from zhike.records import queries
from zhike.records.imports import actions


@pytest.fixture
def bring_in(cast, tmp_path):
    """Imports so many people who work somewhere; returns the number of queries it took."""

    def run(people: int, *, city: str = "杭州") -> int:
        rows = [
            f"P{number},Person {number},Employer {number % 7},{city},{['Li', 'Wang'][number % 2]}"
            for number in range(people)
        ]
        path = tmp_path / f"{people}-{city}.csv"
        path.write_text("\n".join(("客户编号,姓名,公司,城市,负责人", *rows)), encoding="utf-8")
        prepared = actions.prepare_import(cast.han, type="customer", path=path, name=path.name)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            done = actions.import_now(cast.han, prepared.pk, is_dry_run=False)
        assert (done.state, done.refused) == ("done", 0)
        return len(captured)

    return run


def test_opening_many_files_costs_as_many_queries_as_opening_few(bring_in):
    def opening(people: int) -> int:
        Party.objects.update(code="")  # nobody is found: all are opened anew
        return bring_in(people)

    opening(8)  # the employers

    assert opening(160) == opening(8)
    assert Party.objects.get(code="P5").company.name == "Employer 5"


def test_changing_many_files_costs_as_many_queries_as_changing_few(bring_in):
    bring_in(8)
    few = bring_in(8, city="宁波")
    bring_in(160)

    assert bring_in(160, city="苏州") == few
    assert set(
        Party.objects.filter(kind="person", code__startswith="P").values_list("city", flat=True)
    ) == {"苏州"}


def test_people_are_found_by_the_name_of_their_employer(bring_in, cast):
    bring_in(8)

    found = queries.find(CUSTOMER, cast.mei, search="Employer 3").items

    assert {party.name for party in found} == {"Person 3", "Employer 3"}
