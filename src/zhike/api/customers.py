"""/customers, /tasks and what hangs on a customer."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.db import transaction
from django.http import FileResponse, HttpResponse
from ninja import File, Query, Router, Schema, Status, UploadedFile

from zhike.api import shapes
from zhike.api.authentication import Request
from zhike.api.lists import ListParams, PageOut, answer_list
from zhike.api.records import BulkIn, BulkOut, tag, upsert, wanted_version
from zhike.api.shapes import StrictSchema, given, input_schema
from zhike.commerce.queries import orders_of
from zhike.customers import actions, queries
from zhike.customers.duplicates import possible_duplicates, probable_pairs
from zhike.customers.facts import CUSTOMER, TASK
from zhike.customers.merging import actions as merging
from zhike.customers.merging.following import merge_of
from zhike.customers.quality.actions import verify_customer
from zhike.customers.quality.queries import report
from zhike.customers.sharing.actions import share_customer, stop_sharing
from zhike.customers.sharing.seers import seers
from zhike.insight.explaining import explain
from zhike.insight.queries import standing_of
from zhike.kernel.reading import together
from zhike.privacy.actions import keep_consents
from zhike.records.actions import archive_record, change_record, restore_record, unmask

router = Router(tags=["customers"])
tasks = Router(tags=["tasks"])


class CustomerIn(input_schema(CUSTOMER, "CustomerIn")):  # type: ignore[misc]
    """The fields of the record type, and what the customer agrees to: as a whole (a list; what is
    missing is withdrawn) or in part (`{"marketing:sms": false}`)."""

    consents: list[str] | dict[str, bool] | None = None


class TaskPatch(StrictSchema):
    title: str | None = None
    due_on: date | None = None
    assignee: UUID | None = None


class NoteIn(StrictSchema):
    text: str


class ContactIn(StrictSchema):
    channel: str
    outcome: str = ""
    text: str = ""
    next_on: date | None = None
    next_step: str = ""
    happened_at: datetime | None = None


class TaskIn(StrictSchema):
    title: str
    due_on: date | None = None
    assignee: UUID | None = None


class RelationIn(StrictSchema):
    kind: str
    other: UUID


class VerdictIn(StrictSchema):
    verdict: Literal["same", "different", "open"]


class UnmaskIn(StrictSchema):
    field: str
    reason: str


class ShareIn(StrictSchema):
    level: Literal["read", "write"] = "read"
    until: date | None = None


class MergeIn(StrictSchema):
    other: UUID
    choices: dict[str, Literal["winner", "loser", "both"]] = {}
    version: int | None = None
    other_version: int | None = None


class EventIdOut(Schema):
    event: int


@router.get("", response=PageOut, exclude_unset=True, summary="List customers")
def list_customers(request: Request, params: Query[ListParams]):
    return answer_list(CUSTOMER, request.auth, params, shapes.customers)


@router.post("", response={201: dict[str, Any]}, summary="Create a customer")
def create(
    request: Request,
    response: HttpResponse,
    body: CustomerIn,
    on_duplicate: Literal["create", "refuse"] = "create",
):
    """With `on_duplicate=refuse` answers 409 with the duplicates when the customer is probably on
    file already."""
    party = _create(given(body), viewer=request.auth, on_duplicate=on_duplicate)
    tag(response, party)
    return Status(201, shapes.customers(request.auth, [party])[0])


@router.post("/duplicates", response=list[dict[str, Any]], summary="Who may be on file already")
def find_duplicates(request: Request, body: CustomerIn):
    """Customers who may be the one described, the most probable first. A colleague's whom you may
    not see has no id: only the sign that you sent and that they share."""
    return shapes.duplicates(possible_duplicates(request.auth, given(body)))


@router.get("/duplicates", response=PageOut, exclude_unset=True, summary="Probable duplicates")
def list_pairs(
    request: Request,
    state: Literal["open", "same", "different"] = "open",
    cursor: str | None = None,
    limit: int = Query(50, ge=1, le=200),  # type: ignore[type-arg]
):
    """Pairs that the last scan found, both of whom you see, the most probable first."""
    page = probable_pairs(request.auth, state=state, cursor=cursor or None, limit=limit)
    return {"items": shapes.pairs(request.auth, page.items), "next_cursor": page.next_cursor}


@router.post("/duplicates/{uuid:duplicate_id}/decide", response=dict[str, Any])
def decide_pair(request: Request, duplicate_id: UUID, body: VerdictIn):
    """`same`, `different`, or `open` to take either back."""
    pair = actions.decide_duplicate(duplicate_id, verdict=body.verdict, viewer=request.auth)
    return shapes.pairs(request.auth, [pair])[0]


@router.post("/bulk", response=BulkOut, summary="Create or change up to 1,000 customers")
def bulk(request: Request, body: BulkIn):
    viewer = request.auth
    return upsert(
        CUSTOMER, viewer, body,
        find=lambda item, keys: queries.match(viewer, item, keys or ("code",)),
        create=_create, change=_change,
    )  # fmt: skip


def _create(values: Mapping, **how: Any):
    return _agreeing(values, how, lambda fields: actions.create_customer(fields, **how))


def _change(customer_id: UUID, values: Mapping, **how: Any):
    return _agreeing(values, how, lambda f: actions.change_customer(customer_id, f, **how))


def _agreeing(values: Mapping, how: Mapping[str, Any], write: Callable[[dict], Any]):
    """Writes a customer's fields, and what they agree to if that is said, in one transaction."""
    fields = dict(values)
    consents = fields.pop("consents", None)
    if consents is None:
        return write(fields)
    with transaction.atomic():
        party = write(fields)
        keep_consents(how["viewer"], party.pk, consents, batch=how.get("batch"))
    return queries.customer(how["viewer"], party.pk)


