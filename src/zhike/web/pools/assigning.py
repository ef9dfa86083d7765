"""Setting up the rules by which customers whom nobody holds find an owner."""

from functools import partial
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from zhike.access.queries import team_names, user_ids_by_word, user_names
from zhike.customers.facts import CUSTOMER
from zhike.kernel.errors import Invalid
from zhike.kernel.text import listed
from zhike.ownership import actions, queries
from zhike.ownership.allotment import TERRITORIES, rules_that_assign, tree_of_assignment
from zhike.ownership.rehearsing.queries import latest_rehearsal
from zhike.ownership.words import STAYED
from zhike.web.forms import Input, Several
from zhike.web.fragments import go
from zhike.web.request import Request
from zhike.web.rules import RulePage, whom

_TAKES = {"new": (True, False), "pooled": (False, True), "both": (True, True)}


class AssignmentPage:
    """The rules in their order, in words."""

    def __init__(self, request: Request):
        self.viewer = request.viewer

    @property
    def rules(self) -> list[dict]:
        return [
            {"rule": rule, "whom": whom(partial(tree_of_assignment, rule)), "to": _to(rule)}
            for rule in queries.assignment_rules(self.viewer)
        ]

    @property
    def paused(self):
        return rules_that_assign().paused


def _to(rule) -> str:
    users, teams = user_names(), team_names()
    people = [users.get(one, "–") for one in [*rule.people, *dict.fromkeys(rule.table.values())]]
    return listed([*people, *(teams.get(one, "–") for one in rule.teams)])


@require_http_methods(["GET"])
def rules(request: Request) -> HttpResponse:
    page = AssignmentPage(request)
    return render(request, "pools/assignment.html", {"page": page, "known": page.rules})


@require_POST
def run(request: Request) -> HttpResponse:
    """Assigns everybody in sight whom nobody holds."""
    done = actions.assign_unowned(request.viewer)
    number = done.number
    words = ngettext("%(count)d customer assigned.", "%(count)d customers assigned.", number)
    words %= {"count": number}
    for rule, reasons in done.stayed.items():
        for why, count in reasons.items():
            words += " " + _("Rule “%(rule)s”: %(count)s stay, %(why)s.") % {
                "rule": rule, "count": count, "why": STAYED[why],
            }  # fmt: skip
    return go(request, reverse("assignment"), words, batch=done.batch_id)


class AssignmentRulePage(RulePage):
    template = "pools/assignment_rule.html"

    def __init__(self, request: Request, rule=None):
        super().__init__(request, rule)
        self.chosen = [*rule.teams, *rule.people] if rule else []
        if self.data is not None:
            self.chosen = self.data.getlist("people")

    @property
    def rehearsal(self):
        rule_id = self.rule.pk if self.rule else None
        return latest_rehearsal(self.viewer, "assignment", rule_id=rule_id)

    @property
    def people(self) -> Several:
        return Several("people", _("To whom"), self.chosen, with_teams=True)

    @property
    def own_inputs(self) -> list[Input]:
        rule, names = self.rule, user_names()
        marks = (rule.takes_new, rule.takes_pooled) if rule else (True, False)
        takes = next((key for key, value in _TAKES.items() if value == marks), "new")
        known = rule.table.items() if rule else ()
        lines = [f"{place} = {names.get(pk, '')}" for place, pk in known]
        facts = CUSTOMER.schema.facts
        return [
            Input("takes", _("How they arrive"), "select", takes, options=[
                ("new", _("opened without an owner")), ("pooled", _("waiting in a pool")),
                ("both", _("both"))]),
            Input("way", _("How"), "select", rule.way if rule else "turn",
                  options=queries.WAY_CHOICES),
            Input("territory", _("Territories by"), "select", rule.territory if rule else "",
                  options=[("", "–"), *((name, facts[name].label) for name in TERRITORIES)]),
            Input("table", _("Table of territories"), "textarea", "\n".join(lines),
                  help=_("One a line: value = name or e-mail of a colleague.")),
        ]  # fmt: skip

    @classmethod
    def own_values(cls, data: QueryDict) -> dict:
        chosen, teams = data.getlist("people"), team_names()
        takes_new, takes_pooled = _TAKES.get(data.get("takes", ""), (False, False))
        return {
            "way": data.get("way", ""),
            "people": [one for one in chosen if one not in teams],
            "teams": [one for one in chosen if one in teams],
            "territory": data.get("territory", ""),
            "table": _table(data.get("table", "")),
            "takes_new": takes_new,
            "takes_pooled": takes_pooled,
        }


def _table(text: str) -> dict[str, str]:
    known, table = user_ids_by_word(), {}
    for line in filter(None, map(str.strip, text.splitlines())):
        place, _sign, name = line.replace("＝", "=").partition("=")
        user_id = known.get(name.strip().casefold())
        if not place.strip() or user_id is None:
            message = _("“%(line)s” names no colleague who is at work.") % {"line": line}
            raise Invalid.field("table", "unknown_user", message)
        table[place.strip()] = str(user_id)
    return table


@require_http_methods(["GET", "POST"])
def new_rule(request: Request) -> HttpResponse:
    queries.assignment_rules(request.viewer)
    page = AssignmentRulePage(request)
    save = partial(actions.create_assignment_rule, request.viewer)
    return page.answer(request, lambda values: save(**values), reverse("assignment"))


@require_http_methods(["GET", "POST"])
def rule(request: Request, pk: UUID) -> HttpResponse:
    page = AssignmentRulePage(request, queries.assignment_rule(request.viewer, pk))
    save = partial(actions.change_assignment_rule, request.viewer, pk)
    return page.answer(request, lambda values: save(**values), reverse("assignment"))


@require_POST
def remove(request: Request, pk: UUID) -> HttpResponse:
    actions.remove_assignment_rule(request.viewer, pk)
    return go(request, reverse("assignment"), _("Removed."))
