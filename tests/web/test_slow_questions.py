"""What takes too long is given up on, and says so."""

import pytest
from django.db import connection


@pytest.fixture
def impatient():
    """Every question about customers takes longer than anybody waits."""

    def slowed(execute, sql, params, many, context):
        if "FROM customers_party" in sql:
            sql = sql.replace("FROM customers_party", "FROM pg_sleep(5), customers_party", 1)
        return execute(sql, params, many, context)

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '50ms'")
        with connection.execute_wrapper(slowed):
            yield
        cursor.execute("RESET statement_timeout")


@pytest.mark.django_db(transaction=True)
def test_a_list_that_takes_too_long_says_how_to_narrow_it(mei, impatient):
    answer = mei.get("/customers/")
    assert answer.status_code == 503
    assert "Narrow the list" in answer.text


@pytest.mark.django_db(transaction=True)
def test_so_does_the_api(mei, impatient):
    answer = mei.get("/api/v1/customers")
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:zhike:problem:too_slow"
