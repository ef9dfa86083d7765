"""What can be done with a record of any type: open it, fill it in, set one field, archive it."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from zhike.access.policies import Level, require
from zhike.kernel.errors import NotFound
from zhike.records import actions
from zhike.records.actions import archive_record, ask_undo, restore_record, undo_batch
from zhike.records.limits import limits, refuse_unwritable
from zhike.records.queries import batch_to_undo, get, is_large
from zhike.web.forms import Form, Input, record_form
from zhike.web.fragments import go, is_fragment, tell, toast
from zhike.web.listing import listing_of
from zhike.web.records.shown import Names, shown_field
from zhike.web.request import Request


@require_http_methods(["GET", "POST"])
def new(request: Request, name: str) -> HttpResponse:
    """The form of a new record."""
    require(request.viewer, "create")
    listing = listing_of(name)
    initial = {"kind": "company", "owner": request.viewer.user_id, **request.GET.dict()}
    data = request.POST if request.method == "POST" else None
    form = record_form(listing.kind, listing.form, request.viewer, data=data, initial=initial)
    if form.saves(lambda values: listing.created_by(values, viewer=request.viewer)):
        address = reverse(listing.record_page, args=[form.saved.pk])
        return go(request, address, _("Saved."), batch=form.saved.batch_id)
    context = {"form": form, "listing": listing}
    return render(request, "records/new.html", context, status=form.status)


@require_http_methods(["GET", "POST"])
def field(request: Request, name: str, pk: UUID, field: str) -> HttpResponse:
    """One value of a record: shown, or in its input, or saved from there."""
    listing = listing_of(name)
    record = get(listing.kind, request.viewer, pk)
    declared = listing.kind.field_by_name.get(field)
    if declared is None or not declared.is_editable or _is_hidden(listing.kind, request, field):
        raise NotFound("not_found", _("There is no such field."))
    data = request.POST if request.method == "POST" else None
    if data is not None or "edit" in request.GET:
        refuse_unwritable(listing.kind, request.viewer, [field])
    form = record_form(listing.kind, [field], request.viewer, data=data, record=record)
    if form.saves(lambda values: listing.changed_by(pk, values, viewer=request.viewer)):
        return _saved_field(request, listing.kind, record, form.saved, field)
    if data is None and "edit" not in request.GET:
        return _shown(request, listing.kind, record, field)
    context = {
        "input": form[field],
        "form": form,
        "shown": shown_field(listing.kind, record, field, Names(request.viewer)),
    }
    return render(request, "records/field_form.html", context, status=form.status)


@require_http_methods(["GET", "POST"])
def unmask(request: Request, name: str, pk: UUID, field: str) -> HttpResponse:
    """Asks for the reason, then shows a masked field of one record for a while."""
    require(request.viewer, "unmask")
    kind = listing_of(name).kind
    if field not in kind.field_by_name or _is_hidden(kind, request, field):
        raise NotFound("not_found", _("There is no such field."))
    shown = shown_field(kind, get(kind, request.viewer, pk), field, Names(request.viewer))
    why = Input("reason", _("Why you need it"), hint=_("Why you need it"), is_required=True)
    form = Form([why], request.POST if request.method == "POST" else None)
    if form.saves(
        lambda values: actions.unmask(kind, pk, fact=field, viewer=request.viewer, **values)
    ):
        return _shown(request, kind, get(kind, request.viewer, pk), field)
    cancel = reverse("record_field", args=[kind.name, pk, field])
    context = {"shown": shown, "form": form, "cancel": cancel}
    return render(request, "records/unmask.html", context, status=form.status)


def _is_hidden(kind, request: Request, field: str) -> bool:
    return limits(kind, request.viewer).get(field) is Level.HIDE


def _saved_field(request: Request, kind, before, record, field: str) -> HttpResponse:
    response = _shown(request, kind, record, field)
    if record.version == before.version:
        return response
    message = _("%(field)s changed.") % {"field": kind.field_by_name[field].label}
    return tell(toast(response, message, batch=record.batch_id), changed=True)


def _shown(request: Request, kind, record, field: str) -> HttpResponse:
    shown = shown_field(kind, record, field, Names(request.viewer))
    return render(request, "records/field.html", {"field": shown})


@require_POST
def archive(request: Request, name: str, pk: UUID) -> HttpResponse:
    listing = listing_of(name)
    record = archive_record(listing.kind, pk, viewer=request.viewer)
    return go(request, reverse(listing.page), _("Archived."), batch=record.batch_id)


@require_POST
def restore(request: Request, name: str, pk: UUID) -> HttpResponse:
    listing = listing_of(name)
    record = restore_record(listing.kind, pk, viewer=request.viewer)
    address = reverse(listing.record_page, args=[pk])
    return go(request, address, _("Restored."), batch=record.batch_id)


@require_POST
def undo(request: Request, batch_id: UUID) -> HttpResponse:
    """Takes a batch back and shows the page as it is then; a large one is left to a job."""
    if is_large(batch_to_undo(request.viewer, batch_id)):
        return go(request, reverse("errand", args=[ask_undo(request.viewer, batch_id).pk]))
    undoing, done, left = undo_batch(request.viewer, batch_id)
    message = _("Undone: %(done)d taken back.") % {"done": done}
    if left:
        message += " " + _("%(left)d stayed: changed since, or not yours to see.") % {"left": left}
    address = request.headers.get("HX-Current-URL", "") if is_fragment(request) else ""
    return go(request, address or reverse("history"), message, batch=undoing.pk)
