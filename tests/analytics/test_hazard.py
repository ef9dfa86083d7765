import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from zhike.analytics import (
    AnalyticsError,
    HazardModel,
    InvalidInput,
    KaplanMeier,
    NotEnoughData,
    NotIdentified,
    area_under_curve,
    calibration_error,
    early_warning,
    person_periods,
    share_interval,
)

from .conftest import read

NUMBERS = ("SeniorCitizen", "MonthlyCharges", "TotalCharges")


@pytest.fixture(scope="module")
def telco(data_folder):
    """One month each of 7,043 customers: facts, months with us, whether they left in it."""
    rows = read(data_folder / "telco_churn.csv.gz")
    facts = {
        name: np.array([row[name] for row in rows])
        for name in rows[0]
        if name not in ("customerID", "tenure", "Churn")
    }
    for name in NUMBERS:
        facts[name] = np.array([float(text.strip() or 0) for text in facts[name].tolist()])
    months = np.array([int(row["tenure"]) for row in rows])
    return facts, months, np.array([row["Churn"] == "Yes" for row in rows])


@pytest.fixture(scope="module")
def panel():
    """Customers month by month: trouble comes, raises the risk for as long as it lasts."""
    random = np.random.default_rng(8)
    customer, period, duration, trouble, event = [], [], [], [], []
    for who in range(3000):
        begin, troubled = int(random.integers(0, 12)), False
        for month in range(begin, 30):
            troubled = random.random() < (0.8 if troubled else 0.04)
            risk = expit(-4.0 + 2.2 * troubled - 0.03 * (month - begin))
            left = random.random() < risk
            for column, value in zip(
                (customer, period, duration, trouble, event),
                (who, month, month - begin, troubled, left),
                strict=True,
            ):
                column.append(value)
            if left:
                break
    return tuple(map(np.array, (customer, period, duration, trouble, event)))


@pytest.fixture(scope="module")
def warned(panel):
    """Fitted on months before the 20th; the rest is later data."""
    customer, period, duration, trouble, event = panel
    past = period < 20
    model = HazardModel().fit(
        {"trouble": trouble[past]}, duration[past], event[past], customer[past]
    )
    return model, ~past


def part(facts, rows):
    return {name: column[rows] for name, column in facts.items()}


def test_telco_on_customers_not_seen(telco):
    """The bar: AUC at least .844 and calibration error below .02, five-fold."""
    facts, months, left = telco
    fold = np.random.default_rng(7).permutation(len(left)) % 5
    risk = np.empty(len(left))
    for number in range(5):
        seen = fold != number
        model = HazardModel().fit(part(facts, seen), months[seen], left[seen])
        risk[~seen] = model.predict(part(facts, ~seen), months[~seen])
    assert area_under_curve(risk, left) > 0.847
    assert calibration_error(risk, left) < 0.012


def test_reasons_add_up_to_the_last_bit(telco):
    facts, months, left = telco
    model = HazardModel(curved=("MonthlyCharges",), penalty=1.0).fit(facts, months, left)
    why = model.reasons(facts, months)
    np.testing.assert_array_equal(why.base + why.parts.sum(axis=1), why.log_odds)
    np.testing.assert_array_equal(why.risk, expit(why.log_odds))
    assert why.facts == (*facts, "duration")
    # Against the average: what a fact adds is nothing on the whole.
    np.testing.assert_allclose(why.parts.mean(axis=0), 0, atol=1e-10)


def test_a_reason_struck_out_is_the_risk_without_it(telco):
    """Changing one fact changes its part alone."""
    facts, months, left = telco
    model = HazardModel(penalty=1.0).fit(facts, months, left)
    before = model.reasons(facts, months)
    changed = facts | {"Contract": np.full(len(months), "Two year")}
    after = model.reasons(changed, months)
    moved = np.flatnonzero(np.abs(after.parts - before.parts).max(axis=0) > 0)
    assert [before.facts[place] for place in moved] == ["Contract"]


def test_truth_is_recovered(warned):
    model, _ = warned
    assert abs(model.params_["trouble"] - 2.2) < 3 * model.standard_errors_["trouble"]
    assert model.record_.slope == pytest.approx(1, abs=0.1)


def test_early_warning_on_later_data(panel, warned):
    customer, period, duration, trouble, event = panel
    model, later = warned
    risk = model.predict({"trouble": trouble[later]}, duration[later])
    record = early_warning(risk, customer[later], period[later], event[later], top=0.15)
    assert 0.15 <= record.flagged < 0.25  # equal trouble for equally long is warned of together
    assert record.captured_low < record.captured < record.captured_high
    assert record.captured > 0.45
    assert record.lift == pytest.approx(record.captured / record.flagged)
    assert record.warned >= record.captured
    assert len(record.lead_time) == round(record.warned * record.leavers)
    assert record.median_lead_time >= 1
    assert calibration_error(risk, event[later]) < 0.01
    chance = early_warning(
        np.random.default_rng(0).random(later.sum()),
        customer[later],
        period[later],
        event[later],
        top=0.15,
    )
    assert chance.lift == pytest.approx(1, abs=0.25)


