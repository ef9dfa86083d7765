"""Reading records for a viewer. Every list, page, export, count and search comes through here.

Sight is joined to every question in `_question`, the only place that writes a FROM; a record that
may not be seen does not exist for the viewer.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from zhike.access.policies import can, looks_after_all, require
from zhike.access.viewer import Viewer
from zhike.filters import EVERYTHING, All, Fact, Kind, Node
from zhike.filters.sql import RECORD, Query, compile_filter, compile_values, sort_expression
from zhike.kernel.errors import Invalid, NotFound
from zhike.kernel.paging import Count, Page, decode_cursor, encode_cursor
from zhike.kernel.reading import once
from zhike.kernel.text import search_query
from zhike.records.models import Batch, Firm, Import, SavedView
from zhike.records.types import RecordType, Row, record_type, record_types

COUNT_CAP = 10_000
LARGE_BASE = 50_000
SEARCH_CAP = 500
LARGEST_PAGE = 200
_TIME_FACTS = {
    "created_at": Fact("created_at", "", Kind.TIME, "created_at", is_nullable=False),
    "updated_at": Fact("updated_at", "", Kind.TIME, "updated_at", is_nullable=False),
}


# Counts over many rows of several tables, when a higher floor keeps a copy made for that: answers
# None where it can't. It is given the tree with the viewer's sight in it.
WideCount = Callable[[RecordType, Node], Count | None]
_wide_counts: list[WideCount] = []


def counts_widely(function: WideCount) -> WideCount:
    """Declares what answers `count_widely` on large bases."""
    _wide_counts.append(function)
    return function


@once
def firm() -> Firm:
    return Firm.objects.filter(pk=1).first() or Firm()


def find(
    kind: RecordType[Row],
    viewer: Viewer,
    *,
    where: Node = EVERYTHING,
    search: str = "",
    sort: str = "",
    cursor: str | None = None,
    limit: int = 50,
    archived: bool = False,
) -> Page[Row]:
    """A page of records the viewer sees, in the order asked for, by key."""

    def fetch(statement: str, parameters: list) -> list[tuple]:
        rows = kind.model._default_manager.raw(statement, parameters)
        return [(row.pk, row.sort_value, row) for row in rows]  # type: ignore[attr-defined]

    found = _find(
        kind, viewer, where, search, sort, cursor, limit, archived, _Reading(f"{RECORD}.*", fetch)
    )
    return Page([row[2] for row in found.items], found.next_cursor)


def find_ids(
    kind: RecordType,
    viewer: Viewer,
    *,
    where: Node = EVERYTHING,
    search: str = "",
    sort: str = "",
    cursor: str | None = None,
    limit: int = 50,
    archived: bool = False,
) -> Page[UUID]:
    found = _find(kind, viewer, where, search, sort, cursor, limit, archived, _IDS)
    return Page([row[0] for row in found.items], found.next_cursor)


def _find(
    kind: RecordType[Row],
    viewer: Viewer,
    where: Node,
    search: str,
    sort: str,
    cursor: str | None,
    limit: int,
    archived: bool,
    reading: "_Reading",
) -> Page[tuple]:
    limit = max(1, min(limit, LARGEST_PAGE))
    question = _question(kind, viewer, where, search, archived)
    if question is None:
        return Page([])
    order = _order(kind, sort or kind.default_sort, question.query)
    rows = _page(question, order, cursor, limit + 1, reading)
    items, more = rows[:limit], len(rows) > limit
    return Page(items, encode_cursor(order.name, items[-1][1], items[-1][0]) if more else None)


def get(
    kind: RecordType[Row], viewer: Viewer, record_id: UUID | str, *, archived: bool = True
) -> Row:
    """One record. Raises NotFound when it is not there or not to be seen."""
    try:
        pk = record_id if isinstance(record_id, UUID) else UUID(str(record_id))
    except ValueError:
        pk = None
    question = _asked(kind, viewer, EVERYTHING, None if archived else False)
    found = kind.model._default_manager.raw(
        f"SELECT {RECORD}.* {question.source} AND {RECORD}.id = %s", [*question.parameters, pk]
    )
    for row in found:
        return row
    raise NotFound("not_found", _("There is no such record, or you may not see it."))


def visible_ids(
    kind: RecordType[Row],
    viewer: Viewer,
    ids: Sequence[UUID],
    *,
    where: Node = EVERYTHING,
    archived: bool = True,
) -> set[UUID]:
    """Those of the ids that the viewer sees and a filter holds for."""
    question = _asked(kind, viewer, where, None if archived else False)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {RECORD}.id {question.source} AND {RECORD}.id = ANY(%s)",
            [*question.parameters, list(ids)],
        )
        return {row[0] for row in cursor.fetchall()}


def values_of(
    kind: RecordType[Row], viewer: Viewer, ids: Sequence[UUID], facts: Sequence[str]
) -> dict[UUID, dict[str, object]]:
    """Facts of some records by id, as far as the viewer sees them: one query, however many."""
    values = compile_values(facts, kind.schema)
    question = _asked(kind, viewer, EVERYTHING, None)
    question.query.joins.update(values.joins)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {RECORD}.id, {values.condition or 'NULL'} {question.source} "
            f"AND {RECORD}.id = ANY(%s)",
            [*values.parameters, *question.parameters, list(ids)],
        )
        return {pk: dict(zip(facts, row, strict=False)) for pk, *row in cursor.fetchall()}


def count(
    kind: RecordType,
    viewer: Viewer,
    *,
    where: Node = EVERYTHING,
    search: str = "",
    exact: bool = False,
    archived: bool = False,
) -> Count:
    """How many there are; up to COUNT_CAP unless asked to be exact."""
    question = _question(kind, viewer, where, search, archived)
    if question is None:
        return Count(0, exact=True)
    with connection.cursor() as cursor:
        if exact:
            cursor.execute(f"SELECT count(*) {question.source}", question.parameters)
            return Count(cursor.fetchone()[0], exact=True)
        cursor.execute(
            f"SELECT count(*) FROM (SELECT 1 {question.source} LIMIT %s) capped",
            [*question.parameters, COUNT_CAP + 1],
        )
        found = cursor.fetchone()[0]
    return Count(min(found, COUNT_CAP), exact=found <= COUNT_CAP)


def count_widely(kind: RecordType, viewer: Viewer, *, where: Node) -> Count:
    """How many exactly, for questions across the whole base. A large one is counted in its columnar
    copy, and the count says as of when; a small one, or one without a copy, as it stands."""
    require(viewer, "view")
    if _rows_about(kind) > LARGE_BASE:
        seen = All((kind.sight(viewer), where))
        for function in _wide_counts:
            if (found := function(kind, seen)) is not None:
                return found
    return count(kind, viewer, where=where, exact=True)


def _rows_about(kind: RecordType) -> int:
    """The planner's estimate, which costs nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [kind.table])
        return int(cursor.fetchone()[0])


