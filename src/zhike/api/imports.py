"""/imports and /batches: files on their way in, and the undo of any work."""

from typing import Any, Literal
from uuid import UUID

from django.http import FileResponse
from django.utils.translation import gettext as _
from ninja import File, Form, Query, Router, Schema, Status, UploadedFile

from zhike.api.authentication import Request
from zhike.api.shapes import StrictSchema
from zhike.kernel.errors import NotFound
from zhike.records.actions import ask_undo, undo_batch
from zhike.records.imports import actions
from zhike.records.imports.answering import answer_questions, open_questions
from zhike.records.imports.refused import error_file_path, write_error_file
from zhike.records.queries import (
    batch_to_undo,
    batches,
    batches_by_id,
    errand,
    forecast_undo,
    is_large,
    told_of,
    works,
)

router = Router(tags=["imports"])
work = Router(tags=["batches"])
errands = Router(tags=["batches"])


class MappingIn(StrictSchema):
    mapping: dict[str, str]
    options: dict[str, Any] = {}


class StartIn(StrictSchema):
    dry_run: bool = False


class AnswerIn(StrictSchema):
    verdict: Literal["same", "new", "skip"]
    rows: list[int] | None = None


class UndoOut(Schema):
    batch: UUID
    done: int
    left: int


class ErrandOut(Schema):
    id: UUID
    doing: str
    state: str
    rows: int
    written: int
    error: str | None
    batch: UUID | None
    done: int
    left: int


def _import(run) -> dict[str, Any]:
    return {
        "id": run.pk,
        "type": run.record_type,
        "file": run.file_name,
        "state": run.state,
        "is_dry_run": run.is_dry_run,
        "headings": run.headings,
        "sample": run.sample,
        "mapping": run.mapping,
        "options": run.options,
        "size": run.size,
        "bytes_read": run.bytes_read,
        "rows": run.rows,
        "groups": run.groups,
        "applied": run.applied,
        "created": run.created,
        "updated": run.updated,
        "skipped": run.skipped,
        "refused": run.refused,
        "asked": run.asked,
        "error": run.error,
        "batch": run.batch_id,
    }


@router.post("", response={201: dict[str, Any]}, summary="Upload a file")
def upload(request: Request, file: File[UploadedFile], type: Form[str]):
    return Status(201, _import(actions.upload_import(request.auth, type=type, upload=file)))


@router.get("/{uuid:import_id}", response=dict[str, Any])
def read(request: Request, import_id: UUID):
    return _import(actions.get_import(request.auth, import_id))


@router.patch("/{uuid:import_id}", response=dict[str, Any])
def map_columns(request: Request, import_id: UUID, body: MappingIn):
    return _import(actions.map_import(request.auth, import_id, **body.model_dump()))


@router.post("/{uuid:import_id}/start", response={202: dict[str, Any]})
def start(request: Request, import_id: UUID, body: StartIn):
    run = actions.start_import(request.auth, import_id, is_dry_run=body.dry_run)
    return Status(202, _import(run))


@router.get("/{uuid:import_id}/questions", response=list[dict[str, Any]])
def questions(request: Request, import_id: UUID, limit: int = Query(50, ge=1, le=200)):  # type: ignore[type-arg]
    """Rows that are probably a record which is there already, the most probable first."""
    run = actions.get_import(request.auth, import_id)
    return [
        {
            "rows": one.numbers,
            "values": dict(one.values),
            "record": one.record_id,
            "probability": one.probability and round(one.probability, 4),
            "why": one.why,
        }
        for one in open_questions(request.auth, run, limit=limit)
    ]


@router.post("/{uuid:import_id}/answers", response=dict[str, Any])
def answer(request: Request, import_id: UUID, body: AnswerIn):
    """`same` adds the rows to the record that is there, `new` opens one, `skip` leaves them out; of
    up to a thousand rows when none is named."""
    return _import(
        answer_questions(request.auth, import_id, verdict=body.verdict, numbers=body.rows)
    )


@router.get("/{uuid:import_id}/errors", response={200: bytes})
def errors(request: Request, import_id: UUID):
    """The refused rows as CSV, with the reasons."""
    run = actions.get_import(request.auth, import_id)
    if not run.refused and not run.asked:
        raise NotFound("no_errors", _("No row was refused."))
    path = error_file_path(request.auth, run)
    write_error_file(request.auth, run, path)
    return FileResponse(path.open("rb"), as_attachment=True, filename="errors.csv")


@work.get("", response=list[dict[str, Any]], summary="Recent work that can be undone")
def list_batches(request: Request):
    return [_batch(batch) for batch in batches(request.auth)]


def _batch(batch) -> dict[str, Any]:
    return {
        "id": batch.pk,
        "kind": batch.kind,
        "label": batch.label,
        "user": batch.user_id,
        "created_at": batch.created_at,
        "undone_at": batch.undone_at,
    }


@work.get("/{uuid:batch_id}", response=dict[str, Any], summary="What undoing it would do")
def preview_undo(request: Request, batch_id: UUID):
    """What a piece of work did, whether it stands, and what the next undo of it would do: `undo` is
    the batch to name then, this one or its own undo. `left` stays, because it changed since; both
    counts are null for what goes back as a whole or not at all, such as a merge."""
    viewer = request.auth
    found = batches_by_id(viewer, [batch_id]).get(batch_id)
    if found is None:
        raise NotFound("not_found", _("This is not in your history."))
    stands = works(viewer, [found])[0]
    forecast = forecast_undo(viewer, batches_by_id(viewer, [stands.last])[stands.last])
    return _batch(found) | {
        "told": [{"what": str(label), "count": count} for label, count in told_of(viewer, found)],
        "is_undone": stands.is_undone,
        "undo": stands.last,
        "done": forecast.done if forecast else None,
        "left": forecast.left if forecast else None,
        "staying": [
            {"type": one.kind.name, "id": one.record_id, "name": one.name, "at": one.changed_at}
            for one in (forecast.named if forecast else ())
        ],
    }


@work.post("/{uuid:batch_id}/undo", response={200: UndoOut, 202: ErrandOut})
def undo(request: Request, batch_id: UUID):
    """A large batch is taken back by a job: 202, and /errands/{id} tells how it goes."""
    if is_large(batch_to_undo(request.auth, batch_id)):
        return Status(202, _errand(ask_undo(request.auth, batch_id)))
    batch, done, left = undo_batch(request.auth, batch_id)
    return Status(200, {"batch": batch.pk, "done": done, "left": left})


@errands.get("/{uuid:errand_id}", response=ErrandOut, summary="How work on many records goes")
def read_errand(request: Request, errand_id: UUID):
    """`state` is one of waiting, running, done, failed; done, it names the batch that was written.
    Kept a week for whoever asked."""
    return _errand(errand(request.auth, errand_id))


def _errand(asked) -> dict[str, Any]:
    return {
        "id": asked.pk, "doing": asked.doing, "state": asked.state, "rows": asked.rows,
        "written": asked.written, "error": asked.error or None, "batch": asked.batch_id,
        "done": asked.done, "left": asked.left,
    }  # fmt: skip
