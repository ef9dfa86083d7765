"""Customers out of a pool, into one, and to a colleague; each as one batch that can be undone.

Whoever claims takes a lock of their own first, so that what is counted for their caps is still true
when it is written; the customers' rows are locked in order and looked at again, so that of two who
want the same one the second finds it gone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from zhike.access.policies import can, require
from zhike.access.queries import active_user_names, team_of_user
from zhike.access.viewer import SYSTEM, Viewer
from zhike.customers.facts import CUSTOMER
from zhike.customers.holders import Held, Holder, hand_over, locked, saying
from zhike.filters import All, Test
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from zhike.ownership.collisions import Barred, collisions_of
from zhike.ownership.models import Entry, Pool, Verb
from zhike.ownership.queries import counted_as_held, home_pool, is_admin_of, memberships
from zhike.ownership.words import REASONS
from zhike.records.actions import open_batch
from zhike.records.queries import count, visible_ids

MOST_AT_ONCE = 2_000
_LEFT_BEHIND = (Verb.RELEASED, Verb.RECYCLED)  # after which the former owner waits


@dataclass
class Claimed:
    """What became of a claim: the batch, who was got, and why others weren't, in words by id;
    `collides` says of those who were got that a colleague has a customer with the same sign;
    where the colleague protects it, it can't be had and is `barred`, and can be asked for."""

    batch_id: UUID | None = None
    ids: list[UUID] = field(default_factory=list)
    missed: dict[UUID, str] = field(default_factory=dict)
    collides: dict[UUID, str] = field(default_factory=dict)
    barred: dict[UUID, str] = field(default_factory=dict)  # of those missed, by which sign


def claim_customer(party_id: UUID, *, viewer: Viewer) -> Claimed:
    """Takes one customer out of its pool. Raises Conflict with the reason when that can't be."""
    return claim_customers([party_id], viewer=viewer)


@transaction.atomic
def claim_customers(ids: Sequence[UUID], *, viewer: Viewer) -> Claimed:
    """Takes customers out of their pools for the viewer. Those that can't be had for a reason of
    their own (somebody was faster, they have just arrived) are left; a cap refuses all of them.

    Raises Conflict when not one can be had.
    """
    require(viewer, "change")
    if viewer.user_id is None:
        raise NotAllowed("nobody", _("Only a person can hold customers."))
    _check_number(ids)
    # Whom a colleague has claimed may be out of sight by now: no difference is told.
    if not visible_ids(CUSTOMER, viewer, ids):
        raise NotFound("not_found", _taken())
    lock_person(viewer.user_id)
    free = "r.owner_id IS NULL AND r.pool_id = ANY(%s)"
    rows = locked(ids, free, [list(memberships(viewer))])
    result = Claimed(missed=_gone(ids, rows))
    collisions = collisions_of([row.id for row in rows], viewer)
    pools = Pool.objects.in_bulk({row.pool_id for row in rows})
    batch = None
    for pool in sorted(pools.values(), key=lambda pool: pool.position):
        wanted = [row for row in rows if row.pool_id == pool.pk]
        _check_open(pool, viewer)
        result.missed |= _kept_back(pool, wanted, viewer.user_id) | collisions.barred
        wanted = [row for row in wanted if row.id not in result.missed]
        if not wanted:
            continue
        _check_daily_cap(pool, viewer.user_id, len(wanted))
        _check_holding_cap(pool, viewer.user_id, wanted)
        batch = batch or open_batch(viewer, kind="claim", label=_label(wanted))
        hand_over(
            wanted, Holder(viewer.user_id, viewer.team_id), verb=Verb.CLAIMED,
            event="customer.claimed", data=saying(pool=pool.name),
            batch_id=batch.pk, viewer=viewer,
        )  # fmt: skip
        result.ids += [row.id for row in wanted]
    result.collides = {pk: why for pk, why in collisions.told.items() if pk in set(result.ids)}
    result.barred = {
        pk: sign for pk, sign in collisions.signs.items()
        if result.missed.get(pk) == collisions.barred[pk]
    }  # fmt: skip
    if batch is None:
        if len(ids) == 1 and result.barred:
            raise Barred(*result.barred.popitem())
        raise Conflict("not_claimed", next(iter(result.missed.values()), _taken()))
    result.batch_id = batch.pk
    return result


