import numpy as np
import pytest

from zhike.analytics import (
    RELATIONS,
    RULES,
    STAGES,
    NotEnoughData,
    customer_base,
    lifecycle,
)

COLUMNS = ("orders", "frequency", "recency", "age", "recent_value", "previous_value")


def table(*rows):
    return dict(zip(COLUMNS, (np.array(column) for column in zip(*rows, strict=True)), strict=True))


@pytest.mark.parametrize(
    ("row", "stage", "relation", "rule"),
    [
        ((0, 0, 0, 0, 0, 0), "prospect", "none", "no_purchase"),
        ((5, 4, 120, 330, 0, 50), "lost", "silent", "silent_too_long"),
        ((5, 4, 120, 210, 0, 50), "decline", "silent", "silent_for_long"),
        ((5, 4, 120, 150, 20, 50), "decline", "returning", "spending_fell"),
        ((1, 0, 0, 20, 50, 0), "exploration", "new", "first_purchase"),
        ((2, 1, 30, 40, 50, 0), "build_up", "returning", "few_purchases"),
        ((5, 4, 120, 130, 70, 50), "build_up", "returning", "spending_rises"),
        ((5, 4, 120, 130, 50, 50), "stability", "returning", "steady"),
    ],
)
def test_each_rule(row, stage, relation, rule):
    verdict = lifecycle(table(row), typical_interval=30)
    assert (verdict.stage[0], verdict.relation[0], verdict.rule[0]) == (stage, relation, rule)


def test_the_same_gap_means_different_things():
    """Sixty silent days: a weekly buyer is lost, a yearly one is in the middle of a pause."""
    verdict = lifecycle(
        table((20, 20, 140, 200, 1, 1), (5, 4, 1460, 1520, 1, 1)), typical_interval=30
    )
    assert verdict.stage.tolist() == ["lost", "stability"]
    assert verdict.gap.tolist() == [60, 60]
    np.testing.assert_allclose(verdict.usual_interval, [170 / 21, 1490 / 5])
    np.testing.assert_allclose(verdict.silence, verdict.gap / verdict.usual_interval)


def test_slow_buyers_have_no_trend():
    """A yearly buyer with nothing in this half year and an order in the last has not declined."""
    row = (5, 4, 1460, 1660, 0, 90)
    verdict = lifecycle(table(row), typical_interval=30)
    assert verdict.stage[0] == "stability"
    assert np.isnan(verdict.trend[0])


def test_whole_base():
    random = np.random.default_rng(1)
    rows = {
        "customer": random.integers(0, 400, 1500),
        "day": random.integers(0, 700, 1500),
        "amount": random.integers(1, 99, 1500),
    }
    verdict = lifecycle(customer_base(rows, until=700))
    assert set(verdict.stage) <= set(STAGES)
    assert set(verdict.relation) <= set(RELATIONS)
    assert set(verdict.rule) <= set(RULES)
    assert {"exploration", "build_up", "decline", "lost"} <= set(verdict.stage)


def test_without_a_rhythm_it_refuses():
    with pytest.raises(NotEnoughData) as refusal:
        lifecycle(table((1, 0, 0, 20, 50, 0)))
    assert refusal.value.code == "no_repeat_purchase"
