"""Setting pools up: for administrators, because who belongs to a pool sees its customers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.queries import team_names, user_names
from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.customers.holders import Held, Holder, hand_over, saying
from zhike.events.actions import Draft, record
from zhike.filters import EVERYTHING, check, dump, parse
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, FieldError, Invalid, NotFound
from zhike.ownership.models import Member, Pool, Verb
from zhike.ownership.setting import whole_number
from zhike.records.actions import open_batch
from zhike.records.queries import firm

_NUMBERS = {  # name → whether it may be left empty
    "daily_cap": True,
    "holding_cap": True,
    "cooling_days": False,
    "freeze_hours": False,
    "protect_days": False,
    "lock_cap": False,
    "lock_days": False,
    "position": False,
}


@dataclass(frozen=True, slots=True)
class Membership:
    """A person or a team in a pool."""

    user_id: UUID | None = None
    team_id: UUID | None = None
    is_admin: bool = False


@transaction.atomic
def create_pool(viewer: Viewer, *, name: str, **values) -> Pool:
    require(viewer, "administer")
    pool = Pool(created_at=clock.now(), position=Pool.objects.count())
    _set(pool, {"name": name, **values})
    pool.save(force_insert=True)
    _tell("pool.created", pool, viewer)
    return pool


@transaction.atomic
def change_pool(viewer: Viewer, pool_id: UUID, **values) -> Pool:
    """Changes what is given. The last open pool stays open."""
    pool = locked_pool(viewer, pool_id)
    if pool.is_enabled and values.get("is_enabled") is False:
        _check_not_last(pool)
    _set(pool, values)
    pool.version += 1
    pool.save(force_update=True)
    _tell("pool.updated", pool, viewer)
    return pool


@transaction.atomic
def set_members(viewer: Viewer, pool_id: UUID, members: Sequence[Membership]) -> Pool:
    """Who belongs to a pool from now on: all of them and nobody else."""
    pool = locked_pool(viewer, pool_id)
    users, teams = user_names(), team_names()
    for one in members:
        known = str(one.user_id) in users if one.user_id else str(one.team_id) in teams
        if not known or (one.user_id and one.team_id):
            message = _("There is no such person or team.")
            raise Invalid.field("members", "unknown_member", message)
    if len({(one.user_id, one.team_id) for one in members}) < len(members):
        raise Invalid.field("members", "twice", _("Somebody is named twice."))
    pool.members.all().delete()
    Member.objects.bulk_create(
        Member(pool=pool, user_id=m.user_id, team_id=m.team_id, is_admin=m.is_admin)
        for m in members
    )
    _tell("pool.updated", pool, viewer)
    return pool


@transaction.atomic
def empty_pool(viewer: Viewer, pool_id: UUID, *, into: UUID) -> tuple[UUID, int]:
    """Moves every customer of a pool into another one, as one batch: its id, and how many."""
    pool, other = locked_pool(viewer, pool_id), locked_pool(viewer, into)
    if pool.pk == other.pk:
        raise Invalid.field("into", "same", _("Choose another pool."))
    batch = open_batch(viewer, kind="assign", label=f"{pool.name} → {other.name}")
    rows = _waiting_in(pool)
    _move(rows, other, batch.pk, viewer)
    return batch.pk, len(rows)


def _move(rows: Sequence[Held], pool: Pool, batch_id: UUID, viewer: Viewer) -> None:
    for team_id in {row.team_id for row in rows}:
        hand_over(
            [row for row in rows if row.team_id == team_id],
            Holder(team_id=team_id, pool_id=pool.pk),
            verb=Verb.MOVED, event="customer.repooled", data=saying(pool=pool.name),
            batch_id=batch_id, viewer=viewer,
        )  # fmt: skip


def _waiting_in(pool: Pool) -> list[Held]:
    """Its customers, the archived ones too: they must find their way when they are restored."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, name, owner_id, team_id, pool_id FROM customers_party "
            "WHERE pool_id = %s ORDER BY id FOR NO KEY UPDATE",
            [pool.pk],
        )
        return [Held(*row) for row in cursor.fetchall()]


@transaction.atomic
def remove_pool(viewer: Viewer, pool_id: UUID, *, heir: UUID | None = None) -> None:
    """Removes an empty pool. What an undo would put back into it later goes to the heir, or the
    first open pool."""
    pool = locked_pool(viewer, pool_id)
    if _waiting_in(pool):
        message = _("“%(pool)s” still holds customers. Empty it into another pool first.")
        raise Conflict("not_empty", message % {"pool": pool.name})
    if pool.is_enabled:
        _check_not_last(pool)
    others = Pool.objects.filter(archived_at=None).exclude(pk=pool.pk).order_by("position")
    pool.heir = (others.filter(pk=heir) if heir else others.filter(is_enabled=True)).first()
    pool.archived_at, pool.is_enabled = clock.now(), False
    pool.save(force_update=True)
    _tell("pool.removed", pool, viewer)


def locked_pool(viewer: Viewer, pool_id: UUID) -> Pool:
    require(viewer, "administer")
    pool = Pool.objects.select_for_update().filter(pk=pool_id, archived_at=None).first()
    if pool is None:
        raise NotFound("not_found", _("There is no such pool, or you don't belong to it."))
    return pool


def _check_not_last(pool: Pool) -> None:
    # In one order, so that two who close the last two pools wait in turn.
    open_ids = list(
        Pool.objects.select_for_update()
        .filter(archived_at=None, is_enabled=True)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    if open_ids == [pool.pk]:
        message = _("“%(pool)s” is the last open pool. Open another one first.")
        raise Conflict("last_pool", message % {"pool": pool.name})


def _set(pool: Pool, values: Mapping) -> None:
    errors: list[FieldError] = []
    for name, value in values.items():
        try:
            setattr(pool, name, _cleaned(pool, name, value))
        except Invalid as error:
            errors.extend(error.errors)
    if errors:
        raise Invalid("invalid", _("Some values can't be taken."), tuple(errors))


def _cleaned(pool: Pool, name: str, value: object) -> object:
    if name == "name":
        return _name(pool, str(value))
    if name == "assignment":
        if value not in Pool.Assignment.values:
            raise Invalid.field(name, "unknown_choice", _("There is no such choice."))
        return value
    if name == "is_enabled":
        return bool(value)
    if name == "exempt":
        return _filter(value)
    if name not in _NUMBERS:
        message = _("There is no field “%(name)s”.") % {"name": name}
        raise Invalid.field(name, "unknown_field", message)
    if value in (None, "") and _NUMBERS[name]:
        return None
    return whole_number(name, value)


def _name(pool: Pool, name: str) -> str:
    name = name.strip()
    if not name or len(name) > 80:
        raise Invalid.field("name", "missing", _("Give a name of at most 80 characters."))
    taken = Pool.objects.filter(name=name, archived_at=None).exclude(pk=pool.pk)
    if taken.exists():
        raise Invalid.field("name", "taken", _("There is a pool of this name already."))
    return name


def _filter(value: object) -> dict:
    """A filter over customers as it is kept; nothing for none."""
    if not value or parse(value) == EVERYTHING:
        return {}
    check(parse(value), CUSTOMER.schema, currency=firm().currency)
    return dump(parse(value))


def _tell(type: str, pool: Pool, viewer: Viewer) -> None:
    record(Draft(type, "pool", pool.pk, data={"pool": pool.name}), origin=viewer.origin())
