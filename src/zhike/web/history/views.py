"""What was done, piece by piece, how it stands, and how to take it back."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from zhike.access.queries import user_names
from zhike.kernel.errors import NotFound
from zhike.records import queries
from zhike.records.queries import batches, batches_by_id, works
from zhike.web.fragments import targets
from zhike.web.history.page import ErrandPage, WorkPage
from zhike.web.request import Request


@require_GET
def history(request: Request) -> HttpResponse:
    viewer = request.viewer
    context = {"works": works(viewer, batches(viewer, limit=100)), "names": user_names()}
    return render(request, "history/history.html", context)


@require_GET
def batch(request: Request, batch_id: UUID) -> HttpResponse:
    """One piece of work, however long ago: what it did, and what taking it back would do."""
    found = batches_by_id(request.viewer, [batch_id]).get(batch_id)
    if found is None:
        raise NotFound("not_found", _("This is not in your history."))
    return render(request, "history/work.html", {"page": WorkPage(request.viewer, found)})


@require_GET
def errand(request: Request, pk: UUID) -> HttpResponse:
    """Work on many records, wherever it stands; asked again every second while it goes on."""
    page = ErrandPage(queries.errand(request.viewer, pk))
    template = "history/errand_state.html" if targets(request, "errand") else "history/errand.html"
    return render(request, template, {"page": page})
