import itertools
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhike.analytics import InvalidInput, customer_base, purchase_days_between

transactions = st.lists(
    st.tuples(st.integers(0, 5), st.integers(-40, 40), st.integers(-500, 900)), max_size=40
)


def table(rows, keys=str):
    customer, day, amount = zip(*rows, strict=True) if rows else ((), (), ())
    return {
        "customer": np.array([keys(key) for key in customer], dtype=None if rows else int),
        "day": np.array(day, dtype=int),
        "amount": np.array(amount, dtype=int),
    }


def by_hand(rows, until, period):
    """The definition, one customer after the other."""
    result = {}
    for customer in sorted({row[0] for row in rows}):
        own = [(day, amount) for key, day, amount in rows if key == customer and day <= until]
        days = sorted({day for day, amount in own if amount > 0})
        if not days:
            continue
        gaps = [late - early for early, late in itertools.pairwise(days)]
        repeat = sum(amount for day, amount in own if amount > 0 and day > days[0])
        result[customer] = {
            "frequency": len(days) - 1,
            "recency": days[-1] - days[0],
            "age": until - days[0],
            "orders": sum(amount > 0 for _, amount in own),
            "value": sum(amount for _, amount in own),
            "repeat_value": repeat / len(gaps) if gaps else np.nan,
            "first_day": days[0],
            "last_day": days[-1],
            "mean_interval": statistics.mean(gaps) if gaps else np.nan,
            "interval_deviation": statistics.stdev(gaps) if len(gaps) > 1 else np.nan,
            "recent_value": sum(amount for day, amount in own if until - day < period),
            "previous_value": sum(
                amount for day, amount in own if period <= until - day < 2 * period
            ),
        }
    return result


@settings(max_examples=150, deadline=None)
@given(transactions, st.integers(-10, 45), st.integers(1, 30))
def test_equals_the_definition(rows, until, period):
    base = customer_base(table(rows, int), until=until, period=period)
    expected = by_hand(rows, until, period)
    assert base.customer.tolist() == list(expected)
    for name in base.column_names()[1:]:
        np.testing.assert_allclose(
            base[name], [row[name] for row in expected.values()], rtol=1e-12, err_msg=name
        )


@settings(max_examples=50, deadline=None)
@given(transactions, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(rows, random):
    shuffled = random.sample(rows, len(rows))
    first, second = (customer_base(table(order), until=30) for order in (rows, shuffled))
    for name in first.column_names():
        np.testing.assert_array_equal(first[name], second[name])


def test_key_kinds_agree():
    random = np.random.default_rng(2)
    number = random.integers(0, 50, 400)
    rest = {"day": random.integers(0, 99, 400), "amount": random.integers(-9, 99, 400)}
    plain = customer_base({"customer": number, **rest}, until=90)
    for keys in (
        number * 10**15,
        np.char.zfill(number.astype(str), 4),
        np.char.zfill(number.astype(bytes), 4),
    ):
        other = customer_base({"customer": keys, **rest}, until=90)
        for name in plain.column_names()[1:]:
            np.testing.assert_array_equal(plain[name], other[name])


def test_money_beyond_exact_floats_stays_exact():
    big = 2**60
    base = customer_base(
        {"customer": [1, 1, 1], "day": [0, 1, 2], "amount": [big, big, 1]}, until=5
    )
    assert base.value.tolist() == [2 * big + 1]


def test_returns_lower_value_but_are_no_purchase():
    rows = {"customer": [1, 1, 2], "day": [0, 9, 4], "amount": [500, -200, -100]}
    base = customer_base(rows, until=10)
    assert base.customer.tolist() == [1]
    assert (base.frequency[0], base.orders[0], base.value[0], base.last_day[0]) == (0, 1, 300, 0)
    assert base.without_purchase == 1


def test_no_rows_give_an_empty_base():
    empty = {
        "customer": np.array([], dtype=int),
        "day": np.array([], dtype=int),
        "amount": np.array([], dtype=int),
    }
    assert len(customer_base(empty, until=10)) == 0


def test_select_keeps_rows_together():
    base = customer_base({"customer": [1, 2, 3], "day": [0, 1, 2], "amount": [5, 6, 7]}, until=10)
    some = base.select(base.value > 5)
    assert some.customer.tolist() == [2, 3]
    assert some.first_day.tolist() == [1, 2]
    assert some.until == 10


def test_refuses_broken_money():
    with pytest.raises(InvalidInput) as refusal:
        customer_base({"customer": [1], "day": [0], "amount": [9.99]}, until=1)
    assert (refusal.value.code, refusal.value.details) == ("not_whole", {"column": "amount"})


def test_purchase_days_between_counts_days_of_known_customers_only():
    rows = {"customer": [1, 1, 1, 1, 2], "day": [0, 6, 6, 7, 7], "amount": [5, 5, 5, -5, 5]}
    base = customer_base(rows, until=5)
    assert purchase_days_between(rows, base, after=5, until=10).tolist() == [1]


def test_online_retail_totals(online_retail):
    """Counted before by three engines: 4,338 customers, 8,911,407.90 pounds."""
    base = customer_base(online_retail, until="2011-12-09")
    assert (len(base), int(base.value.sum())) == (4338, 891_140_790)


def test_cdnow_calibration(cdnow_transactions, cdnow_summary):
    base = customer_base(cdnow_transactions, until="1997-09-30")
    x, recency, age, _ = cdnow_summary
    np.testing.assert_array_equal(base.frequency, x)
    np.testing.assert_allclose(base.recency / 7, recency, atol=0.0051)
    np.testing.assert_allclose(base.age / 7, age, atol=0.0051)
