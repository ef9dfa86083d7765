import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhike.analytics import (
    InvalidInput,
    NotIdentified,
    ValueIndex,
    ahp,
    critic_weights,
    entropy_weights,
    prove,
)
from zhike.analytics.weight_proofs import HOUSE

# Four levels: goal, criteria, sub-criteria, columns.
HIERARCHY = {
    "value": {
        "economic": {"revenue": ["sales", "margin"], "cost": ["delay"]},
        "bond": {"length": ["years"], "warmth": ["visits", "praise", "advice"]},
    }
}
LEAVES = ["sales", "margin", "delay", "years", "visits", "praise", "advice"]
WARMTH = [[1, 3, 5], [1 / 3, 1, 2], [1 / 5, 1 / 2, 1]]


def customers(rows=300, seed=0):
    random = np.random.default_rng(seed)
    return {leaf: random.gamma(2, 10, rows) for leaf in LEAVES}


def built(**options):
    weights = {"value": [2, 1], "economic": "entropy", "revenue": "critic", "warmth": WARMTH}
    options = {"weights": weights, "lower_is_better": ("delay",), **options}
    return ValueIndex(HIERARCHY, **options)


@pytest.fixture(scope="module")
def index():
    return built().fit(customers())


def test_saatys_houses():
    """.396, .341, .263: the best house is A."""
    checks = [check for check in prove() if check.method == "value index"]
    assert [check.ok for check in checks] == [True] * 3


def test_contributions_sum_to_the_score(index):
    table = customers(seed=1)
    contributions = index.contributions(table)
    assert contributions.shape == (300, 7)
    np.testing.assert_array_equal(contributions.sum(axis=1), index.score(table))
    np.testing.assert_allclose(index.node_scores(table)["value"], index.score(table), atol=1e-9)
    assert ((index.score(table) >= 0) & (index.score(table) <= 100)).all()


def test_weights_multiply_on_the_way_down(index):
    assert sum(index.leaf_weights_.values()) == pytest.approx(1)
    share = index.weights_
    assert share["economic"] == pytest.approx(2 / 3)
    assert index.leaf_weights_["visits"] == pytest.approx(
        share["bond"] * share["warmth"] * share["visits"]
    )
    assert share["visits"] == pytest.approx(ahp(WARMTH).weights[0])
    assert index.consistency_ == {"warmth": ahp(WARMTH).consistency_ratio}


def test_data_weights_come_from_the_scores_below(index):
    scores = index.node_scores(customers())
    below = np.stack([scores["revenue"], scores["cost"]], axis=1)
    assert index.weights_["revenue"] == pytest.approx(entropy_weights(below).weights[0])
    leaves = np.stack([scores["sales"], scores["margin"]], axis=1)
    assert index.weights_["sales"] == pytest.approx(critic_weights(leaves).weights[0])


def test_less_is_better_where_said(index):
    worst, best = index.ranges_["delay"]
    assert worst > best
    table = customers(2)
    table["delay"] = np.array([best - 1, worst + 1])
    assert index.node_scores(table)["delay"].tolist() == [100, 0]
    assert built(ranges={"delay": (30, 5)}).fit(customers()).ranges_["delay"] == (30, 5)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.001, 1000), st.floats(-100, 100))
def test_units_of_columns_do_not_matter(factor, shift):
    table = customers(50)
    moved = {**table, "sales": factor * table["sales"] + shift}
    np.testing.assert_allclose(
        built().fit(table).score(table), built().fit(moved).score(moved), atol=1e-6
    )


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(["sales", "margin", "years", "visits"]), st.floats(0, 50))
def test_more_of_a_good_thing_never_lowers_the_score(leaf, more):
    table = customers(30)
    index = built().fit(table)
    better = {**table, leaf: table[leaf] + more}
    assert (index.score(better) >= index.score(table) - 1e-9).all()


def test_limits_hold_the_score_and_are_repeatable(index):
    table = customers(40, seed=2)
    low, high = index.interval(table, samples=200, seed=1)
    score = index.score(table)
    assert np.mean((low <= score) & (score <= high)) > 0.9
    assert (low < high).any()
    np.testing.assert_array_equal(index.interval(table, samples=200, seed=1)[0], low)
    draws = index.weight_draws(100)
    np.testing.assert_allclose(draws.sum(axis=1), 1)


