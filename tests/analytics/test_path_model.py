import csv
import importlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhike.analytics import (
    ECSI_PATHS,
    InvalidInput,
    NotEnoughData,
    NotIdentified,
    PathModel,
    ecsi_sample,
    prove,
)
from zhike.analytics.path_modelling.groups import holm

proof = importlib.import_module("zhike.analytics.path_modelling.proof")

SIMPLE = {"inner": [("A", "B")], "outer": {"A": ["a1", "a2", "a3"], "B": ["b1", "b2"]}}
TRIANGLE = [("A", "B"), ("A", "C"), ("B", "C")]


@pytest.fixture(scope="session")
def answers(data_folder):
    with open(data_folder / "ecsi_mobi.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {item: np.array([int(row[item]) for row in rows]) for item in rows[0]}


@pytest.fixture(scope="session")
def ecsi(answers):
    return PathModel(ECSI_PATHS, ecsi_sample().outer, scale=(1, 10)).fit(answers)


def world(rows, seed, path=0.6, noise=0.7, items=(3, 2)):
    """Two constructs, the second made of the first; answers from normal noise."""
    random = np.random.default_rng(seed)
    first = random.standard_normal(rows)
    second = path * first + np.sqrt(1 - path**2) * random.standard_normal(rows)
    table = {}
    for name, score, count in (("a", first, items[0]), ("b", second, items[1])):
        for number in range(1, count + 1):
            error = noise * random.standard_normal(rows)
            table[f"{name}{number}"] = np.sqrt(1 - noise**2) * score + error
    return table


def triangle(rows, seed, effect=0.4):
    random = np.random.default_rng(seed)
    a = random.standard_normal(rows)
    b = effect * a + random.standard_normal(rows)
    c = effect * b + random.standard_normal(rows)
    scores = {"a": a, "b": b, "c": c}
    return {
        f"{name}{number}": score + 0.6 * random.standard_normal(rows)
        for name, score in scores.items()
        for number in (1, 2)
    }


def triangle_model(**options):
    return PathModel(
        TRIANGLE, {name.upper(): [f"{name}1", f"{name}2"] for name in "abc"}, **options
    )


def test_published_digits():
    """Paths, R², loadings, total effects, reliabilities of Tenenhaus and of Monecke & Leisch."""
    checks = [check for check in prove() if "PLS" in check.method]
    assert len(checks) == 122
    assert [check for check in checks if not check.ok] == []


def test_rows_and_sums_agree(ecsi):
    from_sums = proof.fitted()
    assert from_sums.paths_ == pytest.approx(ecsi.paths_, abs=1e-12)
    assert from_sums.index_ == pytest.approx(ecsi.index_, abs=1e-10)
    assert from_sums.srmr_ == pytest.approx(ecsi.srmr_, abs=1e-12)


def test_the_two_ecsi_results_are_told_apart(ecsi):
    raw = proof.fitted("raw")
    assert f"{raw.goodness_of_fit_:.4f} {ecsi.goodness_of_fit_:.4f}" == "0.4645 0.4715"
    assert "raw" in raw.summary()
    assert f"{raw.paths_['satisfaction', 'loyalty']:.4f}" == "0.4655"  # printed .466
    assert "standardised" in ecsi.summary()


def test_published_standard_errors(ecsi):
    """Monecke & Leisch print 500 resamples; ours are 5,000."""
    printed = [0.0587, 0.0535, 0.0846, 0.0841, 0.0508, 0.0483]
    printed += [0.0649, 0.0587, 0.0520, 0.0765, 0.0857, 0.0555]
    errors = [estimate.standard_error for estimate in ecsi.bootstrap(5000, seed=1).paths.values()]
    np.testing.assert_allclose(errors, printed, rtol=0.10)


def test_reliability_of_seminr():
    """alpha, rho_C, AVE and rho_A of the small model, path scheme; HTMT."""
    model = proof.fitted_small(scheme="path")
    printed = {
        "image": (0.722835, 0.818326, 0.477980, 0.745292),
        "expectation": (0.451903, 0.733178, 0.480507, 0.461658),
        "value": (0.823632, 0.917897, 0.848311, 0.857527),
        "satisfaction": (0.779195, 0.871458, 0.693364, 0.784024),
    }
    for name, expected in printed.items():
        found = model.reliability_[name]
        computed = found.alpha, found.rho_c, found.ave, found.rho_a
        assert [f"{value:.6f}" for value in computed] == [f"{value:.6f}" for value in expected]
    assert {pair: round(value, 6) for pair, value in model.htmt_.items()} == {
        ("image", "expectation"): 0.888030,
        ("image", "value"): 0.651659,
        ("expectation", "value"): 0.588629,
        ("image", "satisfaction"): 0.910101,
        ("expectation", "satisfaction"): 0.865108,
        ("value", "satisfaction"): 0.740809,
    }


def test_consistent_ecsi_is_refused(answers):
    """Corrected for a reliability of .46, expectation correlates beyond what is possible."""
    with pytest.raises(NotIdentified) as refusal:
        PathModel(ECSI_PATHS, ecsi_sample().outer, consistent=True).fit(answers)
    assert refusal.value.code == "not_admissible"
    assert refusal.value.details == {"faults": ["constructs_not_positive"]}


def test_consistent_pls_finds_the_truth_that_plain_pls_attenuates():
    table = world(20_000, seed=1, path=0.6, noise=0.7)
    plain, consistent = (
        PathModel(**SIMPLE, consistent=on).fit(table).paths_["A", "B"] for on in (False, True)
    )
    assert plain < 0.5
    assert consistent == pytest.approx(0.6, abs=0.02)


def test_mode_b_with_one_path_is_canonical_correlation():
    """Two blocks, both mode B: PLS gives the first canonical correlation (Wold)."""
    table = world(500, seed=2)
    model = PathModel(**SIMPLE, modes="B").fit(table)
    values = np.stack([table[item] for item in ("a1", "a2", "a3", "b1", "b2")], axis=1)
    first, second = (
        np.linalg.qr(block - block.mean(axis=0))[0] for block in (values[:, :3], values[:, 3:])
    )
    assert model.paths_["A", "B"] == pytest.approx(np.linalg.svd(first.T @ second)[1][0], abs=1e-9)


def test_mode_a_with_one_path_is_the_first_pair_of_inter_battery_factors():
    """Two blocks, both mode A: weights are the first singular vectors of their correlations."""
    table = world(500, seed=3)
    model = PathModel(**SIMPLE).fit(table)
    values = np.stack([table[item] for item in ("a1", "a2", "a3", "b1", "b2")], axis=1)
    between = np.corrcoef(values.T)[:3, 3:]
    vector = np.abs(np.linalg.svd(between)[0][:, 0])
    weights = np.array([model.weights_[item] for item in ("a1", "a2", "a3")])
    np.testing.assert_allclose(weights / np.linalg.norm(weights), vector, atol=1e-6)


def test_scores_have_variance_one_and_give_the_paths(ecsi, answers):
    scores = ecsi.scores(answers)
    np.testing.assert_allclose(scores.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(scores.var(axis=0, ddof=1), 1)
    np.testing.assert_allclose(np.corrcoef(scores.T), ecsi.correlations_, atol=1e-12)
    place = {name: column for column, name in enumerate(ecsi.constructs_)}
    image, expectation = scores[:, place["image"]], scores[:, place["expectation"]]
    assert np.polyfit(image, expectation, 1)[0] == pytest.approx(
        ecsi.paths_["image", "expectation"]
    )


def test_index_is_the_mean_of_the_index_of_rows(ecsi, answers):
    rows = ecsi.index_scores(answers)
    assert ((rows >= 0) & (rows <= 100)).all()
    np.testing.assert_allclose(rows.mean(axis=0), list(ecsi.index_.values()))


def test_importance_is_the_slope_between_indexes(ecsi, answers):
    """With one way from image to expectation, importance is the plain regression slope."""
    rows = ecsi.index_scores(answers)
    slope = np.polyfit(rows[:, 0], rows[:, 1], 1)[0]
    importance, performance = ecsi.importance_performance("expectation")["image"]
    assert importance == pytest.approx(slope)
    assert performance == ecsi.index_["image"]


def test_items_share_their_construct(ecsi):
    by_construct = ecsi.importance_performance("satisfaction")
    by_item = ecsi.item_importance("satisfaction")
    for name, (importance, performance) in by_construct.items():
        items = [by_item[item] for item in ecsi_sample().outer[name]]
        assert sum(share for share, _ in items) == pytest.approx(importance)
        mean = sum(share * value for share, value in items) / importance
        assert mean == pytest.approx(performance)


@settings(max_examples=20, deadline=None)
@given(
    factors=st.lists(st.floats(0.1, 50), min_size=5, max_size=5),
    shift=st.floats(-20, 20),
    seed=st.integers(0, 5),
    scheme=st.sampled_from(["centroid", "factorial", "path"]),
    mode=st.sampled_from(["A", "B"]),
)
def test_units_of_items_do_not_matter(factors, shift, seed, scheme, mode):
    table = world(200, seed)
    moved = {
        item: factor * values + shift
        for (item, values), factor in zip(table.items(), factors, strict=True)
    }
    first, second = (
        PathModel(**SIMPLE, scheme=scheme, modes=mode).fit(data) for data in (table, moved)
    )
    assert first.paths_ == pytest.approx(second.paths_, abs=1e-6)
    assert first.loadings_ == pytest.approx(second.loadings_, abs=1e-5)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), scheme=st.sampled_from(["centroid", "factorial", "path"]))
