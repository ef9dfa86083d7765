from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhike.analytics import (
    DriverRegression,
    InvalidInput,
    NotEnoughData,
    NotIdentified,
    prove,
)
from zhike.analytics.driver_proofs import swiss, tenants
from zhike.analytics.ordinal_likelihood import _derivatives
from zhike.analytics.relative_importance import (
    complete_dominance,
    explained_by_subsets,
    share_out,
    subsets,
)

NAMES = ["price", "speed", "care"]


def world(rows=400, seed=0, effects=(0.5, -0.3, 0.0), cuts=None):
    """Three correlated drivers; the outcome linear or, with ``cuts``, in ordered levels."""
    random = np.random.default_rng(seed)
    drivers = random.standard_normal((rows, 3)) + 0.7 * random.standard_normal((rows, 1))
    noise = random.standard_normal(rows) if cuts is None else random.logistic(size=rows)
    latent = drivers @ np.array(effects) + noise
    outcome = latent if cuts is None else np.searchsorted(cuts, latent)
    return dict(zip(NAMES, drivers.T, strict=True)) | {"outcome": outcome}


def model(kind="linear", **options):
    return DriverRegression("outcome", NAMES, kind=kind, **options)


CUTS = {"linear": None, "logistic": [0.3], "ordinal": [-1.0, 0.2, 1.5]}
KINDS = list(CUTS)


def test_published_tables():
    methods = ("regression", "relative importance")
    checks = [check for check in prove() if any(method in check.method for method in methods)]
    assert len(checks) == 36
    assert [check for check in checks if not check.ok] == []


def test_what_the_swiss_table_says():
    first, second, *_ = swiss().read()
    assert (first.driver, first.direction, first.strength) == ("education", "lowers", "main")
    assert (second.driver, second.direction) == ("examination", "unclear")
    assert swiss().importance()["education"].dominates == ("agriculture", "examination", "catholic")
    assert swiss().importance()["education"].low is None


@pytest.mark.parametrize("kind", KINDS)
def test_limits_cover_the_truth(kind):
    truth = dict(zip(NAMES, (0.5, -0.3, 0.0), strict=True))
    inside = []
    for seed in range(150):
        found = model(kind).fit(world(300, seed, cuts=CUTS[kind])).coefficients_
        inside += [found[name].low <= truth[name] <= found[name].high for name in NAMES]
    assert 0.92 < np.mean(inside) < 0.98


@pytest.mark.parametrize("kind", KINDS)
def test_counts_are_repeated_rows(kind):
    table = world(200, seed=1, cuts=CUTS[kind])
    counts = np.random.default_rng(2).integers(0, 4, 200)
    repeated = {name: np.repeat(values, counts) for name, values in table.items()}
    counted, plain = model(kind).fit(table, counts), model(kind).fit(repeated)
    for name in NAMES:
        one, other = counted.coefficients_[name], plain.coefficients_[name]
        assert one.value == pytest.approx(other.value, abs=1e-8)
        assert one.standard_error == pytest.approx(other.standard_error, rel=1e-6)
    assert counted.r_squared_ == pytest.approx(plain.r_squared_)
    assert counted.partial_effects()["price"].value == pytest.approx(
        plain.partial_effects()["price"].value
    )


def test_two_levels_are_a_logistic_regression():
    table = world(seed=3, cuts=CUTS["logistic"])
    logistic, ordinal = model("logistic").fit(table), model("ordinal").fit(table)
    assert logistic.coefficients_ == ordinal.coefficients_
    assert logistic.intercepts_[0].value == -ordinal.intercepts_[0].value
    np.testing.assert_allclose(logistic.predict(table), ordinal.predict(table))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_likelihood_is_climbed_along_its_slope(seed):
    random = np.random.default_rng(seed)
    drivers, level = random.standard_normal((40, 2)), random.integers(0, 3, 40)
    counts = random.integers(1, 5, 40).astype(float)
    point = np.r_[np.sort(random.standard_normal(2)) + [0, 0.3], random.standard_normal(2)]

    def at(place):
        return _derivatives(place, drivers, level, counts, 2)

    _, gradient, hessian = at(point)
    steps = 1e-5 * np.eye(4)
    numeric = [(at(point + step)[0] - at(point - step)[0]) / 2e-5 for step in steps]
    np.testing.assert_allclose(gradient, numeric, rtol=1e-5, atol=1e-4)
    curved = np.stack([(at(point + step)[1] - at(point - step)[1]) / 2e-5 for step in steps])
    np.testing.assert_allclose(hessian, curved, rtol=1e-4, atol=1e-3)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 100), st.floats(-50, 50), st.sampled_from(KINDS))
