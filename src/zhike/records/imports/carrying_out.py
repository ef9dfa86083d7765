"""Carrying an import out: reading stages every row, applying walks the staged rows by key.

Reading changes nothing else. Position and counts commit with each chunk that is applied, so that a
killed import goes on where it stopped and nothing is applied twice.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb

from zhike.access.viewer import Viewer
from zhike.events.actions import Draft, record
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid, ZhikeError
from zhike.records.actions.statistics import refresh_statistics_after
from zhike.records.imports.importers import Group, Importer, Outcome, importer, revive, to_json
from zhike.records.imports.reading import Table, open_table, show
from zhike.records.models import Batch, Import, ImportRow

STAGE_CHUNK = 5_000
APPLY_CHUNK = 4_000
Report = Callable[[Import], None]


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
            "why": [{"words": clue.words, "facts": clue.facts} for clue in question.why],
        }
        open_row = _("Probably on file already.")
        rows.filter(key=key, error="").update(question=asked, error=open_row)


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
