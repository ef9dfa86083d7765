from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime

from zhike.analytics import (
    AnalyticsError,
    Cox,
    InvalidInput,
    KaplanMeier,
    NotEnoughData,
    NotIdentified,
    concordance,
    prove,
)
from zhike.analytics.cox import _RiskSets

from .conftest import read

# Rossi, Berk & Lenihan 1980: 432 released men, weeks until arrest; as distributed with lifelines
# (MIT licence).
FOLDER = Path(__file__).parent
FACTS = ("fin", "age", "race", "wexp", "mar", "paro", "prio")


@pytest.fixture(scope="module")
def rossi():
    rows = read(FOLDER / "rossi.csv.gz")
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


@pytest.fixture(scope="module")
def recidivism(rossi):
    facts = {name: rossi[name] for name in FACTS}
    return Cox().fit(facts, rossi["week"], rossi["arrest"])


def world(n, seed, *, slope=(0.8, -0.5), unit=1.0, baseline=None):
    """Durations with hazards exp(x b), rounded up so that they tie; a third censored."""
    random = np.random.default_rng(seed)
    x = random.standard_normal((n, len(slope)))
    scale = np.ones(n) if baseline is None else baseline
    life = random.exponential(10 * scale * np.exp(-x @ np.array(slope)))
    seen = random.exponential(20, n)
    duration = np.ceil(np.minimum(life, seen) / unit) * unit
    return x, np.maximum(duration, unit), life <= seen


def test_published_digits():
    """Allison's coefficients and likelihood; Fox & Weisberg's check of proportional hazards."""
    checks = [check for check in prove(FOLDER) if check.file == "rossi.csv.gz"]
    assert len(checks) == 13
    assert [check for check in checks if not check.ok] == []


def test_published_errors(recidivism):
    """Fox & Weisberg print .19138 .02200 .30799 .21222 .38187 .19576 .02865."""
    errors = [f"{error:.4f}" for error in recidivism.standard_errors_.values()]
    assert errors == ["0.1914", "0.0220", "0.3080", "0.2122", "0.3819", "0.1958", "0.0286"]
    assert f"{recidivism.p_values_['prio']:.4f}" == "0.0014"
    ratio, low, high = recidivism.hazard_ratios()["fin"]
    assert f"{ratio:.3f} {low:.3f} {high:.3f}" == "0.684 0.470 0.996"


def efron(coefficients, x, duration, event):
    """The partial likelihood as printed, one tie at a time."""
    weight, value = np.exp(x @ coefficients), 0.0
    for time in np.unique(duration[event]):
        tied = np.flatnonzero(event & (duration == time))
        value += np.sum(x[tied] @ coefficients)
        for step in range(len(tied)):
            at_risk = weight[duration >= time].sum() - step / len(tied) * weight[tied].sum()
            value -= np.log(at_risk)
    return value


@pytest.mark.parametrize("strata", [1, 3])
def test_likelihood_is_efrons_and_its_slopes_are_right(strata):
    x, duration, event = world(80, 5, unit=2.0)
    stratum = np.arange(80) % strata
    order = np.lexsort((~event, duration, stratum))
    risk = _RiskSets(duration[order], event[order], stratum[order], x[order])
    point = np.array([0.4, -0.2])
    value, gradient, information = risk.log_likelihood(point)
    parts = [stratum == number for number in range(strata)]
    assert value == pytest.approx(
        sum(efron(point, x[part], duration[part], event[part]) for part in parts)
    )
    np.testing.assert_allclose(
        gradient, approx_fprime(point, lambda b: risk.log_likelihood(b)[0], 1e-6), rtol=1e-4
    )
    slopes = [
        (risk.log_likelihood(point + step)[1] - risk.log_likelihood(point - step)[1]) / 2e-5
        for step in 1e-5 * np.eye(2)
    ]
    np.testing.assert_allclose(information, -np.array(slopes), rtol=1e-5)


def test_truth_is_recovered_within_the_errors():
    x, duration, event = world(5000, 1, unit=0.5)
    cox = Cox().fit(x, duration, event)
    for (name, value), true in zip(cox.params_.items(), (0.8, -0.5), strict=True):
        assert abs(value - true) < 3 * cox.standard_errors_[name]


def test_check_finds_an_effect_that_fades_and_only_that():
    random = np.random.default_rng(2)
    x = random.integers(0, 2, (4000, 2))
    early = random.exponential(np.where(x[:, 0] == 1, 4, 10))
    life = np.where(early < 5, early, 5 + random.exponential(10, 4000))
    check = Cox().fit(x, life + 1e-9, np.ones(4000)).proportional_hazards()
    assert check.p_value["x1"] < 1e-6 < 0.01 < check.p_value["x2"]
    assert check.together_p_value < 1e-6


