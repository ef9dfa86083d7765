"""What people set for themselves, and administrators for everybody."""

from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhike.access import actions, queries
from zhike.access.policies import SCOPES, require
from zhike.kernel.errors import NotFound
from zhike.kernel.money import CURRENCIES
from zhike.records.actions import set_firm
from zhike.records.queries import firm
from zhike.web.forms import Form, Input
from zhike.web.fragments import go
from zhike.web.request import Request
from zhike.web.values import id_or_none

THEMES = (
    ("system", gettext_lazy("As the device")),
    ("light", gettext_lazy("Light")),
    ("dark", gettext_lazy("Dark")),
)
DENSITIES = (
    ("comfortable", gettext_lazy("Comfortable")),
    ("compact", gettext_lazy("Compact")),
)


@require_GET
def preferences(request: Request) -> HttpResponse:
    user = request.user
    form = Form(
        [
            Input("language", _("Language"), "select", user.language or settings.LANGUAGE_CODE,
                  options=settings.LANGUAGES),
            Input("theme", _("Appearance"), "select", user.theme, options=THEMES),
            Input("density", _("Density"), "select", user.density, options=DENSITIES),
        ]
    )  # fmt: skip
    return render(request, "settings/preferences.html", {"form": form})


@require_POST
def prefer(request: Request) -> HttpResponse:
    """Sets some of one's own preferences; from the settings page or the menu."""
    names = ("language", "theme", "density")
    values = {name: request.POST[name] for name in names if name in request.POST}
    actions.set_preferences(request.user.pk, **values)
    return go(request, request.POST.get("back") or reverse("settings"))


@require_http_methods(["GET", "POST"])
def password(request: Request) -> HttpResponse:
    inputs = [
        Input("current", _("Present password"), "password", is_required=True),
        Input("password", _("New password"), "password", is_required=True,
              help=_("At least %(length)s characters.") % {"length": actions.SHORTEST_PASSWORD}),
    ]  # fmt: skip
    form = Form(inputs, request.POST if request.method == "POST" else None)
    if form.saves(lambda values: actions.change_own_password(request.user.pk, **values)):
        return go(request, reverse("settings"), _("Password changed."))
    return render(request, "settings/password.html", {"form": form}, status=form.status)


@require_http_methods(["GET", "POST"])
def company(request: Request) -> HttpResponse:
    require(request.viewer, "administer")
    data = request.POST if request.method == "POST" else None
    known = firm()
    inputs = [
        Input("name", _("Name of the firm"), value=known.name),
        Input("currency", _("Currency"), "select", known.currency,
              options=[(code, code) for code in CURRENCIES],
              help=_("Fixed once there are orders.")),
    ]  # fmt: skip
    form = Form(inputs, data)
    if form.saves(lambda values: set_firm(request.viewer, **values)):
        return go(request, reverse("company"), _("Saved."))
    return render(request, "settings/company.html", {"form": form}, status=form.status)


@require_GET
def users(request: Request) -> HttpResponse:
    found = queries.users(request.viewer)
    return render(request, "settings/users.html", {"users": found, "teams": queries.team_names()})


@require_http_methods(["GET", "POST"])
def new_user(request: Request) -> HttpResponse:
    require(request.viewer, "administer")
    data = request.POST if request.method == "POST" else None
    form = Form([_email(), *_user_inputs(), _password()], data)
    if form.saves(lambda values: actions.create_user(request.viewer, **_typed(values))):
        return go(request, reverse("users"), _("Saved."))
    return render(request, "settings/user.html", {"form": form}, status=form.status)


@require_http_methods(["GET", "POST"])
def user(request: Request, pk: UUID) -> HttpResponse:
    require(request.viewer, "administer")
    known = next((one for one in queries.users(request.viewer) if one.pk == pk), None)
    if known is None:
        raise NotFound("not_found", _("There is no such user."))
    data = request.POST if request.method == "POST" else None
    form = Form([*_user_inputs(known), _password(), _active(known)], data)
    if form.saves(lambda values: actions.change_user(request.viewer, pk, **_typed(values))):
        return go(request, reverse("users"), _("Saved."))
    if form.refusal is not None and form.refusal.code == "still_holds":
        return go(request, reverse("hand_over", args=[pk]), form.refusal.message)
    return render(request, "settings/user.html", {"form": form, "user": known}, status=form.status)


def _email() -> Input:
    return Input("email", _("E-mail"), "email", is_required=True)


def _password() -> Input:
    help = _("Empty: stays as it is. At least %(length)s characters.")
    return Input(
        "password", _("Password"), "password", help=help % {"length": actions.SHORTEST_PASSWORD}
    )


def _active(known) -> Input:
    options = [("1", _("yes")), ("0", _("no"))]
    return Input(
        "is_active", _("May sign in"), "select", "1" if known.is_active else "0", options=options
    )


def _user_inputs(known=None) -> list[Input]:
    teams = [("", "–"), *queries.team_names().items()]
    team = str(known.team_id or "") if known else ""
    return [
        Input("name", _("Name"), value=known.name if known else "", is_required=True),
        Input("role", _("Role"), "select", known.role if known else "staff", options=queries.ROLES),
        Input(
            "sight", _("Sees"), "select", known.sight if known else "own", options=queries.SIGHTS
        ),
        Input("team_id", _("Team"), "select", team, options=teams),
    ]


def _typed(values: dict) -> dict:
    """An empty password is none, an empty team too."""
    typed = {**values, "team_id": values.get("team_id") or None}
    if not typed.get("password"):
        typed.pop("password", None)
    if "is_active" in typed:
        typed["is_active"] = typed["is_active"] == "1"
    return typed


@require_POST
def new_team(request: Request) -> HttpResponse:
    parent = id_or_none(request.POST, "parent")
    actions.create_team(request.viewer, name=request.POST.get("name", ""), parent_id=parent)
    return go(request, reverse("users"), _("Saved."))


@require_http_methods(["GET", "POST"])
def tokens(request: Request) -> HttpResponse:
    """Keys for other programs. The secret is shown on the answer to the form and never again."""
    data = request.POST if request.method == "POST" else None
    form = Form([Input("name", _("What is it for"), is_required=True)], data)
    scopes = request.POST.getlist("scopes")
    is_made = form.saves(lambda values: actions.create_token(
        request.viewer, user_id=request.user.pk, name=values.get("name", ""), scopes=scopes,
    ))  # fmt: skip
    context = {
        "form": form,
        "secret": form.saved[1] if is_made else "",
        "tokens": queries.tokens(request.viewer),
        "scopes": SCOPES,
    }
    return render(request, "settings/tokens.html", context, status=form.status)


@require_POST
def revoke_token(request: Request, pk: UUID) -> HttpResponse:
    actions.revoke_token(request.viewer, pk)
    return go(request, reverse("tokens"), _("Revoked."))
