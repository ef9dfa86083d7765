"""Questions that an import left: is this record of the file one that is there already?

The rows wait where they were staged, however long. An answer is part of the import: it is written
in its batch, and taken back with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from zhike.access.viewer import Viewer
from zhike.kernel.errors import Conflict, Invalid, NotFound
from zhike.kernel.text import listed
from zhike.records.imports.actions import get_import
from zhike.records.imports.importers import Group, Importer, Outcome, importer, revive
from zhike.records.limits import untold
from zhike.records.models import Batch, Import, ImportRow
from zhike.records.queries import limited_facts, linked_names
from zhike.records.types import record_type

SAME, NEW, SKIP = "same", "new", "skip"
MOST_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A record of the file, and the one on file that it probably is."""

    key: str
    numbers: Sequence[int]  # rows of the file
    values: Mapping[str, object]  # of the last row, typed
    record_id: UUID
    probability: float | None  # None where it would tell of facts that the reader may not know
    why: Sequence[str]  # as far as the reader may know it


def open_questions(viewer: Viewer, run: Import, *, limit: int = 20) -> list[OpenQuestion]:
    """The most probable first. Of the import's own person and of whoever looks after all."""
    get_import(viewer, run.pk)
    asked = ImportRow.objects.filter(run=run, question__isnull=False)
    keys = list(
        asked.order_by("-question__probability", "key").values_list("key", flat=True)[: 4 * limit]
    )
    keys = list(dict.fromkeys(keys))[:limit]
    found: dict[str, list[ImportRow]] = {key: [] for key in keys}
    for row in asked.filter(key__in=keys).order_by("key", "number"):
        found[row.key].append(row)
    return _questions(viewer, run, list(found.values()))


def _questions(
    viewer: Viewer, run: Import, found: Sequence[Sequence[ImportRow]]
) -> list[OpenQuestion]:
    fields = importer(run.record_type).field_by_name
    asked = [rows[-1].question or {} for rows in found]
    ids = [UUID(one["record"]) for one in asked]
    hidden = limited_facts(record_type(run.record_type), viewer, ids)
    return [
        OpenQuestion(
            rows[-1].key,
            [row.number for row in rows],
            revive(fields, rows[-1].values or {}),
            record_id,
            None if _is_told_in_part(one["why"], hidden[record_id]) else one["probability"],
            _told(one["why"], hidden[record_id]),
        )
        for rows, one, record_id in zip(found, asked, ids, strict=True)
    ]


def _told(why: Sequence[Mapping], hidden: frozenset[str]) -> list[str]:
    told = [clue["words"] for clue in why if hidden.isdisjoint(clue["facts"])]
    return [*told, untold()] if _is_told_in_part(why, hidden) else told


def _is_told_in_part(why: Sequence[Mapping], hidden: frozenset[str]) -> bool:
    return not all(hidden.isdisjoint(clue["facts"]) for clue in why)


def words_of_questions(viewer: Viewer, run: Import) -> dict[int, str]:
    """What is asked about rows of the file, by row, as far as the viewer may know it."""
    asked = ImportRow.objects.filter(run=run, question__isnull=False).order_by("number")
    found: dict[int, str] = {}
    while rows := list(asked.filter(number__gt=max(found, default=-1))[:MOST_AT_ONCE]):
        questions = _questions(viewer, run, [[row] for row in rows])
        names = linked_names(viewer, run.record_type, [one.record_id for one in questions])
        found |= {one.numbers[0]: _in_words(one, names) for one in questions}
    return found


def _in_words(one: OpenQuestion, names: Mapping[UUID, str]) -> str:
    words = {"name": names.get(one.record_id, "–"), "reasons": listed(one.why)}
    if one.probability is None:
        return _("Probably on file as “%(name)s”: %(reasons)s") % words
    words["percent"] = in_percent(one.probability)
    return _("Probably on file as “%(name)s” (%(percent)s %%): %(reasons)s") % words


def in_percent(probability: float) -> str:
    """Never certain: what is only probable isn't said to be 100 %."""
    return str(min(int(probability * 100), 99))


@transaction.atomic
def answer_questions(
    viewer: Viewer, import_id: UUID, *, verdict: str, numbers: Sequence[int] | None = None
) -> Import:
    """Answers the questions about some rows of the file, or the thousand most probable ones.

    "same" writes the rows into the record that is there, "new" opens a record of its own, "skip"
    leaves the rows out. Raises Conflict while the import runs and once it has been undone.
    """
    get_import(viewer, import_id)
    run = Import.objects.select_for_update(of=("self",)).select_related("batch").get(pk=import_id)
    if verdict not in (SAME, NEW, SKIP):
        raise Invalid.field("verdict", "unknown_choice", _("There is no such verdict."))
    if run.state != Import.State.DONE or run.batch is None:
        raise Conflict("running", _("Questions are answered when the import is done."))
    if run.batch.undone_at is not None:
        raise Conflict("undone", _("This import has been undone."))
    rows = ImportRow.objects.filter(run=run, question__isnull=False)
    if numbers is not None:
        rows = rows.filter(key__in=rows.filter(number__in=numbers).values("key"))
    groups = _grouped(run, rows.order_by("-question__probability", "key", "number"))
    if not groups:
        raise NotFound("not_found", _("There is no open question about this row."))
    kind = importer(run.record_type)
    outcome = _answered(kind, run, run.batch, groups, verdict, viewer)
    refused = set(outcome.refused)
    settled = [number for group, _record in groups for number, _values in group.rows]
    ImportRow.objects.filter(run=run, number__in=set(settled) - refused).delete()
    for number, reason in outcome.refused.items():
        ImportRow.objects.filter(run=run, number=number).update(error=reason, question=None)
    run.asked -= len(groups)
    run.created += outcome.created
    run.updated += outcome.updated
    run.skipped += outcome.skipped
    run.refused += len(refused)
    run.save()
    return run


def _grouped(run: Import, rows) -> list[tuple[Group, UUID]]:
    fields = importer(run.record_type).field_by_name
    members: dict[str, list] = {}
    meant: dict[str, UUID] = {}
    for row in rows[:MOST_AT_ONCE]:
        members.setdefault(row.key, []).append((row.number, revive(fields, row.values)))
        meant[row.key] = UUID(row.question["record"])
    return [(Group(key, tuple(found)), meant[key]) for key, found in members.items()]


def _answered(
    kind: Importer,
    run: Import,
    batch: Batch,
    groups: Sequence[tuple[Group, UUID]],
    verdict: str,
    viewer: Viewer,
) -> Outcome:
    if verdict == SKIP:
        return Outcome(skipped=len(groups))
    options = revive(kind.option_by_name, run.options)
    if verdict == NEW:
        options["on_duplicate"] = "create"
        return kind.apply([group for group, _record in groups], options, viewer, batch)
    whole = Outcome()
    for group, record_id in groups:
        if kind.write_into is None:
            raise Invalid.field("verdict", "unknown_choice", _("There is no such verdict."))
        one = kind.write_into(group, record_id, options, viewer, batch)
        whole.updated += one.updated
        whole.skipped += one.skipped
        whole.refused |= one.refused
    return whole