def test_strata_have_baselines_of_their_own():
    group = np.arange(3000) % 2
    x, duration, event = world(3000, 5, unit=0.01, baseline=np.where(group == 1, 5.0, 1.0))
    cox = Cox().fit(x, duration, event, strata=group)
    assert abs(cox.params_["x1"] - 0.8) < 3 * cox.standard_errors_["x1"]
    low, high = cox.survival_interval([[0, 0], [0, 0]], [5.0], strata=[0, 1])
    assert low[0, 0] < np.exp(-0.5) < high[0, 0] < low[1, 0] < np.exp(-0.1) < high[1, 0]
    with pytest.raises(InvalidInput):
        cox.predict_survival([[0, 0]], [5.0])
    with pytest.raises(InvalidInput):
        cox.predict_survival([[0, 0]], [5.0], strata=[7])


def test_interval_of_survival_covers():
    covered = []
    for seed in range(150):
        x, duration, event = world(150, seed, unit=0.01)
        low, high = Cox().fit(x, duration, event).survival_interval([[1.0, 0.5]], [4.0])
        true = np.exp(-0.4 * np.exp(0.8 - 0.25))
        covered.append(low[0, 0] <= true <= high[0, 0])
    assert 0.9 <= np.mean(covered) <= 0.99


def test_average_survival_follows_kaplan_meier(recidivism, rossi):
    facts = {name: rossi[name] for name in FACTS}
    weeks = [10, 26, 52]
    mean = recidivism.predict_survival(facts, weeks).mean(axis=0)
    plain = KaplanMeier().fit(rossi["week"], rossi["arrest"]).predict(weeks)
    np.testing.assert_allclose(mean, plain, atol=0.01)


def test_unit_and_order_do_not_matter():
    x, duration, event = world(300, 8, unit=1.0)
    cox = Cox().fit(x, duration, event)
    order = np.random.default_rng(0).permutation(300)
    scaled = Cox().fit(x[order] * [100, 1], 7 * duration[order], event[order])
    assert 100 * scaled.params_["x1"] == pytest.approx(cox.params_["x1"])
    assert scaled.params_["x2"] == pytest.approx(cox.params_["x2"])
    assert scaled.concordance_ == cox.concordance_
    again = Cox().fit(x, duration, event)
    assert again.params_ == cox.params_


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 6), st.booleans(), st.integers(0, 4), st.integers(0, 1)),
        min_size=2,
        max_size=30,
    )
)
def test_concordance_is_the_count_of_pairs(rows):
    agree = pairs = 0.0
    for time, ended, risk, stratum in rows:
        for other, seen, other_risk, other_stratum in rows:
            later = other > time or (other == time and not seen)
            if ended and later and stratum == other_stratum:
                pairs += 1
                agree += (risk > other_risk) + 0.5 * (risk == other_risk)
    duration, event, risk, stratum = np.array(rows).T
    if pairs:
        assert concordance(duration, event, risk, stratum) == pytest.approx(agree / pairs)
    else:
        with pytest.raises(NotEnoughData):
            concordance(duration, event, risk, stratum)


def test_text_and_flags_are_facts():
    x, duration, event = world(400, 6, slope=(0.9,))
    plan = np.where(x[:, 0] > 0, "monthly", "yearly")
    cox = Cox().fit({"plan": plan, "new": x[:, 0] > 1}, duration, event)
    assert [name.partition("=")[0] for name in cox.params_] == ["plan", "new"]
    with pytest.raises(InvalidInput) as refusal:
        cox.predict_hazard_ratio({"plan": ["weekly"], "new": [True]})
    assert refusal.value.code == "unknown_category"


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (lambda x: {"a": x[:, 0], "b": np.ones(len(x))}, "no_variation"),
        (lambda x: {"a": x[:, 0], "b": 3 - 2 * x[:, 0]}, "collinear"),
        (lambda x: x[:5], "unequal_lengths"),
        (lambda x: x[:, 0], "not_a_table"),
        (lambda x: {"a": np.full(len(x), np.inf)}, "not_finite"),
        (lambda x: {"a": np.full(len(x), np.nan)}, "missing_values"),
        (lambda x: {"a": np.full(len(x), "m")}, "no_facts"),
    ],
)
def test_refused_facts(facts, code):
    x, duration, event = world(60, 3)
    with pytest.raises(AnalyticsError) as refusal:
        Cox().fit(facts(x), duration, event)
    assert refusal.value.code == code


def test_separation_is_refused():
    duration = np.arange(1, 61)
    with pytest.raises(NotIdentified) as refusal:
        Cox().fit({"early": duration <= 30}, duration, duration <= 30)
    assert (refusal.value.code, refusal.value.details) == ("separation", {"column": "early"})


def test_too_few_events_are_refused():
    x, duration, event = world(200, 9, slope=(0.1,) * 5)
    few = event & (np.cumsum(event) <= 24)
    with pytest.raises(NotEnoughData) as refusal:
        Cox().fit(x, duration, few)
    assert refusal.value.code == "too_few_events"
    assert refusal.value.details == {"events": 24, "needed": 25}


def test_nothing_is_said_beyond_the_data(recidivism, rossi):
    facts = {name: rossi[name][:1] for name in FACTS}
    with pytest.raises(NotEnoughData) as refusal:
        recidivism.predict_survival(facts, [53])
    assert refusal.value.code == "beyond_the_data"


def test_summary(recidivism):
    text = recidivism.summary()
    assert "-658.748" in text
    assert "-0.3794" in text
    with pytest.raises(InvalidInput):
        recidivism.proportional_hazards("log")
