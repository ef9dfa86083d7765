"""Merging two customers, and taking them apart again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.customers.merging.fields import FieldChoice, choose, taken_back
from zhike.customers.merging.following import merges_in_force
from zhike.customers.merging.pointers import (
    Count,
    count_rows,
    move_rows,
    move_rows_back,
    pointers,
    refresh_rows,
)
from zhike.customers.models import Displaced, Merge, Party
from zhike.customers.sharing.actions import refresh_shares
from zhike.events.actions import Draft, record
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from zhike.records.actions import open_batch, takes_back
from zhike.records.actions.writing import apply_values, check_unique, touch
from zhike.records.limits import limits
from zhike.records.models import Batch
from zhike.records.queries import note_opened, require_reach, visible_ids

# Two files that differ in these may still be one customer; people should look twice.
_TELLING = ("code", "registration_no", "birthday")


@dataclass(frozen=True, slots=True)
class Preview:
    """What a merge would do: computed by what does it."""

    winner: Party
    loser: Party
    fields: tuple[FieldChoice, ...]
    moves: tuple[Count, ...]
    conflicts: tuple[FieldChoice, ...]

    @property
    def values(self) -> dict[str, Any]:
        """The merged file's values by field."""
        return {one.field.name: one.value for one in self.fields}


def preview_merge(
    viewer: Viewer, winner_id: UUID, loser_id: UUID, choices: Mapping[str, str] | None = None
) -> Preview:
    """What becomes of two customers when they are merged. Changes nothing."""
    _check_rights(viewer, winner_id, loser_id)
    winner, loser = _checked(winner_id, loser_id, Party.objects.in_bulk([winner_id, loser_id]))
    for party in (winner, loser):  # shown as they are: who merges sees every field
        note_opened(CUSTOMER, viewer, party.pk)
    fields = choose(winner, loser, choices or {})
    differing = [f for f in fields if f.field.name in _TELLING and f.why in ("winner", "chosen")]
    return Preview(winner, loser, fields, _counted(viewer, winner, loser), tuple(differing))


def _counted(viewer: Viewer, winner: Party, loser: Party) -> tuple[Count, ...]:
    """By what people call it: relations, for one, point at a customer from either end."""

    def seen(ids: Sequence[UUID]) -> set[UUID]:
        return visible_ids(CUSTOMER, viewer, ids)

    found: dict[str, Count] = {}
    for pointer in pointers():
        if pointer.label:
            one = count_rows(pointer, winner.pk, loser.pk, seen)
            known = found.get(str(one.label), Count(one.label, 0, 0))
            found[str(one.label)] = Count(
                one.label, known.moved + one.moved, known.aside + one.aside
            )
    return tuple(found.values())


@transaction.atomic
def merge_customers(
    viewer: Viewer,
    winner_id: UUID,
    loser_id: UUID,
    choices: Mapping[str, str] | None = None,
    versions: Mapping[UUID, int] | None = None,
    *,
    undoes: Batch | None = None,
) -> Batch:
    """Makes one customer of two. Everything that pointed at the loser points at the winner then;
    the loser is archived, keeps its values, and leads to the winner.

    Raises Stale when `versions` are given and either has changed since. `undoes` is the undo that
    is taken back by merging again.
    """
    _check_rights(viewer, winner_id, loser_id)
    winner, loser = _checked(winner_id, loser_id, _locked(winner_id, loser_id))
    for party in (winner, loser):
        if versions and versions.get(party.pk, party.version) != party.version:
            raise Stale("stale", _("Somebody changed this in the meantime. Reload and try again."))
    fields = choose(winner, loser, choices or {})
    batch = open_batch(viewer, kind=Batch.Kind.MERGE, label=winner.name, undoes=undoes)
    merge = Merge.objects.create(
        batch=batch, winner=winner, loser=loser, choices=dict(choices or {})
    )
    for pointer in pointers():
        move_rows(pointer, merge.pk, winner.pk, loser.pk)
    hidden = {"archived_at": clock.now(), "merged_into_id": winner.pk}
    changes = _write(loser, hidden, batch)
    _tell("customer.absorbed", loser, winner, changes, viewer, batch)
    # In this order: the winner may take over a number that only one live customer can have.
    changes = _write(winner, {f.field.attribute: f.value for f in fields}, batch)
    _tell("customer.merged", winner, loser, changes, viewer, batch)
    merge.before = {name: before for name, (before, _after) in changes.items()}
    merge.after = {name: after for name, (_before, after) in changes.items()}
    merge.save()
    refresh_shares([winner.pk, loser.pk])
    refresh_rows([winner.pk, loser.pk])
    derive_people(winner)
    return batch


