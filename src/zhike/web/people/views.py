"""The people and teams that a picker offers for what has been typed."""

from collections.abc import Mapping

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from zhike.access.queries import active_user_names, team_names
from zhike.kernel.text import pinyin
from zhike.web.request import Request

OFFERED = 8


@require_GET
def pick(request: Request) -> HttpResponse:
    return _offer(request, active_user_names())


@require_GET
def pick_with_teams(request: Request) -> HttpResponse:
    teams = {key: _("Team %(name)s") % {"name": name} for key, name in team_names().items()}
    return _offer(request, {**active_user_names(), **teams})


def _offer(request: Request, names: Mapping[str, str]) -> HttpResponse:
    typed = request.GET.get("q", "").strip().casefold()
    found = [(key, name) for key, name in names.items() if _is_meant(name, typed)]
    return render(request, "people/pick.html", {"options": found[:OFFERED]})


def _is_meant(name: str, typed: str) -> bool:
    return typed in name.casefold() or typed in pinyin(name).casefold()