def every(
    kind: RecordType[Row],
    viewer: Viewer,
    *,
    where: Node = EVERYTHING,
    search: str = "",
    archived: bool = False,
    size: int = 2_000,
) -> Iterator[list[Row]]:
    """All of them in chunks by id, for exports and bulk work; memory does not grow."""
    after: str | None = None
    while True:
        page = find(
            kind, viewer, where=where, search=search, sort="id", cursor=after,
            limit=min(size, LARGEST_PAGE), archived=archived,
        )  # fmt: skip
        if page.items:
            yield page.items
        after = page.next_cursor
        if after is None:
            return


def neighbours(
    kind: RecordType,
    viewer: Viewer,
    record_id: UUID,
    *,
    where: Node = EVERYTHING,
    search: str = "",
    sort: str = "",
) -> tuple[UUID | None, UUID | None]:
    """The records before and after one in a list."""
    question = _question(kind, viewer, where, search, False)
    if question is None:
        return None, None
    order = _order(kind, sort or kind.default_sort, question.query)
    value = _value_at(question, order, record_id)
    if value is None:
        return None, None
    cursor = encode_cursor(order.name, value[0], record_id)
    after = _page(question, order, cursor, 1)
    before = _before(question, order, [value[0], str(record_id)], 1)
    return (before[0][0] if before else None), (after[0][0] if after else None)