def test_algebra_of_any_world(seed, scheme):
    model = triangle_model(scheme=scheme).fit(triangle(150, seed))
    paths = model.paths_
    assert model.total_effects_["A", "C"] == pytest.approx(
        paths["A", "C"] + paths["A", "B"] * paths["B", "C"]
    )
    assert all(0 <= value <= 1 for value in model.r_squared_.values())
    assert all(abs(value) <= 1 for value in model.loadings_.values())
    assert np.linalg.eigvalsh(model.correlations_)[0] > 0
    # All paths are there, so the model implies the correlations of constructs as they are.
    assert model.r_squared_["B"] == pytest.approx(paths["A", "B"] ** 2)


def test_a_saturated_model_reproduces_what_consistent_pls_can():
    """Two items a block fit their loadings' product only; more rows, smaller residual."""
    residuals = [
        triangle_model(consistent=True).fit(triangle(rows, seed=4, effect=0.8)).srmr_
        for rows in (300, 100_000)
    ]
    assert residuals[1] < 0.002 < residuals[0]


def test_order_of_rows_and_constructs_does_not_matter(answers, ecsi):
    order = np.random.default_rng(0).permutation(250)
    shuffled = {item: values[order] for item, values in answers.items()}
    outer = dict(reversed(ecsi_sample().outer.items()))
    again = PathModel(ECSI_PATHS, outer, scale=(1, 10)).fit(shuffled)
    assert again.paths_ == pytest.approx(ecsi.paths_, abs=1e-9)
    assert again.index_ == pytest.approx(ecsi.index_, abs=1e-6)


