"""How good the file is, as far as a viewer sees it: where it is weak and who can mend it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.customers.quality.measure import COUNTED, is_filled
from zhike.filters import EVERYTHING
from zhike.filters.sql import RECORD
from zhike.kernel import clock
from zhike.records.limits import is_limited
from zhike.records.queries.asking import asked

STALE_AFTER = timedelta(days=365)
_NAMES = tuple(dict.fromkeys(name for names in COUNTED.values() for name in names))


@dataclass(frozen=True, slots=True)
class Figures:
    """Of some files: how many, how complete on average (0…1), how many nobody can be reached by,
    how many have neither been changed nor verified for a year, how many were verified in it."""

    files: int
    completeness: float
    unreachable: int
    stale: int
    verified: int


@dataclass(frozen=True, slots=True)
class Filled:
    """Of those files where a field counts: in how many it is empty, and in which share filled."""

    name: str
    empty: int
    share: float


@dataclass(frozen=True, slots=True)
class Report:
    whole: Figures
    fields: Sequence[Filled]  # the emptiest first
    owners: Mapping[UUID | None, Figures]  # those with the most to mend first
    teams: Mapping[UUID | None, Figures]


def stale_before() -> datetime:
    return clock.now() - STALE_AFTER


def report(viewer: Viewer) -> Report:
    """One reading of all the files in sight. Which files lack a field isn't told to whom the field
    isn't shown."""
    require(viewer, "view")
    question = asked(CUSTOMER, viewer, EVERYTHING, archived=False)
    empty = ", ".join(
        f"count(*) FILTER (WHERE {_counts(name)} AND NOT ({is_filled(name, RECORD)})), "
        f"count(*) FILTER (WHERE {_counts(name)})"
        for name in _NAMES
    )
    unreachable = f"NOT ({is_filled('phones', RECORD)}) AND NOT ({is_filled('emails', RECORD)})"
    since = stale_before()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {RECORD}.owner_id, {RECORD}.team_id, count(*), "
            f"sum({RECORD}.completeness)::float8, count(*) FILTER (WHERE {unreachable}), "
            f"count(*) FILTER (WHERE {RECORD}.updated_at < %s), "
            f"count(*) FILTER (WHERE {RECORD}.verified_at >= %s), {empty} "
            f"{question.source} GROUP BY 1, 2",
            [since, since, *question.parameters],
        )
        rows = cursor.fetchall()
    return Report(
        _figures([row[2:7] for row in rows]),
        [
            one
            for one in _fields([row[7:] for row in rows])
            if not is_limited(CUSTOMER, viewer, one.name)
        ],
        _by(rows, 0),
        _by(rows, 1),
    )


def _counts(name: str) -> str:
    kinds = ", ".join(f"'{kind}'" for kind, names in COUNTED.items() if name in names)
    return f"{RECORD}.kind IN ({kinds})"


def _figures(rows: Sequence[Sequence]) -> Figures:
    files, filled, unreachable, stale, verified = (sum(row[n] for row in rows) for n in range(5))
    return Figures(files, filled / files / 100 if files else 0.0, unreachable, stale, verified)


def _fields(rows: Sequence[Sequence]) -> list[Filled]:
    found = []
    for position, name in enumerate(_NAMES):
        empty, counted = (sum(row[2 * position + n] for row in rows) for n in (0, 1))
        if counted:
            found.append(Filled(name, empty, 1 - empty / counted))
    return sorted(found, key=lambda one: one.share)


def _by(rows: Sequence[Sequence], column: int) -> dict[UUID | None, Figures]:
    groups: dict[UUID | None, list[Sequence]] = {}
    for row in rows:
        groups.setdefault(row[column], []).append(row[2:7])
    figures = {key: _figures(found) for key, found in groups.items()}
    return dict(sorted(figures.items(), key=lambda pair: -_to_mend(pair[1])))


def _to_mend(figures: Figures) -> float:
    return figures.files * (1 - figures.completeness) + figures.stale
