"""The life of an import: uploaded → reading → checked → applying → done, or failed.

Here a file is taken in, mapped and begun; `carrying_out` reads and applies it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from zhike.access.policies import looks_after_all, require
from zhike.access.viewer import Viewer
from zhike.events.queries import events_about
from zhike.jobs import later
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid, NotFound, TooLarge, ZhikeError
from zhike.kernel.home import files_folder
from zhike.kernel.ids import new_id
from zhike.records.imports.carrying_out import Report, run_import
from zhike.records.imports.importers import Importer, importer, revive, supplements
from zhike.records.imports.reading import LARGEST_FILE, open_table, sample
from zhike.records.imports.recognising import fingerprint, guess_mapping
from zhike.records.limits import refuse_unwritable
from zhike.records.models import Import, ImportMapping, ImportRow
from zhike.records.types import record_types

STALE_AFTER = timedelta(seconds=90)


def upload_import(viewer: Viewer, *, type: str, upload) -> Import:
    """Takes a file (name, size, chunks()) in and recognises its columns."""
    require(viewer, "import")
    importer(type)
    if upload.size is not None and upload.size > LARGEST_FILE:
        raise TooLarge("too_large", _("Files up to 4 GB can be imported."))
    import_id = new_id()
    path = imports_folder() / import_id.hex
    with path.open("xb") as file:
        for chunk in upload.chunks():
            file.write(chunk)
    try:
        return prepare_import(viewer, type=type, path=path, name=upload.name, import_id=import_id)
    except ZhikeError:
        path.unlink()
        raise


def prepare_import(
    viewer: Viewer, *, type: str, path: Path, name: str, import_id: UUID | None = None
) -> Import:
    """An import of a file that lies on this machine already. Nothing is read into the base yet."""
    require(viewer, "import")
    kind = importer(type)
    table = open_table(path)
    known = ImportMapping.objects.filter(
        record_type=type, fingerprint=fingerprint(table.headings)
    ).first()
    return Import.objects.create(
        id=import_id or new_id(),
        record_type=type,
        file_name=Path(name).name[:200],
        path=str(path),
        size=path.stat().st_size,
        headings=table.headings,
        sample=sample(table),
        encoding=table.encoding,
        mapping=known.mapping if known else guess_mapping(kind.fields, table.headings),
        options=known.options if known else {},
        user_id=viewer.user_id,
        created_at=clock.now(),
    )


def map_import(
    viewer: Viewer, import_id: UUID, *, mapping: Mapping[str, str], options: Mapping | None = None
) -> Import:
    """Says which field comes from which column. Raises Invalid for names that are not there."""
    run = get_import(viewer, import_id)
    if run.state not in (Import.State.UPLOADED, Import.State.CHECKED, Import.State.FAILED):
        raise Conflict("running", _("This import has begun already."))
    kind = importer(run.record_type)
    mapping = {name: heading for name, heading in mapping.items() if heading}
    check_mapping(kind, mapping, run.headings)
    run.mapping, run.options = dict(mapping), kind.clean_options(options or {})
    _check_allowed(viewer, kind, run)
    run.state, run.error = Import.State.UPLOADED, ""
    run.save(update_fields=["mapping", "options", "state", "error"])
    ImportMapping.objects.update_or_create(
        record_type=run.record_type,
        fingerprint=fingerprint(run.headings),
        defaults={"mapping": run.mapping, "options": run.options},
    )
    return run


def check_mapping(kind: Importer, mapping: Mapping[str, str], headings: list[str]) -> None:
    known = kind.field_by_name
    for name, heading in mapping.items():
        if name not in known:
            message = _("There is no field “%(name)s”.") % {"name": name}
            raise Invalid.field(name, "unknown_field", message)
        if heading not in headings:
            message = _("The file has no column “%(heading)s”.") % {"heading": heading}
            raise Invalid.field(name, "unknown_column", message)
    if missing := kind.missing(mapping):
        message = _("No column is chosen for “%(field)s”.") % {"field": missing[0]}
        raise Invalid.field("mapping", "missing_column", message)


def _check_allowed(viewer: Viewer, kind: Importer, run: Import) -> None:
    """A file may not set what its sender may not. Raises Invalid naming the fields."""
    known = record_types().get(kind.name)
    if known is not None:
        refuse_unwritable(known, viewer, run.mapping)
    options = revive(kind.option_by_name, run.options)
    for one in supplements(kind.name):
        one.check(viewer, list(run.mapping), options)


def start_import(viewer: Viewer, import_id: UUID, *, is_dry_run: bool) -> Import:
    """Lets a worker read the file and, unless it is a dry run, apply it."""
    from zhike.records.jobs import run_import as job

    run = _begin(viewer, import_id, is_dry_run=is_dry_run)
    later(job, import_id=str(run.pk))
    return run


def import_now(
    viewer: Viewer, import_id: UUID, *, is_dry_run: bool, report: Report | None = None
) -> Import:
    """Reads and applies a file in this process."""
    run = _begin(viewer, import_id, is_dry_run=is_dry_run)
    return run_import(run.pk, viewer=viewer, report=report)


def _begin(viewer: Viewer, import_id: UUID, *, is_dry_run: bool) -> Import:
    run = get_import(viewer, import_id)
    check_mapping(importer(run.record_type), run.mapping, run.headings)
    _check_allowed(viewer, importer(run.record_type), run)
    waiting = (Import.State.UPLOADED, Import.State.CHECKED, Import.State.FAILED)
    begun = Import.objects.filter(pk=run.pk, state__in=waiting).update(
        state=Import.State.READING,
        is_dry_run=is_dry_run,
        started_at=clock.now(),
        heartbeat_at=clock.now(),
        error="",
    )
    if not begun:
        raise Conflict("running", _("This import has begun already."))
    run.refresh_from_db()
    return run


def get_import(viewer: Viewer, import_id: UUID | str) -> Import:
    require(viewer, "import")
    try:
        run = Import.objects.filter(pk=UUID(str(import_id))).first()
    except ValueError:
        run = None
    if run is None or not (looks_after_all(viewer) or run.user_id == viewer.user_id):
        raise NotFound("not_found", _("There is no such import."))
    return run


def stale_imports() -> list[UUID]:
    """Imports that were running when their worker went away."""
    running = (Import.State.READING, Import.State.APPLYING)
    old = Import.objects.filter(state__in=running, heartbeat_at__lt=clock.now() - STALE_AFTER)
    return list(old.values_list("pk", flat=True))


def imports_under_way() -> bool:
    """Whether any file is being read or applied; none begins until the transaction that asks has
    ended."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE records_import IN SHARE ROW EXCLUSIVE MODE")
    running = (Import.State.READING, Import.State.APPLYING)
    return Import.objects.filter(state__in=running).exists()


