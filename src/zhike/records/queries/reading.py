"""Reading records for a viewer: lists, single ones, values, counts, neighbours."""

from collections.abc import Callable, Iterator, Sequence
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from zhike.access.policies import refuse_braked, require
from zhike.access.viewer import Viewer
from zhike.filters import EVERYTHING, All, Node
from zhike.filters.sql import RECORD, compile_values
from zhike.kernel.errors import NotAllowed, NotFound
from zhike.kernel.paging import Count, Page, encode_cursor
from zhike.records.limits import limits, refusal, refuse_limited, row_masks
from zhike.records.queries.asking import asked, ids_for_which, searched
from zhike.records.queries.concealing import concealed, concealed_one, concealed_values
from zhike.records.queries.noting import Way, note_way
from zhike.records.queries.paging import IDS, Reading, order_of, page_of, rows_before, value_at
from zhike.records.types import RecordType, Row, record_type

COUNT_CAP = 10_000


LARGE_BASE = 50_000


LARGEST_PAGE = 200


# Counts over many rows of several tables, when a higher floor keeps a copy made for that: answers
# None where it can't. It is given the tree with the viewer's sight in it.
WideCount = Callable[[RecordType, Node], Count | None]


_wide_counts: list[WideCount] = []


def counts_widely(function: WideCount) -> WideCount:
    """Declares what answers `count_widely` on large bases."""
    _wide_counts.append(function)
    return function


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
    """A page of records the viewer sees, in the order asked for, by key. Read by machine that is as
    much as opening each of them."""
    if viewer.source == "api" and kind.party_column == "id":
        refuse_braked(viewer)

    def fetch(statement: str, parameters: list) -> list[tuple]:
        rows = kind.model._default_manager.raw(statement, parameters)
        return [(row.pk, row.sort_value, row) for row in rows]  # type: ignore[attr-defined]

    found = _find(
        kind, viewer, where, search, sort, cursor, limit, archived, Reading(f"{RECORD}.*", fetch)
    )
    rows = concealed(kind, viewer, [row[2] for row in found.items])
    return Page(list(rows), found.next_cursor)


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
    found = _find(kind, viewer, where, search, sort, cursor, limit, archived, IDS)
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
    reading: "Reading",
) -> Page[tuple]:
    limit = max(1, min(limit, LARGEST_PAGE))
    if search.strip():
        note_way(viewer, Way.SEARCHED)
    question = searched(kind, viewer, where, search, archived)
    if question is None:
        return Page([])
    order = order_of(kind, sort_for(kind, viewer, sort), question.query)
    rows = page_of(question, order, cursor, limit + 1, reading)
    items, more = rows[:limit], len(rows) > limit
    return Page(items, encode_cursor(order.name, items[-1][1], items[-1][0]) if more else None)


def sort_for(kind: RecordType, viewer: Viewer, sort: str) -> str:
    """The order of a list: what is asked for, else the usual one; where the viewer may not see
    what is usual, that in which the records came. Raises Invalid for what they may not see."""
    sort = sort or kind.default_sort
    name = sort.removeprefix("-")
    masked = {one for facts, _rows in row_masks(kind, viewer) for one in facts}
    if name in limits(kind, viewer) or name in masked:
        if sort != kind.default_sort:
            raise refusal(kind, name)
        return "id"
    return sort


def get(
    kind: RecordType[Row], viewer: Viewer, record_id: UUID | str, *, archived: bool = True
) -> Row:
    """One record. Raises NotFound when it is not there or not to be seen."""
    try:
        pk = record_id if isinstance(record_id, UUID) else UUID(str(record_id))
    except ValueError:
        pk = None
    question = asked(kind, viewer, EVERYTHING, None if archived else False)
    found = kind.model._default_manager.raw(
        f"SELECT {RECORD}.* {question.source} AND {RECORD}.id = %s", [*question.parameters, pk]
    )
    for row in found:
        return concealed_one(kind, viewer, row)
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
    question = asked(kind, viewer, where, None if archived else False)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {RECORD}.id {question.source} AND {RECORD}.id = ANY(%s)",
            [*question.parameters, list(ids)],
        )
        return {row[0] for row in cursor.fetchall()}


def require_reach(kind: RecordType[Row], viewer: Viewer, *ids: UUID) -> None:
    """Raises NotAllowed when there is a record that the viewer sees and may not change."""
    reach = kind.reach(viewer)
    if reach != EVERYTHING and len(ids_for_which(kind, reach, ids)) < len(set(ids)):
        raise NotAllowed("not_allowed", _("You may look at this, but not change it."))


def values_of(
    kind: RecordType[Row], viewer: Viewer, ids: Sequence[UUID], facts: Sequence[str]
) -> dict[UUID, dict[str, object]]:
    """Facts of some records by id, as far as the viewer sees them: one query, however many."""
    values = compile_values(facts, kind.schema)
    question = asked(kind, viewer, EVERYTHING, None)
    question.query.joins.update(values.joins)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {RECORD}.id, {values.condition or 'NULL'} {question.source} "
            f"AND {RECORD}.id = ANY(%s)",
            [*values.parameters, *question.parameters, list(ids)],
        )
        found = {pk: dict(zip(facts, row, strict=False)) for pk, *row in cursor.fetchall()}
    return concealed_values(kind, viewer, found)


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
    question = searched(kind, viewer, where, search, archived)
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
    refuse_limited(kind, viewer, where)
    if _rows_about(kind) > LARGE_BASE and not row_masks(kind, viewer):
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


def ids_of_all(
    kind: RecordType,
    viewer: Viewer,
    *,
    where: Node = EVERYTHING,
    search: str = "",
    archived: bool = False,
    most: int,
) -> list[UUID]:
    """The ids of a whole list in one question, at most one more than `most`."""
    question = searched(kind, viewer, where, search, archived)
    if question is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {RECORD}.id {question.source} LIMIT %s", [*question.parameters, most + 1]
        )
        return [row[0] for row in cursor.fetchall()]


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
    question = searched(kind, viewer, where, search, False)
    if question is None:
        return None, None
    order = order_of(kind, sort_for(kind, viewer, sort), question.query)
    value = value_at(question, order, record_id)
    if value is None:
        return None, None
    cursor = encode_cursor(order.name, value[0], record_id)
    after = page_of(question, order, cursor, 1)
    before = rows_before(question, order, [value[0], str(record_id)], 1)
    return (before[0][0] if before else None), (after[0][0] if after else None)


def linked_names(viewer: Viewer, kind: str, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Titles of linked records by id, in one query; those out of sight are left out."""
    target = record_type(kind)
    found = values_of(target, viewer, list(set(ids)), [target.title])
    return {pk: str(values[target.title]) for pk, values in found.items()}