def lock_person(user_id: UUID) -> None:
    """Whoever else claims or protects for the same person waits until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(user_id)])


def _check_number(ids: Sequence[UUID]) -> None:
    if not ids or len(ids) > MOST_AT_ONCE:
        raise Invalid("too_many", _("Choose from 1 to 2,000 customers."))


def _check_seen(viewer: Viewer, ids: Sequence[UUID]) -> None:
    _check_number(ids)
    if len(visible_ids(CUSTOMER, viewer, ids)) < len(set(ids)):
        raise NotFound("not_found", _("There is no such record, or you may not see it."))


def _gone(ids: Sequence[UUID], rows: Sequence[Held]) -> dict[UUID, str]:
    found = {row.id for row in rows}
    return {party_id: _taken() for party_id in ids if party_id not in found}


def _taken() -> str:
    return _("This customer no longer waits in a pool of yours: somebody was faster.")


def _check_open(pool: Pool, viewer: Viewer) -> None:
    if not pool.is_enabled:
        message = _("The pool “%(pool)s” is closed.")
        raise Conflict("closed", message % {"pool": pool.name})
    if pool.assignment == Pool.Assignment.ADMIN and not may_assign_in(pool.pk, viewer):
        message = _("In the pool “%(pool)s” customers are assigned. Ask its administrators.")
        raise Conflict("assigned_only", message % {"pool": pool.name})


def _kept_back(pool: Pool, rows: Sequence[Held], user_id: UUID) -> dict[UUID, str]:
    """Those that can't be claimed yet, with until when: they have just arrived, or were the
    claimer's own. Both are read off the ledger: no edit of the file restarts them."""
    now, found = clock.now(), {}
    if pool.freeze_hours:
        for party_id, at in _last(rows, "pool_after = %s", [pool.pk]).items():
            free_at = at + timedelta(hours=pool.freeze_hours)
            if free_at > now:
                when = date_format(free_at.astimezone(clock.firm_zone()), "DATETIME_FORMAT")
                message = _("Has just come into the pool and may be claimed from %(time)s.")
                found[party_id] = message % {"time": when}
    if pool.cooling_days:
        left = "owner_before = %s AND owner_after IS DISTINCT FROM owner_before AND verb = ANY(%s)"
        for party_id, at in _last(rows, left, [user_id, list(_LEFT_BEHIND)]).items():
            day = clock.today(at) + timedelta(days=pool.cooling_days)
            if day > clock.today(now):
                message = _("Was yours and may be claimed again by you on %(day)s.")
                found[party_id] = message % {"day": date_format(day)}
    return found


def _last(rows: Sequence[Held], condition: str, parameters: list) -> Mapping[UUID, datetime]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT party_id, max(at) FROM ownership_entry WHERE party_id = ANY(%s) "
            f"AND {condition} GROUP BY party_id",
            [[row.id for row in rows], *parameters],
        )
        return dict(cursor.fetchall())


def _check_daily_cap(pool: Pool, user_id: UUID, number: int) -> None:
    """Claims are counted where they are written down: throwing one back doesn't give it back."""
    if pool.daily_cap is None:
        return
    today = clock.start_of_day(clock.today())
    claims = Entry.objects.filter(verb=Verb.CLAIMED, owner_after=user_id, at__gte=today)
    done = claims.filter(pool_before=pool.pk).count()
    if done + number > pool.daily_cap:
        message = _("You have claimed %(done)s of %(cap)s today; you chose %(number)s.")
        words = {"done": done, "cap": pool.daily_cap, "number": number}
        raise Conflict("daily_cap", message % words)


