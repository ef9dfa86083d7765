"""Setting up pools and the rules of recycling."""

import json
from collections.abc import Mapping
from functools import cached_property, partial
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from zhike.access.policies import require
from zhike.access.queries import team_names, user_names
from zhike.kernel.errors import Invalid, ZhikeError
from zhike.ownership import actions, queries
from zhike.ownership.previewing import preview_rule
from zhike.ownership.rehearsing.queries import latest_rehearsal
from zhike.web.forms import Form, Input, Several
from zhike.web.fragments import go
from zhike.web.request import Request
from zhike.web.rules import RulePage
from zhike.web.segments.page import Builder
from zhike.web.segments.views import read_tree
from zhike.web.values import id_or_none

_EMPTY: dict = {"all": []}


@require_http_methods(["GET", "POST"])
def pools(request: Request) -> HttpResponse:
    """All pools, and a new one."""
    require(request.viewer, "administer")
    data = request.POST if request.method == "POST" else None
    form = Form([Input("name", _("Name"), is_required=True)], data)
    if form.saves(lambda values: actions.create_pool(request.viewer, name=values["name"])):
        return go(request, reverse("pool_setting", args=[form.saved.pk]), _("Kept."))
    context = {
        "form": form,
        "pools": queries.pools_to_look_after(request.viewer),
        "run": queries.latest_run(request.viewer),
    }
    return render(request, "pools/settings.html", context, status=form.status)


@require_http_methods(["GET", "POST"])
def pool(request: Request, pk: UUID) -> HttpResponse:
    known = queries.pool_to_look_after(request.viewer, pk)
    form = Form(_inputs(known), request.POST if request.method == "POST" else None)

    def save(values: Mapping):
        exempt = read_tree(request.POST.get("exempt") or "{}")
        typed = {**values, "is_enabled": values["is_enabled"] == "1", "exempt": exempt}
        return actions.change_pool(request.viewer, pk, **typed)

    if form.saves(save):
        return go(request, reverse("pool_setting", args=[pk]), _("Kept."))
    page = PoolSetting(request, known)
    return render(request, "pools/pool.html", {"form": form, "page": page}, status=form.status)


def _inputs(pool) -> list[Input]:
    def number(name: str, label: str, help: str = "") -> Input:
        value = getattr(pool, name)
        return Input(name, label, "number", "" if value is None else str(value), help=help)

    unlimited = _("Empty: without a limit.")
    open_options = [("1", _("open")), ("0", _("closed"))]
    return [
        Input("name", _("Name"), value=pool.name, is_required=True),
        Input("is_enabled", _("State"), "select", "1" if pool.is_enabled else "0",
              options=open_options),
        Input("assignment", _("Who takes customers out"), "select", pool.assignment,
              options=pool.Assignment.choices),
        number("daily_cap", _("Claims a day and person"), unlimited),
        number("holding_cap", _("Customers that one person may hold"), unlimited),
        number("cooling_days", _("Days until the former owner may claim again")),
        number("freeze_hours", _("Hours until new arrivals may be claimed")),
        number("protect_days", _("Days in which a new owner loses nothing")),
        number("lock_cap", _("Customers that one person may protect")),
        number("lock_days", _("Longest protection in days")),
    ]  # fmt: skip


class PoolSetting:
    """A pool with its members and rules."""

    def __init__(self, request: Request, pool):
        self.viewer = request.viewer
        self.pool = pool
        self.exempt = json.dumps(pool.exempt or _EMPTY)

    @property
    def offers(self) -> dict:
        return Builder().offers

    @cached_property
    def members(self) -> list[dict]:
        users, teams = user_names(), team_names()
        return [
            {
                "key": str(one.user_id or one.team_id),
                "name": users.get(str(one.user_id)) or teams.get(str(one.team_id), ""),
                "is_team": one.team_id is not None,
                "is_admin": one.is_admin,
            }
            for one in queries.members(self.viewer, self.pool)
        ]

    @property
    def candidates(self) -> Several:
        known = {one["key"] for one in self.members}
        return Several("member", _("Add teams or people"), with_teams=True, without=known)

    @cached_property
    def rules(self) -> list:
        return queries.rules(self.viewer, self.pool)

    @property
    def others(self) -> list[tuple[str, str]]:
        shown = queries.pools_to_look_after(self.viewer)
        return [(str(o.pool.pk), o.pool.name) for o in shown if o.pool.pk != self.pool.pk]