@dataclass(frozen=True, slots=True)
class _Order:
    name: str
    expression: str
    is_descending: bool
    is_nullable: bool
    cast: str

    @property
    def is_own(self) -> bool:
        """Whether it is by a column of the record itself."""
        return self.expression.startswith(f"{RECORD}.")

    def reversed(self) -> "_Order":
        name = self.name[1:] if self.is_descending else "-" + self.name
        return _Order(name, self.expression, not self.is_descending, self.is_nullable, self.cast)


@dataclass(frozen=True, slots=True)
class _Question:
    table: str
    condition: str
    parameters: list
    query: Query

    @property
    def source(self) -> str:
        return f"FROM {self.table} {self.query.join_clauses} WHERE {self.condition}"


def _asked(kind: RecordType[Row], viewer: Viewer, where: Node, archived: bool | None) -> _Question:
    """FROM and WHERE of everything: sight and filter. The only place where rights join a query."""
    require(viewer, "view")
    query = compile_filter(All((kind.sight(viewer), where)), kind.schema)
    condition = query.condition
    if archived is not None:
        condition += f" AND {RECORD}.archived_at IS {'NOT ' if archived else ''}NULL"
    return _Question(f"{kind.table} {RECORD}", condition, list(query.parameters), query)


def _question(
    kind: RecordType[Row], viewer: Viewer, where: Node, search: str, archived: bool | None
) -> _Question | None:
    """The same with a search. None when nothing can match."""
    asked = _asked(kind, viewer, where, archived)
    if not search.strip():
        return asked
    wanted = search_query(search)
    if wanted is None or not kind.has_search:
        return None
    # Hits are collected from the search index first (OFFSET 0 keeps them apart): with an order to
    # satisfy the planner would otherwise walk the order's index past a million rows for a rare
    # word. They are capped only where every one of them is seen.
    sees_all = where == EVERYTHING and kind.sight(viewer) == EVERYTHING
    cap = f"LIMIT {SEARCH_CAP}" if sees_all else ""
    hits = f"(SELECT * FROM {kind.table} WHERE search @@ %s::tsquery {cap} OFFSET 0) {RECORD}"
    return replace(asked, table=hits, parameters=[wanted, *asked.parameters])


def _order(kind: RecordType, sort: str, query: Query) -> _Order:
    name = sort.removeprefix("-")
    is_descending = sort.startswith("-")
    if name == "id":
        return _Order(sort, f"{RECORD}.id", is_descending, False, "uuid")
    fact = kind.schema.facts.get(name) or _TIME_FACTS.get(name)
    if not isinstance(fact, Fact) or not fact.is_sortable:
        raise Invalid.field("sort", "unknown_sort", _("The list can't be sorted by this."))
    if fact.name == kind.title and "name_key" in {f.name for f in kind.model._meta.fields}:
        return _Order(sort, f"{RECORD}.name_key", is_descending, False, "text")
    expression = sort_expression(fact, kind.schema, query.joins)
    is_nullable = fact.is_nullable or fact.join is not None
    return _Order(sort, expression, is_descending, is_nullable, _CASTS[fact.kind])


_CASTS = {
    Kind.TEXT: "text",
    Kind.CHOICE: "text",
    Kind.LINK: "uuid",
    Kind.NUMBER: "numeric",
    Kind.MONEY: "bigint",
    Kind.DATE: "date",
    Kind.TIME: "timestamptz",
    Kind.YES_NO: "boolean",
}


def _fetch_rows(statement: str, parameters: list) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


@dataclass(frozen=True, slots=True)
class _Reading:
    """Which columns a page is read with, and into what: rows of (id, sort value, …)."""

    columns: str
    fetch: Callable[[str, list], list[tuple]]


