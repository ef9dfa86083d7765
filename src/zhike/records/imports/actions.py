"""The life of an import: uploaded → reading → checked → applying → done, or failed.

Reading stages every row, typed or refused, in a table of its own and changes nothing else.
Applying walks the staged rows by key, a chunk a transaction; position and counts commit with the
chunk, so that a killed import goes on where it stopped and nothing is applied twice.
"""

import csv
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb

from zhike.access.policies import looks_after_all, require
from zhike.access.viewer import Viewer
from zhike.events.actions import Draft, record
from zhike.events.queries import events_about
from zhike.jobs import later
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid, NotFound, TooLarge, ZhikeError
from zhike.kernel.home import files_folder
from zhike.kernel.ids import new_id
from zhike.records.actions.statistics import refresh_statistics_after
from zhike.records.imports.importers import (
    Group,
    Importer,
    Outcome,
    importer,
    revive,
    supplements,
    to_json,
)
from zhike.records.imports.reading import LARGEST_FILE, Table, open_table, sample, show
from zhike.records.imports.recognising import fingerprint, guess_mapping
from zhike.records.limits import refuse_unwritable
from zhike.records.models import Batch, Import, ImportMapping, ImportRow
from zhike.records.types import record_types

STAGE_CHUNK = 5_000
APPLY_CHUNK = 4_000
STALE_AFTER = timedelta(seconds=90)
Report = Callable[[Import], None]


def upload_import(viewer: Viewer, *, type: str, upload) -> Import:
    """Takes a file (name, size, chunks()) in and recognises its columns."""
    require(viewer, "import")
    importer(type)
    if upload.size is not None and upload.size > LARGEST_FILE:
        raise TooLarge("too_large", _("Files up to 4 GB can be imported."))
    import_id = new_id()
    path = _folder() / import_id.hex
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


def run_import(import_id: UUID | str, *, viewer: Viewer, report: Report | None = None) -> Import:
    """Carries an import as far as it goes, from wherever it stands. Only one worker at a time."""
    run = Import.objects.get(pk=import_id)
    with _held(run) as is_ours:
        if not is_ours:
            return run
        run.refresh_from_db()
        try:
            if run.state == Import.State.READING:
                _read(run, viewer, report)
            if run.state == Import.State.APPLYING:
                _apply(run, viewer, report)
        except ZhikeError as error:
            run.state, run.error = Import.State.FAILED, error.message
            run.finished_at = clock.now()
            run.save()
    return run


class _held:
    """A lock on one import that ends with the connection, so that a kill releases it."""

    def __init__(self, run: Import):
        self.number = run.pk.int & (2**62 - 1)

    def __enter__(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [self.number])
            self.is_ours = cursor.fetchone()[0]
        return self.is_ours

    def __exit__(self, *_exception) -> None:
        if self.is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [self.number])


def _read(run: Import, viewer: Viewer, report: Report | None) -> None:
    kind = importer(run.record_type)
    ImportRow.objects.filter(run=run).delete()
    run.rows = run.refused = run.created = run.updated = run.skipped = run.applied = 0
    run.asked = 0
    run.position = ""
    table = open_table(Path(run.path))
    if table.headings != run.headings:
        raise Invalid.field("file", "changed", _("The file changed after it was mapped."))
    chunk: list[tuple] = []
    for staged in _staged_rows(run, kind, table):
        chunk.append(staged)
        if len(chunk) == STAGE_CHUNK:
            _stage(run, chunk, report)
            chunk = []
    _stage(run, chunk, report)
    if run.rows == 0:
        raise Invalid.field("file", "no_rows", _("The file has headings but no rows."))
    run.groups = _count_groups(run)
    if run.is_dry_run:
        _rehearse(run, kind, viewer, report)
        run.state, run.finished_at = Import.State.CHECKED, clock.now()
    else:
        run.state = Import.State.APPLYING
        run.batch = run.batch or _open_import_batch(run)
    run.save()
    if report:
        report(run)