def note_removed_files(paths: Sequence[Path], party_ids: Sequence[UUID]) -> int:
    """Notes that files are gone because somebody in them was erased: those waiting can't go on.
    Returns how many imports brought the person from a place that isn't ours to clean."""
    gone = Import.objects.filter(path__in=[str(path) for path in paths])
    waiting = (Import.State.UPLOADED, Import.State.CHECKED, Import.State.FAILED)
    why = _("The file was removed: it held somebody who has been erased since.")
    gone.filter(state__in=waiting).update(state=Import.State.FAILED, error=why)
    gone.update(path="", sample=[])
    batches = events_about(party_ids).values("batch_id")
    brought = Import.objects.filter(batch_id__in=batches).exclude(path="")
    return brought.exclude(path__startswith=str(imports_folder())).count()


def remove_old_files(before: datetime) -> int:
    """Removes files of ours, and lists of refused rows, of imports that ended before; also rows
    that were refused or asked about, which are the file's words. How many files."""
    old = Import.objects.filter(created_at__lt=before, path__startswith=str(imports_folder()))
    removed = 0
    for run in old.exclude(state__in=(Import.State.READING, Import.State.APPLYING)):
        for path in (Path(run.path), *imports_folder().glob(f"{run.pk.hex}.*.errors.csv")):
            removed += path.is_file()
            path.unlink(missing_ok=True)
        ImportRow.objects.filter(run=run).delete()
        run.path, run.sample, run.asked = "", [], 0
        if run.state in (Import.State.UPLOADED, Import.State.CHECKED):
            run.state, run.error = Import.State.FAILED, _("The file was removed: it is too old.")
        run.save()
    return removed


def imports_folder() -> Path:
    folder = files_folder() / "imports"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
