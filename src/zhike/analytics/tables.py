"""Any table with columns, as NumPy arrays.

Accepted: a mapping of arrays, a NumPy structured array, an Arrow table, a DuckDB relation, a pandas
or Polars frame. None of those packages is imported here; each is recognised by what it can do.
"""

import datetime

import numpy as np

from .errors import InvalidInput


def columns(table, *names: str) -> tuple[np.ndarray, ...]:
    """The named columns of ``table``, each of shape (rows,), in the order asked.

    Raises ``InvalidInput``: ``missing_column``, ``missing_values`` (a null, NaN or NaT),
    ``unequal_lengths``.

    >>> customer, day = columns({"customer": [7, 8], "day": [1, 2]}, "customer", "day")
    >>> day
    array([1, 2])
    """
    if hasattr(table, "fetchnumpy"):
        table = _from_duckdb(table, names)
    arrays = tuple(_column(table, name) for name in names)
    if len({len(array) for array in arrays}) > 1:
        lengths = {name: len(array) for name, array in zip(names, arrays, strict=True)}
        raise InvalidInput("unequal_lengths", f"columns differ in length: {lengths}", **lengths)
    return arrays


def whole_numbers(values, name: str) -> np.ndarray:
    """``values`` as int64, exactly.

    Floats are taken only if every one is a whole number below 2**53 (some engines hand over sums of
    integers as floats); anything else raises ``InvalidInput("not_whole")``: money is counted in
    minor units, never rounded here.
    """
    values = np.asarray(values)
    if values.dtype.kind in "iub":
        return values.astype(np.int64, copy=False)
    if values.dtype.kind == "O":
        values = values.astype(np.float64)
    if values.dtype.kind == "f" and np.all((np.trunc(values) == values) & (np.abs(values) < 2**53)):
        return values.astype(np.int64)
    raise InvalidInput(
        "not_whole", f"{name} must hold whole numbers (money in minor units)", column=name
    )


def epoch_days(values, name: str = "day") -> np.ndarray:
    """``values`` as int64 days since 1970-01-01.

    Dates, date-times and ISO text are cut to their day as written (no time zone is applied);
    integers are taken as they are.
    """
    values = np.asarray(values)
    if values.dtype.kind in "OUS":
        try:
            values = values.astype("datetime64[D]")
        except (ValueError, TypeError) as error:
            raise InvalidInput("not_a_day", f"{name} must hold days", column=name) from error
    if values.dtype.kind == "M":
        return values.astype("datetime64[D]").astype(np.int64)
    return whole_numbers(values, name)


def epoch_day(value) -> int:
    """One day (integer, ``date``, ``datetime64`` or ISO text) as days since 1970-01-01.

    >>> epoch_day("1970-01-31"), epoch_day(30)
    (30, 30)
    """
    if isinstance(value, str | datetime.date | np.datetime64):
        return int(np.asarray(value, dtype="datetime64[D]").astype(np.int64))
    return int(value)


def _from_duckdb(relation, names):
    known = set(relation.columns)
    for name in names:
        if name not in known:
            raise _missing(name)
    quoted = ", ".join('"' + name.replace('"', '""') + '"' for name in names)
    return relation.project(quoted).fetchnumpy()


def _column(table, name):
    try:
        column = table[name]
    except (KeyError, ValueError, IndexError) as error:
        raise _missing(name) from error
    if np.ma.isMaskedArray(column):
        if np.ma.is_masked(column):
            raise _has_missing_values(name)
        column = column.data
    array = column.to_numpy() if hasattr(column, "to_numpy") else np.asarray(column)
    if array.ndim != 1:
        raise InvalidInput("not_a_column", f"column {name} must have one dimension", column=name)
    if _has_gaps(array):
        raise _has_missing_values(name)
    return array


def _has_gaps(array):
    if array.dtype.kind == "O":
        # NaN and NaT differ from themselves, whatever package they come from.
        return any(value is None or value != value for value in array)  # noqa: PLR0124
    if array.dtype.kind == "f":
        return bool(np.isnan(array).any())
    return array.dtype.kind == "M" and bool(np.isnat(array).any())


def _missing(name):
    return InvalidInput("missing_column", f"the table has no column {name}", column=name)


def _has_missing_values(name):
    return InvalidInput("missing_values", f"column {name} has missing values", column=name)
