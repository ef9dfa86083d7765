import numpy as np
import pytest

from zhike.analytics import BetaGeo, GammaPoisson, customer_base, expected_next_day

from . import worlds


def base_of(*customers, until):
    rows = [(key, day, 100) for key, days in enumerate(customers) for day in days]
    customer, day, amount = (np.array(column) for column in zip(*rows, strict=True))
    return customer_base({"customer": customer, "day": day, "amount": amount}, until=until)


def test_own_rhythm_needs_three_intervals_and_a_day_to_come():
    model = GammaPoisson.from_params(r=1.0, alpha=30.0)
    base = base_of([0, 10, 20, 30], [0, 15, 30], [0, 5, 10, 15], until=35)
    due = expected_next_day(model, base)
    assert due.rule.tolist() == ["own_rhythm", "rate", "rate"]
    assert due.day[0] == 40
    assert (due.day > base.until).all()
    assert due.spread[0] == 0


def test_rate_rule_gives_the_median_wait():
    truth = {"r": 2.0, "alpha": 30.0}
    model = GammaPoisson.from_params(**truth)
    random = np.random.default_rng(3)
    due = expected_next_day(model, base_of([0, 20], until=50))
    wait = random.exponential(1 / random.gamma(3.0, 1 / 80.0, 200_000))
    assert due.day[0] - 50 == pytest.approx(np.median(wait), abs=1)
    low, high = np.quantile(wait, [0.25, 0.75])
    assert due.spread[0] == pytest.approx((high - low) / 2, rel=0.02)


def test_overdue_probability_is_uniform_for_those_who_are_there():
    """Wait from a purchase to the next: a right probability of so long a gap is uniform."""
    truth = {"r": 1.5, "alpha": 20.0}
    random = np.random.default_rng(5)
    rate = random.gamma(truth["r"], 1 / truth["alpha"], 100_000)
    recency = random.gamma(3, 1 / rate)  # the third repeat purchase
    gap = random.exponential(1 / rate)
    probability = ((truth["alpha"] + recency) / (truth["alpha"] + recency + gap)) ** (
        truth["r"] + 3
    )
    assert np.quantile(probability, [0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9], abs=0.01)

    base = base_of([0, 10, 20, 30], until=70)
    due = expected_next_day(GammaPoisson.from_params(**truth), base)
    assert due.overdue_probability[0] == pytest.approx((50 / 90) ** 4.5)


def test_far_away_days_are_not_announced():
    due = expected_next_day(
        GammaPoisson.from_params(r=0.01, alpha=30.0), base_of([0], until=900), horizon=365
    )
    assert (due.foreseeable.tolist(), due.day.tolist()) == ([False], [900 + 365])
    assert np.isfinite(due.overdue_probability).all()


def test_overdue_is_what_weighs_in_probability_alive():
    x, recency, age, _ = worlds.purchases(50, r=1.0, alpha=5.0, a=1.0, b=3.0, age=40, seed=2)
    model = BetaGeo.from_params(r=1.0, alpha=5.0, a=1.0, b=3.0)
    some = x > 0
    overdue = ((5 + recency) / (5 + age)) ** (1 + x)
    alive = 1 / (1 + 1.0 / (3.0 + x - 1) / overdue)
    np.testing.assert_allclose(model.probability_alive(x, recency, age)[some], alive[some])