def _check_holding_cap(pool: Pool, user_id: UUID, rows: Sequence[Held]) -> None:
    if pool.holding_cap is None:
        return
    counted = counted_as_held(pool)
    mine = All((Test("owner", "eq", user_id), counted))
    held = count(CUSTOMER, SYSTEM, where=mine, exact=True).value
    number = len(visible_ids(CUSTOMER, SYSTEM, [row.id for row in rows], where=counted))
    if number and held + number > pool.holding_cap:
        message = _("You hold %(held)s of %(cap)s customers; you chose %(number)s.")
        words = {"held": held, "cap": pool.holding_cap, "number": number}
        raise Conflict("holding_cap", message % words)


def _label(rows: Sequence[Held]) -> str:
    return rows[0].name if len(rows) == 1 else str(CUSTOMER.plural)


@transaction.atomic
def release_customers(
    ids: Sequence[UUID], *, viewer: Viewer, reason: str, pool_id: UUID | None = None
) -> UUID:
    """Lets customers go into a pool: one's own, or others' by whoever may assign. Without a pool
    named, into the first one that their owner belongs to. Returns the batch.

    Raises NotAllowed for customers of somebody else, Conflict for those that nobody holds.
    """
    require(viewer, "change")
    if reason not in REASONS:
        raise Invalid.field("reason", "unknown_choice", _("Choose a reason."))
    _check_seen(viewer, ids)
    rows = locked(ids, "r.owner_id IS NOT NULL")
    if not rows:
        raise Conflict("not_held", _("Nobody holds these customers any more."))
    if any(row.owner_id != viewer.user_id for row in rows):
        require(viewer, "assign")
    batch = open_batch(viewer, kind="release", label=_label(rows))
    for owner_id in dict.fromkeys(row.owner_id for row in rows):
        pool = _pool_for(owner_id, pool_id)
        hand_over(
            [row for row in rows if row.owner_id == owner_id], Holder(pool_id=pool.pk),
            verb=Verb.RELEASED, reason=reason, event="customer.returned",
            data=saying(pool=pool.name, reason=reason),
            batch_id=batch.pk, viewer=viewer,
        )  # fmt: skip
    return batch.pk


def _pool_for(owner_id: UUID | None, pool_id: UUID | None) -> Pool:
    """The pool, kept from being removed until the transaction ends."""
    if pool_id is None:
        home = home_pool(owner_id) if owner_id else None
        if home is None:
            message = _("Their owner belongs to no open pool. Say into which one.")
            raise Invalid.field("pool", "no_pool", message)
        pool_id = home.pk
    pool = open_pool(pool_id)
    if pool is None:
        raise Invalid.field("pool", "unknown_pool", _("There is no such open pool."))
    return pool


def open_pool(pool_id: UUID) -> Pool | None:
    """An open pool, which can't be removed or closed until the transaction ends."""
    pools = Pool.objects.raw(
        "SELECT * FROM ownership_pool WHERE id = %s AND archived_at IS NULL AND is_enabled "
        "FOR SHARE",
        [pool_id],
    )
    return next(iter(pools), None)


def may_assign_in(pool_id: UUID, viewer: Viewer) -> bool:
    return can(viewer, "assign") or (can(viewer, "change") and is_admin_of(viewer, pool_id))


@transaction.atomic
def assign_customers(ids: Sequence[UUID], *, owner_id: UUID, viewer: Viewer) -> UUID:
    """Gives customers to a colleague: by whoever may assign, or out of a pool by its
    administrators. Returns the batch."""
    require(viewer, "change")
    _check_seen(viewer, ids)
    name = active_user_names().get(str(owner_id))
    if name is None:
        raise Invalid.field("owner", "unknown_user", _("There is nobody of that id at work here."))
    found = locked(ids)
    if any(row.pool_id is None or not may_assign_in(row.pool_id, viewer) for row in found):
        require(viewer, "assign")
    rows = [row for row in found if row.owner_id != owner_id]
    if not rows:
        raise Conflict("not_changed", _("They hold these customers already."))
    batch = open_batch(viewer, kind="assign", label=_label(rows))
    hand_over(
        rows, Holder(owner_id, team_of_user(owner_id)), verb=Verb.ASSIGNED,
        event="customer.assigned", data=saying(owner=name), batch_id=batch.pk, viewer=viewer,
    )  # fmt: skip
    return batch.pk
