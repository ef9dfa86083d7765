"""Consents, erasure and the firm's policy."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhike.access.policies import require
from zhike.access.queries import user_names
from zhike.privacy import actions, queries
from zhike.privacy.certificate import limits, rows
from zhike.privacy.words import BASES, GROUNDS, PURPOSES
from zhike.records.queries import linked_names
from zhike.web.forms import Form, Input
from zhike.web.fragments import go
from zhike.web.request import Request
from zhike.web.values import id_or_none

if TYPE_CHECKING:
    from zhike.privacy.dossier import Dossier

_NO_YES = [("", gettext_lazy("no")), ("1", gettext_lazy("yes"))]


@require_POST
def consent(request: Request, pk: UUID) -> HttpResponse:
    """Writes down what a customer said to one purpose, by one channel or all."""
    purpose, _colon, channel = request.POST.get("purpose", "").partition(":")
    actions.record_consent(
        pk, purpose=purpose, channel=channel, is_given=request.POST.get("answer") == "given",
        is_separate=request.POST.get("is_separate") == "1", note=request.POST.get("note", ""),
        source=request.POST.get("source", "call"), viewer=request.viewer,
        proof=id_or_none(request.POST, "proof"), upload=request.FILES.get("file"),
    )  # fmt: skip
    return go(request, reverse("customer", args=[pk]), _("Kept."))


@require_http_methods(["GET", "POST"])
def disclose(request: Request, pk: UUID) -> HttpResponseBase:
    """What is known of a customer, and the file of it for that person."""
    found = actions.preview_disclosure(request.viewer, pk)
    options = settings.LANGUAGES
    form = Form(
        [Input("language", _("Language of the page in it"), "select", settings.LANGUAGE_CODE,
               options=options)],
        request.POST if request.method == "POST" else None,
    )  # fmt: skip
    if form.saves(lambda values: actions.disclose_customer(request.viewer, pk, **values)):
        return as_download(form.saved)
    name = linked_names(request.viewer, "customer", [pk]).get(pk, "")
    context = {"form": form, "pk": pk, "name": name, "sections": found}
    return render(request, "privacy/disclose.html", context, status=form.status)


def as_download(made: "Dossier") -> StreamingHttpResponse:
    response = StreamingHttpResponse(made.stream(), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{made.filename}"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_http_methods(["GET", "POST"])
def erase(request: Request, pk: UUID) -> HttpResponse:
    """What an erasure would reach, and the button."""
    preview = actions.preview_erasure(request.viewer, pk)
    form = Form(
        [
            Input("ground", _("Why"), "select", options=list(GROUNDS.items()), is_required=True),
            Input("reference", _("Number of the request"), value=request.GET.get("reference", ""),
                  help=_("As in your own register; no name.")),
        ],
        request.POST if request.method == "POST" else None,
    )  # fmt: skip
    if form.saves(lambda values: actions.request_erasure(request.viewer, pk, **values)):
        return go(request, reverse("erasure", args=[form.saved.pk]))
    context = {"form": form, "preview": preview}
    return render(request, "privacy/erase.html", context, status=form.status)


@require_GET
def erasure(request: Request, pk: UUID) -> HttpResponse:
    """A certificate; until it is done, how far it has come."""
    run = queries.erasure(request.viewer, pk)
    context = {
        "run": run, "rows": rows(run), "limits": limits(run),
        "by": user_names().get(str(run.requested_by), ""),
    }  # fmt: skip
    return render(request, "privacy/certificate.html", context)


@require_http_methods(["GET", "POST"])
def privacy(request: Request) -> HttpResponse:
    """Purposes with their bases, how long backups are kept, certificates."""
    require(request.viewer, "administer")
    policy = queries.policy()
    form = Form(
        [Input("backup_days", _("Days until backups are deleted"), "number",
               str(policy.backup_days),
               help=_("Zhike doesn't delete your backups; certificates state this.")),
         Input("answer_days", _("Days to answer requests"), "number", str(policy.answer_days),
               help=_("GDPR Art. 12(3) allows one month; the PIPL says without delay.")),
         Input("import_months", _("Months until imported files are removed"), "number",
               str(policy.import_months), help=_("What they brought stays."))],
        request.POST if request.method == "POST" else None,
    )  # fmt: skip
    if form.saves(lambda values: actions.set_policy(request.viewer, **values)):
        return go(request, reverse("privacy"), _("Kept."))
    asked = request.GET.get("of", "").strip()
    found = queries.erasures_of(request.viewer, asked) if asked else None
    context = {
        "form": form, "asked": asked, "erasures": queries.erasures(request.viewer),
        "found": found, "implies": queries.bases(), "purposes": [
            (one.label, one)
            for one in queries.purposes(is_enabled=False)
        ],
    }  # fmt: skip
    return render(request, "privacy/privacy.html", context, status=form.status)


@require_http_methods(["GET", "POST"])
def new_purpose(request: Request) -> HttpResponse:
    """A purpose of the firm's own."""
    require(request.viewer, "administer")
    channels = Input(
        "is_by_channel", _("Asked for by channel"), "select", options=_NO_YES,
        help=_("Phone, SMS, e-mail, WeChat and post each by itself. This stays."),
    )  # fmt: skip
    key = Input(
        "key", _("Name in files and programs"), is_required=True,
        help=_("Such as newsletter. This stays."),
    )  # fmt: skip
    form = Form(
        [key, *_inputs(None), channels],
        request.POST if request.method == "POST" else None,
    )
    if form.saves(lambda values: _keep(request, values.pop("key"), values, is_new=True)):
        return go(request, reverse("purpose", args=[form.saved.key]), _("Kept."))
    return render(request, "privacy/purpose_new.html", {"form": form}, status=form.status)


