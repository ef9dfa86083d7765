"""Writing a record: clean, link, apply, tell."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.events.actions import Draft, record
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, FieldError, Invalid, NotFound, Stale
from zhike.kernel.ids import new_id
from zhike.records import queries
from zhike.records.limits import refuse_unwritable
from zhike.records.models import Batch, Record
from zhike.records.types import RecordType, Row, record_type


def open_batch(viewer: Viewer, *, kind: str, label: str = "", undoes: Batch | None = None) -> Batch:
    return Batch.objects.create(
        kind=kind,
        label=label[:200],
        user_id=viewer.user_id,
        created_at=clock.now(),
        undoes=undoes,
    )


def clean_values(kind: RecordType, values: Mapping, *, is_new: bool) -> dict[str, object]:
    """Field values in stored form. Raises one Invalid that names every wrong field."""
    cleaned: dict[str, object] = {}
    errors: list[FieldError] = []
    for name, value in values.items():
        field = kind.field_by_name.get(name)
        if field is None or not field.is_editable:
            message = _("There is no field “%(name)s”.") % {"name": name}
            errors.append(FieldError(name, "unknown_field", message))
            continue
        try:
            cleaned[name] = field.clean(value)
        except Invalid as error:
            errors.extend(error.errors)
    if is_new:
        for field in kind.fields:
            if field.is_required and field.name not in values:
                errors.append(FieldError(field.name, "missing", _("This is needed.")))
    if errors:
        raise Invalid("invalid", _("Some values can't be taken."), tuple(errors))
    return cleaned


@transaction.atomic
def create_record(
    kind: RecordType[Row],
    values: Mapping,
    *,
    viewer: Viewer,
    batch: Batch | None = None,
    extra: Mapping | None = None,
    filled: Collection[str] = (),
) -> Row:
    """A new record. `extra` are attributes that a domain verb computes, not fields; `filled` are
    fields that it has filled in, which the viewer need not be allowed to set. What a record can't
    be without may be given to a new one."""
    require(viewer, "create")
    needed = {field.name for field in kind.fields if field.is_required}
    refuse_unwritable(kind, viewer, values.keys() - needed - set(filled))
    cleaned = clean_values(kind, values, is_new=True)
    followed = follow_links(kind, cleaned)
    check_links(kind, cleaned, viewer)
    batch = batch or open_batch(viewer, kind=Batch.Kind.EDIT, label=str(cleaned[kind.title]))
    instance = new_instance(kind, cleaned, batch=batch, source=viewer.source, extra=extra)
    check_unique(kind, instance)
    instance.save(force_insert=True)
    credit(kind, instance, followed)
    record(created_draft(kind, instance), origin=viewer.origin(batch.pk))
    return instance


def new_instance(
    kind: RecordType[Row],
    cleaned: Mapping,
    *,
    batch: Batch,
    source: str,
    extra: Mapping | None = None,
) -> Row:
    """An unsaved record of cleaned values, its derived columns filled."""
    instance = _instance(kind, cleaned, batch, source, extra or {})
    kind.derive(instance)
    return instance


def new_instances(
    kind: RecordType[Row], many: Sequence[Mapping], *, batch: Batch, source: str
) -> list[Row]:
    """The same for many: the records that they link to are read at once."""
    instances = [_instance(kind, cleaned, batch, source, {}) for cleaned in many]
    prefetch_related_objects(instances, *kind.derived_from)
    for instance in instances:
        kind.derive(instance)
    return instances


def _instance(
    kind: RecordType[Row], cleaned: Mapping, batch: Batch, source: str, extra: Mapping
) -> Row:
    now = clock.now()
    attributes = {kind.field_by_name[name].attribute: value for name, value in cleaned.items()}
    attributes = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in {**attributes, **extra}.items()
    }
    instance = kind.model(
        id=new_id(), created_at=now, updated_at=now, batch_id=batch.pk, **attributes
    )
    if not instance.source:
        instance.source = source
    return instance


def created_draft(kind: RecordType[Row], instance: Row) -> Draft:
    return Draft(
        f"{kind.name}.created",
        kind.name,
        instance.pk,
        kind.party_of(instance),
        happened_at=kind.happened(instance),
        data=kind.summary(instance),
    )


@transaction.atomic
def change_record(
    kind: RecordType[Row],
    record_id: UUID,
    values: Mapping,
    *,
    viewer: Viewer,
    batch: Batch | None = None,
    version: int | None = None,
    extra: Mapping | None = None,
    filled: Collection[str] = (),
) -> Row:
    """Changes fields of a record. Nothing is written when nothing differs.

    Raises Stale when `version` is given and somebody has changed the record since.
    """
    require(viewer, "change")
    refuse_unwritable(kind, viewer, values.keys() - set(filled))
    instance = _locked(kind, record_id, viewer)
    if version is not None and instance.version != version:
        raise Stale("stale", _("Somebody changed this in the meantime. Reload and try again."))
    if instance.archived_at is not None:
        check_not_merged(kind, [instance])
        raise Conflict("archived", _("This is archived. Restore it before you change it."))
    cleaned = clean_values(kind, values, is_new=False)
    followed = follow_links(kind, cleaned)
    check_links(kind, cleaned, viewer)
    changes = apply_values(kind, instance, cleaned, extra or {})
    if not changes:
        return instance
    kind.guard(viewer, instance, changes)
    batch = batch or open_batch(viewer, kind=Batch.Kind.EDIT, label=str(instance))
    touch(kind, instance, batch, changes)
    check_unique(kind, instance)
    instance.save(force_update=True)
    credit(kind, instance, followed)
    tell(kind, instance, "updated", viewer, batch, changes)
    return instance


def archive_record(
    kind: RecordType[Row], record_id: UUID, *, viewer: Viewer, batch: Batch | None = None
) -> Row:
    return _set_archived(kind, record_id, viewer, batch, is_archived=True)


def restore_record(
    kind: RecordType[Row], record_id: UUID, *, viewer: Viewer, batch: Batch | None = None
) -> Row:
    return _set_archived(kind, record_id, viewer, batch, is_archived=False)


@transaction.atomic
def _set_archived(
    kind: RecordType[Row],
    record_id: UUID,
    viewer: Viewer,
    batch: Batch | None,
    *,
    is_archived: bool,
) -> Row:
    require(viewer, "archive")
    instance = _locked(kind, record_id, viewer)
    if (instance.archived_at is not None) == is_archived:
        return instance
    check_not_merged(kind, [instance])
    batch = batch or open_batch(viewer, kind=Batch.Kind.EDIT, label=str(instance))
    before = instance.archived_at
    instance.archived_at = clock.now() if is_archived else None
    verb = "archived" if is_archived else "restored"
    changes = {"archived_at": [before, instance.archived_at]}
    touch(kind, instance, batch, changes)
    check_unique(kind, instance)
    instance.save(force_update=True)
    kind.guard(viewer, instance, changes)
    tell(kind, instance, verb, viewer, batch, changes)
    return instance


def _locked(kind: RecordType[Row], record_id: UUID, viewer: Viewer) -> Row:
    if not queries.visible_ids(kind, viewer, [record_id]):
        raise NotFound("not_found", _("There is no such record, or you may not see it."))
    queries.require_reach(kind, viewer, record_id)
    # What is derived isn't read, and is saved only where it has been derived anew.
    rows = kind.model._default_manager.select_for_update().defer(*kind.derived)
    return rows.get(pk=record_id)


def apply_values(kind: RecordType[Row], instance: Row, cleaned: Mapping, extra: Mapping) -> dict:
    attributes = {kind.field_by_name[name].attribute: value for name, value in cleaned.items()}
    changes: dict = {}
    _set(instance, {**attributes, **extra}, changes)
    if changes:
        _set(instance, kind.follows(instance, changes), changes)
    return changes


def _set(instance: Record, values: Mapping, changes: dict) -> None:
    """Sets what differs and notes it: before the first change, after the last."""
    for name, value in values.items():
        value = list(value) if isinstance(value, tuple) else value
        before = getattr(instance, name)
        if before != value:
            changes[name] = [changes.get(name, [before])[0], value]
            setattr(instance, name, value)


def touch(kind: RecordType[Row], instance: Row, batch: Batch, changes: Iterable[str]) -> None:
    """Stamps what has been changed, and fills what is derived from it."""
    instance.version += 1
    instance.updated_at = clock.now()
    instance.batch_id = batch.pk
    if kind.is_derived_anew(changes):
        kind.derive(instance)


def tell(
    kind: RecordType[Row], instance: Row, verb: str, viewer: Viewer, batch: Batch, changes: dict
) -> None:
    record(draft_of(kind, instance, verb, changes), origin=viewer.origin(batch.pk))


def draft_of(kind: RecordType[Row], instance: Row, verb: str, changes: Mapping) -> Draft:
    return Draft(
        f"{kind.name}.{verb}",
        kind.name,
        instance.pk,
        kind.party_of(instance),
        data=kind.summary(instance),
        changes=changes,
    )


def follow_links(kind: RecordType, cleaned: dict) -> dict[str, UUID]:
    """Lets links to what was merged away lead to what stands in for it; which those were."""
    followed = {}
    for name, value in cleaned.items():
        field = kind.field_by_name[name]
        if field.links_to is None or not isinstance(value, UUID):
            continue
        stand_in = record_type(field.links_to).stand_ins([value]).get(value)
        if stand_in is not None:
            cleaned[name], followed[name] = stand_in, value
    return followed


def credit(kind: RecordType, instance: Record, followed: Mapping[str, UUID]) -> None:
    for name, former in followed.items():
        field = kind.field_by_name[name]
        column = f"{kind.table}.{field.attribute}"
        record_type(str(field.links_to)).credit(former, column, instance.pk)


def check_not_merged(kind: RecordType, instances: Sequence[Record]) -> None:
    if kind.stand_ins([instance.pk for instance in instances]):
        message = _("This was merged into another record. Undo the merge to have it back.")
        raise Conflict("merged", message)


def check_links(kind: RecordType, cleaned: Mapping, viewer: Viewer) -> None:
    """A link must lead to something that is there and that the viewer sees."""
    from zhike.access.queries import team_names, user_names

    for name, value in cleaned.items():
        field = kind.field_by_name[name]
        if value is None:
            continue
        if field.links_to is not None:
            target = record_type(field.links_to)
            known = bool(queries.visible_ids(target, viewer, [value]))
            if known and field.attribute == kind.party_column:
                queries.require_reach(target, viewer, value)
        elif field.kind == "user":
            known = str(value) in user_names()
        elif field.kind == "team":
            known = str(value) in team_names()
        else:
            continue
        if not known:
            raise field.wrong("unknown_link", _("There is no such record, or you may not see it."))


def check_unique(kind: RecordType[Row], instance: Row) -> None:
    for attribute in kind.match_by:
        value = getattr(instance, attribute)
        if value in (None, ""):
            continue
        others = kind.model._default_manager.filter(**{attribute: value}, archived_at=None)
        if instance.archived_at is None and others.exclude(pk=instance.pk).exists():
            raise taken(attribute, value)


def taken(attribute: str, value: object) -> Conflict:
    message = _("“%(value)s” is taken by another record.") % {"value": value}
    return Conflict("taken", message, (FieldError(attribute, "taken", message),))
