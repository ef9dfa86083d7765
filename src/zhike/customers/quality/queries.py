"""How good the file is, as far as a viewer sees it: where it is weak and who can mend it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.customers.quality.measure import ALL_COUNTED, COUNTED, is_filled
from zhike.filters import EVERYTHING
from zhike.filters.sql import RECORD
from zhike.kernel import clock
from zhike.records.limits import is_limited, limits
from zhike.records.queries.asking import asked

STALE_AFTER = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Figures:
    """Of some files: how many, how complete on average (0…1), how many nobody can be reached by,
    how many have neither been changed nor verified for a year, how many were verified in it. None
    where it would tell of fields that the viewer isn't shown."""

    files: int
    completeness: float | None
    unreachable: int | None
    stale: int
    verified: int | None


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
    """One reading of all the files in sight. How many files lack a field isn't told to whom the
    field isn't shown, nor what is worked out from it."""
    require(viewer, "view")
    question = asked(CUSTOMER, viewer, EVERYTHING, archived=False)
    empty = ", ".join(
        f"count(*) FILTER (WHERE {_counts(name)} AND NOT ({is_filled(name, RECORD)})), "
        f"count(*) FILTER (WHERE {_counts(name)})"
        for name in ALL_COUNTED
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
    rows = [_with_none_told(viewer, row) for row in rows]
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


def _with_none_told(viewer: Viewer, row: Sequence) -> Sequence:
    """A row without the figures that the viewer isn't told."""
    owner, team, files, filled, unreachable, stale, verified, *fields = row
    hidden = limits(CUSTOMER, viewer)
    return (
        *(owner, team, files),
        None if "completeness" in hidden else filled,
        None if {"phones", "emails"} & hidden.keys() else unreachable,
        stale,
        None if "verified_at" in hidden else verified,
        *fields,
    )


def _counts(name: str) -> str:
    kinds = ", ".join(f"'{kind}'" for kind, names in COUNTED.items() if name in names)
    return f"{RECORD}.kind IN ({kinds})"


def _figures(rows: Sequence[Sequence]) -> Figures:
    files, filled, unreachable, stale, verified = (
        None if any(row[n] is None for row in rows) else sum(row[n] for row in rows)
        for n in range(5)
    )
    share = filled / files / 100 if files and filled is not None else None if files else 0.0
    return Figures(files or 0, share, unreachable, stale or 0, verified)


def _fields(rows: Sequence[Sequence]) -> list[Filled]:
    found = []
    for position, name in enumerate(ALL_COUNTED):
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
    """Files that are complete by half count as half a file; where that isn't told, none of it."""
    lacking = 0.0 if figures.completeness is None else 1 - figures.completeness
    return figures.files * lacking + figures.stale
