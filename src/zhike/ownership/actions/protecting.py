"""Protecting a customer until a day, and ending that early."""

from datetime import date, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.customers.holders import Held, locked
from zhike.customers.queries import customer
from zhike.events.actions import Draft, record
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid
from zhike.ownership.actions.claiming import lock_person
from zhike.ownership.models import Entry, Pool, Verb
from zhike.ownership.queries import home_pool


@transaction.atomic
def protect_customer(party_id: UUID, *, until: date, reason: str, viewer: Viewer) -> Entry:
    """Keeps a customer from falling into the pool up to and including a day: by the owner, or by
    whoever may assign. Ends by itself. Said again, the later word counts.

    Raises Conflict with the numbers when the owner protects too many, Invalid when the day is past
    or too far off.
    """
    row = _own(party_id, viewer)
    owner_id = _owner(row)
    lock_person(owner_id)
    pool = home_pool(owner_id)
    if pool is None:
        message = _("The owner belongs to no open pool: nothing takes the customer away.")
        raise Conflict("no_pool", message)
    _check_day(pool, until)
    _check_reason(reason)
    protected = _protected_by(owner_id, but=party_id)
    if protected >= pool.lock_cap:
        message = _("%(number)s of %(cap)s customers are protected already.")
        raise Conflict("lock_cap", message % {"number": protected, "cap": pool.lock_cap})
    return _note(row, Verb.PROTECTED, viewer, until=until, reason=reason.strip())


@transaction.atomic
def unprotect_customer(party_id: UUID, *, viewer: Viewer) -> Entry:
    row = _own(party_id, viewer)
    return _note(row, Verb.UNPROTECTED, viewer)


def _own(party_id: UUID, viewer: Viewer) -> Held:
    """The locked customer, its owner's or before somebody who may assign."""
    require(viewer, "change")
    party = customer(viewer, party_id)
    rows = locked([party.pk])
    if not rows:
        raise Conflict("archived", _("This is archived. Restore it before you change it."))
    if rows[0].owner_id != viewer.user_id:
        require(viewer, "assign")
    return rows[0]


def _owner(row: Held) -> UUID:
    if row.owner_id is None:
        raise Conflict("not_held", _("Nobody holds this customer."))
    return row.owner_id


def _check_day(pool: Pool, until: date) -> None:
    today = clock.today()
    last = today + timedelta(days=pool.lock_days)
    if not today <= until <= last:
        message = _("Choose a day from today to %(last)s.") % {"last": date_format(last)}
        raise Invalid.field("until", "out_of_range", message)


def _check_reason(reason: str) -> None:
    if not reason.strip() or len(reason) > 200:
        message = _("Give a reason of at most 200 characters.")
        raise Invalid.field("reason", "missing", message)


def _protected_by(owner_id: UUID, *, but: UUID) -> int:
    """Customers that somebody holds and has protected themselves, as of today."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FROM (
                SELECT DISTINCT ON (e.party_id) e.party_id, e.until FROM ownership_entry e
                WHERE e.party_id IN (
                    SELECT party_id FROM ownership_entry
                    WHERE verb = 'protected' AND owner_after = %s AND until >= %s)
                ORDER BY e.party_id, e.id DESC
            ) last
            JOIN customers_party p ON p.id = last.party_id
            WHERE last.until >= %s AND p.owner_id = %s AND p.id <> %s AND p.archived_at IS NULL
            """,
            [owner_id, clock.today(), clock.today(), owner_id, but],
        )
        return cursor.fetchone()[0]


def _note(
    row: Held, verb: Verb, viewer: Viewer, *, until: date | None = None, reason: str = ""
) -> Entry:
    entry = Entry.objects.create(
        party_id=row.id,
        at=clock.now(),
        verb=verb,
        owner_before=row.owner_id,
        owner_after=row.owner_id,
        pool_before=row.pool_id,
        pool_after=row.pool_id,
        until=until,
        actor_id=viewer.user_id,
        reason=reason,
    )
    data = {"name": row.name, "until": until, "reason": reason}
    draft = Draft(f"customer.{verb.value}", "customer", row.id, row.id, data=data)
    record(draft, origin=viewer.origin())
    return entry
