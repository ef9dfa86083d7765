"""What was done, batch by batch, and how to take it back."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from zhike.access.queries import user_names
from zhike.records.queries import batches
from zhike.web.request import Request


@require_GET
def history(request: Request) -> HttpResponse:
    context = {"batches": batches(request.viewer, limit=100), "names": user_names()}
    return render(request, "history/history.html", context)
