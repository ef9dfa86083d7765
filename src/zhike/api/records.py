"""What all record types have in common behind their routes: version tags, bulk, archive."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Schema

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.kernel.errors import Invalid, ZhikeError
from zhike.records.actions import open_batch
from zhike.records.types import RecordType

MOST_IN_BULK = 1_000


class BulkIn(Schema):
    items: list[dict[str, Any]]
    match_by: list[str] = []


class BulkResult(Schema):
    index: int
    status: str
    id: UUID | None = None
    errors: list[dict[str, Any]] = []


class BulkOut(Schema):
    batch: UUID
    created: int
    updated: int
    refused: int
    results: list[BulkResult]


def wanted_version(request: HttpRequest) -> int | None:
    """The version named by If-Match; None when the caller does not care."""
    text = request.headers.get("If-Match", "*").strip().removeprefix("W/").strip('"')
    if text == "*":
        return None
    if not text.isdecimal() or len(text) > 9:
        raise Invalid.field("If-Match", "bad_tag", _("If-Match must be the ETag of the record."))
    return int(text)


def tag(response: HttpResponse, record) -> None:
    response["ETag"] = f'"{record.version}"'


def upsert(
    kind: RecordType,
    viewer: Viewer,
    body: BulkIn,
    *,
    find: Callable[[dict, Sequence[str]], UUID | None],
    create: Callable[..., Any],
    change: Callable[..., Any],
) -> dict[str, Any]:
    """Creates or changes up to a thousand records as one batch; a result for each. One that is
    refused leaves the others alone."""
    require(viewer, "create")
    if not 1 <= len(body.items) <= MOST_IN_BULK:
        raise Invalid.field("items", "bad_number", _("Send 1 to 1,000 items."))
    batch = open_batch(viewer, kind="bulk", label=str(kind.plural))
    counts = {"created": 0, "updated": 0, "refused": 0}
    results = []
    for index, item in enumerate(body.items):
        try:
            with transaction.atomic():
                known = find(item, body.match_by)
                if known is None:
                    record, status = create(item, viewer=viewer, batch=batch), "created"
                else:
                    record = change(known, item, viewer=viewer, batch=batch)
                    status = "updated"
            results.append({"index": index, "status": status, "id": record.pk})
        except ZhikeError as error:
            status = "refused"
            errors = [
                {"field": one.field, "code": one.code, "message": one.message}
                for one in error.errors
            ] or [{"field": "", "code": error.code, "message": error.message}]
            results.append({"index": index, "status": status, "errors": errors})
        counts[status] += 1
    return {"batch": batch.pk, **counts, "results": results}
