"""The pages of the customer file."""

from uuid import UUID

from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhike.access.policies import can, require
from zhike.access.queries import ROLES
from zhike.customers import actions, queries
from zhike.customers.duplicates import PossibleDuplicate, possible_duplicates
from zhike.customers.facts import CUSTOMER
from zhike.customers.merging.actions import merge_customers, preview_merge
from zhike.customers.sharing.actions import share_customer, stop_sharing
from zhike.customers.sharing.seers import seers
from zhike.kernel.errors import Invalid, NotFound
from zhike.web.customers.listing import CUSTOMERS
from zhike.web.customers.merging import MergePage, read_choices, read_versions
from zhike.web.customers.page import CustomerPage
from zhike.web.disputes.page import asks_of
from zhike.web.duplicates.page import QUEUE
from zhike.web.forms import record_form
from zhike.web.fragments import go, is_fragment, targets, tell, toast
from zhike.web.request import Request
from zhike.web.security.page import LookedAt
from zhike.web.values import day_or_none, id_or_none


@require_GET
def customer(request: Request, pk: UUID) -> HttpResponse:
    """The file of one customer; its timeline alone when that is what is asked for."""
    party = queries.customer(request.viewer, pk)
    if party.merged_into_id is not None:
        stand_in = queries.customer(request.viewer, party.merged_into_id)
        return HttpResponseRedirect(reverse("customer", args=[stand_in.pk]), status=303)
    page = CustomerPage(request, party)
    template = "customers/customer.html"
    if targets(request, "timeline"):
        template = "customers/timeline.html"
    elif targets(request, "older"):
        template = "customers/entries.html"
    elif targets(request, "panel"):
        template = "customers/panel.html"
    else:
        page.read()
    return render(request, template, {"page": page})


@require_http_methods(["GET", "POST"])
def new(request: Request) -> HttpResponse:
    """The form of a new customer. One who is probably there already is saved on being asked for
    a second time."""
    require(request.viewer, "create")
    initial = {"kind": "company", "owner": request.viewer.user_id, **request.GET.dict()}
    data = request.POST if request.method == "POST" else None
    form = record_form(CUSTOMER, CUSTOMERS.form, request.viewer, data=data, initial=initial)
    on_duplicate = "create" if request.POST.get("anyway") else "refuse"
    if form.saves(lambda values: actions.create_customer(
        values, viewer=request.viewer, on_duplicate=on_duplicate
    )):  # fmt: skip
        address = reverse("customer", args=[form.saved.pk])
        return go(request, address, _("Saved."), batch=form.saved.batch_id)
    refusal = form.refusal
    found = refusal.found if isinstance(refusal, PossibleDuplicate) else None
    asks = asks_of(found.held, request.POST) if found else []
    context = {"form": form, "found": found, "asks": asks}
    return render(request, "customers/new.html", context, status=form.status)


@require_POST
def hints(request: Request) -> HttpResponse:
    """Who may be the customer whose form is being filled in."""
    found = possible_duplicates(request.viewer, request.POST.dict())
    asks = asks_of(found.held, request.POST)
    return render(request, "customers/hints.html", {"found": found, "asks": asks})


@require_GET
def seen_by(request: Request, pk: UUID) -> HttpResponse:
    """Who sees a customer, and why."""
    party = queries.customer(request.viewer, pk)
    context = {
        "party": party, "seers": seers(request.viewer, pk), "roles": dict(ROLES),
        "looked": LookedAt(request.viewer, pk) if can(request.viewer, "administer") else None,
    }  # fmt: skip
    return render(request, "customers/seers.html", context)


@require_POST
def write(request: Request, pk: UUID) -> HttpResponse:
    """The composer: a note, a contact or a task, whichever was chosen."""
    kind = request.POST.get("kind", "note")
    text = request.POST.get("text", "")
    if kind == "note":
        actions.add_note(pk, text=text, viewer=request.viewer)
    elif kind == "task":
        _set_task(request, pk, text)
    else:
        _log_contact(request, pk, kind, text)
    return _timeline(request, pk)


def _set_task(request: Request, pk: UUID, text: str) -> None:
    actions.create_task(
        pk,
        title=text,
        due_on=day_or_none(request.POST, "due_on"),
        assignee=id_or_none(request.POST, "assignee"),
        viewer=request.viewer,
    )


def _log_contact(request: Request, pk: UUID, channel: str, text: str) -> None:
    actions.log_contact(
        pk,
        channel=channel,
        outcome=request.POST.get("outcome", ""),
        text=text,
        next_on=day_or_none(request.POST, "next_on"),
        next_step=request.POST.get("next_step", ""),
        viewer=request.viewer,
    )


