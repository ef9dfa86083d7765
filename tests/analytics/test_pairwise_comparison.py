from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zhike.analytics import (
    InvalidInput,
    NotEnoughData,
    NotIdentified,
    aggregate_judgements,
    ahp,
    ahp_group,
    prove,
    repair,
)
from zhike.analytics.pairwise_comparison import SCALE
from zhike.analytics.weight_proofs import HOUSE, NATIONS

NAN = np.nan


def judged(size, logs):
    """A matrix of judgements from the logarithms of its upper triangle."""
    matrix = np.ones((size, size))
    rows, places = np.triu_indices(size, 1)
    matrix[rows, places], matrix[places, rows] = np.exp(logs), np.exp(-logs)
    return matrix


logarithms = arrays(float, 6, elements=st.floats(-2, 2))
weights_of_five = arrays(float, 5, elements=st.floats(0.05, 1))


def test_published_tables():
    checks = [check for check in prove() if check.method.startswith("AHP")]
    assert len(checks) == 12
    assert [check for check in checks if not check.ok] == []


def test_wealth_of_nations():
    """Saaty 1977: .427 .230 .021 .052 .052 .123 .094."""
    assert ahp(NATIONS).weights.round(3).tolist() == [
        *(0.427, 0.230, 0.021, 0.052, 0.052, 0.123, 0.094)
    ]


@settings(max_examples=50, deadline=None)
@given(logarithms)
def test_weights_are_the_principal_eigenvector(logs):
    matrix = judged(4, logs)
    values, vectors = np.linalg.eig(matrix)
    first = values.real.argmax()
    vector = np.abs(vectors[:, first].real)
    found = ahp(matrix)
    assert found.lambda_max == pytest.approx(values[first].real, abs=1e-9)
    np.testing.assert_allclose(found.weights, vector / vector.sum(), atol=1e-9)
    assert found.lambda_max >= 4 - 1e-9


@settings(max_examples=30, deadline=None)
@given(weights_of_five)
def test_consistent_judgements_give_the_weights_back(weights):
    found = ahp(weights[:, None] / weights)
    np.testing.assert_allclose(found.weights, weights / weights.sum(), atol=1e-12)
    assert found.consistency_ratio == pytest.approx(0, abs=1e-9)
    assert found.consistent


@settings(max_examples=30, deadline=None)
@given(weights_of_five, st.integers(0, 2**10 - 1))
def test_missing_judgements_follow_from_consistent_ones(weights, pattern):
    matrix = weights[:, None] / weights
    for place, (i, j) in enumerate(combinations(range(5), 2)):
        if pattern >> place & 1 and j != i + 1:  # the chain of neighbours stays
            matrix[i, j] = matrix[j, i] = NAN
    missing = int(np.isnan(matrix).sum() // 2)
    found = ahp(matrix)
    np.testing.assert_allclose(found.judgements, weights[:, None] / weights, rtol=1e-4)
    assert (found.missing, found.checks) == (missing, 6 - missing)


@settings(max_examples=20, deadline=None)
@given(logarithms, st.floats(-1, 1))
def test_completion_contradicts_least(logs, elsewhere):
    matrix = judged(4, logs)
    matrix[0, 3] = matrix[3, 0] = NAN
    found = ahp(matrix)
    moved = found.judgements.copy()
    moved[0, 3] *= np.exp(elsewhere)
    moved[3, 0] = 1 / moved[0, 3]
    assert ahp(moved).lambda_max >= found.lambda_max - 1e-9


@settings(max_examples=30, deadline=None)
@given(logarithms, st.permutations(range(4)))
def test_order_of_things_does_not_matter(logs, order):
    matrix, order = judged(4, logs), np.array(order)
    straight, turned = ahp(matrix), ahp(matrix[np.ix_(order, order)])
    np.testing.assert_allclose(turned.weights, straight.weights[order], atol=1e-10)
    assert turned.consistency_ratio == pytest.approx(straight.consistency_ratio, abs=1e-9)


def test_half_a_matrix_is_enough():
    upper = np.where(np.triu(np.ones((8, 8))) > 0, HOUSE, NAN)
    np.testing.assert_allclose(ahp(upper).weights, ahp(HOUSE).weights)


def test_the_house_is_repaired_by_one_judgement():
    """Neighbourhood over condition, 6: the one that contradicts the others."""
    found = repair(HOUSE)
    (change,) = found.changes
    assert (change.row, change.column, change.before, change.after) == (2, 6, 6.0, 1.0)
    assert change.steps == 5
    assert found.fewest
    assert found.after.consistency_ratio <= 0.1 < ahp(HOUSE).consistency_ratio


def test_repair_is_the_smallest_by_brute_force():
    """Every judgement of the house, every value of the scale, one by one."""
    fewest = np.inf
    for i, j in combinations(range(8), 2):
        for value in SCALE:
            matrix = np.array(HOUSE)
            steps = abs(place(value) - place(matrix[i, j]))
            matrix[i, j], matrix[j, i] = value, 1 / value
            if ahp(matrix).consistent:
                fewest = min(fewest, steps)
    assert sum(change.steps for change in repair(HOUSE).changes) == pytest.approx(fewest)


def place(judgement):
    return judgement - 1 if judgement >= 1 else 1 - 1 / judgement


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(SCALE), min_size=6, max_size=6))
def test_any_judgements_can_be_repaired(values):
    matrix = judged(4, np.log(values))
    found = repair(matrix)
    assert found.after.consistent
    assert bool(found.changes) is not ahp(matrix).consistent
    for change in found.changes:
        matrix[change.row, change.column] = change.after
        matrix[change.column, change.row] = 1 / change.after
    np.testing.assert_allclose(matrix, found.after.judgements, atol=1e-9)
    if len(found.changes) == 2:
        assert not any(
            ahp(one_changed(values, at, value)).consistent for at in range(6) for value in SCALE
        )


