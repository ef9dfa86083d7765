import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import entropy

from zhike.analytics import (
    InvalidInput,
    NotEnoughData,
    NotIdentified,
    critic_weights,
    entropy_weights,
    prove,
)

# Hwang & Yoon 1981: four fighter aircraft by speed, range, payload, cost, reliability, agility.
AIRCRAFT = np.array(
    [
        [2.0, 1500, 20000, 5.5, 5, 9],
        [2.5, 2700, 18000, 6.5, 3, 5],
        [1.8, 2000, 21000, 4.5, 7, 7],
        [2.2, 1800, 20000, 5.0, 5, 5],
    ]
)
positive = arrays(float, (8, 3), elements=st.floats(0.5, 100))


def test_published_critic_weights():
    checks = [check for check in prove() if check.method == "CRITIC"]
    assert [check.ok for check in checks] == [True] * 3


def test_entropy_equals_scipy():
    """Weights .064 .206 .013 .081 .359 .276 of the textbook's aircraft."""
    found = entropy_weights(AIRCRAFT)
    information = 1 - entropy(AIRCRAFT, axis=0) / np.log(4)
    np.testing.assert_allclose(found.information, information, atol=1e-12)
    assert found.weights.round(3).tolist() == [0.064, 0.206, 0.013, 0.081, 0.359, 0.276]


@settings(max_examples=40, deadline=None)
@given(positive, st.floats(0.01, 1000))
def test_unit_and_order_do_not_matter(values, factor):
    values = values + np.random.default_rng(1).random((8, 3))  # so that every column varies
    moved = values * np.array([factor, 1, 1])
    shuffled = values[np.random.default_rng(0).permutation(8)]
    for weigh in (entropy_weights, critic_weights):
        found = weigh(values).weights
        assert found.sum() == pytest.approx(1)
        assert (found >= 0).all()
        np.testing.assert_allclose(weigh(moved).weights, found, atol=1e-7)
        np.testing.assert_allclose(weigh(shuffled).weights, found, atol=1e-7)


def test_what_does_not_vary_weighs_nothing():
    assert entropy_weights([[1, 7], [2, 7], [0, 7]]).weights.tolist() == [1.0, 0.0]


def test_what_others_say_already_weighs_less():
    random = np.random.default_rng(0)
    first, second = random.standard_normal((2, 500))
    found = critic_weights(np.stack([first, first + 0.01 * second, second], axis=1)).weights
    assert found[2] > 0.45
    assert found[0] == pytest.approx(found[1], abs=0.03)


@pytest.mark.parametrize("weigh", [entropy_weights, critic_weights])
def test_limits_are_the_spread_between_samples(weigh):
    def rows(seed):
        random = np.random.default_rng(seed)
        return np.stack([random.beta(0.8, 0.5, 400), random.gamma(5, size=400)], axis=1)

    spread = np.std([weigh(rows(seed)).weights[0] for seed in range(200)])
    drawn = weigh(rows(7)).draws(500, seed=1)
    assert drawn.shape == (500, 2)
    assert drawn[:, 0].std() == pytest.approx(spread, rel=0.4)
    low, high = weigh(rows(7)).interval(seed=1)
    assert (low < weigh(rows(7)).weights).all()
    assert (weigh(rows(7)).weights < high).all()
    again = weigh(rows(7)).draws(500, seed=1)
    np.testing.assert_array_equal(drawn, again)


@pytest.mark.parametrize(
    ("weigh", "values", "kind", "code"),
    [
        (entropy_weights, [[1, 2], [1, 2], [1, 2]], NotIdentified, "no_variation"),
        (entropy_weights, [[1, -2], [1, 2], [1, 2]], InvalidInput, "negative_value"),
        (entropy_weights, [[1, 0], [2, 0], [1, 0]], InvalidInput, "empty_criterion"),
        (critic_weights, [[1, 2], [2, 2], [3, 2]], NotIdentified, "no_variation"),
        (critic_weights, [[1, 2], [2, 4], [3, 6]], NotIdentified, "all_alike"),
        (critic_weights, [[1, 2], [2, 4]], NotEnoughData, "too_few_rows"),
        (critic_weights, [[1, np.nan], [2, 4], [3, 3]], InvalidInput, "not_numbers"),
        (critic_weights, [1, 2, 3], InvalidInput, "not_numbers"),
    ],
)
def test_refused_values(weigh, values, kind, code):
    with pytest.raises(kind) as refusal:
        weigh(values)
    assert refusal.value.code == code


def test_too_few_resamples_that_vary():
    values = np.zeros((3, 2))
    values[0] = 1
    with pytest.raises(NotEnoughData) as refusal:
        entropy_weights(values).draws(200, seed=0)
    assert refusal.value.code == "resamples_fail"
