"""Grades by value (equal value, equal grade) and the RFM segments built on them."""

from dataclasses import dataclass, fields

import numpy as np

from .errors import InvalidInput
from .tables import columns

SEGMENTS = (
    "champions",
    "loyal",
    "potential_loyalist",
    "new_customers",
    "promising",
    "need_attention",
    "about_to_sleep",
    "at_risk",
    "cannot_lose",
    "hibernating",
    "lost",
)

# Rows: recency grade 1 to 5 (5 = bought last). Columns: mean of frequency and monetary grade, 1 to
# 5, halves rounded up.
SEGMENT_TABLE = (
    ("lost", "lost", "at_risk", "cannot_lose", "cannot_lose"),
    ("hibernating", "hibernating", "at_risk", "at_risk", "at_risk"),
    ("about_to_sleep", "about_to_sleep", "need_attention", "loyal", "loyal"),
    ("promising", "potential_loyalist", "potential_loyalist", "loyal", "champions"),
    ("new_customers", "potential_loyalist", "potential_loyalist", "champions", "champions"),
)


def grade(values, grades: int = 5) -> np.ndarray:
    """Grades 1 (lowest) to ``grades`` (highest), equal values always together.

    Returns int64, shape of ``values``. With N values and B of them *strictly below*::

        grade = 1 + floor(grades * B / N)

    This is the quantile cut in whole numbers, so every engine gives the same answer; in SQL:
    ``1 + (rank() over (order by value) - 1) * grades / count(*) over ()``. A heavy tie takes the
    grade of its lower edge: if 60 % never came back, they get grade 1 and those above start at 4;
    grades 2 and 3 stay empty rather than being dealt out by row order, as NTILE does.

    Refuses NaN (``InvalidInput("missing_values")``) and fewer than two grades.

    >>> grade([0, 0, 0, 7, 9], grades=5).tolist()
    [1, 1, 1, 4, 5]
    """
    values = np.asarray(values)
    if grades < 2:
        raise InvalidInput("too_few_grades", "at least two grades are needed", grades=grades)
    if values.dtype.kind == "f" and np.isnan(values).any():
        raise InvalidInput("missing_values", "a missing value has no grade")
    if values.size == 0:
        return np.zeros(0, dtype=np.int64)
    below = np.searchsorted(np.sort(values), values, side="left")
    return 1 + below * grades // len(values)


@dataclass(frozen=True, eq=False)
class RFM:
    """Grades of each customer; every array has shape (customers,), in the order of the input.

    ``recency``, ``frequency``, ``monetary``: 1 (worst) to ``grades`` (best); ``score``: the three
    as digits, e.g. 343; ``segment``: one of ``SEGMENTS``.
    """

    recency: np.ndarray
    frequency: np.ndarray
    monetary: np.ndarray
    score: np.ndarray
    segment: np.ndarray

    def to_dict(self) -> dict[str, np.ndarray]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


def rfm(base, grades: int = 5) -> RFM:
    """Recency, frequency and monetary grades, and the named segment.

    Parameters
    ----------
    base : ``CustomerBase``, or any table with the columns ``last_day`` (epoch days), ``orders``
        (count), ``value`` (minor units)
    grades : 2 to 9; 5 is the custom

    Each grade is :func:`grade` of its column; a later last day is the better one. On the example
    data of the R package ``rfm`` (Hebbali; quantile cuts) this gives the printed scores. The
    segment is read from ``SEGMENT_TABLE`` by the recency grade and the mean of the other two
    (halves up); other numbers of grades are first brought to five.

    >>> base = {"last_day": [10, 90, 95], "orders": [1, 4, 9], "value": [500, 900, 4000]}
    >>> scores = rfm(base, grades=3)
    >>> scores.score.tolist(), scores.segment.tolist()
    ([111, 222, 333], ['lost', 'hibernating', 'loyal'])
    """
    if not 2 <= grades <= 9:
        raise InvalidInput("grades_out_of_range", "grades must be 2 to 9", grades=grades)
    last_day, orders, value = columns(base, "last_day", "orders", "value")
    recency, frequency, monetary = (
        grade(last_day, grades),
        grade(orders, grades),
        grade(value, grades),
    )
    row = (recency - 1) * 5 // grades
    column = ((frequency + monetary + 1) // 2 - 1) * 5 // grades
    return RFM(
        recency=recency,
        frequency=frequency,
        monetary=monetary,
        score=100 * recency + 10 * frequency + monetary,
        segment=np.array(SEGMENT_TABLE)[row, column],
    )
