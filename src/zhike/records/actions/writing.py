"""Writing one record or many: clean, link, apply, tell."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Field, ForeignKey, JSONField, Model, prefetch_related_objects
from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.events.actions import Draft, record, record_many
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
    followed = _follow_links(kind, cleaned)
    _check_links(kind, cleaned, viewer)
    batch = batch or open_batch(viewer, kind=Batch.Kind.EDIT, label=str(cleaned[kind.title]))
    instance = new_instance(kind, cleaned, batch=batch, source=viewer.source, extra=extra)
    check_unique(kind, instance)
    instance.save(force_insert=True)
    _credit(kind, instance, followed)
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


def insert_records(
    kind: RecordType[Row], instances: Sequence[Row], *, viewer: Viewer, batch: Batch
) -> None:
    """Appends many prepared records and their events in two streams (COPY)."""
    require(viewer, "import")
    with transaction.atomic():
        copy_rows(kind.model, instances)
        drafts = (created_draft(kind, instance) for instance in instances)
        record_many(drafts, origin=viewer.origin(batch.pk))


def copy_rows(model: type[Model], instances: Iterable[Model]) -> None:
    """Streams rows into a table (COPY), which is some ten times faster than INSERT."""
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    # The driver knows ids, texts, numbers and times itself; asking Django for each costs more
    # than the copy.
    readers = [
        (field.attname, field.get_db_prep_save if _needs_preparing(field) else None)
        for field in fields
    ]
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY {model._meta.db_table} ({columns}) FROM STDIN") as copy:
            for instance in instances:
                values = instance.__dict__
                copy.write_row(
                    [
                        prepare(values[name], connection) if prepare else values[name]
                        for name, prepare in readers
                    ]
                )


def _needs_preparing(field: Field) -> bool:
    if isinstance(field, ForeignKey):
        return False
    return isinstance(field, JSONField) or (
        type(field).get_db_prep_save is not Field.get_db_prep_save
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
        _check_not_merged(kind, instance)
        raise Conflict("archived", _("This is archived. Restore it before you change it."))
    cleaned = clean_values(kind, values, is_new=False)
    followed = _follow_links(kind, cleaned)
    _check_links(kind, cleaned, viewer)
    changes = apply_values(kind, instance, cleaned, extra or {})
    if not changes:
        return instance
    kind.guard(viewer, instance, changes)
    batch = batch or open_batch(viewer, kind=Batch.Kind.EDIT, label=str(instance))
    touch(kind, instance, batch)
    check_unique(kind, instance)
    instance.save(force_update=True)
    _credit(kind, instance, followed)
    tell(kind, instance, "updated", viewer, batch, changes)
    return instance


def change_prepared(
    kind: RecordType[Row],
    pairs: Sequence[tuple[Row, Mapping]],
    *,
    viewer: Viewer,
    batch: Batch,
) -> int:
    """Changes many loaded and locked records to cleaned values; returns how many differed."""
    require(viewer, "import")
    columns, drafts = {"version", "updated_at", "batch_id"}, []
    applied = [(instance, apply_values(kind, instance, values, {})) for instance, values in pairs]
    differing = [(instance, changes) for instance, changes in applied if changes]
    changed = [instance for instance, _changes in differing]
    prefetch_related_objects(changed, *kind.derived_from)
    for instance, changes in differing:
        touch(kind, instance, batch)
        columns |= changes.keys()
        drafts.append(
            Draft(
                f"{kind.name}.updated",
                kind.name,
                instance.pk,
                kind.party_of(instance),
                data=kind.summary(instance),
                changes=changes,
            )
        )
    if changed:
        columns |= kind.derived
        by_column = {field.attname: field.name for field in kind.model._meta.concrete_fields}
        names = {by_column[column] for column in columns}
        with transaction.atomic():
            kind.model._default_manager.bulk_update(changed, sorted(names), batch_size=500)
            record_many(drafts, origin=viewer.origin(batch.pk))
    return len(changed)


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
    _check_not_merged(kind, instance)
    batch = batch or open_batch(viewer, kind=Batch.Kind.EDIT, label=str(instance))
    before = instance.archived_at
    instance.archived_at = clock.now() if is_archived else None
    touch(kind, instance, batch)
    check_unique(kind, instance)
    instance.save(force_update=True)
    verb = "archived" if is_archived else "restored"
    changes = {"archived_at": [before, instance.archived_at]}
    kind.guard(viewer, instance, changes)
    tell(kind, instance, verb, viewer, batch, changes)
    return instance


def change_many(
    kind: RecordType, ids: Sequence[UUID], values: Mapping, *, viewer: Viewer, label: str = ""
) -> Batch:
    """The same change on many records, as one batch. Those that may not be seen are left out."""
    require(viewer, "bulk")
    with transaction.atomic():
        batch = open_batch(viewer, kind=Batch.Kind.BULK, label=label or str(kind.plural))
        for record_id in sorted(queries.visible_ids(kind, viewer, ids, archived=False)):
            change_record(kind, record_id, values, viewer=viewer, batch=batch)
    return batch


def archive_many(kind: RecordType, ids: Sequence[UUID], *, viewer: Viewer) -> Batch:
    require(viewer, "bulk")
    with transaction.atomic():
        batch = open_batch(viewer, kind=Batch.Kind.BULK, label=str(kind.plural))
        for record_id in sorted(queries.visible_ids(kind, viewer, ids, archived=False)):
            archive_record(kind, record_id, viewer=viewer, batch=batch)
    return batch


def _locked(kind: RecordType[Row], record_id: UUID, viewer: Viewer) -> Row:
    if not queries.visible_ids(kind, viewer, [record_id]):
        raise NotFound("not_found", _("There is no such record, or you may not see it."))
    queries.require_reach(kind, viewer, record_id)
    return kind.model._default_manager.select_for_update().get(pk=record_id)


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


def touch(kind: RecordType[Row], instance: Row, batch: Batch) -> None:
    instance.version += 1
    instance.updated_at = clock.now()
    instance.batch_id = batch.pk
    kind.derive(instance)


def tell(
    kind: RecordType[Row], instance: Row, verb: str, viewer: Viewer, batch: Batch, changes: dict
) -> None:
    draft = Draft(
        f"{kind.name}.{verb}",
        kind.name,
        instance.pk,
        kind.party_of(instance),
        data=kind.summary(instance),
        changes=changes,
    )
    record(draft, origin=viewer.origin(batch.pk))


def _follow_links(kind: RecordType, cleaned: dict) -> dict[str, UUID]:
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


def _credit(kind: RecordType, instance: Record, followed: Mapping[str, UUID]) -> None:
    for name, former in followed.items():
        field = kind.field_by_name[name]
        column = f"{kind.table}.{field.attribute}"
        record_type(str(field.links_to)).credit(former, column, instance.pk)


def _check_not_merged(kind: RecordType, instance: Record) -> None:
    if kind.stand_ins([instance.pk]):
        message = _("This was merged into another record. Undo the merge to have it back.")
        raise Conflict("merged", message)


def _check_links(kind: RecordType, cleaned: Mapping, viewer: Viewer) -> None:
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
            message = _("“%(value)s” is taken by another record.") % {"value": value}
            raise Conflict("taken", message, (FieldError(attribute, "taken", message),))