def test_interval_covers_the_true_risk():
    covered = []
    for seed in range(60):
        random = np.random.default_rng(seed)
        x, months = random.standard_normal(1500), random.integers(0, 24, 1500)
        left = random.random(1500) < expit(-1.5 + 0.9 * x)
        model = HazardModel(penalty=0.3).fit({"x": x}, months, left)
        low, high = model.interval({"x": [0.0, 1.0]}, [12, 12])
        true = expit(-1.5 + 0.9 * np.array([0.0, 1.0]))
        covered += ((low <= true) & (true <= high)).tolist()
    assert 0.88 <= np.mean(covered) <= 0.99


def test_risks_multiply_to_the_curve_of_kaplan_and_meier():
    """With a fact that says nothing much, survival is that of Kaplan-Meier."""
    random = np.random.default_rng(5)
    months = np.minimum(random.geometric(0.08, 3000), 24)
    left = months < 24
    rows = person_periods(months, left)
    half = random.integers(0, 2, 3000)
    left_more = np.where(half == 1, 1, 0)[rows.row]
    thinned = rows.event & ((left_more == 1) | (random.random(len(rows.row)) < 0.5))
    model = HazardModel().fit({"half": left_more}, rows.duration, thinned, rows.row)
    survival = model.predict_survival({"half": [1]}, [0], 12)[0]
    alone = half == 1
    plain = KaplanMeier().fit(months[alone], left[alone]).predict(np.arange(1, 13))
    np.testing.assert_allclose(survival, plain, atol=0.02)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=20))
def test_periods_are_counted_once(rows):
    duration, event = np.array(rows).T
    if not event.any():
        return
    periods = person_periods(duration, event)
    assert len(periods.row) == duration.sum()
    assert periods.event.sum() == event.sum()
    np.testing.assert_array_equal(np.bincount(periods.row), duration)
    np.testing.assert_array_equal(periods.duration[periods.event] + 1, duration[event == 1])


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30).filter(
        lambda rows: len({outcome for _, outcome in rows}) == 2
    )
)
def test_area_is_the_count_of_pairs(rows):
    score, outcome = np.array(rows).T
    pairs = [
        (one > other) + 0.5 * (one == other)
        for one in score[outcome == 1]
        for other in score[outcome == 0]
    ]
    assert area_under_curve(score, outcome) == pytest.approx(np.mean(pairs))
    assert area_under_curve(-score, outcome) == pytest.approx(1 - np.mean(pairs))


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(1, 40))
def test_share_lies_in_its_interval(hits, more):
    low, high = share_interval(hits, hits + more)
    assert 0 <= low <= hits / (hits + more) + 1e-9
    assert hits / (hits + more) <= high + 1e-9 <= 1 + 1e-9


def test_same_input_same_answer_whatever_the_order_of_other_runs(telco):
    facts, months, left = telco
    first, second = (
        HazardModel().fit(part(facts, slice(0, 900)), months[:900], left[:900]) for _ in range(2)
    )
    assert first.params_ == second.params_
    assert first.record_ == second.record_


def test_ties_are_warned_of_together():
    record = early_warning([0.5] * 4, [1, 2, 3, 4], [1] * 4, [1, 0, 0, 0], top=0.25)
    assert (record.flagged, record.captured, record.lift) == (1.0, 1.0, 1.0)


def test_noise_is_refused_with_the_base_rate():
    random = np.random.default_rng(4)
    left = random.random(2000) < 0.3
    with pytest.raises(NotIdentified) as refusal:
        HazardModel().fit(random.standard_normal((2000, 5)), random.integers(0, 9, 2000), left)
    assert refusal.value.code == "no_better_than_base_rate"
    assert refusal.value.details["base_rate"] == pytest.approx(left.mean())


def test_too_few_events_are_refused():
    left = np.arange(500) < 19
    with pytest.raises(NotEnoughData) as refusal:
        HazardModel().fit({"x": np.arange(500.0)}, np.ones(500), left)
    assert refusal.value.code == "too_few_events"
    assert refusal.value.details == {"events": 19, "rows": 500, "needed": 20}


@pytest.mark.parametrize(
    ("facts", "duration", "event", "customer", "code"),
    [
        ({"x": [1.0, 2.0]}, [-1, 0], [0, 1], None, "impossible_duration"),
        ({"x": [1.0, 2.0]}, [0, 1], [0, 2], None, "not_zero_or_one"),
        ({"x": [1.0, 2.0]}, [0, 1], [0], None, "unequal_lengths"),
        ({"x": [1.0]}, [0, 1], [0, 1], None, "unequal_lengths"),
        ({"x": np.arange(80.0)}, np.ones(80), np.arange(80) % 2, [1], "unequal_lengths"),
        ({"duration": [1.0, 2.0]}, [0, 1], [0, 1], None, "duration_twice"),
        ({"x": [1.0, np.nan]}, [0, 1], [0, 1], None, "missing_values"),
    ],
)
def test_refused(facts, duration, event, customer, code):
    with pytest.raises(AnalyticsError) as refusal:
        HazardModel().fit(facts, duration, event, customer)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        (([0.1], [1], [1], [0]), "nobody_left"),
        (([0.1, 0.2], [1, 1], [1, 1], [0, 1]), "period_twice"),
        (([0.1, 0.2], [1], [1, 1], [0, 1]), "unequal_lengths"),
    ],
)
def test_refused_warnings(columns, code):
    with pytest.raises(AnalyticsError) as refusal:
        early_warning(*columns)
    assert refusal.value.code == code
    with pytest.raises(InvalidInput):
        early_warning([0.1], [1], [1], [1], top=1.0)


def test_summary(warned):
    assert "trouble" in warned[0].summary()
