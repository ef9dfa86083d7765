"""What is asked of a record type: sight, filter, search.

Every list, page, export, count and search comes through here, and nothing else writes a FROM; a
record that may not be seen does not exist for the viewer.
"""

from dataclasses import dataclass, replace

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.filters import EVERYTHING, All, Node
from zhike.filters.sql import RECORD, Query, compile_filter
from zhike.kernel.text import search_query
from zhike.records.types import RecordType, Row

SEARCH_CAP = 500


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
    return replace(question, table=hits, parameters=[wanted, *question.parameters])


def only_seen(kind: RecordType, viewer: Viewer) -> tuple[str, list]:
    """The condition by which a statement over rows `r` keeps to those that the viewer sees."""
    if kind.sight(viewer) == EVERYTHING:
        return "TRUE", []
    question = asked(kind, viewer, EVERYTHING, None)
    return f"r.id IN (SELECT {RECORD}.id {question.source})", question.parameters


def is_seen(kind: RecordType, viewer: Viewer, column: str) -> RawSQL:
    """The condition that the viewer sees the record whose id stands in a column of a question."""
    question = asked(kind, viewer, EVERYTHING, None)
    statement = f"EXISTS (SELECT 1 {question.source} AND {RECORD}.id = {column})"
    return RawSQL(statement, question.parameters, BooleanField())