def _open_import_batch(run: Import) -> Batch:
    return Batch.objects.create(
        kind=Batch.Kind.IMPORT, label=run.file_name, user_id=run.user_id, created_at=clock.now()
    )


def _staged_rows(run: Import, kind: Importer, table: Table) -> Iterator[tuple]:
    fields = kind.field_by_name
    columns = [
        (fields[name], table.headings.index(heading)) for name, heading in run.mapping.items()
    ]
    width = len(table.headings)
    for number, cells, position in table.rows():
        run.bytes_read = position
        error = ""
        values: dict = {}
        if len(cells) < width and table.format == "csv":
            error = _("The row has %(found)s cells instead of %(wanted)s; is the file cut off?")
            error %= {"found": len(cells), "wanted": width}
        elif len(cells) > width and any(show(cell) for cell in cells[width:]):
            error = _("The row has more cells than there are columns.")
        else:
            values, error = _typed_values(kind, columns, cells)
        key = kind.key_of(values, number) if not error else ""
        yield (run.pk, number, key, Jsonb(values) if not error else None, error)


def _typed_values(kind: Importer, columns: list, cells: list) -> tuple[dict, str]:
    values: dict = {}
    errors: list[str] = []
    for field, position in columns:
        try:
            values[field.name] = to_json(field.clean(cells[position]))
        except Invalid as error:
            errors.extend(f"{field.label}: {one.message}" for one in error.errors)
    if not errors:
        try:
            kind.check_row(values)
        except Invalid as error:
            errors.append(error.message)
    return values, " ".join(errors)


def _stage(run: Import, chunk: list[tuple], report: Report | None) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            statement = "COPY records_importrow (run_id, number, key, values, error) FROM STDIN"
            with cursor.copy(statement) as copy:
                for row in chunk:
                    copy.write_row(row)
        run.rows += len(chunk)
        run.refused += sum(1 for row in chunk if row[4])
        run.heartbeat_at = clock.now()
        run.save()
    if report:
        report(run)


def _count_groups(run: Import) -> int:
    with connection.cursor() as cursor:
        # The rows have just come in by the hundred thousand: let the planner know.
        cursor.execute("ANALYZE records_importrow")
        cursor.execute(
            "SELECT count(DISTINCT key) FROM records_importrow WHERE run_id = %s AND error = ''",
            [run.pk],
        )
        return cursor.fetchone()[0]


def _rehearse(run: Import, kind: Importer, viewer: Viewer, report: Report | None) -> None:
    """Applies everything, a chunk at a time, and rolls each chunk back."""
    position = ""
    options = revive(kind.option_by_name, run.options)
    while groups := _next_groups(run, kind, position):
        with transaction.atomic():
            outcome = kind.apply(groups, options, viewer, _open_import_batch(run))
            transaction.set_rollback(True)
        position = groups[-1].key
        _note(run, groups, outcome)
        run.heartbeat_at = clock.now()
        run.save()
        if report:
            report(run)


def _apply(run: Import, viewer: Viewer, report: Report | None) -> None:
    kind = importer(run.record_type)
    options = revive(kind.option_by_name, run.options)
    while True:
        with transaction.atomic():
            groups = _next_groups(run, kind, run.position)
            if not groups:
                break
            outcome = kind.apply(groups, options, viewer, _batch_of(run))
            run.position = groups[-1].key
            _note(run, groups, outcome)
            run.heartbeat_at = clock.now()
            run.save()
        if report:
            report(run)
    refresh_statistics_after(run.created + run.updated)
    with transaction.atomic():
        ImportRow.objects.filter(run=run, error="").delete()  # what is asked about stays
        run.state, run.finished_at = Import.State.DONE, clock.now()
        run.save()
        counts = {"created": run.created, "updated": run.updated, "refused": run.refused}
        data = {"file": run.file_name, "type": run.record_type, **counts}
        draft = Draft("import.finished", "import", run.pk, data=data)
        record(draft, origin=viewer.origin(run.batch_id))
    if report:
        report(run)


def _batch_of(run: Import) -> Batch:
    if run.batch is None:
        raise Conflict("no_batch", _("This import has not begun."))
    return run.batch