@transaction.atomic
def unmerge_customers(viewer: Viewer, batch_id: UUID) -> tuple[Batch, int, int]:
    """Takes two customers apart again; returns the undoing batch, 2, and how many fields of the
    winner kept what was written into them since.

    The loser is as it was. The winner's fields go back to what they were, those changed since
    stay. Rows that the merge moved go back with what happened to them since; what came since stays
    with the winner, unless it came under an identifier of the loser.
    """
    require(viewer, "change")
    require(viewer, "archive")
    batch = Batch.objects.select_for_update().filter(pk=batch_id).first()
    merge = Merge.objects.filter(batch_id=batch_id).first()
    if batch is None or merge is None:
        raise NotFound("not_found", _("There is nothing to undo."))
    pair = [merge.winner_id, merge.loser_id]
    # Whoever merged them saw both, and may have handed the winner away since.
    if batch.user_id != viewer.user_id and len(visible_ids(CUSTOMER, viewer, pair)) < 2:
        raise NotFound("not_found", _("There is nothing to undo."))
    if batch.undone_at is not None:
        raise Conflict("already_undone", _("This has been undone already."))
    locked = _locked(*pair)
    winner, loser = locked[merge.winner_id], locked[merge.loser_id]
    if winner.erased_at is not None:
        raise Conflict("erased", _("This customer was erased. That can't be undone."))
    _check_is_last(merge, winner)
    undo = open_batch(viewer, kind=Batch.Kind.UNDO, label=batch.label, undoes=batch)
    values, left = _values_before(merge, winner)
    gone = _write(winner, values, undo)
    back = _write(loser, {"archived_at": None, "merged_into_id": None}, undo)
    for party in (winner, loser):
        check_unique(CUSTOMER, party)
    for pointer in pointers():
        move_rows_back(pointer, merge.pk, winner.pk, loser.pk)
    Displaced.objects.filter(merge=merge).delete()
    Batch.objects.filter(pk=batch.pk).update(undone_at=clock.now())
    _follow_merged_ends(loser)
    refresh_shares([winner.pk, loser.pk])
    refresh_rows([winner.pk, loser.pk])
    derive_people(winner, loser)
    _tell("customer.unmerged", winner, loser, gone, viewer, undo)
    _tell("customer.released", loser, winner, back, viewer, undo)
    data = {"label": batch.label, "kind": batch.kind, "done": 2, "left": left}
    record(Draft("batch.undone", "batch", batch.pk, data=data), origin=viewer.origin(undo.pk))
    return undo, 2, left


def credit(pointer: str, former_by_row: Mapping) -> None:
    """Notes that rows which came to a winner carry an identifier of the customer merged into it:
    they go along when the two are taken apart, through every merge in between."""
    noted = []
    for merge, rows in _merges_above(former_by_row):
        noted += [Displaced(merge=merge, pointer=pointer, row_id=str(row)) for row in rows]
    Displaced.objects.bulk_create(noted, batch_size=1_000)


def _merges_above(former_by_row: Mapping) -> list[tuple[Merge, list]]:
    waiting: dict[UUID, list] = {}
    for row, former in former_by_row.items():
        waiting.setdefault(former, []).append(row)
    found = []
    while waiting:
        merges = list(merges_in_force(loser_id__in=waiting))
        found += [(merge, waiting[merge.loser_id]) for merge in merges]
        above: dict[UUID, list] = {}
        for merge in merges:
            above.setdefault(merge.winner_id, []).extend(waiting[merge.loser_id])
        waiting = above
    return found


@takes_back(Batch.Kind.MERGE)
def _take_back(viewer: Viewer, batch: Batch) -> tuple[Batch, int, int]:
    """Undoes a merge; of the undo of a merge, merges again as chosen then."""
    if batch.kind == Batch.Kind.MERGE:
        return unmerge_customers(viewer, batch.pk)
    merge = Merge.objects.get(batch=batch.undoes)
    again = merge_customers(viewer, merge.winner_id, merge.loser_id, merge.choices, undoes=batch)
    Batch.objects.filter(pk=batch.pk).update(undone_at=clock.now())
    return again, 2, 0


def _check_rights(viewer: Viewer, winner_id: UUID, loser_id: UUID) -> None:
    require(viewer, "change")
    require(viewer, "archive")
    if not {winner_id, loser_id} <= visible_ids(CUSTOMER, viewer, [winner_id, loser_id]):
        raise NotFound("not_found", _("There is no such record, or you may not see it."))
    for pk in (winner_id, loser_id):
        require_reach(CUSTOMER, viewer, pk)
    if limits(CUSTOMER, viewer):
        # Which value stays is decided by looking at both.
        message = _("Some fields are not shown to you. Ask a colleague who sees them to merge.")
        raise NotAllowed("not_allowed", message)
    if winner_id == loser_id:
        raise Invalid.field("other", "same", _("A customer can't be merged with itself."))