@require_http_methods(["GET", "POST"])
def purpose(request: Request, key: str) -> HttpResponse:
    """What a purpose is called, what makes it lawful, whether it is used, and every version of what
    people are asked to agree to."""
    one = queries.purpose(request.viewer, key)
    used = Input(
        "is_enabled", _("State"), "select", "1" if one.is_enabled else "",
        options=[("1", _("in use")), ("", _("closed"))],
        help=_("Once closed, nobody is asked or contacted for it; the ledger stays."),
    )  # fmt: skip
    form = Form([*_inputs(one), used], request.POST if request.method == "POST" else None)
    if form.saves(lambda values: _keep(request, key, values)):
        return go(request, reverse("purpose", args=[key]), _("Kept."))
    context = {
        "form": form, "key": key, "is_closed": not one.is_enabled,
        "label": one.label,
        "texts": one.texts.order_by("-version"),
    }  # fmt: skip
    return render(request, "privacy/purpose.html", context, status=form.status)


def _inputs(one: Any | None) -> list[Input]:
    """Of a purpose that is there, or of a new one."""
    pipl = [(value, label) for value, label in BASES.items() if value != "interests"]
    one = one or queries.blank_purpose()
    shipped = _("Empty: as Zhike calls it.") if one.key in PURPOSES else ""
    return [
        Input("name", _("Name"), value=one.name, help=shipped),
        Input("chinese_name", _("Name in Chinese"), value=one.chinese_name, help=shipped),
        Input("about", _("What it is for"), "textarea", one.about,
              help=_("For colleagues; people read the texts.")),
        Input("pipl", "PIPL", "select", one.pipl, options=pipl, is_required=True),
        Input("gdpr", "GDPR", "select", one.gdpr, options=list(BASES.items()), is_required=True),
        Input("is_separate", _("Separate consent"), "select", "1" if one.is_separate else "",
              options=_NO_YES, help=_("Asked for by itself (PIPL Art. 14, 23, 29, 39).")),
    ]  # fmt: skip


def _keep(request: Request, key: str, values: dict, *, is_new: bool = False):
    for name in {"is_separate", "is_by_channel", "is_enabled"} & values.keys():
        values[name] = values[name] == "1"
    return actions.keep_purpose(request.viewer, key, is_new=is_new or None, **values)


@require_POST
def add_text(request: Request, key: str) -> HttpResponse:
    """The next version of a text."""
    chinese, english = request.POST.get("chinese", ""), request.POST.get("english", "")
    actions.add_text(request.viewer, key, chinese=chinese, english=english)
    return go(request, reverse("purpose", args=[key]), _("Kept."))