def test_unit_of_a_driver_changes_its_coefficient_only(factor, shift, kind):
    table = world(seed=5, cuts=CUTS[kind])
    moved = {**table, "price": factor * table["price"] + shift}
    one, other = model(kind).fit(table), model(kind).fit(moved)
    assert other.coefficients_["price"].value * factor == pytest.approx(
        one.coefficients_["price"].value, rel=1e-5
    )
    assert other.coefficients_["speed"].value == pytest.approx(
        one.coefficients_["speed"].value, rel=1e-5
    )
    assert other.r_squared_ == pytest.approx(one.r_squared_, abs=1e-8)
    np.testing.assert_allclose(one.predict(table), other.predict(moved), atol=1e-6)


def test_linear_is_least_squares():
    table = world(seed=6)
    found = model().fit(table)
    design = np.column_stack([np.ones(400), *(table[name] for name in NAMES)])
    expected = np.linalg.lstsq(design, table["outcome"], rcond=None)[0]
    values = [found.intercepts_[0].value, *(one.value for one in found.coefficients_.values())]
    np.testing.assert_allclose(values, expected)
    np.testing.assert_allclose(found.predict(table), design @ expected)


def test_robust_errors_are_hc3():
    table = world(80, seed=7)
    found = model(robust=True).fit(table)
    design = np.column_stack([np.ones(80), *(table[name] for name in NAMES)])
    inverse = np.linalg.inv(design.T @ design)
    residuals = table["outcome"] - design @ (inverse @ design.T @ table["outcome"])
    pull = np.einsum("ij,jk,ik->i", design, inverse, design)
    scaled = design * (residuals / (1 - pull))[:, None]
    errors = np.sqrt(np.diag(inverse @ scaled.T @ scaled @ inverse))
    computed = [one.standard_error for one in (*found.intercepts_, *found.coefficients_.values())]
    np.testing.assert_allclose(computed, errors)


@pytest.mark.parametrize("kind", ["logistic", "ordinal"])
def test_partial_effect_is_the_mean_change_of_the_prediction(kind):
    table = world(seed=8, cuts=CUTS[kind])
    found = model(kind).fit(table)
    effects = found.partial_effects()
    for name in NAMES:
        up, down = ({**table, name: table[name] + step} for step in (1e-5, -1e-5))
        change = (found.predict(up) - found.predict(down)).mean() / 2e-5
        assert effects[name].value == pytest.approx(change, rel=1e-6)
        assert effects[name].low < effects[name].value < effects[name].high


def test_error_of_a_partial_effect_is_its_spread_over_draws():
    found = tenants()
    fit = found._fit
    drawn = np.random.default_rng(0).multivariate_normal(fit.parameters, fit.covariance, 2000)
    spread = np.std([found._average_effects(point)[0] for point in drawn], axis=0)
    errors = [effect.standard_error for effect in found.partial_effects().values()]
    np.testing.assert_allclose(errors, spread, rtol=0.06)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4))
def test_shares_are_gains_averaged_over_all_orders(seed, drivers):
    random = np.random.default_rng(seed)
    rows = random.standard_normal((30, drivers + 1)) @ random.standard_normal((drivers + 1,) * 2)
    explained = explained_by_subsets(np.cov(rows.T)[None])
    shares = share_out(explained)
    gains = np.zeros(drivers)
    orders = list(permutations(range(drivers)))
    for order in orders:
        held = 0
        for driver in order:
            gains[driver] += explained[0, held | 1 << driver] - explained[0, held]
            held |= 1 << driver
    np.testing.assert_allclose(shares.shapley[0], gains / len(orders), atol=1e-10)
    assert shares.shapley.sum() == pytest.approx(explained[0, -1])
    assert (shares.shapley >= -1e-10).all()


