import datetime
from dataclasses import dataclass

import numpy as np
import pytest

from zhike.analytics import InvalidInput
from zhike.analytics.tables import columns, epoch_day, epoch_days, whole_numbers


@dataclass
class Series:
    """What a pandas, Polars or Arrow column looks like from here."""

    values: list

    def to_numpy(self):
        return np.array(self.values)


def test_any_table_gives_the_same_columns():
    expected = [1, 2]
    structured = np.array([(1, 5), (2, 6)], dtype=[("a", int), ("b", int)])
    for table in ({"a": [1, 2]}, {"a": np.array([1, 2])}, {"a": Series([1, 2])}, structured):
        (column,) = columns(table, "a")
        assert column.tolist() == expected


def test_duckdb_relation():
    duckdb = pytest.importorskip("duckdb")
    relation = duckdb.connect().sql(
        """select * from (values (1, date '2026-01-02', 'x', 5::hugeint)) t(a, "the day", c, d)"""
    )
    number, day, text, total = columns(relation, "a", "the day", "c", "d")
    assert number.tolist() == [1]
    assert epoch_days(day).tolist() == [epoch_day("2026-01-02")]
    assert text.tolist() == ["x"]
    assert whole_numbers(total, "d").tolist() == [5]


def test_duckdb_null_is_refused():
    duckdb = pytest.importorskip("duckdb")
    relation = duckdb.connect().sql("select * from (values (1), (null)) t(a)")
    with pytest.raises(InvalidInput) as refusal:
        columns(relation, "a")
    assert refusal.value.code == "missing_values"


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ({"b": [1]}, "missing_column"),
        ({"a": [1.0, np.nan]}, "missing_values"),
        ({"a": np.array(["2026-01-01", "NaT"], dtype="datetime64[D]")}, "missing_values"),
        ({"a": np.array(["x", None], dtype=object)}, "missing_values"),
        ({"a": [[1, 2]]}, "not_a_column"),
    ],
)
def test_refused_columns(table, code):
    with pytest.raises(InvalidInput) as refusal:
        columns(table, "a")
    assert refusal.value.code == code


def test_columns_of_unequal_length_are_refused():
    with pytest.raises(InvalidInput) as refusal:
        columns({"a": [1], "b": [1, 2]}, "a", "b")
    assert refusal.value.details == {"a": 1, "b": 2}


def test_money_is_whole():
    assert whole_numbers([1.0, -2.0], "amount").tolist() == [1, -2]
    for amount in ([0.5], [2.0**53], ["1"]):
        with pytest.raises(InvalidInput) as refusal:
            whole_numbers(amount, "amount")
        assert refusal.value.code == "not_whole"


def test_days():
    assert epoch_day(datetime.date(1970, 1, 3)) == 2
    assert epoch_day(datetime.datetime(1970, 1, 3, 23, 59)) == 2
    assert epoch_days(["1969-12-31", "1970-01-02"]).tolist() == [-1, 1]
    assert epoch_days(np.array(["1969-12-31T23:59"], dtype="datetime64[s]")).tolist() == [-1]
    assert epoch_days(np.array([datetime.date(1970, 1, 2)], dtype=object)).tolist() == [1]
    with pytest.raises(InvalidInput) as refusal:
        epoch_days(["yesterday"])
    assert refusal.value.code == "not_a_day"
