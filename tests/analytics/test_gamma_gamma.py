import numpy as np
import pytest

from zhike.analytics import (
    BetaGeo,
    GammaGamma,
    InvalidInput,
    NotEnoughData,
    NotIdentified,
    customer_lifetime_value,
)

from . import worlds

TRUTH = {"p": 6.0, "q": 3.7, "v": 1500.0}


def test_published_parameters(cdnow_summary):
    """Fader & Hardie 2013: p 6.25, q 3.74, v 15.45, LL -4055.92; CLVTools and own: 24.6586."""
    x, _, _, spend = cdnow_summary
    model = GammaGamma().fit(x, spend)
    assert {name: f"{value:.2f}" for name, value in model.params_.items()} == {
        "p": "6.25",
        "q": "3.74",
        "v": "15.45",
    }
    assert f"{model.log_likelihood_:.4f}" == "-4055.9232"
    assert f"{model.expected_mean_value([2], [22.35])[0]:.4f}" == "24.6586"
    assert f"{model.independence_['correlation']:.2f}" == "0.11"
    assert model.independence_["acceptable"]
    assert model.customers_ == 946


def test_minor_units_change_the_scale_only(cdnow_summary):
    x, _, _, spend = cdnow_summary
    dollars, cents = GammaGamma().fit(x, spend), GammaGamma().fit(x, 100 * spend)
    assert cents.params_["v"] == pytest.approx(100 * dollars.params_["v"], rel=1e-6)
    assert cents.params_["p"] == pytest.approx(dollars.params_["p"], rel=1e-6)
    assert cents.log_likelihood_ == pytest.approx(
        dollars.log_likelihood_ - 946 * np.log(100), abs=1e-6
    )


def test_order_of_rows_does_not_matter(cdnow_summary):
    x, _, _, spend = cdnow_summary
    order = np.random.default_rng(1).permutation(len(x))
    assert GammaGamma().fit(x, spend).params_ == GammaGamma().fit(x[order], spend[order]).params_


def test_parameters_are_recovered_within_their_errors():
    count = np.random.default_rng(1).geometric(0.3, 10_000)
    mean, _ = worlds.spend(count, count, **TRUTH, seed=2)
    model = GammaGamma().fit(count, mean)
    for name, true in TRUTH.items():
        assert abs(model.params_[name] - true) < 3 * model.standard_errors_[name]


def test_own_mean_is_drawn_towards_everybodys():
    model = GammaGamma.from_params(**TRUTH)
    everybody = model.expected_mean_value([0], [np.nan])[0]
    few, many = model.expected_mean_value([1, 100], [9000, 9000])
    assert everybody == pytest.approx(6.0 * 1500 / 2.7)
    assert everybody < few < many < 9000


def test_refusals():
    with pytest.raises(NotEnoughData) as refusal:
        GammaGamma().fit([0] * 90 + [1] * 9, [np.nan] * 90 + [5.0] * 9)
    assert refusal.value.code == "too_few_repeaters"
    with pytest.raises(NotIdentified) as refusal:
        GammaGamma().fit([1, 2] * 20, [5.0, 5.0] * 20)
    assert refusal.value.code == "equal_spend"
    with pytest.raises(InvalidInput) as refusal:
        GammaGamma().fit([1, 2] * 20, [5.0, -5.0] * 20)
    assert refusal.value.code == "spend_not_positive"
    with pytest.raises(NotIdentified) as refusal:
        GammaGamma.from_params(p=1.0, q=0.9, v=5.0).expected_mean_value([0], [0])
    assert refusal.value.code == "mean_spend_infinite"


@pytest.fixture(scope="module")
def world():
    x, recency, age, future = worlds.purchases(
        3000, r=0.8, alpha=4.4, a=0.8, b=2.4, age=39, horizon=39, seed=8
    )
    mean, money = worlds.spend(x, future, **TRUTH, seed=9)
    history = {"frequency": x, "recency": recency, "age": age, "mean_value": mean}
    return BetaGeo().fit(x, recency, age), GammaGamma().fit(x, mean), history, money


def test_lifetime_value_is_calibrated(world):
    purchases, spend, history, money = world
    value = customer_lifetime_value(
        purchases, spend, **history, horizon=39, annual_discount_rate=0, year=52
    )
    assert value.expected.sum() == pytest.approx(money.sum(), rel=0.08)
    assert np.mean(money > value.high) < 0.055
    assert np.mean(money < value.low) < 0.055
    assert np.mean((value.low <= money) & (money <= value.high)) > 0.92
    np.testing.assert_allclose(value.expected, value.purchases * value.mean_value)


def test_discount_and_margin(world):
    purchases, spend, history, _ = world
    plain = customer_lifetime_value(
        purchases, spend, **history, horizon=52, annual_discount_rate=0, year=52
    )
    later = customer_lifetime_value(
        purchases, spend, **history, horizon=52, annual_discount_rate=0.2, year=52
    )
    half = customer_lifetime_value(
        purchases, spend, **history, horizon=52, annual_discount_rate=0, year=52, margin=0.5
    )
    ratio = later.expected / plain.expected
    assert ((ratio > 1 / 1.2) & (ratio < 1)).all()
    np.testing.assert_allclose(half.expected, plain.expected / 2)
    np.testing.assert_allclose(half.high, plain.high / 2)


def test_lifetime_value_refuses_nonsense(world):
    purchases, spend, history, _ = world
    with pytest.raises(InvalidInput) as refusal:
        customer_lifetime_value(purchases, spend, **history, horizon=0)
    assert refusal.value.code == "invalid_horizon"