@router.get("/quality", response=dict[str, Any], summary="How good the files are")
def quality(request: Request):
    """Of the files that you see: how complete (0…1), unreachable, untouched or verified for a year;
    by field, owner and team."""
    return shapes.quality(report(request.auth))


@router.post("/{uuid:customer_id}/verify", response=dict[str, Any], summary="The file is right")
def verify(request: Request, customer_id: UUID):
    party = verify_customer(customer_id, viewer=request.auth)
    return shapes.customers(request.auth, [party])[0]


@router.get("/{uuid:customer_id}", response=dict[str, Any], summary="One customer")
def read(request: Request, response: HttpResponse, customer_id: UUID, include: str = ""):
    viewer = request.auth
    party = queries.customer(viewer, customer_id)
    tag(response, party)
    return shapes.customers(viewer, [party])[0] | _included(viewer, party, include)


def _included(viewer, party, include: str) -> dict[str, Any]:
    parts: dict[str, Callable[[], Any]] = {
        "timeline": lambda: shapes.events(queries.timeline(viewer, party).items),
        "orders": lambda: shapes.orders(viewer, orders_of(viewer, party.pk).items),
        "tasks": lambda: shapes.tasks(viewer, queries.open_tasks(viewer, party.pk)),
    }
    wanted = [name.strip() for name in include.split(",") if name.strip() in parts]
    return dict(zip(wanted, together(*(parts[name] for name in wanted)), strict=True))


@router.patch("/{uuid:customer_id}", response=dict[str, Any], summary="Change a customer")
def change(request: Request, response: HttpResponse, customer_id: UUID, body: CustomerIn):
    version = wanted_version(request)
    party = _change(customer_id, given(body), viewer=request.auth, version=version)
    tag(response, party)
    return shapes.customers(request.auth, [party])[0]


@router.post("/{uuid:customer_id}/archive", response=dict[str, Any])
def archive(request: Request, customer_id: UUID):
    party = archive_record(CUSTOMER, customer_id, viewer=request.auth)
    return shapes.customers(request.auth, [party])[0]


@router.post("/{uuid:customer_id}/restore", response=dict[str, Any])
def restore(request: Request, customer_id: UUID):
    party = restore_record(CUSTOMER, customer_id, viewer=request.auth)
    return shapes.customers(request.auth, [party])[0]


@router.get("/{uuid:customer_id}/merge-preview", response=dict[str, Any])
def preview_merge(request: Request, customer_id: UUID, other: UUID):
    """What becomes of two customers when the other is merged into this one. A choice left out is
    made as told here."""
    preview = merging.preview_merge(request.auth, customer_id, other)
    return {
        "winner": preview.winner.pk,
        "loser": preview.loser.pk,
        "fields": [
            {"field": one.field.name, "label": str(one.label), "winner": one.winner,
             "loser": one.loser, "options": one.options, "choice": one.choice, "why": one.why,
             "value": one.value}
            for one in preview.fields
        ],
        "moves": [
            {"what": str(one.label), "moved": one.moved, "set_aside": one.aside}
            for one in preview.moves
        ],
        "conflicts": [one.field.name for one in preview.conflicts],
    }  # fmt: skip