_IDS = _Reading(f"{RECORD}.id", _fetch_rows)


def _page(
    question: _Question,
    order: _Order,
    cursor: str | None,
    limit: int,
    reading: _Reading = _IDS,
) -> list[tuple]:
    """The rows of one page. Those without a value come last, whichever the direction."""
    after = _read_cursor(cursor, order)
    rows: list[tuple] = []
    if after is None or after[0] is not None:
        rows = _run(question, order, after, limit, reading, has_value=True)
    if len(rows) < limit and order.is_nullable:
        after_id = after if after is not None and after[0] is None else None
        rows += _run(question, order, after_id, limit - len(rows), reading, has_value=False)
    return rows


def _before(question: _Question, order: _Order, place: list, limit: int) -> list[tuple]:
    """The rows that stand ahead of a place, nearest first. Ahead of those without a value stand
    all that have one."""
    backwards = order.reversed()
    has_value = place[0] is not None
    rows = _run(question, backwards, place, limit, _IDS, has_value=has_value)
    if not has_value and len(rows) < limit:
        rows += _run(question, backwards, None, limit - len(rows), _IDS, has_value=True)
    return rows


def _run(
    question: _Question,
    order: _Order,
    after: list | None,
    limit: int,
    reading: _Reading,
    *,
    has_value: bool,
) -> list[tuple]:
    direction, symbol = ("DESC", "<") if order.is_descending else ("ASC", ">")
    parameters = list(question.parameters)
    conditions = ""
    if has_value:
        if order.is_nullable:
            conditions += f" AND {order.expression} IS NOT NULL"
        if after is not None and order.is_own:
            conditions += (
                f" AND ({order.expression}, {RECORD}.id) {symbol} (%s::{order.cast}, %s::uuid)"
            )
            parameters += after
        elif after is not None:
            # No index holds columns of two tables: a bound on the first lets one begin here.
            conditions += (
                f" AND {order.expression} {symbol}= %s::{order.cast}"
                f" AND ({order.expression} {symbol} %s::{order.cast} OR {RECORD}.id {symbol} %s)"
            )
            parameters += [after[0], *after]
        ordering = f"{order.expression} {direction}, {RECORD}.id {direction}"
    else:
        conditions += f" AND {order.expression} IS NULL"
        if after is not None:
            conditions += f" AND {RECORD}.id {symbol} %s::uuid"
            parameters.append(after[1])
        ordering = f"{RECORD}.id {direction}"
    value = f"{order.expression}::text" if order.cast != "text" else order.expression
    return reading.fetch(
        f"SELECT {reading.columns}, {value} AS sort_value {question.source}{conditions} "
        f"ORDER BY {ordering} LIMIT %s",
        [*parameters, limit],
    )


def _read_cursor(cursor: str | None, order: _Order) -> list | None:
    if cursor is None:
        return None
    parts = decode_cursor(cursor)
    try:
        name, value, record_id = parts
        UUID(str(record_id))
    except ValueError:
        name = None
    if name != order.name or not isinstance(value, str | None):
        raise Invalid.field("cursor", "bad_cursor", _("This page link is not valid; start over."))
    return [value, str(record_id)]


def _value_at(question: _Question, order: _Order, record_id: UUID) -> tuple | None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {order.expression}::text {question.source} AND {RECORD}.id = %s",
            [*question.parameters, record_id],
        )
        return cursor.fetchone()


def saved_views(kind: RecordType, viewer: Viewer) -> list[SavedView]:
    """The tabs over a list: everybody's and the viewer's own."""
    require(viewer, "view")
    views = SavedView.objects.filter(record_type=kind.name)
    return [v for v in views.order_by("position", "name") if v.owner_id in (None, viewer.user_id)]


def saved_view(kind: RecordType, viewer: Viewer, view_id: str) -> SavedView:
    for view in saved_views(kind, viewer):
        if str(view.pk) == str(view_id):
            return view
    raise NotFound("not_found", _("There is no such view."))


