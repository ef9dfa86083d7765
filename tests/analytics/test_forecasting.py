import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhike.analytics import (
    AnalyticsError,
    Croston,
    ExponentialSmoothing,
    InvalidInput,
    NotEnoughData,
    Theta,
    forecast,
    mase,
    naive_scale,
    smape,
)
from zhike.analytics.forecasting import _all_methods, _try
from zhike.analytics.prove import M3_SEASONS, _over_all, _series_of_m3
from zhike.analytics.series import panel, seasonal
from zhike.analytics.theta import KINDS

ESTIMATORS = [
    *(lambda season, kind=kind: Theta(season, kind) for kind in KINDS),
    ExponentialSmoothing,
]
TEA = 200 + 3 * np.arange(48) + 40 * np.sin(np.arange(48) * np.pi / 6)

histories = st.lists(
    st.lists(st.integers(1, 500), min_size=6, max_size=30), min_size=1, max_size=4
)  # fmt: skip


@pytest.fixture(scope="module")
def competition(data_folder):
    pytest.importorskip("duckdb")
    return _series_of_m3(data_folder / "m3_all.parquet")


def errors_of(competition, predict):
    """sMAPE over all forecasts of the 3,003 series."""
    parts = []
    for period, season in M3_SEASONS:
        _, history, actual = competition[period]
        parts.append(smape(actual, predict(history, actual.shape[1], season)))
    return _over_all(parts, [competition[period][2].shape[1] for period, _ in M3_SEASONS])


@pytest.mark.parametrize(
    ("kind", "error"), [("dynamic", "13.00"), ("standard", "13.09"), ("dynamic standard", "13.09")]
)
def test_theta_on_the_competition(competition, kind, error):
    """The bar: 13.2 over all 3,003 series; the best entry of the time had 13.05."""
    found = errors_of(
        competition, lambda rows, ahead, season: Theta(season, kind).fit(rows).predict(ahead)
    )
    assert f"{found:.2f}" == error


def test_smoothing_on_the_competition(competition):
    """COMB S-H-D, the combination of the time, had 13.51."""
    found = errors_of(
        competition,
        lambda rows, ahead, season: ExponentialSmoothing(season).fit(rows).predict(ahead),
    )
    assert f"{found:.2f}" == "13.37"


def test_choice_and_limits_on_quarters(competition):
    _, history, actual = competition["QUARTERLY"]
    ahead = forecast(history, 8, season=4, level=0.9)
    assert smape(actual, ahead.mean).mean() < 9.4
    held = np.mean((ahead.low <= actual) & (actual <= ahead.high))
    assert 0.83 < held < 0.95
    assert ahead.beats_naive.mean() > 0.9
    assert ahead.record["seasonal naive"] == 1 > ahead.record["combination"]


def exact_theta(y, alpha, start, share, dynamic):
    """The recursion as printed, one value at a time: squared errors and the next mean."""
    n = len(y)
    slope, intercept = np.polyfit(np.arange(1, n + 1), y, 1)
    level, mean, squares = start, 0.0, 0.0
    if dynamic:
        slope = intercept = 0.0
    for t in range(1, n + 2):
        line = (1 - alpha) ** (t - 1) * intercept + (1 - (1 - alpha) ** t) / alpha * slope
        mu = level + share * line
        if t == n + 1:
            return squares, mu
        if t > 1 or not dynamic:
            squares += (y[t - 1] - mu) ** 2
        level = alpha * y[t - 1] + (1 - alpha) * level
        if dynamic:
            slope = ((t - 2) * slope + 6 * (y[t - 1] - mean) / t) / (t + 1) if t > 1 else 0.0
            mean += (y[t - 1] - mean) / t
            intercept = mean - slope * (t + 1) / 2
    return None


@pytest.mark.parametrize("kind", KINDS)
def test_theta_is_the_printed_recursion_at_its_best(kind):
    y = np.array([31.0, 28, 36, 40, 35, 47, 44, 52, 49, 60])
    model = Theta(kind=kind).fit(y)
    fitted, dynamic = model._fitted, "dynamic" in kind
    alpha, share = float(fitted.smoothing[0]), float(fitted.share[0])
    starts = np.linspace(0, 60, 6001)
    squares = [exact_theta(y, alpha, start, share, dynamic)[0] for start in starts]
    best = starts[int(np.argmin(squares))]
    assert fitted.squares[0] == pytest.approx(min(squares), rel=1e-4)
    assert model.predict(1)[0, 0] == pytest.approx(
        exact_theta(y, alpha, best, share, dynamic)[1], rel=1e-3
    )
    for other in np.linspace(0.05, 0.95, 19):
        assert min(
            exact_theta(y, other, start, share, dynamic)[0] for start in starts[::20]
        ) >= fitted.squares[0] * (1 - 1e-6)


