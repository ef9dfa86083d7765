"""The access log is written at the end of a request, in one statement, and kept for some months."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from zhike.kernel import clock
from zhike.records.queries import Face, Notebook, Shown, Way, listed_only
from zhike.security.actions.alarming import alarm_of_canaries
from zhike.security.queries import watch

CHUNK = 20_000
MONTH = timedelta(days=30)


def write_down(book: Notebook) -> None:
    """Keeps what a request has shown: nothing where no customer was shown. Touching a decoy raises
    an alarm at once."""
    for shown in book.take():
        for party_id in _append(shown):
            alarm_of_canaries(shown, party_id)


def _append(shown: Shown) -> Sequence[UUID]:
    """Appends the lines of one person and asks, in the same statement, which of those who give
    cause for an alarm are decoys."""
    user_id, face, now = shown.viewer.user_id, int(shown.face), clock.now()
    lines: list[Any] = []
    for party_id, way in shown.opened.items():
        lines += [now, user_id, shown.operator, party_id, None, int(way), face]
    listed = listed_only(shown)
    if listed:
        lines += [now, user_id, shown.operator, None, listed, int(shown.way), face]
    marks = ", ".join(["(%s, %s::uuid, %s, %s::uuid, %s::uuid[], %s, %s)"] * (len(lines) // 7))
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH noted AS (INSERT INTO security_viewing "
            f"(at, user_id, operator, party_id, ids, way, face) VALUES {marks}) "
            "SELECT party_id FROM security_canary "
            "WHERE party_id = ANY(%s)",
            [*lines, _touching(shown, listed)],
        )
        return [row[0] for row in cursor.fetchall()]


def _touching(shown: Shown, listed: Sequence[UUID]) -> list[UUID]:
    """Nobody can help that a page of a list has a decoy in it; opening it, taking it out or reading
    it by machine is another thing. Of administrators, who know decoys, it would tell nothing."""
    if shown.viewer.role == "administrator":
        return []
    is_taken = shown.way is Way.EXPORTED or shown.face is not Face.PAGE
    return [*shown.opened, *(listed if is_taken else ())]


@dataclass(frozen=True, slots=True)
class Seen:
    """A line that is brought from elsewhere, such as from a simulated company."""

    at: datetime
    user_id: UUID
    way: Way
    face: Face
    party_id: UUID | None = None
    ids: tuple[UUID, ...] | None = None


def bring_viewings(lines: Iterable[Seen]) -> None:
    """Appends lines in their order, in one stream."""
    with connection.cursor() as cursor:
        columns = "at, user_id, operator, way, face, party_id, ids"
        statement = f"COPY security_viewing ({columns}) FROM STDIN"
        with cursor.copy(statement) as copy:
            for one in lines:
                ids = None if one.ids is None else list(one.ids)
                copy.write_row(
                    (one.at, one.user_id, "", int(one.way), int(one.face), one.party_id, ids)
                )


def forget_old_viewings() -> int:
    """Takes away the lines whose months are over, chunk by chunk; how many they were."""
    until, gone = clock.now() - MONTH * watch().months, 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('zhike.tidying', 'yes', TRUE)")
            # By id and not by time: both grow together, and the key finds the oldest at once.
            cursor.execute(
                "DELETE FROM security_viewing WHERE id IN (SELECT id FROM (SELECT id, at "
                "FROM security_viewing ORDER BY id LIMIT %s) oldest WHERE at < %s)",
                [CHUNK, until],
            )
            gone += cursor.rowcount
            if cursor.rowcount < CHUNK:
                return gone
