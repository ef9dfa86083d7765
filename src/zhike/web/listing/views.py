"""The pages of every list. Which one it is stands in the address."""

from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from zhike.access.policies import require
from zhike.filters import Any, Test, dump
from zhike.kernel import clock
from zhike.kernel.errors import Invalid
from zhike.records.actions import (
    archive_many,
    ask_archive,
    ask_change,
    change_many,
    remove_view,
    save_view,
)
from zhike.records.limits import is_limited
from zhike.records.queries import find, ids_of_all
from zhike.records.types import RecordType
from zhike.web.forms import input_for
from zhike.web.fragments import go, is_fragment, targets, toast
from zhike.web.listing.address import Address
from zhike.web.listing.conditions import Condition
from zhike.web.listing.export import announce_export, csv_lines
from zhike.web.listing.listing import Listing, listing_of
from zhike.web.listing.reading import Reading
from zhike.web.request import Request

WHILE_ONE_WAITS = 2_000  # more records than that are changed by a job
MOST_AT_ONCE = 500_000


def read(request: Request, name: str) -> Reading:
    return Reading(listing_of(name), request.viewer, Address.of(request.GET))


@require_GET
def show(request: Request, name: str) -> HttpResponse:
    """A list: the page, its inner part, or the rows that follow."""
    listing = read(request, name)
    template = "listing/page.html"
    if targets(request, "more"):
        template = "listing/rows.html"
    elif targets(request, "listing"):
        template = "listing/listing.html"
    return render(request, template, {"list": listing})


@require_GET
def condition(request: Request, name: str) -> HttpResponse:
    """The popover that adds a condition, as far as it is filled in."""
    made = Condition(listing_of(name), request.GET, request.viewer)
    return render(
        request, "listing/condition.html", {"condition": made, "list": read(request, name)}
    )


@require_GET
def add_condition(request: Request, name: str) -> HttpResponse:
    listing = read(request, name)
    made = Condition(listing.listing, request.GET, request.viewer)
    try:
        wanted = made.added_to(listing.asked, currency=listing.currency)
    except Invalid as error:
        made.error = error.errors[0].message
        context = {"condition": made, "list": listing}
        return render(request, "listing/condition.html", context, status=422)
    return _to_list(request, listing.listing, listing.address.asking(wanted))


@require_POST
def bulk(request: Request, name: str) -> HttpResponse:
    """Sets a field of the chosen records, or archives them, as one batch."""
    listing = Reading(listing_of(name), request.viewer, Address.of_text(request.POST["list"]))
    ids = _chosen(request, listing)
    wanted = request.POST.get("do", "")
    for command in listing.commands:
        if command.name == wanted:
            if len(ids) > WHILE_ONE_WAITS:
                raise Invalid("too_many", _("At most 2,000 records at once; narrow the list."))
            message, batch_id = command.run(request.viewer, ids)
            response = _to_list(request, listing.listing, listing.address)
            return toast(response, message, batch=batch_id)
    field = request.POST.get("field", "")
    values = None if wanted == "archive" else {field: request.POST.get(field, "")}
    if len(ids) > WHILE_ONE_WAITS:
        asked = _ask(request, listing.kind, ids, values)
        return go(request, reverse("errand", args=[asked.pk]))
    batch = _write(request, listing.kind, ids, values)
    message = ngettext("%(count)d record changed", "%(count)d records changed", len(ids))
    response = _to_list(request, listing.listing, listing.address)
    return toast(response, message % {"count": len(ids)}, batch=batch.pk)


def _write(request: Request, kind: RecordType, ids: list[UUID], values: dict | None):
    if values is None:
        return archive_many(kind, ids, viewer=request.viewer)
    return change_many(kind, ids, values, viewer=request.viewer)


def _ask(request: Request, kind: RecordType, ids: list[UUID], values: dict | None):
    if values is None:
        return ask_archive(request.viewer, kind, ids)
    return ask_change(request.viewer, kind, ids, values)


