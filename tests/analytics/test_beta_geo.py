import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import approx_fprime
from scipy.stats import beta as beta_distribution
from scipy.stats import poisson

from zhike.analytics import (
    BetaGeo,
    GammaPoisson,
    InvalidInput,
    NotEnoughData,
    NotIdentified,
    choose_purchase_model,
    customer_base,
)
from zhike.analytics.beta_geo import _log_likelihood
from zhike.analytics.purchase_model import check_histories

from . import worlds

EXAMPLE = {"frequency": [2], "recency": [30.43], "age": [38.86]}
TRUTH = {"r": 0.6, "alpha": 5.0, "a": 0.8, "b": 2.5}


@pytest.fixture(scope="module")
def cdnow(cdnow_summary):
    x, recency, age, _ = cdnow_summary
    return BetaGeo().fit(x, recency, age)


def known(**params):
    """A model whose parameters are certain."""
    return BetaGeo.from_params(**params, log_covariance=1e-16 * np.eye(4))


def test_published_parameters(cdnow):
    """Fader, Hardie & Lee 2005: r .243, alpha 4.414, a .793, b 2.426, LL -9582.4."""
    assert {name: round(value, 3) for name, value in cdnow.params_.items()} == {
        "r": 0.243,
        "alpha": 4.414,
        "a": 0.793,
        "b": 2.426,
    }
    assert f"{cdnow.log_likelihood_:.4f}" == "-9582.4256"
    assert cdnow.converged_


def test_published_predictions(cdnow, cdnow_summary):
    x, recency, age, _ = cdnow_summary
    assert f"{cdnow.expected_purchases(39, **EXAMPLE)[0]:.5f}" == "1.22591"
    assert f"{cdnow.probability_alive(**EXAMPLE)[0]:.4f}" == "0.7266"
    assert f"{cdnow.expected_purchases(39, x, recency, age).sum():.0f}" == "1653"


def test_drop_out_is_identified_on_cdnow(cdnow):
    verdict = cdnow.identifiability()
    assert (verdict.identified, verdict.code) == (True, "identified")
    assert 0.15 < verdict.dropout_low < verdict.dropout < verdict.dropout_high < 0.35


def test_drop_out_is_refused_on_online_retail(online_retail):
    """Twelve months show no drop-out: a = .003, and the model without it is as good."""
    base = customer_base(online_retail, until="2011-12-09")
    history = base.frequency, base.recency, base.age
    fitted = BetaGeo().fit(*history)
    assert f"{fitted.params_['a']:.3f}" == "0.003"
    model, verdict = choose_purchase_model(*history)
    assert isinstance(model, GammaPoisson)
    assert (verdict.identified, verdict.code, verdict.dropout_low) == (
        False,
        "no_dropout_seen",
        0.0,
    )


def test_gradient_is_the_slope():
    x, recency, age, _ = worlds.purchases(300, **TRUTH, age=40, seed=1)
    log_likelihood = _log_likelihood(check_histories(x, recency, age), 40.0)
    for point in (np.log([0.5, 0.2, 0.7, 2.0]), np.log([3.0, 1.0, 0.01, 30.0])):
        value, gradient = log_likelihood(point)
        numeric = approx_fprime(point, lambda moved: log_likelihood(moved)[0], 1e-7)
        np.testing.assert_allclose(gradient, numeric, rtol=1e-3, atol=1e-3 * abs(value) ** 0.5)


def test_unit_of_time_changes_alpha_only(cdnow, cdnow_summary):
    x, recency, age, _ = cdnow_summary
    days = BetaGeo().fit(x, 7 * recency, 7 * age)
    assert days.params_["alpha"] == pytest.approx(7 * cdnow.params_["alpha"], rel=1e-6)
    for name in ("r", "a", "b"):
        assert days.params_[name] == pytest.approx(cdnow.params_[name], rel=1e-6)
    assert days.log_likelihood_ == pytest.approx(
        cdnow.log_likelihood_ - x.sum() * np.log(7), abs=1e-6
    )


def test_weights_and_order_of_rows_do_not_matter(cdnow_summary):
    x, recency, age, _ = cdnow_summary
    order = np.random.default_rng(0).permutation(len(x))
    straight = BetaGeo().fit(x, recency, age)
    shuffled = BetaGeo().fit(x[order], recency[order], age[order])
    assert straight.params_ == shuffled.params_
    rows, count = np.unique(np.stack([x, recency, age]), axis=1, return_counts=True)
    assert BetaGeo().fit(*rows, weights=count).params_ == straight.params_