def test_bootstrap_is_repeatable_and_says_what_it_did(ecsi):
    first, second = (ecsi.bootstrap(200, seed=5) for _ in range(2))
    assert first.paths == second.paths
    assert ecsi.bootstrap(200, seed=6).paths != first.paths
    assert (first.samples, first.left_out, first.sign_change) == (200, {}, "construct")
    for name in ("paths", "loadings", "r_squared", "total_effects", "index", "importance"):
        for estimate in getattr(first, name).values():
            assert estimate.low <= estimate.high
            assert estimate.standard_error >= 0


def test_bootstrap_equals_fits_one_by_one():
    table = triangle(60, seed=7)
    model = triangle_model().fit(table)
    found = model.bootstrap(100, seed=3, sign_change="none")
    drawn = np.random.default_rng(3).integers(0, 60, (100, 60))
    single = [
        triangle_model().fit({item: values[rows] for item, values in table.items()}).paths_
        for rows in drawn
    ]
    for path, estimate in found.paths.items():
        assert estimate.standard_error == pytest.approx(
            np.std([paths[path] for paths in single], ddof=1)
        )


def test_limits_cover():
    """95 % limits of a path hold its large-sample value in 93 to 97 % of worlds."""
    truth = triangle_model().fit(triangle(400_000, seed=99)).paths_
    inside = []
    for seed in range(300):
        found = triangle_model().fit(triangle(150, seed)).bootstrap(400, seed=seed)
        inside += [found.paths[path].low <= truth[path] <= found.paths[path].high for path in truth]
    assert 0.925 < np.mean(inside) < 0.975