def test_line_of_the_dynamic_theta_is_least_squares():
    y = np.array([3.0, 8, 1, 7, 7, 9, 2])
    fitted = Theta(kind="dynamic").fit(y)._fitted
    slope, intercept = np.polyfit(np.arange(1, 8), y, 1)
    assert fitted.slope[0] == pytest.approx(slope)
    assert fitted.intercept[0] == pytest.approx(intercept)


def test_holt_winters_by_hand():
    """Two steps of the additive recursion, written out."""
    model = ExponentialSmoothing(
        1, trends=("additive",), seasons=("none",), errors=("additive",)
    ).fit([10.0, 12, 13, 15, 18, 19])
    alpha, beta, _, _ = model.smoothing_[0]
    trend, level = np.polyfit(np.arange(1, 7), [10.0, 12, 13, 15, 18, 19], 1)
    for value in (10.0, 12, 13, 15, 18, 19):
        error = value - level - trend
        level, trend = level + trend + alpha * error, trend + beta * error
    assert model.predict(3)[0].tolist() == pytest.approx([level + n * trend for n in (1, 2, 3)])


@pytest.mark.parametrize("make", ESTIMATORS)
@settings(deadline=None, max_examples=25)
@given(histories)
def test_series_do_not_touch_each_other(make, rows):
    """Alone or among others, in any order: the same forecast."""
    together = make(1).fit(rows).predict(3)
    backwards = make(1).fit(rows[::-1]).predict(3)
    np.testing.assert_allclose(together, backwards[::-1], rtol=1e-9)
    for row, mine in zip(rows, together, strict=True):
        np.testing.assert_allclose(make(1).fit(row).predict(3)[0], mine, rtol=1e-9)


@pytest.mark.parametrize("make", ESTIMATORS)
def test_unit_does_not_matter(make):
    rows = np.random.default_rng(3).uniform(50, 90, (3, 40)) + np.tile([0, 20, 5, -15], 10)
    plain, scaled = (make(4).fit(factor * rows).predict(6) for factor in (1, 1000))
    np.testing.assert_allclose(scaled, 1000 * plain, rtol=1e-6)


@pytest.mark.parametrize("make", ESTIMATORS)
def test_a_season_and_a_line_are_continued(make):
    truth = 200 + 3 * np.arange(48, 60) + 40 * np.sin(np.arange(48, 60) * np.pi / 6)
    # A Theta of 2 by its nature goes on half as steeply.
    assert smape(truth, make(12).fit(TEA).predict(12)[0])[0] < 4
    assert smape(truth - 300, make(12).fit(TEA - 300).predict(12)[0])[0] < 30


@pytest.mark.parametrize("make", ESTIMATORS)
@pytest.mark.parametrize("value", [0.0, 5.0, -2.0])
def test_what_never_moves_stays(make, value):
    np.testing.assert_allclose(make(4).fit(np.full(20, value)).predict(3), value, atol=1e-6)


def test_kind_follows_the_data():
    random = np.random.default_rng(1)
    noise, line = 50 + random.normal(0, 5, (20, 60)), np.arange(60)
    kinds = ExponentialSmoothing().fit(noise).kind_
    assert np.mean(["none trend" in kind for kind in kinds]) > 0.7
    kinds = ExponentialSmoothing().fit(noise + 4 * line).kind_
    assert np.mean(["none trend" not in kind for kind in kinds]) > 0.9
    wave = np.tile([0.7, 1.0, 1.5, 0.8], 15) * (50 + 4 * line)
    kinds = ExponentialSmoothing(4).fit(wave * (1 + random.normal(0, 0.02, (20, 60)))).kind_
    assert np.mean(["multiplicative season" in kind for kind in kinds]) > 0.8


def test_season_is_found_where_it_is():
    random = np.random.default_rng(2)
    noise = random.normal(0, 10, (200, 72))
    found = seasonal(panel(noise), 12).mean()
    assert 0.02 < found < 0.2
    assert seasonal(panel(noise + 30 * np.sin(np.arange(72) * np.pi / 6)), 12).all()
    assert not seasonal(panel(TEA[:30]), 12).any()


def test_croston_by_hand():
    """Gaps 3, sizes 4 and 8, constant at both: SBA takes half the constant off."""
    demand = [0, 0, 4, 0, 0, 8, 0, 0, 6]
    plain, corrected = Croston("croston").fit(demand), Croston("sba").fit(demand)
    alpha, size, gap = plain.smoothing_[0], 6.0, 3.0
    for value in (4, 8, 6):
        size, gap = size + alpha * (value - size), gap + alpha * (3 - gap)
    assert plain.predict(1)[0, 0] == pytest.approx(size / gap)
    alpha = corrected.smoothing_[0]
    size = 6.0
    for value in (4, 8, 6):
        size += alpha * (value - size)
    assert corrected.predict(1)[0, 0] == pytest.approx((1 - alpha / 2) * size / 3)