@router.post("/{uuid:customer_id}/merge", response=dict[str, Any])
def merge(request: Request, customer_id: UUID, body: MergeIn):
    """Merges another customer into this one: what pointed at the other points here then."""
    versions = {customer_id: body.version, body.other: body.other_version}
    known = {pk: version for pk, version in versions.items() if version is not None}
    batch = merging.merge_customers(request.auth, customer_id, body.other, body.choices, known)
    party = queries.customer(request.auth, customer_id)
    return {"batch": batch.pk, "customer": shapes.customers(request.auth, [party])[0]}


@router.post("/{uuid:merged_id}/unmerge", response=dict[str, Any])
def unmerge(request: Request, merged_id: UUID):
    """Takes a customer that was merged into another out of it again."""
    batch_id = merge_of(request.auth, merged_id)
    undo, _done, kept = merging.unmerge_customers(request.auth, batch_id)
    party = queries.customer(request.auth, merged_id)
    customer = shapes.customers(request.auth, [party])[0]
    return {"batch": undo.pk, "customer": customer, "kept": kept}


@router.get("/{uuid:customer_id}/timeline", response=PageOut, exclude_unset=True)
def read_timeline(
    request: Request,
    customer_id: UUID,
    group: Literal["orders", "contact", "file", "system"] | None = None,
    cursor: str | None = None,
):
    party = queries.customer(request.auth, customer_id)
    page = queries.timeline(request.auth, party, group=group, cursor=cursor or None)
    return {"items": shapes.events(page.items), "next_cursor": page.next_cursor}


@router.get("/{uuid:customer_id}/scores", response=list[dict[str, Any]])
def read_scores(request: Request, customer_id: UUID):
    """Every score in words, with the reason."""
    party = queries.customer(request.auth, customer_id)
    return [
        {"key": e.key, "label": e.label, "figure": e.figure, "detail": e.detail, "why": e.why}
        for e in explain(request.auth, standing_of(request.auth, party))
    ]


@router.post("/{uuid:customer_id}/unmask", response=dict[str, Any])
def show_field(request: Request, customer_id: UUID, body: UnmaskIn):
    """Shows a masked field of this customer to you for ten minutes. The reason is kept."""
    until = unmask(CUSTOMER, customer_id, fact=body.field, reason=body.reason, viewer=request.auth)
    party = queries.customer(request.auth, customer_id)
    return {"until": until, "customer": shapes.customers(request.auth, [party])[0]}


@router.post("/{uuid:customer_id}/notes", response={201: EventIdOut})
def add_note(request: Request, customer_id: UUID, body: NoteIn):
    event = actions.add_note(customer_id, text=body.text, viewer=request.auth)
    return Status(201, {"event": event})


@router.post("/{uuid:customer_id}/contacts", response={201: EventIdOut})
def log_contact(request: Request, customer_id: UUID, body: ContactIn):
    event = actions.log_contact(customer_id, viewer=request.auth, **body.model_dump())
    return Status(201, {"event": event})


@router.post("/{uuid:customer_id}/tasks", response={201: dict[str, Any]})
def create_task(request: Request, customer_id: UUID, body: TaskIn):
    task = actions.create_task(customer_id, viewer=request.auth, **body.model_dump())
    return Status(201, shapes.tasks(request.auth, [task])[0])


@router.get("/{uuid:customer_id}/relations", response=list[dict[str, Any]])
def list_relations(request: Request, customer_id: UUID):
    party = queries.customer(request.auth, customer_id)
    return [
        {"id": one.relation_id, "label": one.label, "customer": one.party.pk,
         "name": one.party.name}
        for one in queries.related_parties(request.auth, party)
    ]  # fmt: skip


@router.post("/{uuid:customer_id}/relations", response={201: dict[str, Any]})
def add_relation(request: Request, customer_id: UUID, body: RelationIn):
    relation = actions.add_relation(
        customer_id, kind=body.kind, other_id=body.other, viewer=request.auth
    )
    return Status(201, {"id": relation.pk, "kind": relation.kind, "other": relation.other_id})


