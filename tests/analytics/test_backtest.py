import importlib

import numpy as np
import pytest

from zhike.analytics import (
    BetaGeo,
    GammaPoisson,
    InvalidInput,
    NotEnoughData,
    backtest,
    calibration,
    capture,
    prove,
)


@pytest.fixture(scope="module")
def cdnow_record(cdnow_transactions):
    return backtest(cdnow_transactions, split="1997-09-30", until="1998-06-30")


def test_cdnow_record(cdnow_record):
    """Weeks 40-78: 1,882 came, 1,653 were expected, correlation .626, top tenth 47.0 %."""
    record = cdnow_record
    assert isinstance(record.model, BetaGeo)
    assert (record.customers, record.observed_total) == (2357, 1882)
    assert f"{record.expected_total:.0f}" == "1653"
    assert f"{record.correlation:.3f}" == "0.626"
    assert f"{100 * record.capture:.1f}" == "47.0"
    assert record.beats_naive


def test_naive_rule_is_given_its_due(cdnow_record):
    """Frequency ties customers at the edge: in the file's order 44.1 %, by fair lot 45.4 %."""
    assert f"{100 * cdnow_record.naive_capture:.1f}" == "45.4"


def test_calibration_rises(cdnow_record):
    table = cdnow_record.calibration
    assert table["customers"].sum() == 2357
    assert (np.diff(table["expected"]) > 0).all()
    assert table["customers"] @ table["observed"] == pytest.approx(1882)
    assert np.corrcoef(table["expected"], table["observed"])[0, 1] > 0.99


def test_online_retail_falls_back_to_the_plain_rule(online_retail):
    record = backtest(online_retail, split="2011-06-30", until="2011-12-09")
    assert isinstance(record.model, GammaPoisson)
    assert record.verdict.code == "no_dropout_seen"
    assert record.capture > 0.3
    assert 0.8 < record.coverage < 0.97


def test_order_of_rows_does_not_matter(cdnow_transactions, cdnow_record):
    order = np.random.default_rng(3).permutation(len(cdnow_transactions["day"]))
    shuffled = backtest(
        {name: column[order] for name, column in cdnow_transactions.items()},
        split="1997-09-30",
        until="1998-06-30",
    )
    assert shuffled.model.params_ == cdnow_record.model.params_
    assert (shuffled.capture, shuffled.correlation) == (
        cdnow_record.capture,
        cdnow_record.correlation,
    )


def test_capture_shares_ties():
    assert capture([1, 1, 1, 1], [5, 0, 0, 5], top=0.5) == 0.5
    assert capture([4, 3, 2, 1], [5, 0, 0, 5], top=0.25) == 0.5


def test_calibration_keeps_equal_expectations_together():
    table = calibration([1.0] * 8 + [2.0] * 2, np.arange(10))
    assert table["decile"].tolist() == [1, 9]
    assert table["customers"].tolist() == [8, 2]


def test_refusals(cdnow_transactions):
    with pytest.raises(InvalidInput) as refusal:
        backtest(cdnow_transactions, split="1998-01-01", until="1998-01-01")
    assert refusal.value.code == "split_not_before_until"
    with pytest.raises(NotEnoughData) as refusal:
        backtest(cdnow_transactions, split="1999-01-01", until="1999-02-01")
    assert refusal.value.code == "no_holdout_purchases"


def test_prove_every_published_digit(data_folder):
    """Recidivism lies with these tests instead, and is proved in test_cox."""
    checks = [check for check in prove(data_folder) if check.file != "rossi.csv.gz"]
    assert [check for check in checks if not check.ok] == []
    proofs = importlib.import_module("zhike.analytics.prove").PROOFS
    expected = (told for file, told, _compute in proofs if file != "rossi.csv.gz")
    assert len(checks) == sum(map(len, expected))


def test_prove_says_what_it_skipped():
    checks = prove()
    assert {check.ok for check in checks} == {True, None}
    assert all(check.file for check in checks if check.ok is None)


def test_prove_notices_one_wrong_digit(monkeypatch):
    # The package shows the function under the name of its module, so the module is fetched by its
    # full name.
    module = importlib.import_module("zhike.analytics.prove")
    file, expectations, compute = module.PROOFS[0]
    method, quantity, source, _, digits = expectations[0]
    monkeypatch.setattr(
        module, "PROOFS", ((file, [(method, quantity, source, 1.227, digits)], compute),)
    )
    assert [check.ok for check in module.prove()] == [False]
