import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from zhike.analytics import InvalidInput, KaplanMeier, NotEnoughData, log_rank
from zhike.analytics.prove import REMISSION_ENDED, WEEKS

TREATED = WEEKS[:21], REMISSION_ENDED[:21]

lives = st.lists(
    st.tuples(st.integers(1, 12), st.booleans()), min_size=2, max_size=40
).filter(lambda rows: any(event for _, event in rows))  # fmt: skip


def test_published_test_of_two_groups():
    """Freireich: 9 and 21 relapses against 19.25 and 10.75 expected, chi-square 16.79."""
    test = log_rank(WEEKS, REMISSION_ENDED, ["6-MP"] * 21 + ["placebo"] * 21)
    assert test.observed.tolist() == [9, 21]
    assert test.expected.round(2).tolist() == [19.25, 10.75]
    assert (f"{test.statistic:.2f}", test.degrees) == ("16.79", 1)
    assert test.p_value == pytest.approx(chi2.sf(test.statistic, 1))


@settings(deadline=None)
@given(lives)
def test_curve_is_the_product(rows):
    duration, event = np.array(rows).T
    curve = KaplanMeier().fit(duration, event)
    survival, variance = 1.0, 0.0
    for time in sorted({time for time, ended in rows if ended}):
        at_risk = sum(other >= time for other, _ in rows)
        ended = sum(other == time and seen for other, seen in rows)
        survival *= 1 - ended / at_risk
        if ended < at_risk:
            variance += ended / at_risk / (at_risk - ended)
        assert curve.predict(time) == pytest.approx(survival)
    assert curve.standard_errors_[-1] == pytest.approx(survival * variance**0.5)
    low, high = curve.interval(curve.time_)
    assert (low <= curve.survival_ + 1e-12).all()
    assert (curve.survival_ <= high + 1e-12).all()
    assert np.isfinite(np.concatenate((low, high, curve.standard_errors_))).all()


@settings(deadline=None)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=30))
def test_without_censoring_the_curve_is_the_share_left_and_its_area_the_mean(duration):
    curve = KaplanMeier().fit(duration, [1] * len(duration))
    assert curve.predict(duration) == pytest.approx(
        [np.mean(np.array(duration) > time) for time in duration]
    )
    mean = curve.restricted_mean(31)
    assert mean.mean == pytest.approx(np.mean(duration))
    # Greenwood's error of a mean is that of the sample, divided by n.
    assert mean.standard_error == pytest.approx(np.std(duration) / len(duration) ** 0.5)
    assert curve.median_ == np.sort(duration)[(len(duration) - 1) // 2]


@settings(deadline=None)
@given(lives, st.integers(2, 7))
def test_unit_of_time_does_not_matter(rows, unit):
    duration, event = np.array(rows).T
    curve, other = KaplanMeier().fit(duration, event), KaplanMeier().fit(duration * unit, event)
    np.testing.assert_array_equal(curve.survival_, other.survival_)
    last = float(duration.max())
    assert other.restricted_mean(unit * last).mean == pytest.approx(
        unit * curve.restricted_mean(last).mean
    )


def test_restricted_mean_of_the_trial():
    mean = KaplanMeier().fit(*TREATED).restricted_mean(35)
    assert (f"{mean.mean:.2f}", f"{mean.standard_error:.2f}") == ("23.29", "2.83")
    assert 0 < mean.low < mean.mean < mean.high < 35


def test_late_entry_takes_nobody_into_account_before_being_seen():
    curve = KaplanMeier().fit([3, 5, 8], [1, 1, 1], entry=[0, 3, 0])
    assert curve.at_risk_.tolist() == [2, 2, 1]
    with pytest.raises(InvalidInput, match="entry"):
        KaplanMeier().fit([3], [1], entry=[3])


def test_median_has_limits():
    curve = KaplanMeier().fit(*TREATED)
    assert curve.median_ == 23
    assert curve.quantile_interval() == (13.0, float("inf"))


def test_interval_covers():
    covered = []
    for seed in range(200):
        random = np.random.default_rng(seed)
        life, seen = random.exponential(10, 60), random.exponential(15, 60)
        curve = KaplanMeier().fit(np.minimum(life, seen) + 1e-9, life <= seen)
        low, high = curve.interval(7.0)
        covered.append(low <= np.exp(-0.7) <= high)
    assert 0.91 <= np.mean(covered) <= 0.99


def test_nothing_is_said_beyond_the_data():
    curve = KaplanMeier().fit(*TREATED)
    for ask in (lambda: curve.predict(36), lambda: curve.restricted_mean(36)):
        with pytest.raises(NotEnoughData) as refusal:
            ask()
        assert refusal.value.code == "beyond_the_data"
    assert KaplanMeier().fit([1, 2], [1, 1]).predict(9) == 0


@pytest.mark.parametrize(
    ("duration", "event", "code"),
    [
        ([0], [1], "impossible_duration"),
        ([-1], [1], "impossible_duration"),
        ([np.nan], [1], "impossible_duration"),
        ([1, 2], [1], "unequal_lengths"),
        ([1], [2], "not_zero_or_one"),
        ([1], [0], "no_event"),
        ([], [], "no_event"),
    ],
)
def test_refused(duration, event, code):
    with pytest.raises((InvalidInput, NotEnoughData)) as refusal:
        KaplanMeier().fit(duration, event)
    assert refusal.value.code == code


def test_refused_options():
    curve = KaplanMeier().fit(*TREATED)
    with pytest.raises(InvalidInput):
        curve.interval(6, level=1)
    with pytest.raises(InvalidInput):
        curve.interval(6, scale="log")
    with pytest.raises(InvalidInput):
        curve.restricted_mean(0)


def test_groups_that_cannot_be_compared_are_refused():
    with pytest.raises(NotEnoughData) as refusal:
        log_rank([1, 2], [1, 1], [0, 0])
    assert refusal.value.code == "one_group"
    with pytest.raises(NotEnoughData) as refusal:
        log_rank([1, 1, 2, 2], [1, 1, 1, 1], [0, 0, 1, 1], strata=[0, 0, 1, 1])
    assert refusal.value.code == "no_comparison"


def test_equal_groups_pass_as_often_as_they_should():
    found = []
    for seed in range(300):
        random = np.random.default_rng(seed)
        duration, group = random.integers(1, 20, 90), random.integers(0, 3, 90)
        found.append(log_rank(duration, random.random(90) < 0.7, group).p_value < 0.05)
    assert 0.02 < np.mean(found) < 0.09


def test_strata_keep_a_third_matter_out():
    """Big customers stay longer and are mostly in group b; within a size the groups are alike."""
    random = np.random.default_rng(3)
    big = random.random(2000) < 0.5
    group = np.where(random.random(2000) < np.where(big, 0.8, 0.2), "b", "a")
    duration = random.exponential(np.where(big, 30, 5)) + 0.01
    event = np.ones(2000)
    assert log_rank(duration, event, group).p_value < 1e-6
    assert log_rank(duration, event, group, strata=big).p_value > 0.05


def test_summary():
    text = KaplanMeier().fit(*TREATED).summary()
    assert "0.8571" in text
    assert "0.0764" in text