@router.delete("/{uuid:customer_id}/relations/{uuid:relation_id}", response={204: None})
def remove_relation(request: Request, customer_id: UUID, relation_id: UUID):
    actions.remove_relation(relation_id, viewer=request.auth)
    return Status(204, None)


@router.get("/{uuid:customer_id}/seen-by", response=list[dict[str, Any]])
def list_seers(request: Request, customer_id: UUID):
    """Everybody at work here who sees the customer, and why."""
    return [
        {"user": one.person.id, "name": one.person.name, "reasons": list(one.reasons)}
        for one in seers(request.auth, customer_id)
    ]


@router.get("/{uuid:customer_id}/shares", response=list[dict[str, Any]])
def list_shares(request: Request, customer_id: UUID):
    """With whom the customer is shared beside those who see it anyway."""
    party = queries.customer(request.auth, customer_id)
    return [_share(one) for one in queries.shares_of(party.pk)]


@router.put("/{uuid:customer_id}/shares/{uuid:with_id}", response=dict[str, Any])
def share(request: Request, customer_id: UUID, with_id: UUID, body: ShareIn):
    """`with_id` is a user's or a team's; `batch` undoes it."""
    made, batch = share_customer(
        customer_id, with_id=with_id, level=body.level, until=body.until, viewer=request.auth
    )
    return {**_share(made), "batch": batch.pk}


@router.delete("/{uuid:customer_id}/shares/{uuid:with_id}", response=dict[str, Any])
def unshare(request: Request, customer_id: UUID, with_id: UUID):
    """`batch` undoes it; null where nothing was shared."""
    batch = stop_sharing(customer_id, with_id=with_id, viewer=request.auth)
    return {"batch": batch.pk if batch else None}


def _share(one) -> dict[str, Any]:
    kind = "team" if one.is_team else "user"
    return {"with": one.with_id, "kind": kind, "level": one.level, "until": one.until,
            "shared_by": one.shared_by, "created_at": one.created_at}  # fmt: skip


@router.get("/{uuid:customer_id}/attachments", response=list[dict[str, Any]])
def list_attachments(request: Request, customer_id: UUID):
    party = queries.customer(request.auth, customer_id)
    return [_attachment(one) for one in queries.attachments(party)]


@router.post("/{uuid:customer_id}/attachments", response={201: dict[str, Any]})
def attach(request: Request, customer_id: UUID, file: File[UploadedFile]):
    return Status(
        201, _attachment(actions.add_attachment(customer_id, upload=file, viewer=request.auth))
    )


@router.get("/{uuid:customer_id}/attachments/{uuid:attachment_id}", response={200: bytes})
def download(request: Request, customer_id: UUID, attachment_id: UUID):
    found = queries.attachment(request.auth, attachment_id)
    path = actions.attachment_path(found.pk)
    return FileResponse(path.open("rb"), as_attachment=True, filename=found.name)


@router.delete("/{uuid:customer_id}/attachments/{uuid:attachment_id}", response={204: None})
def detach(request: Request, customer_id: UUID, attachment_id: UUID):
    actions.remove_attachment(attachment_id, viewer=request.auth)
    return Status(204, None)


def _attachment(one) -> dict[str, Any]:
    return {
        "id": one.pk,
        "name": one.name,
        "size": one.size,
        "content_type": one.content_type,
        "created_at": one.created_at,
    }


@tasks.get("", response=PageOut, exclude_unset=True, summary="List tasks")
def list_tasks(request: Request, params: Query[ListParams]):
    return answer_list(TASK, request.auth, params, shapes.tasks)


@tasks.patch("/{uuid:task_id}", response=dict[str, Any])
def change_task(request: Request, response: HttpResponse, task_id: UUID, body: TaskPatch):
    version = wanted_version(request)
    task = change_record(TASK, task_id, given(body), viewer=request.auth, version=version)
    tag(response, task)
    return shapes.tasks(request.auth, [task])[0]


@tasks.post("/{uuid:task_id}/complete", response=dict[str, Any])
def complete_task(request: Request, task_id: UUID):
    task = actions.complete_task(task_id, viewer=request.auth)
    return shapes.tasks(request.auth, [task])[0]


@tasks.post("/{uuid:task_id}/archive", response=dict[str, Any])
def archive_task(request: Request, task_id: UUID):
    task = archive_record(TASK, task_id, viewer=request.auth)
    return shapes.tasks(request.auth, [task])[0]