def _timeline(request: Request, pk: UUID) -> HttpResponse:
    if not is_fragment(request):
        return go(request, reverse("customer", args=[pk]))
    page = CustomerPage(request, queries.customer(request.viewer, pk))
    return tell(render(request, "customers/timeline.html", {"page": page}), written=True)


@require_POST
def complete_task(request: Request, pk: UUID) -> HttpResponse:
    task = actions.complete_task(pk, viewer=request.viewer)
    if not is_fragment(request):
        return go(request, reverse("customer", args=[task.party_id]), _("Done."))
    return tell(toast(HttpResponse(), _("Done.")), changed=True)


@require_POST
def tag(request: Request, pk: UUID) -> HttpResponse:
    """Puts tags on a customer or takes one off."""
    before = queries.customer(request.viewer, pk)
    if "remove" in request.POST:
        party = actions.remove_tag(pk, request.POST["remove"], viewer=request.viewer)
    else:
        party = actions.add_tags(pk, request.POST.get("add", ""), viewer=request.viewer)
    if not is_fragment(request):
        return go(request, reverse("customer", args=[pk]))
    page = CustomerPage(request, party)
    response = render(request, "customers/tags.html", {"page": page, "is_edited": True})
    if party.version == before.version:
        return response
    return tell(toast(response, _("Tags changed."), batch=party.batch_id), changed=True)


@require_GET
def merge_with(request: Request, pk: UUID) -> HttpResponse:
    """Leads on from the choice of the other customer."""
    other = id_or_none(request.GET, "double")
    if other is None:
        raise Invalid.field("double", "missing", _("Choose a customer."))
    party = queries.customer(request.viewer, pk)
    return go(request, reverse("customer_merge", args=[party.pk, other]))


@require_http_methods(["GET", "POST"])
def merge(request: Request, pk: UUID, other_id: UUID) -> HttpResponse:
    """Two files side by side, to become one."""
    is_queue = request.GET.get("from") == QUEUE
    back = reverse("duplicate_list") if is_queue else reverse("customer", args=[pk])
    if request.method == "GET":
        page = MergePage(request, preview_merge(request.viewer, pk, other_id), back)
        return render(request, "customers/merge.html", {"page": page})
    choices, versions = read_choices(request.POST), read_versions(request.POST)
    batch = merge_customers(request.viewer, pk, other_id, choices, versions)
    return go(request, back, _("Merged."), batch=batch.pk)


@require_POST
def relate(request: Request, pk: UUID) -> HttpResponse:
    other = id_or_none(request.POST, "other")
    if other is None:
        raise Invalid.field("other", "missing", _("Choose a customer."))
    kind = request.POST.get("kind", "")
    actions.add_relation(pk, kind=kind, other_id=other, viewer=request.viewer)
    return go(request, reverse("customer", args=[pk]))


@require_POST
def unrelate(request: Request, pk: UUID, relation_id: UUID) -> HttpResponse:
    actions.remove_relation(relation_id, viewer=request.viewer)
    return go(request, reverse("customer", args=[pk]))


@require_POST
def share(request: Request, pk: UUID) -> HttpResponse:
    with_id = id_or_none(request.POST, "with")
    if with_id is None:
        raise Invalid.field("with", "missing", _("Choose a person or a team."))
    until, level = day_or_none(request.POST, "until"), request.POST.get("level", "read")
    _share, batch = share_customer(
        pk, with_id=with_id, level=level, until=until, viewer=request.viewer
    )
    return go(request, reverse("customer", args=[pk]), _("Shared."), batch=batch.pk)


@require_POST
def unshare(request: Request, pk: UUID, with_id: UUID) -> HttpResponse:
    batch = stop_sharing(pk, with_id=with_id, viewer=request.viewer)
    address = reverse("customer", args=[pk])
    return go(request, address, _("No longer shared."), batch=batch.pk if batch else None)


@require_POST
def attach(request: Request, pk: UUID) -> HttpResponse:
    if "file" not in request.FILES:
        raise Invalid.field("file", "missing", _("Choose a file."))
    actions.add_attachment(pk, upload=request.FILES["file"], viewer=request.viewer)
    return go(request, reverse("customer", args=[pk]))


@require_POST
def detach(request: Request, pk: UUID, attachment_id: UUID) -> HttpResponse:
    actions.remove_attachment(attachment_id, viewer=request.viewer)
    return go(request, reverse("customer", args=[pk]))


@require_GET
def download(request: Request, pk: UUID, attachment_id: UUID) -> HttpResponseBase:
    """An attached file, always as a download: what people upload is never shown as a page."""
    found = queries.attachment(request.viewer, attachment_id)
    if found.party_id != pk:
        raise NotFound("not_found", _("There is no such file."))
    file = actions.attachment_path(found.pk).open("rb")
    response = FileResponse(file, as_attachment=True, filename=found.name)
    response["X-Content-Type-Options"] = "nosniff"
    return response