def one_changed(values, at, value):
    return judged(4, np.log([*values[:at], value, *values[at + 1 :]]))


def test_repair_with_a_missing_judgement_leaves_it_open():
    matrix = np.array(HOUSE)
    matrix[0, 1] = matrix[1, 0] = NAN
    found = repair(matrix)
    assert found.after.consistent
    assert (0, 1) not in [(change.row, change.column) for change in found.changes]


def test_consistent_judgements_need_no_repair():
    found = repair([[1, 2], [1 / 2, 1]])
    assert (found.changes, found.fewest) == ((), True)


@settings(max_examples=30, deadline=None)
@given(st.lists(logarithms, min_size=1, max_size=4))
def test_aggregation_keeps_reciprocals_and_unanimity(people):
    matrices = [judged(4, logs) for logs in people]
    one = aggregate_judgements(matrices)
    np.testing.assert_allclose(one * one.T, 1)
    np.testing.assert_allclose(aggregate_judgements([matrices[0]] * 3), matrices[0])
    twice = aggregate_judgements([matrices[0], *matrices])
    weighted = aggregate_judgements(matrices, [2, *[1] * (len(matrices) - 1)])
    np.testing.assert_allclose(twice, weighted)


def test_who_leaves_a_pair_open_is_left_out_of_it():
    first = [[1, 2, NAN], [NAN, 1, 4], [NAN, NAN, 1]]
    second = [[1, 8, NAN], [NAN, 1, NAN], [NAN, NAN, 1]]
    together = aggregate_judgements([first, second])
    assert together[0, 1] == pytest.approx(4)
    assert together[1, 2] == pytest.approx(4)
    assert np.isnan(together[0, 2])
    group = ahp_group([first, second])
    assert np.isnan(group.alone[1]).all()
    assert group.low is None
    assert group.agreement is None


def test_group_of_equal_minds_agrees():
    group = ahp_group([HOUSE] * 6, samples=50)
    np.testing.assert_allclose(group.together.weights, ahp(HOUSE).weights)
    np.testing.assert_allclose(group.low, group.high)
    assert group.agreement == 1
    np.testing.assert_allclose(group.consistency_ratios, ahp(HOUSE).consistency_ratio)


def test_limits_of_a_group_cover():
    """Judges err around a common truth; limits of the mean judge hold it in most groups."""
    truth = np.array([0.5, 0.3, 0.2])
    random, inside = np.random.default_rng(5), []
    for seed in range(100):
        people = [
            judged(3, np.log([5 / 3, 5 / 2, 3 / 2]) + 0.4 * random.standard_normal(3))
            for _ in range(25)
        ]
        group = ahp_group(people, samples=300, seed=seed)
        inside.append((group.low <= truth) & (truth <= group.high))
    assert 0.86 < np.mean(inside) < 0.99


@pytest.mark.parametrize(
    "truth", [(0.5, 0.3, 0.2), (0.4, 0.3, 0.2, 0.1), (0.3, 0.25, 0.2, 0.1, 0.1, 0.05)]
)
def test_limits_of_weights_cover(truth):
    """Also with a single check, by limits that are as wide as it takes."""
    truth, size = np.array(truth), len(truth)
    random, inside = np.random.default_rng(6), []
    exact = np.log(truth[:, None] / truth)[np.triu_indices(size, 1)]
    for seed in range(200):
        found = ahp(judged(size, exact + 0.3 * random.standard_normal(len(exact))))
        low, high = found.interval(samples=400, seed=seed)
        inside.append((low <= truth) & (truth <= high))
    assert 0.91 < np.mean(inside) < 0.98


def test_what_nothing_checks_has_no_limits():
    found = ahp([[1, 3], [1 / 3, 1]])
    assert (found.checks, found.consistency_ratio, found.consistent) == (0, 0.0, True)
    with pytest.raises(NotEnoughData) as refusal:
        found.interval()
    assert refusal.value.code == "nothing_to_check"


@pytest.mark.parametrize(
    ("matrix", "kind", "code"),
    [
        ([[1, 2, 3]], InvalidInput, "not_judgements"),
        ([[1]], InvalidInput, "not_judgements"),
        ([[1, -2], [1, 1]], InvalidInput, "not_judgements"),
        ([[1, 0], [0, 1]], InvalidInput, "not_judgements"),
        ([[1, 2], [2, 1]], InvalidInput, "contradicting_pair"),
        (np.ones((16, 16)), InvalidInput, "too_many_things"),
        ([[1, NAN], [NAN, 1]], NotIdentified, "not_connected"),
    ],
)
def test_refused_judgements(matrix, kind, code):
    with pytest.raises(kind) as refusal:
        ahp(matrix)
    assert refusal.value.code == code


def test_weights_of_judges_are_positive():
    with pytest.raises(InvalidInput) as refusal:
        aggregate_judgements([HOUSE, HOUSE], [1, 0])
    assert refusal.value.code == "wrong_weights"