def batches(viewer: Viewer, *, limit: int = 50) -> list[Batch]:
    """Recent work that can be undone: one's own, and for those who may undo it what others did to
    records that the viewer sees."""
    require(viewer, "view")
    within, parameters = _in_reach(viewer)
    found = Batch.objects.raw(
        f"SELECT b.* FROM records_batch b WHERE b.kind <> %s AND ({within}) "
        "ORDER BY b.created_at DESC, b.id DESC LIMIT %s",
        [Batch.Kind.UNDO, *parameters, limit],
    )
    return list(found)


def batches_by_id(viewer: Viewer, ids: Iterable[UUID]) -> dict[UUID, Batch]:
    """Pieces of work, as far as they stand in the viewer's history."""
    require(viewer, "view")
    within, parameters = _in_reach(viewer)
    found = Batch.objects.raw(
        f"SELECT b.* FROM records_batch b WHERE b.id = ANY(%s) AND ({within})",
        [list(ids), *parameters],
    )
    return {batch.pk: batch for batch in found}


def batches_behind(viewer: Viewer, ids: Iterable[UUID]) -> dict[UUID, Batch]:
    """The same for work of which the viewer has been shown an event: it has touched what they see,
    so that nothing has to be looked for."""
    found = Batch.objects.filter(pk__in=list(ids))
    if not can(viewer, "undo"):
        found = found.filter(user_id=viewer.user_id)
    return {batch.pk: batch for batch in found}


def batch_to_undo(viewer: Viewer, batch_id: UUID) -> Batch:
    """One piece of work. Raises NotFound when the viewer may not undo any of it."""
    if can(viewer, "undo_own"):
        within, parameters = _in_reach(viewer)
        statement = f"SELECT b.* FROM records_batch b WHERE b.id = %s AND ({within})"
        for batch in Batch.objects.raw(statement, [batch_id, *parameters]):
            return batch
    raise NotFound("not_found", _("There is nothing to undo."))


def _in_reach(viewer: Viewer) -> tuple[str, list]:
    """The condition on batches `b`: one's own, or others' that touched what the viewer sees."""
    own = "b.user_id = %s"
    parameters: list = [viewer.user_id]
    if not can(viewer, "undo"):
        return own, parameters
    kinds = record_types().values()
    if all(kind.sight(viewer) == EVERYTHING for kind in kinds):
        return "TRUE", []
    touched = []
    for kind in kinds:
        asked = _asked(kind, viewer, EVERYTHING, None)
        # OFFSET 0 keeps the planner from reading whole tables: the first visible row is enough.
        touched.append(
            f"EXISTS (SELECT 1 FROM events_event e, LATERAL (SELECT 1 {asked.source} "
            f"AND {RECORD}.id = e.subject_id OFFSET 0) seen "
            "WHERE e.batch_id = b.id AND e.subject_type = %s)"
        )
        parameters += [*asked.parameters, kind.name]
    return " OR ".join((own, *touched)), parameters


def only_seen(kind: RecordType, viewer: Viewer) -> tuple[str, list]:
    """The condition by which a statement over rows `r` keeps to those that the viewer sees."""
    if kind.sight(viewer) == EVERYTHING:
        return "TRUE", []
    asked = _asked(kind, viewer, EVERYTHING, None)
    return f"r.id IN (SELECT {RECORD}.id {asked.source})", asked.parameters


def imports(viewer: Viewer, *, limit: int = 10) -> list[Import]:
    """The latest imports: everybody's for those who look after all, else one's own."""
    require(viewer, "import")
    found = Import.objects.select_related("batch").order_by("-created_at", "-pk")
    if not looks_after_all(viewer):
        found = found.filter(user_id=viewer.user_id)
    return list(found[:limit])


def linked_names(viewer: Viewer, kind: str, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Titles of linked records by id, in one query; those out of sight are left out."""
    target = record_type(kind)
    found = values_of(target, viewer, list(set(ids)), [target.title])
    return {pk: str(values[target.title]) for pk, values in found.items()}
