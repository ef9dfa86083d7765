import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhike.analytics import InvalidInput, NotEnoughData, cohorts

ROWS = {
    "customer": ["a", "a", "b", "b", "c", "c", "d"],
    "day": [
        "2025-11-30",
        "2026-01-01",
        "2025-12-02",
        "2026-01-31",
        "2025-11-01",
        "2025-12-31",
        "2025-12-05",
    ],
    "amount": [100, 40, 70, -20, 10, 30, -5],
}


def test_by_hand():
    table = cohorts(ROWS)
    assert table.period.tolist() == ["2025-11", "2025-12", "2026-01"]
    assert table.customers.tolist() == [2, 1, 0]
    assert table.active.tolist() == [[2, 1, 1], [1, 0, 0], [0, 0, 0]]
    np.testing.assert_array_equal(table.retention, [[1, 0.5, 0.5], [1, 0, np.nan], [np.nan] * 3])
    assert table.value.tolist() == [[110, 30, 40], [70, -20, 0], [0, 0, 0]]
    assert table.revenue.tolist() == [110, 95, 20]
    assert table.complete.tolist() == [True, True, False]


def test_quarters_and_years():
    assert cohorts(ROWS, period="quarter").period.tolist() == ["2025-Q4", "2026-Q1"]
    assert cohorts(ROWS, period="year").period.tolist() == ["2025", "2026"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 300), st.integers(1, 50)),
        min_size=1,
        max_size=40,
    )
)
def test_nothing_is_lost(rows):
    customer, day, amount = (np.array(column) for column in zip(*rows, strict=True))
    table = cohorts({"customer": customer, "day": day, "amount": amount})
    assert table.revenue.sum() == amount.sum() == table.value.sum()
    assert table.customers.sum() == len(set(customer.tolist()))
    np.testing.assert_array_equal(table.active[:, 0], table.customers)


def test_refusals():
    with pytest.raises(NotEnoughData) as refusal:
        cohorts({"customer": [1], "day": [1], "amount": [-5]})
    assert refusal.value.code == "no_purchase"
    with pytest.raises(InvalidInput) as refusal:
        cohorts(ROWS, period="week")
    assert refusal.value.code == "unknown_period"