def test_resamples_that_fail_are_counted_and_refused():
    table = world(30, seed=0)
    table["b2"] = np.r_[1.0, np.zeros(29)]
    with pytest.raises(NotEnoughData) as refusal:
        PathModel(**SIMPLE).fit(table).bootstrap(200)
    assert refusal.value.code == "resamples_fail"
    assert refusal.value.details["left_out"]["no_variation"] > 50


def test_sign_change_turns_constructs_not_paths():
    """With next to no relation the sign of a score is open; turned, it is that of the sample."""
    table = world(60, seed=3, path=0.1, noise=0.95)
    model = PathModel(**SIMPLE, modes="B").fit(table)
    turned, plain = (model.bootstrap(500, sign_change=how) for how in ("construct", "none"))
    assert turned.turned > 0 == plain.turned
    assert turned.paths != plain.paths


def test_groups_that_differ_are_found_and_equal_ones_are_not():
    weak, strong = world(300, seed=1, path=0.1), world(300, seed=2, path=0.8)
    table = {item: np.concatenate([weak[item], strong[item]]) for item in weak}
    groups = np.repeat(["weak", "strong"], 300)
    (found,) = PathModel(**SIMPLE).fit(table).compare_groups(table, groups, permutations=199)
    assert (found.groups, found.sizes) == (("strong", "weak"), (300, 300))
    difference = found.paths["A", "B"]
    assert difference.difference < -0.3
    assert difference.p_value == 0.005
    lots = np.random.default_rng(0).permutation(groups)
    (none,) = PathModel(**SIMPLE).fit(table).compare_groups(table, lots, permutations=199)
    assert none.paths["A", "B"].p_value > 0.05
    assert all(found.p_value > 0.01 for found in none.invariance.values())


def test_permutation_test_holds_its_level():
    p_values = []
    for seed in range(60):
        table = triangle(80, seed)
        groups = np.arange(80) % 2
        (found,) = (
            triangle_model().fit(table).compare_groups(table, groups, permutations=99, seed=seed)
        )
        p_values += [difference.p_value for difference in found.paths.values()]
    assert 0.01 < np.mean(np.array(p_values) <= 0.05) < 0.10
    assert np.mean(p_values) == pytest.approx(0.5, abs=0.08)


def test_a_construct_that_means_something_else_is_noticed():
    first, second = world(400, seed=1), world(400, seed=2)
    second["a1"] = np.random.default_rng(0).standard_normal(400)
    table = {item: np.concatenate([first[item], second[item]]) for item in first}
    (found,) = (
        PathModel(**SIMPLE)
        .fit(table)
        .compare_groups(table, np.repeat([1, 2], 400), permutations=199)
    )
    assert found.invariance["A"].p_value < 0.05
    assert found.invariance["B"].p_value > 0.05


