"""What a rule would have done over the last 90 days, as its page shows it before it is kept."""

from datetime import timedelta
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from zhike.access.queries import user_names
from zhike.kernel.errors import ZhikeError
from zhike.ownership import actions, queries
from zhike.ownership.rehearsing.assigning import Assigned, rehearse_assignment
from zhike.ownership.rehearsing.recycling import Recycled, rehearse_rule
from zhike.ownership.words import STAYED
from zhike.web.formats import day
from zhike.web.pools.assigning import AssignmentRulePage
from zhike.web.pools.settings import RecyclingRulePage
from zhike.web.request import Request
from zhike.web.values import id_or_none


class RecyclingRehearsed:
    def __init__(self, found: Recycled):
        self.found = found

    @property
    def weeks(self) -> dict:
        begins = [self.found.since + timedelta(days=7 * n) for n in range(len(self.found.weeks))]
        return {
            "label": _("Week from"),
            "x": [day(one) for one in begins],
            "series": [{"name": _("Customers"), "values": list(self.found.weeks)}],
        }

    @property
    def losses(self) -> list[dict]:
        names = user_names()
        return [
            {"loss": one, "name": names.get(str(one.owner_id), "–"),
             "percent": None if one.share is None else round(100 * one.share)}
            for one in self.found.losses[:20]
        ]  # fmt: skip

    @property
    def some(self) -> list[dict]:
        names = user_names()
        return [
            {"fall": one, "owner": names.get(str(one.owner_id), "–")} for one in self.found.some
        ]


class AssignmentRehearsed:
    def __init__(self, found: Assigned):
        self.found = found

    @property
    def owners(self) -> list[dict]:
        names = user_names()
        return [
            {"share": one, "name": names.get(str(one.owner_id), "–")} for one in self.found.owners
        ]

    @property
    def wait(self) -> str:
        """How long half of them waited for somebody, in words."""
        wait = self.found.median_wait
        if wait is None:
            return ""
        if wait < timedelta(hours=1):
            minutes = int(wait.total_seconds() // 60)
            return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
        if wait < timedelta(days=2):
            hours = int(wait.total_seconds() // 3600)
            return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
        return ngettext("%(n)d day", "%(n)d days", wait.days) % {"n": wait.days}

    @property
    def stayed(self) -> list[tuple[int, str]]:
        return [(number, str(STAYED[why])) for why, number in self.found.stayed.items()]


@require_POST
def recycling(request: Request, pk: UUID) -> HttpResponse:
    """A recycling rule as it stands in the form."""
    known = queries.pool_to_look_after(request.viewer, pk)

    def rehearsed(data: QueryDict) -> RecyclingRehearsed:
        values = RecyclingRulePage.drafted(data)
        draft = actions.draft_rule(values, id_or_none(data, "rule"), pool_id=known.pk)
        return RecyclingRehearsed(rehearse_rule(request.viewer, draft))

    return _shown(request, "pools/rehearsed.html", rehearsed)


@require_POST
def assignment(request: Request) -> HttpResponse:
    """An assignment rule as it stands in the form."""
    queries.assignment_rules(request.viewer)

    def rehearsed(data: QueryDict) -> AssignmentRehearsed:
        values = AssignmentRulePage.drafted(data)
        draft = actions.draft_assignment_rule(values, id_or_none(data, "rule"))
        return AssignmentRehearsed(rehearse_assignment(request.viewer, draft))

    return _shown(request, "pools/assignment_rehearsed.html", rehearsed)


def _shown(request: Request, template: str, rehearsed) -> HttpResponse:
    page, error = None, ""
    try:
        page = rehearsed(request.POST)
    except ZhikeError as refusal:
        error = " ".join(one.message for one in refusal.errors) or refusal.message
    return render(request, template, {"page": page, "error": error})
