import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhike.analytics import (
    SEGMENTS,
    InvalidInput,
    NotEnoughData,
    abc,
    customer_base,
    gini,
    grade,
    pareto_curve,
    rfm,
)
from zhike.analytics.grading import SEGMENT_TABLE

values = st.lists(st.integers(-20, 20), min_size=1, max_size=60)


@settings(max_examples=100, deadline=None)
@given(values, st.integers(2, 9))
def test_grades_follow_value_alone(numbers, grades):
    result = grade(numbers, grades)
    grade_of = dict(zip(numbers, result.tolist(), strict=True))
    assert [grade_of[number] for number in numbers] == result.tolist()
    ordered = [grade_of[number] for number in sorted(grade_of)]
    assert ordered == sorted(ordered)
    assert result.min() == 1
    assert result.max() <= grades


def test_distinct_values_fill_equal_grades():
    assert np.bincount(grade(np.random.default_rng(1).permutation(100)))[1:].tolist() == [20] * 5


def test_heavy_tie_takes_its_lower_edge():
    frequency = np.repeat([0, 1, 2, 3], [60, 20, 10, 10])
    assert sorted(set(grade(frequency).tolist())) == [1, 4, 5]


def test_grade_refuses():
    for numbers, grades, code in (([1.0, np.nan], 5, "missing_values"), ([1], 1, "too_few_grades")):
        with pytest.raises(InvalidInput) as refusal:
            grade(numbers, grades)
        assert refusal.value.code == code


@pytest.mark.parametrize(
    ("name", "recency", "count", "amount", "score"),
    [
        ("Abbey O'Reilly", 205, 6, 472, 343),
        ("Add Senger", 140, 3, 340, 412),
        ("Aden Lesch", 194, 4, 405, 323),
        ("Aden Murphy", 98, 7, 596, 544),
        ("Admiral Senger", 132, 5, 448, 433),
    ],
)
def test_published_rfm_scores(rfm_orders, name, recency, count, amount, score):
    """rsquaredacademy/rfm README: recency, count, amount and score digit by digit."""
    base = customer_base(rfm_orders, until="2006-12-31")
    row = np.searchsorted(base.customer, name)
    assert len(base) == 995
    assert (base.until - base.last_day[row], base.orders[row], base.value[row]) == (
        recency,
        count,
        amount,
    )
    assert rfm(base).score[row] == score


def test_every_segment_has_a_place():
    assert {name for row in SEGMENT_TABLE for name in row} == set(SEGMENTS)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(1, 5), st.integers(-5, 50)),
        min_size=1,
        max_size=40,
    ),
    st.integers(2, 9),
)
def test_rfm_of_a_permutation_is_the_permutation(rows, grades):
    last_day, orders, value = (np.array(column) for column in zip(*rows, strict=True))
    order = np.random.default_rng(0).permutation(len(rows))
    straight = rfm({"last_day": last_day, "orders": orders, "value": value}, grades)
    permuted = rfm(
        {"last_day": last_day[order], "orders": orders[order], "value": value[order]}, grades
    )
    for name, column in straight.to_dict().items():
        np.testing.assert_array_equal(column[order], permuted.to_dict()[name])


@settings(max_examples=100, deadline=None)
@given(values)
def test_equal_value_equal_class(numbers):
    classes = abc(numbers)
    class_of = dict(zip(numbers, classes.tolist(), strict=True))
    assert [class_of[number] for number in numbers] == classes.tolist()
    assert all(class_of[number] == "C" for number in numbers if number <= 0)
    assert all(class_of[number] == "A" for number in numbers if number == max(numbers) > 0)


@settings(max_examples=100, deadline=None)
@given(values.filter(lambda numbers: max(numbers) > 0))
def test_pareto_curve_rises_from_nothing_to_everything(numbers):
    customers, share = pareto_curve(numbers, points=20)
    assert (customers[0], share[0]) == (0, 0)
    assert share[-1] == pytest.approx(1, abs=1e-12)
    assert (np.diff(share) >= -1e-12).all()
    assert (share >= customers - 1e-12).all()
    assert 0 <= gini(numbers) < 1 + 1e-12


def test_online_retail_concentration(online_retail):
    """Published before: the top 20 % bring 74.6 %, 26.1 % bring 80 %."""
    value = customer_base(online_retail, until="2011-12-09").value
    _, share = pareto_curve(value)
    assert f"{100 * share[20]:.1f}" == "74.6"
    assert f"{100 * np.mean(abc(value) == 'A'):.1f}" == "26.1"


def test_concentration_refuses():
    with pytest.raises(NotEnoughData) as refusal:
        gini([0, -5])
    assert refusal.value.code == "no_value"
    with pytest.raises(InvalidInput) as refusal:
        abc([1], shares=(0.9, 0.5))
    assert refusal.value.code == "shares_out_of_order"