@pytest.mark.parametrize("a", [0.05, 0.793, 1.0, 1.0 + 1e-9, 3.0, 280.0])
@pytest.mark.parametrize(("x", "t"), [(1, 70.0), (2, 70.0), (40, 70.0), (900, 70.0), (37, 3000.0)])
def test_expectation_equals_the_integral(a, x, t):
    """E[Y | alive] = E[(1 - (1 + p t / (alpha + T))^-(r + x)) / p], p ~ Beta(a, b + x)."""
    r, alpha, b, age = 0.5, 6.0, 2.4, 50.0

    def at_quantile(u):
        # Integrated over the quantiles of p: the density itself is unbounded at 0 for a < 1.
        p = max(beta_distribution.ppf(u, a, b + x), 1e-300)
        return -np.expm1(-(r + x) * np.log1p(p * t / (alpha + age))) / p

    expected = quad(at_quantile, 0, 1, limit=200, epsrel=1e-9)[0]
    model = BetaGeo.from_params(r=r, alpha=alpha, a=a, b=b)
    alive = model.probability_alive([x], [age], [age])
    assert model.expected_purchases(t, [x], [age], [age])[0] / alive[0] == pytest.approx(
        expected, rel=3e-5
    )


def test_distribution_of_future_purchases_has_the_expected_mean():
    model = known(**TRUTH)
    history = np.array([0, 1, 5, 60]), np.array([0.0, 3.0, 30.0, 39.0]), np.full(4, 40.0)
    future = model.future_purchases(52, *history)
    np.testing.assert_allclose(future.mean, model.expected_purchases(52, *history), rtol=1e-5)
    assert (future.variance > 0).all()
    assert (future.low <= future.mean).all()
    assert (future.mean <= future.high).all()


def test_new_customers():
    model = BetaGeo.from_params(**TRUTH)
    x, *_ = worlds.purchases(200_000, **TRUTH, age=30, seed=4)
    assert model.expected_purchases_new(30) == pytest.approx(x.mean(), rel=0.02)
    assert model.expected_purchases(30, [0], [0], [0])[0] == model.expected_purchases_new(30)


def test_parameters_are_recovered_within_their_errors():
    x, recency, age, _ = worlds.purchases(20_000, **TRUTH, age=60, seed=11)
    model = BetaGeo().fit(x, recency, age)
    for name, true in TRUTH.items():
        assert (
            abs(np.log(model.params_[name] / true))
            < 3 * model.standard_errors_[name] / model.params_[name]
        )


def test_standard_errors_are_the_spread_between_worlds():
    fits = []
    for seed in range(40):
        x, recency, age, _ = worlds.purchases(3000, **TRUTH, age=60, seed=seed)
        fits.append(BetaGeo().fit(x, recency, age))
    for name in ("r", "alpha"):
        spread = np.std([fit.params_[name] for fit in fits], ddof=1)
        assert np.mean([fit.standard_errors_[name] for fit in fits]) == pytest.approx(
            spread, rel=0.35
        )


@pytest.mark.parametrize("draws", [None, 20])
def test_interval_covers(draws):
    """Counts are whole and drop-out puts weight on 0, so a central 90 % interval covers more.

    Above it lies at most 5 %.
    """
    x, recency, age, future = worlds.purchases(2500, **TRUTH, age=40, horizon=40, seed=21)
    model = BetaGeo().fit(x, recency, age)
    low, high = model.interval(40, x, recency, age, draws=draws)
    assert 0.92 < np.mean((low <= future) & (future <= high)) < 0.985
    assert np.mean(future > high) < 0.055
    assert np.mean(future < low) < 0.055


def test_interval_widens_with_level_and_is_repeatable():
    x, recency, age, _ = worlds.purchases(400, **TRUTH, age=40, seed=3)
    model = BetaGeo().fit(x, recency, age)
    narrow, wide = (model.interval(40, x, recency, age, level=level) for level in (0.5, 0.95))
    assert (wide[0] <= narrow[0]).all()
    assert (narrow[1] <= wide[1]).all()
    again = model.interval(40, x, recency, age, level=0.5)
    np.testing.assert_array_equal(narrow[1], again[1])
    first, second = (model.sample_parameters(50, seed=9) for _ in range(2))
    np.testing.assert_array_equal(first["a"], second["a"])