def _note(run: Import, groups: list[Group], outcome: Outcome) -> None:
    run.applied += len(groups)
    run.created += outcome.created
    run.updated += outcome.updated
    run.skipped += outcome.skipped
    run.refused += len(outcome.refused)
    run.asked += len(outcome.asked)
    rows = ImportRow.objects.filter(run=run)
    for number, reason in outcome.refused.items():
        rows.filter(number=number).update(error=reason)
    for key, question in outcome.asked.items():
        asked = {
            "record": str(question.record_id),
            "probability": question.probability,
            "why": question.why,
        }
        rows.filter(key=key, error="").update(question=asked, error=question.words)


def _next_groups(run: Import, kind: Importer, position: str) -> list[Group]:
    """Whole groups behind a key: about APPLY_CHUNK rows, more when one group is larger."""
    rows = _rows_after(run, position, APPLY_CHUNK)
    if len(rows) == APPLY_CHUNK:
        last = rows[-1][0]
        if last != rows[0][0]:
            rows = [row for row in rows if row[0] != last]
        else:
            rows = _rows_of_key(run, last)
    fields = kind.field_by_name
    groups: dict[str, list] = {}
    for key, number, values in rows:
        groups.setdefault(key, []).append((number, revive(fields, values)))
    return [Group(key, tuple(members)) for key, members in groups.items()]


def _rows_after(run: Import, position: str, limit: int) -> list[tuple]:
    rows = ImportRow.objects.filter(run=run, error="", key__gt=position)
    return list(rows.order_by("key", "number").values_list("key", "number", "values")[:limit])


def _rows_of_key(run: Import, key: str) -> list[tuple]:
    rows = ImportRow.objects.filter(run=run, error="", key=key).order_by("number")
    return list(rows.values_list("key", "number", "values"))


def write_error_file(run: Import, path: Path) -> int:
    """Writes the refused rows and those with an open question as they stood in the file, with the
    reason; returns how many.

    Cells that a spreadsheet would take for a formula are defused.
    """
    reasons = dict(
        ImportRow.objects.filter(run=run).exclude(error="").values_list("number", "error")
    )
    if not Path(run.path).is_file():
        message = _("The file was removed: it was too old, or held somebody erased since.")
        raise NotFound("file_removed", message)
    table = open_table(Path(run.path))
    partial = path.with_name(path.name + ".part")
    with partial.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*table.headings, _("Row"), _("Reason")])
        for number, cells, _position in table.rows():
            if number in reasons:
                padded = [show(cell) for cell in cells] + [""] * (len(table.headings) - len(cells))
                writer.writerow([*map(defuse, padded), number, reasons[number]])
    os.replace(partial, path)
    return len(reasons)


def defuse(cell: str) -> str:
    """A text that no spreadsheet runs: a leading = + - @ or control character gets an apostrophe,
    except on plain numbers."""
    if cell and cell[0] in "=+-@\t\r" and not _is_number(cell):
        return "'" + cell
    return cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


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
    return brought.exclude(path__startswith=str(_folder())).count()


def remove_old_files(before: datetime) -> int:
    """Removes files of ours, and lists of refused rows, of imports that ended before; also rows
    that were refused or asked about, which are the file's words. How many files."""
    old = Import.objects.filter(created_at__lt=before, path__startswith=str(_folder()))
    removed = 0
    for run in old.exclude(state__in=(Import.State.READING, Import.State.APPLYING)):
        for path in (Path(run.path), error_file_path(run)):
            removed += path.is_file()
            path.unlink(missing_ok=True)
        ImportRow.objects.filter(run=run).delete()
        run.path, run.sample, run.asked = "", [], 0
        if run.state in (Import.State.UPLOADED, Import.State.CHECKED):
            run.state, run.error = Import.State.FAILED, _("The file was removed: it is too old.")
        run.save()
    return removed


def error_file_path(run: Import) -> Path:
    return _folder() / f"{run.pk.hex}.errors.csv"


def _folder() -> Path:
    folder = files_folder() / "imports"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
