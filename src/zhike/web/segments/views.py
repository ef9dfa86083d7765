"""Segments: what there is, who is in them, how they are built."""

import json
from collections.abc import Callable
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhike.access.policies import require
from zhike.kernel.errors import Invalid, ZhikeError
from zhike.segments import actions, queries
from zhike.web.fragments import go
from zhike.web.request import Request
from zhike.web.segments.page import Builder, SegmentPage, SegmentsPage


@require_GET
def segments(request: Request) -> HttpResponse:
    return render(request, "segments/segments.html", {"page": SegmentsPage(request)})


@require_GET
def segment(request: Request, pk: UUID) -> HttpResponse:
    page = SegmentPage(request, queries.segment(request.viewer, pk))
    return render(request, "segments/segment.html", {"page": page})


@require_http_methods(["GET", "POST"])
def new(request: Request) -> HttpResponse:
    require(request.viewer, "segment")
    return _build(request, Builder(), lambda **values: actions.create_segment(**values))


@require_http_methods(["GET", "POST"])
def edit(request: Request, pk: UUID) -> HttpResponse:
    require(request.viewer, "segment")
    segment = queries.segment(request.viewer, pk)

    def change(viewer, **values):
        return actions.change_segment(viewer, pk, **values)

    return _build(request, Builder(segment), change)


def _build(request: Request, builder: Builder, save: Callable) -> HttpResponse:
    if request.method == "POST":
        builder.take(request.POST)
        try:
            saved = save(
                viewer=request.viewer,
                name=builder.name,
                description=builder.description,
                filter=read_tree(builder.filter),
            )
            return go(request, reverse("segment", args=[saved.pk]), _("Kept."))
        except ZhikeError as error:
            builder.error = " ".join(e.message for e in error.errors) or error.message
    status = 422 if builder.error else 200
    return render(request, "segments/build.html", {"page": builder}, status=status)


@require_POST
def preview(request: Request) -> HttpResponse:
    """How many a filter holds for while it is being built, some of them, and it in words."""
    try:
        found, error = (
            queries.preview(request.viewer, read_tree(request.POST.get("filter", ""))),
            "",
        )
    except ZhikeError as refusal:
        found, error = None, " ".join(e.message for e in refusal.errors) or refusal.message
    return render(request, "segments/preview.html", {"found": found, "error": error})


@require_POST
def archive(request: Request, pk: UUID) -> HttpResponse:
    actions.archive_segment(request.viewer, pk)
    return go(request, reverse("segment_list"), _("Removed."))


def read_tree(text: str) -> dict:
    try:
        return json.loads(text)
    except ValueError:
        message = _("The filter can't be read.")
        raise Invalid.field("filter", "bad_json", message) from None