def test_drivers_that_do_not_go_together_share_by_their_own_correlation():
    covariance = np.eye(4)
    covariance[-1, :3] = covariance[:3, -1] = [0.6, 0.3, 0.1]
    explained = explained_by_subsets(covariance[None])
    np.testing.assert_allclose(share_out(explained).shapley[0], [0.36, 0.09, 0.01])
    dominant = complete_dominance(explained[0])
    assert dominant.tolist() == [[False, True, True], [False, False, True], [False] * 3]
    assert subsets(2).tolist() == [[False, False], [True, False], [False, True], [True, True]]


@pytest.mark.parametrize("kind", KINDS)
def test_shares_sum_to_what_is_explained(kind):
    found = model(kind).fit(world(seed=9, cuts=CUTS[kind]))
    shares = found.importance(samples=200, seed=1)
    assert sum(share.share for share in shares.values()) == pytest.approx(found.r_squared_)
    assert shares["price"].share > shares["care"].share
    if kind == "linear":
        for share in shares.values():
            assert share.low <= share.share <= share.high
        assert shares == found.importance(samples=200, seed=1)


def test_a_driver_that_carries_another_is_read_with_caution():
    random = np.random.default_rng(0)
    care = random.standard_normal(500)
    price = care + 0.3 * random.standard_normal(500)
    table = {
        "price": price,
        "care": care,
        "speed": random.standard_normal(500),
        "outcome": 2 * care - price + 0.5 * random.standard_normal(500),
    }
    readings = {reading.driver: reading for reading in model().fit(table).read()}
    assert readings["price"].cautions == ("goes_with_others", "sign_turns")
    assert readings["price"].direction == "lowers"
    assert readings["care"].cautions == ("goes_with_others",)
    assert readings["care"].rank == 1
    assert (readings["speed"].strength, readings["speed"].rank) == ("minor", 3)


@pytest.mark.parametrize(
    ("options", "change", "kind", "code"),
    [
        ({}, {"price": np.ones(400)}, NotIdentified, "no_variation"),
        ({}, {"outcome": np.ones(400)}, NotIdentified, "no_variation"),
        ({}, {"price": world()["speed"]}, NotIdentified, "collinear_drivers"),
        ({}, {"price": np.full(400, "x")}, InvalidInput, "not_numbers"),
        ({}, {"price": np.full(400, np.inf)}, InvalidInput, "not_numbers"),
        ({}, {"price": np.full(400, np.nan)}, InvalidInput, "missing_values"),
        ({"kind": "logistic"}, {}, InvalidInput, "not_binary"),
        ({"kind": "ordinal"}, {}, InvalidInput, "not_ordered"),
        (
            {"kind": "logistic"},
            {"outcome": np.arange(400) >= 371},
            NotEnoughData,
            "too_few_cases",
        ),
        (
            {"kind": "logistic"},
            {"outcome": world()["price"] > 0},
            NotIdentified,
            "separated",
        ),
        (
            {"kind": "ordinal"},
            {"outcome": np.searchsorted([-1, 0, 1], world()["price"])},
            NotIdentified,
            "separated",
        ),
    ],
)
def test_refused_tables(options, change, kind, code):
    with pytest.raises(kind) as refusal:
        model(**options).fit({**world(), **change})
    assert refusal.value.code == code


def test_too_few_rows():
    with pytest.raises(NotEnoughData) as refusal:
        model().fit(world(14))
    assert refusal.value.details == {"rows": 14.0, "needed": 15}


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: model("other"), "unknown_option"),
        (lambda: model("ordinal", robust=True), "unknown_option"),
        (lambda: DriverRegression("a", ["a"]), "name_twice"),
        (lambda: DriverRegression("a", []), "name_twice"),
        (lambda: model().fit(world(), [1.0]), "wrong_weights"),
        (lambda: model("ordinal").fit_moments(np.eye(4), 100, np.zeros(4)), "needs_rows"),
        (lambda: subsets(13), "too_many_drivers"),
    ],
)
def test_refused_calls(call, code):
    with pytest.raises(InvalidInput) as refusal:
        call()
    assert refusal.value.code == code