def test_every_pair_of_groups_and_holm():
    table = world(300, seed=4)
    found = (
        PathModel(**SIMPLE).fit(table).compare_groups(table, np.arange(300) % 3, permutations=99)
    )
    assert [pair.groups for pair in found] == [(0, 1), (0, 2), (1, 2)]
    raw = [pair.paths["A", "B"].p_value for pair in found]
    adjusted = [pair.paths["A", "B"].adjusted for pair in found]
    assert adjusted == holm(np.array(raw)).tolist()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"inner": [("A", "B"), ("B", "A")]}, "cycle"),
        ({"inner": [("A", "A")]}, "cycle"),
        ({"inner": [("A", "X")]}, "unknown_construct"),
        ({"inner": [("A", "B"), ("A", "B")]}, "repeated_path"),
        ({"outer": {"A": ["a1"], "B": ["a1"]}}, "item_in_two_blocks"),
        ({"outer": {"A": ["a1"], "B": []}}, "empty_block"),
        ({"outer": {"A": ["a1"], "B": ["b1"], "C": ["c1"]}}, "unconnected_construct"),
        ({"modes": "C"}, "unknown_mode"),
        ({"modes": {"X": "A"}}, "unknown_mode"),
        ({"scheme": "other"}, "unknown_option"),
        ({"metric": "other"}, "unknown_option"),
        ({"metric": "raw", "consistent": True}, "consistent_needs_standardised"),
        ({"scale": (5, 1)}, "scale_out_of_order"),
        ({"scale": {"a1": (1, 5)}}, "no_scale"),
    ],
)
def test_models_that_contradict_themselves(change, code):
    with pytest.raises(InvalidInput) as refusal:
        PathModel(**{**SIMPLE, **change})
    assert refusal.value.code == code


def changed(**items):
    return {**world(40, seed=0), **items}


@pytest.mark.parametrize(
    ("options", "table", "kind", "code"),
    [
        ({}, {**world(9, seed=0)}, NotEnoughData, "too_few_rows"),
        ({"modes": "B"}, {**world(29, seed=0)}, NotEnoughData, "too_few_rows"),
        ({}, changed(a1=np.full(40, 3.0)), NotIdentified, "no_variation"),
        ({"modes": "B"}, changed(a1=world(40, seed=0)["a2"]), NotIdentified, "collinear_items"),
        ({}, changed(a1=np.full(40, np.nan)), InvalidInput, "missing_values"),
        ({}, changed(a1=np.full(40, np.inf)), InvalidInput, "not_numbers"),
        ({}, changed(a1=np.full(40, "x")), InvalidInput, "not_numbers"),
        ({"scale": (0, 1)}, changed(), InvalidInput, "outside_scale"),
        (
            {"scale": (-9, 9)},
            changed(a1=-world(40, seed=0)["a1"]),
            NotIdentified,
            "negative_weight",
        ),
        ({"outer": {"A": ["a1", "a2"], "B": ["z"]}}, changed(), InvalidInput, "missing_column"),
    ],
)
def test_refused_answers(options, table, kind, code):
    with pytest.raises(kind) as refusal:
        PathModel(**{**SIMPLE, **options}).fit(table)
    assert refusal.value.code == code


def test_what_needs_rows_or_a_scale_says_so():
    model = PathModel(**SIMPLE).fit_moments(np.corrcoef(np.stack(list(world(99, 1).values()))), 99)
    table = world(99, 1)
    for call, code in (
        (lambda: model.bootstrap(200), "no_rows"),
        (lambda: model.importance_performance("B"), "no_scale"),
        (lambda: model.index_scores(table), "no_scale"),
        (lambda: PathModel(**SIMPLE).fit(table).bootstrap(5), "unknown_option"),
        (lambda: PathModel(**SIMPLE, scale=(-9, 9)).fit_moments(np.eye(5), 9), "index_needs_means"),
        (lambda: model.fit_moments(np.eye(3), 9), "not_a_covariance"),
        (lambda: model.compare_groups(table, [1, 2]), "unequal_lengths"),
        (
            lambda: PathModel(**SIMPLE, scale=(-9, 9)).fit(table).item_importance("A"),
            "nothing_leads_there",
        ),
    ):
        with pytest.raises(InvalidInput) as refusal:
            call()
        assert refusal.value.code == code
    for groups, code in (([1] * 99, "one_group"), ([1] * 90 + [2] * 9, "small_group")):
        with pytest.raises(NotEnoughData) as refusal:
            model.compare_groups(table, groups)
        assert refusal.value.code == code
