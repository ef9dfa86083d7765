"""Bringing a file in: choose it, match its columns, try it, apply it, take it back."""

from uuid import UUID

from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhike.access.policies import require
from zhike.kernel.errors import Invalid
from zhike.records.imports.actions import (
    get_import,
    map_import,
    start_import,
    upload_import,
)
from zhike.records.imports.answering import answer_questions
from zhike.records.imports.importers import importers
from zhike.records.imports.refused import error_file_path, write_error_file
from zhike.records.queries import imports
from zhike.web.forms import Form
from zhike.web.fragments import go, is_fragment, targets
from zhike.web.imports.page import ImportPage
from zhike.web.request import Request


@require_http_methods(["GET", "POST"])
def begin(request: Request) -> HttpResponse:
    """Kinds of files to choose from, a place to drop one, and what came in before."""
    require(request.viewer, "import")
    form = Form([], request.POST if request.method == "POST" else None)
    if form.saves(lambda values: _upload(request)):
        return go(request, reverse("import", args=[form.saved.pk]))
    chosen = request.POST.get("type") or request.GET.get("type", "customer")
    context = {
        "kinds": importers().values(),
        "form": form,
        "chosen": chosen,
        "runs": imports(request.viewer),
    }
    return render(request, "imports/begin.html", context, status=form.status)


def _upload(request: Request):
    if "file" not in request.FILES:
        raise Invalid.field("file", "missing", _("Choose a file."))
    kind = request.POST.get("type", "")
    return upload_import(request.viewer, type=kind, upload=request.FILES["file"])


@require_GET
def run(request: Request, pk: UUID) -> HttpResponse:
    """One import, wherever it stands; asked again every second while it runs."""
    page = ImportPage(request.viewer, get_import(request.viewer, pk))
    template = "imports/state.html" if targets(request, "import") else "imports/import.html"
    return render(request, template, {"page": page})


@require_POST
def start(request: Request, pk: UUID) -> HttpResponse:
    """Takes the columns as they were matched, then tries the file or applies it."""
    page = ImportPage(request.viewer, get_import(request.viewer, pk), request.POST)
    form = Form([], request.POST)
    if form.saves(lambda values: _start(request, page)):
        return go(request, reverse("import", args=[pk]))
    page.errors = form.errors
    return render(request, "imports/import.html", {"page": page}, status=422)


def _start(request: Request, page: ImportPage) -> None:
    pk = page.run.pk
    map_import(request.viewer, pk, mapping=page.sent_mapping, options=page.sent_options)
    start_import(request.viewer, pk, is_dry_run=request.POST.get("do") == "try")


@require_POST
def apply(request: Request, pk: UUID) -> HttpResponse:
    """After the trial: the same file for good."""
    start_import(request.viewer, pk, is_dry_run=False)
    return go(request, reverse("import", args=[pk]))


@require_POST
def answer(request: Request, pk: UUID) -> HttpResponse:
    """Says of rows that are probably on file already whether they are; of all, without a row."""
    row = request.POST.get("row", "")
    if row and not row.isdecimal():
        raise Invalid.field("row", "bad_value", _("There is no such row."))
    verdict = request.POST.get("verdict", "")
    numbers = [int(row)] if row else None
    found = answer_questions(request.viewer, pk, verdict=verdict, numbers=numbers)
    if not is_fragment(request):
        return go(request, reverse("import", args=[pk]))
    return render(request, "imports/state.html", {"page": ImportPage(request.viewer, found)})


@require_GET
def refused(request: Request, pk: UUID) -> HttpResponseBase:
    """The refused rows as a file, each with its reason."""
    found = get_import(request.viewer, pk)
    path = error_file_path(request.viewer, found)
    write_error_file(request.viewer, found, path)
    name = _("refused rows of %(file)s") % {"file": found.file_name}
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"{name}.csv")
