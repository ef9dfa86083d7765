"""What is asked of a record type: sight, filter, search.

Every list, page, export, count and search comes through here, and nothing else writes a FROM; a
record that may not be seen does not exist for the viewer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, prefetch_related_objects
from django.db.models.expressions import RawSQL

from zhike.access.policies import Level, require
from zhike.access.viewer import Viewer
from zhike.filters import EVERYTHING, All, Node
from zhike.filters.sql import RECORD, Query, compile_filter
from zhike.kernel.text import finds, search_query
from zhike.records.limits import limits, refuse_limited, row_masks, with_rows_kept_apart
from zhike.records.types import RecordType, Row

SEARCH_CAP = 500
CHECKED_HITS = 200  # how many are looked at again for somebody who may not see every text


@dataclass(frozen=True, slots=True)
class Question:
    table: str
    condition: str
    parameters: list
    query: Query

    @property
    def source(self) -> str:
        return f"FROM {self.table} {self.query.join_clauses} WHERE {self.condition}"


def asked(kind: RecordType[Row], viewer: Viewer, where: Node, archived: bool | None) -> Question:
    """FROM and WHERE of everything: sight and filter. The only place where rights join a query."""
    require(viewer, "view")
    refuse_limited(kind, viewer, where)
    where = with_rows_kept_apart(kind, viewer, where)
    query = compile_filter(All((kind.sight(viewer), where)), kind.schema)
    condition = query.condition
    if archived is not None:
        condition += f" AND {RECORD}.archived_at IS {'NOT ' if archived else ''}NULL"
    return Question(f"{kind.table} {RECORD}", condition, list(query.parameters), query)


def searched(
    kind: RecordType[Row], viewer: Viewer, where: Node, search: str, archived: bool | None
) -> Question | None:
    """The same with a search. None when nothing can match."""
    question = asked(kind, viewer, where, archived)
    if not search.strip():
        return question
    wanted = search_query(search)
    if wanted is None or not kind.has_search:
        return None
    # Hits are collected from the search index first (OFFSET 0 keeps them apart): with an order to
    # satisfy the planner would otherwise walk the order's index past a million rows for a rare
    # word. They are capped only where every one of them is seen.
    sees_all = where == EVERYTHING and kind.sight(viewer) == EVERYTHING
    cap = f"LIMIT {SEARCH_CAP}" if sees_all else ""
    hits = f"(SELECT * FROM {kind.table} WHERE search @@ %s::tsquery {cap} OFFSET 0) {RECORD}"
    found = replace(question, table=hits, parameters=[wanted, *question.parameters])
    if not limits(kind, viewer) and not row_masks(kind, viewer):
        return found
    ids = _found_by_what_is_shown(kind, viewer, found, search)
    condition = f"{question.condition} AND {RECORD}.id = ANY(%s)"
    return replace(question, condition=condition, parameters=[*question.parameters, ids])


def _found_by_what_is_shown(
    kind: RecordType[Row], viewer: Viewer, question: Question, search: str
) -> list[UUID]:
    """The hits of a search that the viewer may know of. The index doesn't say which of a record's
    texts a word came from, so that each hit is looked at again with what they may see of it."""
    rows = list(
        kind.model._default_manager.raw(
            f"SELECT {RECORD}.* {question.source} LIMIT %s", [*question.parameters, CHECKED_HITS]
        )
    )
    prefetch_related_objects(rows, *kind.derived_from)
    by_role = limits(kind, viewer)
    ids = [row.pk for row in rows]
    by_row: dict[UUID, dict[str, Level]] = {}
    for facts, where in row_masks(kind, viewer):
        for pk in ids_for_which(kind, where, ids):
            by_row.setdefault(pk, {}).update(dict.fromkeys(facts, Level.MASK))
    return [
        row.pk
        for row in rows
        if finds(search, *kind.search_texts(row, {**by_row.get(row.pk, {}), **by_role}))
    ]


def ids_for_which(kind: RecordType, where: Node, ids: Sequence[UUID]) -> list[UUID]:
    """Those of some records, shown to somebody already, that a filter holds for."""
    query = compile_filter(where, kind.schema)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {RECORD}.id FROM {kind.table} {RECORD} {query.join_clauses} "
            f"WHERE {query.condition} AND {RECORD}.id = ANY(%s)",
            [*query.parameters, list(ids)],
        )
        return [row[0] for row in cursor.fetchall()]


def only_seen(kind: RecordType, viewer: Viewer) -> tuple[str, list]:
    """The condition by which a statement over rows `r` keeps to those that the viewer sees."""
    if kind.sight(viewer) == EVERYTHING:
        return "TRUE", []
    question = asked(kind, viewer, EVERYTHING, None)
    return f"r.id IN (SELECT {RECORD}.id {question.source})", question.parameters


def only_reached(kind: RecordType, viewer: Viewer) -> tuple[str, list]:
    """The same for those that the viewer may change as well."""
    if kind.sight(viewer) == EVERYTHING:
        return "TRUE", []
    question = asked(kind, viewer, kind.reach(viewer), None)
    return f"r.id IN (SELECT {RECORD}.id {question.source})", question.parameters


def is_seen(kind: RecordType, viewer: Viewer, column: str) -> RawSQL:
    """The condition that the viewer sees the record whose id stands in a column of a question."""
    question = asked(kind, viewer, EVERYTHING, None)
    statement = f"EXISTS (SELECT 1 {question.source} AND {RECORD}.id = {column})"
    return RawSQL(statement, question.parameters, BooleanField())