def test_tsb_forgets_what_is_not_bought_any_more():
    demand = np.concatenate((np.tile([0, 5], 20), np.zeros(30)))
    assert Croston("tsb").fit(demand).predict(1)[0, 0] < 1.0
    assert Croston("sba").fit(demand).predict(1)[0, 0] > 1.5
    assert Croston().fit(np.zeros(9)).predict(2).tolist() == [[0.0, 0.0]]
    with pytest.raises(InvalidInput) as refusal:
        Croston().fit([1, -1])
    assert refusal.value.code == "negative_demand"


def test_intermittent_series_get_their_own_methods():
    random = np.random.default_rng(5)
    sparse = np.where(random.random((30, 80)) < 0.3, random.poisson(4, (30, 80)) + 1.0, 0.0)
    busy = 100 + random.normal(0, 5, (5, 80))
    ahead = forecast([*busy, *sparse], 6)
    assert set(ahead.method[5:]) <= {"croston", "tsb", "mean", "seasonal naive"}
    assert (ahead.low >= 0).all()
    np.testing.assert_allclose(ahead.mean[5:].mean(), sparse.mean(), rtol=0.15)
    np.testing.assert_allclose(ahead.mean[:5], 100, atol=10)


def test_limits_hold_where_the_world_stays_the_same():
    random = np.random.default_rng(6)
    steps = random.normal(0, 1, (300, 70)).cumsum(axis=1) + 500
    ahead = forecast(steps[:, :60], 10, level=0.8)
    held = (ahead.low <= steps[:, 60:]) & (steps[:, 60:] <= ahead.high)
    assert 0.74 < held.mean() < 0.88
    width = (ahead.high - ahead.low).mean(axis=0)
    assert (np.diff(width) >= 0).all()
    wider = forecast(steps[:, :60], 10, level=0.95)
    assert (wider.high >= ahead.high).all()


def test_a_short_series_borrows_from_the_others():
    rows = [*np.random.default_rng(7).normal(100, 5, (10, 40)), np.array([90.0, 95, 99, 104, 108])]
    ahead = forecast(rows, 8)
    assert ahead.origins.tolist() == [4] * 10 + [0]
    assert not ahead.beats_naive[-1]
    assert np.isfinite([ahead.low[-1], ahead.high[-1]]).all()


@pytest.mark.parametrize(("horizon", "origins"), [(1, 1), (1, 4), (3, 8), (12, 4), (20, 2)])
def test_any_horizon_and_number_of_origins(horizon, origins):
    rows = [TEA, TEA[:40] ** 0.5, TEA[:30]]
    ahead = forecast(rows, horizon, season=12, origins=origins)
    assert ahead.mean.shape == (3, horizon)
    assert (ahead.low <= ahead.mean).all()
    assert (ahead.mean <= ahead.high).all()
    assert (ahead.origins >= 1).all()
    assert (ahead.origins <= origins).all()


def test_many_series_are_forecast_in_blocks():
    """More series than one block holds: the same forecasts as from Theta alone."""
    rows = np.random.default_rng(3).uniform(50, 60, (1100, 12)).round(2)
    parts = _all_methods(panel(rows), ("theta",), 2, 1)[0]
    tried, _ = _try(panel(rows), ("theta",), 2, 1, 2)
    np.testing.assert_allclose(tried[0], parts, rtol=1e-12)


def test_same_input_same_bytes():
    rows = np.random.default_rng(8).uniform(1, 9, (20, 50))
    first, second = (forecast(rows, 4, season=4) for _ in range(2))
    assert first.mean.tobytes() == second.mean.tobytes()
    assert first.high.tobytes() == second.high.tobytes()


def test_errors_by_hand():
    assert smape([1, 0], [3, 0]).tolist() == [50.0]
    assert naive_scale([1, 3, 2, 6], season=2) == 2.0
    assert naive_scale([4]) == 0.0
    assert np.isnan(mase([[1.0]], [[2.0]], [0.0])).all()
    with pytest.raises(InvalidInput):
        smape([1, 2], [1])


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: Theta().fit([1, 2, 3]), "too_short"),
        (lambda: Theta(kind="best"), "unknown_kind"),
        (lambda: ExponentialSmoothing(trends=("wild",)), "unknown_kind"),
        (lambda: Croston("naive"), "unknown_kind"),
        (lambda: Theta().fit([1, 2, np.nan, 4, 5]), "not_finite"),
        (lambda: Theta().fit([]), "no_series"),
        (lambda: forecast([1, 2, 3, 4, 5, 6], 3), "no_origin"),
        (lambda: forecast([1, 2, 3], 1), "too_short"),
        (lambda: forecast(TEA, 0), "impossible_horizon"),
        (lambda: forecast(TEA, 3, level=1.0), "impossible_level"),
        (lambda: forecast(TEA, 3, origins=0), "impossible_origins"),
    ],
)
def test_refused(call, code):
    with pytest.raises(AnalyticsError) as refusal:
        call()
    assert refusal.value.code == code
    if code == "no_origin":
        assert isinstance(refusal.value, NotEnoughData)