def test_alive_is_a_probability_that_falls_with_silence():
    model = BetaGeo.from_params(**TRUTH)
    age = np.linspace(10, 4000, 50)
    alive = model.probability_alive(np.full(50, 30), np.full(50, 10.0), age)
    assert (np.diff(alive) < 0).all()
    assert ((alive >= 0) & (alive <= 1)).all()
    assert model.probability_alive([0], [0], [4000])[0] == 1


def test_heavy_buyers_stay_finite():
    model = BetaGeo.from_params(r=0.2, alpha=4.0, a=0.8, b=2.4)
    expected = model.expected_purchases(365, [20_000], [364.0], [365.0])
    assert np.isfinite(expected).all()
    assert 0 < expected[0] < 20_000


def test_a_model_rebuilt_from_its_numbers_predicts_the_same(cdnow):
    twin = BetaGeo.from_params(log_covariance=cdnow.log_covariance_, **cdnow.params_)
    assert twin.expected_purchases(39, **EXAMPLE) == pytest.approx(
        cdnow.expected_purchases(39, **EXAMPLE)
    )
    assert twin.interval(39, **EXAMPLE) == cdnow.interval(39, **EXAMPLE)
    assert twin.standard_errors_ == pytest.approx(cdnow.standard_errors_)


def test_summary_names_every_parameter(cdnow):
    text = cdnow.summary()
    assert "-9,582.4256" in text
    assert all(name in text for name in cdnow.params_)


@pytest.mark.parametrize(
    "history",
    [([1.5], [1], [2]), ([-1], [0], [2]), ([1], [3], [2]), ([0], [1], [2]), ([1], [0], [2])],
)
def test_impossible_histories_are_refused(history):
    with pytest.raises(InvalidInput) as refusal:
        BetaGeo().fit(*history)
    assert refusal.value.code == "impossible_history"
    assert refusal.value.details == {"rows": 1, "first_row": 0}


def test_too_few_repeaters_are_refused():
    for model in (BetaGeo(), GammaPoisson()):
        with pytest.raises(NotEnoughData) as refusal:
            model.fit([0] * 50 + [1] * 9, [0] * 50 + [1] * 9, [5] * 59)
        assert refusal.value.code == "too_few_repeaters"
        assert refusal.value.details == {"repeaters": 9.0, "needed": 10}


def test_no_errors_no_interval():
    model = BetaGeo.from_params(**TRUTH)
    with pytest.raises(NotIdentified) as refusal:
        model.interval(39, **EXAMPLE)
    assert refusal.value.code == "no_covariance"
    with pytest.raises(InvalidInput) as refusal:
        model.identifiability()
    assert refusal.value.code == "not_fitted"


def test_world_without_drop_out_is_refused_and_the_plain_rule_is_right():
    truth = {"r": 1.2, "alpha": 8.0}
    x, recency, age, future = worlds.purchases(4000, **truth, age=50, horizon=25, seed=6)
    model, verdict = choose_purchase_model(x, recency, age)
    assert isinstance(model, GammaPoisson)
    assert not verdict.identified
    for name, true in truth.items():
        assert abs(model.params_[name] - true) < 3 * model.standard_errors_[name]
    low, high = model.interval(25, x, recency, age)
    assert 0.9 < np.mean((low <= future) & (future <= high)) < 0.98
    assert model.expected_purchases(25, x, recency, age).sum() == pytest.approx(
        future.sum(), rel=0.03
    )


def test_refusal_of_drop_out_errs_on_the_safe_side():
    """In worlds without drop-out at most one in twenty is taken for one with it."""
    taken = 0
    for seed in range(40):
        x, recency, age, _ = worlds.purchases(500, r=1.0, alpha=5.0, age=30, seed=seed)
        taken += choose_purchase_model(x, recency, age)[1].identified
    assert taken <= 4


def test_equal_rates_are_an_answer():
    random = np.random.default_rng(0)
    x = random.binomial(20, 0.5, 500)  # varies less than chance would make it
    model = GammaPoisson().fit(x, np.where(x > 0, 25.0, 0.0), np.full(500, 30.0))
    assert model.equal_rates_
    assert model.expected_purchases(30, [0], [0], [30])[0] == pytest.approx(x.mean(), rel=1e-3)
    low, high = model.interval(30, [0], [0], [30])
    assert [low[0], high[0]] == poisson.ppf([0.05, 0.95], x.mean()).tolist()
