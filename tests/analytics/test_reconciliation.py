import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhike.analytics import (
    AnalyticsError,
    Theta,
    hierarchy,
    mase,
    naive_scale,
    reconcile,
    rolling_errors,
)
from zhike.analytics.reconciliation import WAYS, shrunk_covariance

TREE = hierarchy({"region": ["N", "N", "S", "S"], "sort": ["tea", "pots", "tea", "pots"]})
seeds = st.integers(0, 10_000)


def noise(seed, columns):
    return np.random.default_rng(seed).normal(0, 1, (len(TREE.summing), columns))


def test_sums_of_two_factors():
    assert TREE.labels[:5] == [
        {},
        {"region": "N"},
        {"region": "S"},
        {"sort": "pots"},
        {"sort": "tea"},
    ]
    assert TREE.sums([[1], [2], [3], [4]])[:, 0].tolist() == [10, 3, 7, 6, 4, 1, 2, 3, 4]


def test_a_factor_inside_another_is_counted_once():
    tree = hierarchy({"region": ["E", "E", "W", "W"], "city": ["a", "a", "b", "b"]})
    assert len(tree.labels) == 3 + 4
    assert hierarchy({"region": ["a", "b"]}).summing.tolist() == [[1, 1], [1, 0], [0, 1]]


@settings(deadline=None)
@given(seeds, st.sampled_from(WAYS))
def test_what_comes_out_adds_up(seed, way):
    found = reconcile(noise(seed, 3), TREE, way=way, errors=noise(seed + 1, 12))
    np.testing.assert_array_equal(found, TREE.sums(found[-4:]))


@settings(deadline=None)
@given(seeds, st.sampled_from(WAYS))
def test_what_adds_up_stays(seed, way):
    whole = TREE.sums(noise(seed, 2)[-4:])
    found = reconcile(whole, TREE, way=way, errors=noise(seed + 1, 12))
    np.testing.assert_allclose(found, whole, atol=1e-9)


@settings(deadline=None)
@given(seeds)
def test_projection_is_the_printed_one(seed):
    """S (S' W^-1 S)^-1 S' W^-1, by inverses."""
    forecasts, errors = noise(seed, 2), noise(seed + 1, 30)
    inverse = np.linalg.inv(shrunk_covariance(errors)[0])
    total = TREE.summing
    weights = np.linalg.solve(total.T @ inverse @ total, total.T @ inverse)
    expected = total @ weights @ forecasts
    np.testing.assert_allclose(reconcile(forecasts, TREE, errors=errors), expected, atol=1e-8)


def test_shrinkage_follows_what_the_data_can_tell():
    random = np.random.default_rng(4)
    shared = random.normal(0, 1, (1, 500))
    together = shared + 0.5 * random.normal(0, 1, (6, 500))
    covariance, shrinkage = shrunk_covariance(together)
    assert shrinkage < 0.05
    np.testing.assert_allclose(covariance, together @ together.T / 500, rtol=0.06)
    assert shrunk_covariance(random.normal(0, 1, (6, 10)))[1] > 0.5


def test_a_series_that_was_never_wrong_is_trusted():
    errors = noise(1, 20)
    errors[0] = 0.0
    forecasts = noise(2, 1)
    assert reconcile(forecasts, TREE, errors=errors)[0, 0] == pytest.approx(forecasts[0, 0])


def test_smallest_errors_in_a_world_of_known_errors():
    """MinT with the true correlations beats the parts added up, over many draws."""
    random = np.random.default_rng(9)
    truth = TREE.sums(random.uniform(50, 100, (4, 1)))
    spread = np.array([1.0, 1.5, 1.5, 1.5, 1.5, 4, 4, 4, 4])[:, None]
    errors = spread * noise(3, 200)
    forecasts = truth + spread * noise(5, 400)
    squares = {
        way: np.mean((reconcile(forecasts, TREE, way=way, errors=errors) - truth) ** 2)
        for way in WAYS
    }
    given = np.mean((forecasts - truth) ** 2)
    assert squares["mint"] < 0.7 * given < given < squares["bottom up"]
    assert squares["mint"] == pytest.approx(squares["variance"], rel=0.05)


def test_australian_retail(data_folder):
    """152 series of state and industry, 24 months held out: adding up costs no accuracy."""
    duckdb = pytest.importorskip("duckdb")
    rows = duckdb.connect().sql(f"""
        select State, Industry, list(Turnover order by Month) as turnover
        from '{data_folder}/aus_retail.parquet' group by all
        having count(*) = 441 order by all
    """).fetchall()  # fmt: skip
    parts = np.array([row[2] for row in rows])
    tree = hierarchy({"state": [row[0] for row in rows], "industry": [row[1] for row in rows]})
    series = tree.sums(parts)
    past, actual = series[:, :-24], series[:, -24:]
    forecasts = Theta(12).fit(past).predict(24)
    scale = [naive_scale(row, 12) for row in past]
    errors = rolling_errors(past, season=12, origins=24)
    error = {
        way: mase(actual, reconcile(forecasts, tree, way=way, errors=errors), scale).mean()
        for way in WAYS
    }
    given = mase(actual, forecasts, scale).mean()
    assert error["mint"] < 1.01 * given
    assert error["mint"] < 1.01 * error["bottom up"]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: hierarchy({}), "unequal_lengths"),
        (lambda: hierarchy({"a": [1, 2], "b": [1]}), "unequal_lengths"),
        (lambda: reconcile(np.ones((3, 1)), TREE), "unequal_lengths"),
        (lambda: reconcile(np.ones((9, 1)), TREE), "errors_needed"),
        (lambda: reconcile(np.full((9, 1), np.nan), TREE), "not_finite"),
        (lambda: reconcile(np.ones((9, 1)), TREE, way="top down"), "unknown_way"),
        (lambda: reconcile(np.ones((9, 1)), TREE, errors=np.ones((9, 3))), "too_few_errors"),
        (lambda: reconcile(np.ones((9, 1)), TREE, errors=np.ones((8, 9))), "unequal_lengths"),
        (lambda: rolling_errors([1, 2, 3, 4, 5, 6], origins=2), "too_short"),
        (lambda: rolling_errors(np.arange(40), method="oracle"), "unknown_method"),
    ],
)
def test_refused(call, code):
    with pytest.raises(AnalyticsError) as refusal:
        call()
    assert refusal.value.code == code
