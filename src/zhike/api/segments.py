"""/segments."""

from typing import Any
from uuid import UUID

from ninja import Query, Router, Status

from zhike.api import shapes
from zhike.api.authentication import Request
from zhike.api.lists import ListParams, PageOut, only_fields
from zhike.api.shapes import StrictSchema, given
from zhike.segments import actions, queries

router = Router(tags=["segments"])


class SegmentIn(StrictSchema):
    name: str
    filter: dict[str, Any]
    description: str = ""


class SegmentPatch(StrictSchema):
    name: str | None = None
    filter: dict[str, Any] | None = None
    description: str | None = None


class PreviewIn(StrictSchema):
    filter: dict[str, Any]


class OverlapIn(StrictSchema):
    segments: list[UUID]


def _segment(segment) -> dict[str, Any]:
    return {
        "id": segment.pk,
        "key": segment.key,
        "name": queries.name_of(segment),
        "description": queries.description_of(segment),
        "filter": segment.filter,
        "size": segment.size,
        "evaluated_at": segment.evaluated_at,
        "version": segment.version,
    }


@router.get("", response=list[dict[str, Any]], summary="List segments")
def list_segments(request: Request):
    return [_segment(segment) for segment in queries.segments(request.auth)]


@router.post("", response={201: dict[str, Any]}, summary="Create a segment")
def create(request: Request, body: SegmentIn):
    return Status(201, _segment(actions.create_segment(request.auth, **body.model_dump())))


@router.post("/preview", response=dict[str, Any])
def preview(request: Request, body: PreviewIn):
    """How many customers a filter holds for, some of them, and the filter in words."""
    found = queries.preview(request.auth, body.filter)
    return {
        "count": {
            "value": found.count.value,
            "exact": found.count.exact,
            "as_of": found.count.as_of,
        },
        "sample": [{"id": party.pk, "name": party.name} for party in found.sample],
        "sentence": found.sentence,
    }


@router.post("/overlap", response=list[dict[str, Any]])
def overlap(request: Request, body: OverlapIn):
    return [
        {"segments": [one.pk for one in group], "size": size}
        for group, size in queries.overlap(request.auth, body.segments)
    ]


@router.get("/{uuid:segment_id}", response=dict[str, Any])
def read(request: Request, segment_id: UUID):
    segment = queries.segment(request.auth, segment_id)
    return _segment(segment) | {"sentence": queries.words_of(segment)}


@router.patch("/{uuid:segment_id}", response=dict[str, Any])
def change(request: Request, segment_id: UUID, body: SegmentPatch):
    values = {name: value for name, value in given(body).items() if value is not None}
    return _segment(actions.change_segment(request.auth, segment_id, **values))


@router.delete("/{uuid:segment_id}", response={204: None})
def archive(request: Request, segment_id: UUID):
    actions.archive_segment(request.auth, segment_id)
    return Status(204, None)


@router.get("/{uuid:segment_id}/members", response=PageOut, exclude_unset=True)
def members(request: Request, segment_id: UUID, params: Query[ListParams]):
    viewer = request.auth
    segment = queries.segment(viewer, segment_id)
    page = queries.members(
        viewer, segment, search=params.q, sort=params.sort, cursor=params.cursor or None,
        limit=params.limit,
    )  # fmt: skip
    items = only_fields(shapes.customers(viewer, page.items), params.fields)
    return {"items": items, "next_cursor": page.next_cursor}


@router.get("/{uuid:segment_id}/sizes", response=list[dict[str, Any]])
def sizes(request: Request, segment_id: UUID):
    segment = queries.segment(request.auth, segment_id)
    return [
        {"day": one.day, "size": one.size, "entered": one.entered, "left": one.left}
        for one in queries.sizes(request.auth, segment)
    ]
