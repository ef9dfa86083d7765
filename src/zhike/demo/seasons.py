"""When tea is bought: before the two great feasts, and when the first leaves of spring are in.

The feasts follow the lunar calendar; their dates are those of the Hong Kong Observatory's
Gregorian-lunar conversion tables. (ICU's computed calendar is a day off where a new moon falls
around midnight in Beijing, as in 2027 and 2030, hence a table.) Years outside it have no feasts,
only spring.

A season does not change how people buy, it changes how fast time passes for them: `Clock` turns
days into "season days", of which a busy week holds more than seven. The purchase process runs in
season days; without a season the two are the same.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

NEW_YEAR = {
    2019: (2, 5), 2020: (1, 25), 2021: (2, 12), 2022: (2, 1), 2023: (1, 22),
    2024: (2, 10), 2025: (1, 29), 2026: (2, 17), 2027: (2, 6), 2028: (1, 26),
    2029: (2, 13), 2030: (2, 3), 2031: (1, 23), 2032: (2, 11), 2033: (1, 31),
    2034: (2, 19), 2035: (2, 8),
}  # fmt: skip
MID_AUTUMN = {
    2019: (9, 13), 2020: (10, 1), 2021: (9, 21), 2022: (9, 10), 2023: (9, 29),
    2024: (9, 17), 2025: (10, 6), 2026: (9, 25), 2027: (9, 15), 2028: (10, 3),
    2029: (9, 22), 2030: (9, 12), 2031: (10, 1), 2032: (9, 19), 2033: (9, 8),
    2034: (9, 27), 2035: (9, 16),
}  # fmt: skip
# 明前: the tea picked before Qingming (April 4th or 5th) is the dearest of the year.
FIRST_FLUSH = (4, 1)


@dataclass(frozen=True, slots=True)
class Wave:
    """A swell of demand around a feast: its height over a normal day, days before the feast, and
    its width (standard deviation, days)."""

    height: float
    lead: float
    width: float


@dataclass(frozen=True, slots=True)
class Season:
    new_year: Wave
    lull: Wave  # the quiet weeks after the New Year
    first_flush: Wave
    mid_autumn: Wave


FOR_PERSONS = Season(
    Wave(1.5, 11, 8), Wave(-0.55, -8, 7), Wave(0.5, 0, 11), Wave(1.0, 8, 7)
)  # fmt: skip
# Shops stock up some weeks before their own customers come.
FOR_SHOPS = Season(
    Wave(1.2, 27, 10), Wave(-0.7, -7, 8), Wave(0.7, 8, 10), Wave(0.9, 24, 9)
)  # fmt: skip


class Clock:
    """Turns days since the first day of a history into season days, and back. Mean speed is 1."""

    def __init__(self, first: date, days: int, season: Season | None):
        speed = np.ones(days) if season is None else demand(first, days, season)
        self._days = np.arange(days + 1, dtype=float)
        self._season_days = np.concatenate([[0.0], np.cumsum(speed / speed.mean())])

    def season_days(self, days: np.ndarray) -> np.ndarray:
        return np.interp(days, self._days, self._season_days)

    def days(self, season_days: np.ndarray) -> np.ndarray:
        return np.interp(season_days, self._season_days, self._days)


def demand(first: date, days: int, season: Season) -> np.ndarray:
    """How much is bought on each day, where a normal day is 1; shape (days,)."""
    return (
        1
        + swell(first, days, NEW_YEAR, season.new_year)
        + swell(first, days, NEW_YEAR, season.lull)
        + swell(first, days, MID_AUTUMN, season.mid_autumn)
        + swell(first, days, _every_year(first, days), season.first_flush)
    )


def swell(first: date, days: int, feasts: dict[int, tuple[int, int]], wave: Wave) -> np.ndarray:
    """The part of demand that comes from one feast; shape (days,)."""
    numbers = np.arange(days)
    total = np.zeros(days)
    for year, (month, day) in feasts.items():
        peak = (date(year, month, day) - first).days - wave.lead
        total += wave.height * np.exp(-0.5 * ((numbers - peak) / wave.width) ** 2)
    return total


def _every_year(first: date, days: int) -> dict[int, tuple[int, int]]:
    last = first + timedelta(days=days)
    return dict.fromkeys(range(first.year - 1, last.year + 2), FIRST_FLUSH)
