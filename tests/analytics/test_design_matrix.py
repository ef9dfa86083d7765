import numpy as np
import pytest

from zhike.analytics import AnalyticsError
from zhike.analytics.design_matrix import DesignMatrix, standardise


def test_a_curve_is_straight_outside_its_knots_and_smooth_inside():
    x = np.random.default_rng(1).uniform(0, 100, 500)
    design = DesignMatrix(curved=("x",)).fit({"x": x})
    assert design.names_ == ["x", "x, bend 1", "x, bend 2", "x, bend 3"]
    assert design.fact_ == ["x"] * 4
    outside = np.array([-30.0, -20, -10, 110, 120, 130])
    columns = design.transform({"x": outside})
    np.testing.assert_array_equal(columns[:3, 1:], 0)
    np.testing.assert_allclose(np.diff(columns[3:], 2, axis=0), 0, atol=1e-9)
    near = design.transform({"x": np.linspace(0, 100, 10_001)})
    assert np.abs(np.diff(near, 2, axis=0)).max() < 1e-4


def test_equally_frequent_categories_are_taken_by_name():
    design = DesignMatrix().fit({"plan": ["y", "m", "y", "m", "d"]})
    assert design.names_ == ["plan=y", "plan=d"]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"a": [1.0, 2.0, 3.0], "b": [2.0, 2.0, 2.0]}, "no_variation"),
        ({"a": [1.0, 2.0, 4.0], "b": [3.0, 5.0, 9.0]}, "collinear"),
    ],
)
def test_columns_that_tell_nothing_new_are_refused(facts, code):
    design = DesignMatrix().fit(facts)
    with pytest.raises(AnalyticsError) as refusal:
        standardise(design.transform(facts), design.names_)
    assert (refusal.value.code, refusal.value.details) == (code, {"column": "b"})
