"""Whose time is over: the customers of a rule without activity for as long as it says, whom nothing
keeps (`customers/keeping.py`). Set by set, in SQL."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db import connection

from zhike.access.viewer import SYSTEM
from zhike.customers.facts import CUSTOMER
from zhike.customers.keeping import keepers
from zhike.filters import Node, check, parse
from zhike.kernel import clock
from zhike.privacy.models import RetentionRule
from zhike.records.queries import LARGEST_PAGE, find_ids, firm


def tree_of(rule: RetentionRule) -> Node:
    """Raises Invalid when the filter names what isn't there any more."""
    return check(parse(rule.filter), CUSTOMER.schema, currency=firm().currency)


def due(rule: RetentionRule) -> Iterator[list[UUID]]:
    """Chunk by chunk, archived customers included."""
    where = tree_of(rule)
    for archived in (False, True):
        cursor: str | None = None
        while True:
            page = find_ids(
                CUSTOMER, SYSTEM, where=where, sort="id", cursor=cursor, limit=LARGEST_PAGE,
                archived=archived,
            )  # fmt: skip
            found = _whom_nothing_keeps(page.items, rule.months)
            if found:
                yield found
            cursor = page.next_cursor
            if cursor is None:
                break


def is_due(rule: RetentionRule, party_id: UUID) -> bool:
    """Asked once more, right before."""
    return bool(_whom_nothing_keeps([party_id], rule.months))


def _whom_nothing_keeps(ids: Sequence[UUID], months: int) -> list[UUID]:
    kept = " OR ".join(f"({condition})" for _label, condition in keepers().values())
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s - make_interval(months => %s)", [clock.now(), months])
        since = cursor.fetchone()[0]
        cursor.execute(
            f"SELECT p.id FROM customers_party p WHERE p.id = ANY(%(ids)s) "
            "AND p.erased_at IS NULL AND p.merged_into_id IS NULL "
            # An erasure that is asked for already takes no place of the night.
            "AND NOT EXISTS (SELECT FROM privacy_erasure r WHERE r.party_id = p.id "
            f"AND r.state <> 'done') AND NOT ({kept}) ORDER BY p.id",
            {"ids": list(ids), "since": since},
        )
        return [row[0] for row in cursor.fetchall()]