def _locked(*ids: UUID) -> dict[UUID, Party]:
    """Both rows, in the same order whoever asks, so that two who merge a pair wait in turn."""
    found = Party.objects.filter(pk__in=ids).order_by("pk").select_for_update()
    return {party.pk: party for party in found}


def _checked(winner_id: UUID, loser_id: UUID, parties: Mapping[UUID, Party]) -> tuple[Party, Party]:
    winner, loser = parties[winner_id], parties[loser_id]
    for party in (winner, loser):
        if party.merged_into_id is not None:
            message = _("“%(name)s” has been merged into another customer already.")
            raise Conflict("merged", message % {"name": party.name})
        if party.archived_at is not None:
            message = _("“%(name)s” is archived. Restore it before you merge it.")
            raise Conflict("archived", message % {"name": party.name})
    if winner.kind != loser.kind:
        message = _("A person and a company can't be merged.")
        raise Invalid.field("other", "kinds_differ", message)
    return winner, loser


def _check_is_last(merge: Merge, winner: Party) -> None:
    """A merge is taken back before those that it was built on: they hold what it brought."""
    if winner.merged_into_id is not None:
        names = Party.objects.filter(pk=winner.merged_into_id).values_list("name", flat=True)
        message = _("Undo first that “%(name)s” was merged into “%(other)s”.")
        raise Conflict("not_last", message % {"name": winner.name, "other": names[0]})
    later = merges_in_force(winner=winner, pk__gt=merge.pk)
    last = later.select_related("loser").order_by("-pk").first()
    if last is not None:
        message = _("Undo first that “%(name)s” was merged into “%(other)s”.")
        raise Conflict("not_last", message % {"name": last.loser.name, "other": winner.name})


def _values_before(merge: Merge, winner: Party) -> tuple[dict[str, Any], int]:
    """What the merge wrote, taken back; and how many values have been changed since."""
    values, left = {}, 0
    for field in CUSTOMER.fields:
        name = field.attribute
        if name in merge.before:
            before, after = (_read(name, side[name]) for side in (merge.before, merge.after))
            now = getattr(winner, name)
            values[name] = taken_back(field, before, after, now)
            left += now != after
    if "pool_id" in merge.before and values.get("owner_id", winner.owner_id) is None:
        values["pool_id"] = _read("pool_id", merge.before["pool_id"])
    return values, left


def _read(attribute: str, value: Any) -> Any:
    """A kept value as the file holds it."""
    column: Any = Party._meta.get_field(attribute)
    return None if value is None else column.to_python(value)


def _write(party: Party, values: Mapping[str, Any], batch: Batch) -> dict:
    changes = apply_values(CUSTOMER, party, {}, values)
    touch(CUSTOMER, party, batch, changes)
    CUSTOMER.derive(party)
    if party.archived_at is None:
        check_unique(CUSTOMER, party)
    party.save(force_update=True)
    return changes


def _tell(
    event: str, party: Party, other: Party, changes: Mapping, viewer: Viewer, batch: Batch
) -> None:
    data = {"name": party.name, "other": other.name, "other_id": other.pk}
    draft = Draft(event, "customer", party.pk, party.pk, data=data, changes=changes)
    record(draft, origin=viewer.origin(batch.pk))


def _follow_merged_ends(loser: Party) -> None:
    """What was set aside may lead to a customer who was merged away in the meantime."""
    ends = set()
    for pointer in pointers():
        if pointer.other and not pointer.is_customer:
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT DISTINCT t.{pointer.other} FROM {pointer.table} t "
                    f"JOIN customers_party p ON p.id = t.{pointer.other} "
                    f"WHERE t.{pointer.column} = %s AND p.merged_into_id IS NOT NULL",
                    [loser.pk],
                )
                ends |= {row[0] for row in cursor.fetchall()}
    for merge in merges_in_force(loser_id__in=ends).select_related("loser"):
        for pointer in pointers():
            move_rows(pointer, merge.pk, merge.loser.merged_into_id, merge.loser_id)


def derive_people(*companies: Party) -> None:
    """People are found by where they work."""
    people = list(Party.objects.filter(company__in=companies).select_related("company"))
    for person in people:
        CUSTOMER.derive(person)
    Party.objects.bulk_update(people, sorted(CUSTOMER.derived), batch_size=500)
