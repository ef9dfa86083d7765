"""Saying that a file is right, and reminding owners of those that nobody has looked at for long."""

from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.viewer import SYSTEM, Viewer
from zhike.customers.facts import CUSTOMER, TASK
from zhike.customers.models import Party
from zhike.customers.quality.queries import stale_before
from zhike.kernel import clock
from zhike.records.actions import change_record, create_record, open_batch
from zhike.records.models import Batch

REMINDERS = 5  # an owner has at most so many open at once: a list that is worked off, not endured
REMINDER = "quality"  # the source by which such a task is known
# Of each owner the files that nobody has touched for longest, where there is no reminder yet and
# none was worked off since the file went stale.
_STALE = """
    SELECT id, owner_id, name FROM (
        SELECT p.id, p.owner_id, p.name, p.updated_at, row_number() OVER (
            PARTITION BY p.owner_id ORDER BY p.updated_at, p.id
        ) + (
            SELECT count(*) FROM customers_task t WHERE t.assignee_id = p.owner_id
                AND t.source = %(source)s AND t.done_at IS NULL AND t.archived_at IS NULL
        ) AS place
        FROM customers_party p JOIN access_user u ON u.id = p.owner_id AND u.is_active
        WHERE p.archived_at IS NULL AND p.updated_at < %(before)s
            AND NOT EXISTS (SELECT FROM customers_task t WHERE t.party_id = p.id
                AND t.source = %(source)s AND t.created_at > p.updated_at
                AND (t.done_at IS NULL OR t.done_at > %(before)s))
    ) stale WHERE place <= %(most)s ORDER BY owner_id, place
"""


def verify_customer(party_id: UUID, *, viewer: Viewer) -> Party:
    """Somebody has looked at the file, or asked the customer: it is right, and so fresh."""
    return change_record(CUSTOMER, party_id, {}, viewer=viewer, extra={"verified_at": clock.now()})


@transaction.atomic
def remind_of_stale_files(viewer: Viewer = SYSTEM) -> int:
    """Gives owners a task for each of their stalest files, up to five open ones; returns how many
    were set. Ringing twice sets nothing twice."""
    require(viewer, "assign")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('quality.reminders'))")
        wanted: dict[str, Any] = {"source": REMINDER, "before": stale_before(), "most": REMINDERS}
        cursor.execute(_STALE, wanted)
        stale = cursor.fetchall()
    if not stale:
        return 0
    batch = open_batch(viewer, kind=Batch.Kind.RULE, label=_("Files to check"))
    for party_id, owner_id, name in stale:
        values = {
            "title": _title(name),
            "customer": party_id,
            "assignee": owner_id,
            "due_on": clock.today(),
        }
        create_record(TASK, values, viewer=viewer, batch=batch, extra={"source": REMINDER})
    return len(stale)


def _title(name: str) -> str:
    return (_("Check the file of %(name)s") % {"name": name})[:200]
