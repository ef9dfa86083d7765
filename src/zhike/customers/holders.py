"""Customers changing hands, set by set: from an owner or a pool to another owner or pool.

Who may do that, and within which caps, is for the floor above to say. Whatever writes an owner or a
pool lands in the ledger by itself (ADR 12); `hand_over` only tells it the verb and the reason.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER, TASK
from zhike.events.actions import Draft, record_many
from zhike.kernel import clock

VERB_SETTING = "zhike.ownership"  # read by the ledger's trigger


@dataclass(frozen=True, slots=True)
class Held:
    """A customer and who has it: an owner, a pool, or nobody."""

    id: UUID
    name: str
    owner_id: UUID | None
    team_id: UUID | None
    pool_id: UUID | None


@dataclass(frozen=True, slots=True)
class Holder:
    owner_id: UUID | None = None
    team_id: UUID | None = None
    pool_id: UUID | None = None


def locked(ids: Sequence[UUID], condition: str = "TRUE", parameters: Sequence = ()) -> list[Held]:
    """Those of the live customers `r` for whom a condition holds once nobody else holds their rows:
    in the order of their ids, so that two who want the same ones wait in turn."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT r.id, r.name, r.owner_id, r.team_id, r.pool_id FROM {CUSTOMER.table} r "
            f"WHERE r.id = ANY(%s) AND r.archived_at IS NULL AND {condition} "
            "ORDER BY r.id FOR NO KEY UPDATE",
            [list(ids), *parameters],
        )
        return [Held(*row) for row in cursor.fetchall()]


def hand_over(
    rows: Sequence[Held],
    to: Holder,
    *,
    verb: str,
    event: str,
    data: Callable[[Held], Mapping],
    batch_id: UUID,
    viewer: Viewer,
    reason: str = "",
) -> None:
    """Gives locked customers to somebody else, each with its event."""
    with connection.cursor() as cursor:
        told = json.dumps({"verb": verb, "reason": reason[:200]})
        cursor.execute("SELECT set_config(%s, %s, TRUE)", [VERB_SETTING, told])
        cursor.execute(
            f"UPDATE {CUSTOMER.table} SET owner_id = %s, team_id = %s, pool_id = %s, "
            "batch_id = %s, version = version + 1, updated_at = %s WHERE id = ANY(%s)",
            [to.owner_id, to.team_id, to.pool_id, batch_id, clock.now(), [r.id for r in rows]],
        )
        cursor.execute("SELECT set_config(%s, '', TRUE)", [VERB_SETTING])
    drafts = (
        Draft(event, CUSTOMER.name, row.id, row.id, data={"name": row.name, **data(row)},
              changes=_changes(row, to))
        for row in rows
    )  # fmt: skip
    record_many(drafts, origin=viewer.origin(batch_id))


def give_tasks(
    tasks: Sequence[tuple[UUID, UUID, str]],
    *,
    before: UUID,
    assignee: UUID,
    batch_id: UUID,
    viewer: Viewer,
) -> None:
    """Puts open tasks (id, customer, title) on somebody else's list, each with its event."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {TASK.table} SET assignee_id = %s, batch_id = %s, version = version + 1, "
            "updated_at = %s WHERE id = ANY(%s)",
            [assignee, batch_id, clock.now(), [pk for pk, _party_id, _title in tasks]],
        )
    changes = {"assignee_id": [before, assignee]}
    drafts = (
        Draft("task.updated", TASK.name, pk, party_id, data={"title": title}, changes=changes)
        for pk, party_id, title in tasks
    )
    record_many(drafts, origin=viewer.origin(batch_id))


def saying(**data: object) -> Callable[[Held], Mapping]:
    """The same data for every customer's event."""
    return lambda row: data


def _changes(row: Held, to: Holder) -> dict:
    pairs = {name: [getattr(row, name), getattr(to, name)] for name in Holder.__slots__}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