def test_certain_weights_have_no_spread():
    index = ValueIndex(HIERARCHY).fit(customers())
    low, high = index.interval(customers(10))
    np.testing.assert_allclose(low, high)
    assert index.weights_["visits"] == pytest.approx(1 / 3)


def test_rows_change_places_at_the_flip_weight():
    table = {"sales": [100.0, 20.0], "years": [10.0, 90.0]}
    ranges = dict.fromkeys(table, (0, 100))
    index = ValueIndex({"value": ["sales", "years"]}, weights={"value": [3, 1]}, ranges=ranges)
    index.fit(table)
    assert index.score(table).argmax() == 0
    assert index.flip_weight(table, 0, 1, "sales") == pytest.approx(0.5)
    for weight, first in ((0.49, 1), (0.51, 0)):
        again = ValueIndex(
            {"value": ["sales", "years"]}, weights={"value": [weight, 1 - weight]}, ranges=ranges
        )
        assert again.fit(table).score(table).argmax() == first


def test_flip_by_enumeration_in_a_deep_hierarchy(index):
    table = customers(20, seed=3)
    found = 0
    for other in range(1, 20):
        weight = index.flip_weight(table, 0, other, "economic")
        ahead = [gap(table, 0, other, share) > 0 for share in np.linspace(0, 1, 101)]
        changes = np.flatnonzero(np.diff(ahead))
        assert (weight is not None) == (len(changes) > 0)
        if weight is not None:
            found += 1
            assert abs(weight - changes[0] / 100) <= 0.0101
    assert found > 3


def gap(table, first, second, share):
    weights = {"value": [share, 1 - share], "economic": "entropy", "revenue": "critic"}
    score = built(weights={**weights, "warmth": WARMTH}).fit(customers()).score(table)
    return score[first] - score[second]


@pytest.mark.parametrize(
    ("hierarchy", "options", "code"),
    [
        ({"a": ["x"], "b": ["y"]}, {}, "one_top"),
        ({"a": []}, {}, "nothing_below"),
        ({"a": {"b": []}}, {}, "nothing_below"),
        ({"a": "xy"}, {}, "nothing_below"),
        ({"a": {"b": ["x"], "c": ["x"]}}, {}, "name_twice"),
        ({"a": ["x"]}, {"weights": {"b": [1]}}, "unknown_name"),
        ({"a": ["x"]}, {"ranges": {"y": (0, 1)}}, "unknown_name"),
        ({"a": ["x"]}, {"lower_is_better": ["y"]}, "unknown_name"),
    ],
)
def test_hierarchies_that_contradict_themselves(hierarchy, options, code):
    with pytest.raises(InvalidInput) as refusal:
        ValueIndex(hierarchy, **options)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("weights", "kind", "code"),
    [
        ("other", InvalidInput, "unknown_weights"),
        ([1, -1, 2], InvalidInput, "unknown_weights"),
        ([1, 2], InvalidInput, "wrong_number_of_weights"),
        ([[1, 2], [1 / 2, 1]], InvalidInput, "wrong_number_of_weights"),
        ([[1, 9, 1 / 9], [1 / 9, 1, 9], [9, 1 / 9, 1]], NotIdentified, "inconsistent_judgements"),
    ],
)
def test_refused_weights(weights, kind, code):
    with pytest.raises(kind) as refusal:
        built(weights={"warmth": weights}).fit(customers())
    assert refusal.value.code == code


def test_saatys_own_criteria_are_refused_until_repaired():
    names = [f"c{number}" for number in range(8)]
    table = {name: np.arange(5.0) for name in names}
    with pytest.raises(NotIdentified) as refusal:
        ValueIndex({"house": names}, weights={"house": HOUSE}).fit(table)
    assert refusal.value.details["node"] == "house"
    assert f"{refusal.value.details['consistency_ratio']:.3f}" == "0.169"


def test_refused_tables():
    constant = {**customers(), "years": np.full(300, 3.0)}
    with pytest.raises(NotIdentified) as refusal:
        built().fit(constant)
    assert refusal.value.code == "no_variation"
    with pytest.raises(InvalidInput) as refusal:
        built().fit({**customers(), "years": np.full(300, "x")})
    assert refusal.value.code == "not_numbers"
    with pytest.raises(InvalidInput) as refusal:
        built().fit(customers()).flip_weight(customers(), 0, 1, "years")
    assert refusal.value.code == "no_choice"