@require_POST
def members(request: Request, pk: UUID) -> HttpResponse:
    """Who belongs to a pool: those still ticked, and those added."""
    admins, teams = request.POST.getlist("admin"), team_names()
    wanted = []
    for key in dict.fromkeys(request.POST.getlist("member")):
        known = id_or_none({"id": key}, "id")
        about = {"team_id": known} if key in teams else {"user_id": known}
        wanted.append(actions.Membership(**about, is_admin=key in admins))
    actions.set_members(request.viewer, pk, wanted)
    return go(request, reverse("pool_setting", args=[pk]), _("Kept."))


@require_POST
def empty(request: Request, pk: UUID) -> HttpResponse:
    into = id_or_none(request.POST, "into")
    if into is None:
        raise Invalid.field("into", "missing", _("Choose another pool."))
    batch, number = actions.empty_pool(request.viewer, pk, into=into)
    words = ngettext("%(count)d customer moved.", "%(count)d customers moved.", number)
    address = reverse("pool_setting", args=[pk])
    return go(request, address, words % {"count": number}, batch=batch)


@require_POST
def remove(request: Request, pk: UUID) -> HttpResponse:
    actions.remove_pool(request.viewer, pk)
    return go(request, reverse("pool_settings"), _("Removed."))


@require_POST
def recycle(request: Request) -> HttpResponse:
    outcome = actions.recycle(request.viewer)
    words = _("Recycled %(recycled)s customers, reminded %(reminded)s owners.") % {
        "recycled": outcome.recycled,
        "reminded": outcome.reminded,
    }
    return go(request, reverse("pool_settings"), words, batch=outcome.batch_id)


class RecyclingRulePage(RulePage):
    template = "pools/rule.html"

    def __init__(self, request: Request, pool, rule=None):
        super().__init__(request, rule)
        self.pool = pool

    @property
    def rehearsal(self):
        rule_id = self.rule.pk if self.rule else None
        return latest_rehearsal(self.viewer, "recycling", rule_id=rule_id, pool_id=self.pool.pk)

    @property
    def own_inputs(self) -> list[Input]:
        rule = self.rule
        days = str(rule.days) if rule and rule.days is not None else "" if rule else "30"
        never = _("Empty: customers under this rule are never taken back.")
        return [
            Input("days", _("After how many days"), "number", days, help=never),
            Input("without", _("Without what"), "select", rule.without if rule else "contact",
                  options=queries.WITHOUT_CHOICES),
            Input("remind_days", _("Remind the owner so many days before"), "number",
                  str(rule.remind_days) if rule else "7"),
        ]  # fmt: skip

    @classmethod
    def own_values(cls, data: QueryDict) -> dict:
        remind_days = data.get("remind_days") or "0"
        return {"days": data.get("days", ""), "without": data.get("without", ""),
                "remind_days": remind_days}  # fmt: skip


@require_http_methods(["GET", "POST"])
def new_rule(request: Request, pk: UUID) -> HttpResponse:
    page = RecyclingRulePage(request, queries.pool_to_look_after(request.viewer, pk))
    save = partial(actions.create_rule, request.viewer, pk)
    return page.answer(request, lambda values: save(**values), reverse("pool_setting", args=[pk]))


@require_http_methods(["GET", "POST"])
def rule(request: Request, rule_id: UUID) -> HttpResponse:
    known = queries.rule(request.viewer, rule_id)
    page = RecyclingRulePage(request, known.pool, known)
    save = partial(actions.change_rule, request.viewer, rule_id)
    back = reverse("pool_setting", args=[known.pool_id])
    return page.answer(request, lambda values: save(**values), back)


@require_POST
def preview(request: Request, pk: UUID) -> HttpResponse:
    """What the rule would do as it stands in the form."""
    known = queries.pool_to_look_after(request.viewer, pk)
    found, error = None, ""
    try:
        values, rule_id = RecyclingRulePage.drafted(request.POST), id_or_none(request.POST, "rule")
        draft = actions.draft_rule(values, rule_id, pool_id=known.pk)
        found = preview_rule(request.viewer, draft)
    except ZhikeError as refusal:
        error = " ".join(one.message for one in refusal.errors) or refusal.message
    context = {"found": found, "error": error}
    return render(request, "pools/preview.html", context)


@require_POST
def remove_rule(request: Request, rule_id: UUID) -> HttpResponse:
    pool_id = queries.rule(request.viewer, rule_id).pool_id
    actions.remove_rule(request.viewer, rule_id)
    return go(request, reverse("pool_setting", args=[pool_id]), _("Removed."))