def _chosen(request: Request, listing: Reading) -> list:
    if request.POST.get("everything") != "1":
        return _ids(request.POST.getlist("ids"))
    ids = ids_of_all(
        listing.kind, request.viewer, where=listing.where, search=listing.address.search,
        archived=listing.address.archived, most=MOST_AT_ONCE,
    )  # fmt: skip
    if len(ids) > MOST_AT_ONCE:
        message = _("At most 500,000 records can be changed at once; narrow the list.")
        raise Invalid("too_many", message)
    return ids


def _ids(texts: list[str]) -> list[UUID]:
    try:
        return [UUID(text) for text in texts]
    except ValueError:
        raise Invalid("bad_value", _("This selection can't be read.")) from None


@require_GET
def bulk_field(request: Request, name: str) -> HttpResponse:
    """The input for the field that is going to be set."""
    kind = listing_of(name).kind
    field = kind.field_by_name.get(request.GET.get("field", ""))
    if field is None:
        return HttpResponse()
    return render(
        request, "listing/bulk_field.html", {"input": input_for(field, viewer=request.viewer)}
    )


@require_POST
def keep_view(request: Request, name: str) -> HttpResponse:
    """Saves what the list shows under a name."""
    listing = Reading(listing_of(name), request.viewer, Address.of_text(request.POST["list"]))
    view = save_view(
        request.viewer,
        listing.kind,
        name=request.POST.get("name", ""),
        filter=dump(listing.asked),
        columns=listing.column_names,
        sort=listing.sort,
        is_for_everybody=request.POST.get("everybody") == "1",
    )
    return _to_list(request, listing.listing, Address(view=str(view.pk)))


@require_POST
def drop_view(request: Request, name: str, view_id) -> HttpResponse:
    remove_view(request.viewer, view_id)
    return _to_list(request, listing_of(name), Address())


@require_GET
def choose_columns(request: Request, name: str) -> HttpResponse:
    listing = read(request, name)
    columns = ",".join(request.GET.getlist("column"))
    return _to_list(request, listing.listing, listing.address.but(columns=columns))


@require_GET
def export(request: Request, name: str) -> HttpResponseBase:
    require(request.viewer, "export")
    listing = read(request, name)
    listing.check()  # what can't be asked is refused here, not in the middle of the file
    announce_export(listing)
    response = StreamingHttpResponse(csv_lines(listing), content_type="text/csv; charset=utf-8")
    file_name = f"{listing.kind.name}-{clock.today():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


@require_GET
def pick(request: Request, name: str) -> HttpResponse:
    """The records that a picker offers for what has been typed."""
    kind = listing_of(name).kind
    search = request.GET.get("q", "")
    options = []
    if kind.has_search:
        options = find(kind, request.viewer, search=search, limit=8).items
    elif search:
        options = _starting_with(request, kind, search)
    return render(request, "listing/pick.html", {"options": options, "kind": kind})


def _starting_with(request: Request, kind, search: str) -> list:
    """For types without a search index: by the texts that name a record."""
    names = dict.fromkeys((kind.title, *kind.match_by, "name"))
    known = [name for name in names if name in kind.schema.facts]
    asked = [name for name in known if not is_limited(kind, request.viewer, name)]
    tests = [Test(name, "contains", search) for name in asked]
    return find(kind, request.viewer, where=Any(tuple(tests)), limit=8).items


def _to_list(request: Request, listing: Listing, address: Address) -> HttpResponse:
    """Shows a list anew: in place when htmx asks, so that nothing is clicked in between."""
    where = address.on(listing.page)
    if not is_fragment(request):
        return HttpResponse(status=303, headers={"Location": where})
    context = {"list": Reading(listing, request.viewer, address)}
    response = render(request, "listing/listing.html", context)
    response["HX-Retarget"] = "#listing"
    response["HX-Reswap"] = "outerHTML"
    response["HX-Push-Url"] = where
    return response
