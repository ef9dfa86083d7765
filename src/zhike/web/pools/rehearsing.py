"""What a rule would have done over the last 90 days, as its page shows it before it is kept."""

from datetime import timedelta
from functools import cached_property
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from zhike.access.queries import user_names
from zhike.access.viewer import Viewer
from zhike.kernel import clock
from zhike.kernel.errors import Invalid
from zhike.ownership.rehearsing import queries
from zhike.ownership.rehearsing.actions import ask_rehearsal
from zhike.ownership.rehearsing.assigning import Assigned
from zhike.ownership.rehearsing.queries import result_of
from zhike.ownership.rehearsing.recycling import Recycled
from zhike.ownership.words import STAYED
from zhike.web.formats import day
from zhike.web.fragments import targets
from zhike.web.pools.assigning import AssignmentRulePage
from zhike.web.pools.settings import RecyclingRulePage
from zhike.web.request import Request
from zhike.web.rules import RulePage
from zhike.web.values import id_or_none

QUIET_FOR = timedelta(seconds=10)


class RecyclingRehearsed:
    template = "pools/rehearsed.html"

    def __init__(self, viewer: Viewer, found: Recycled):
        self.viewer = viewer
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
            {"fall": one, "name": name, "owner": names.get(str(one.owner_id), "–")}
            for one, name in queries.named(self.viewer, self.found.some)
        ]


class AssignmentRehearsed:
    template = "pools/assignment_rehearsed.html"

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


class RehearsalPage:
    """A rehearsal, wherever it stands."""

    def __init__(self, viewer: Viewer, asked):
        self.viewer = viewer
        self.asked = asked

    @property
    def is_running(self) -> bool:
        return self.asked.state in ("waiting", "running")

    @property
    def is_waiting(self) -> bool:
        """Whether no worker has looked at it for a while."""
        return self.asked.state == "waiting" and self._age > QUIET_FOR

    @property
    def wait(self) -> str:
        """Until it is asked about again: small bases have answered by the first time."""
        return "300ms" if self._age < timedelta(seconds=1) else "1s"

    @property
    def _age(self) -> timedelta:
        return clock.now() - self.asked.asked_at

    @cached_property
    def result(self) -> "RecyclingRehearsed | AssignmentRehearsed | None":
        found = result_of(self.asked)
        if isinstance(found, Recycled):
            return RecyclingRehearsed(self.viewer, found)
        return AssignmentRehearsed(found) if found else None


@require_GET
def rehearsal(request: Request, pk: UUID) -> HttpResponse:
    """Asked again every second while it runs; opened by its address, a page of its own."""
    page = RehearsalPage(request.viewer, queries.rehearsal(request.viewer, pk))
    is_part = targets(request, "rehearsal")
    template = "rules/rehearsal.html" if is_part else "rules/rehearsal_page.html"
    return render(request, template, {"page": page})


@require_POST
def recycling(request: Request, pk: UUID) -> HttpResponse:
    """Asks for a rehearsal of a recycling rule as it stands in the form."""
    return _ask(request, "recycling", RecyclingRulePage, pool_id=pk)


@require_POST
def assignment(request: Request) -> HttpResponse:
    """The same of an assignment rule."""
    return _ask(request, "assignment", AssignmentRulePage)


def _ask(request: Request, kind: str, form: type[RulePage], **about: UUID) -> HttpResponse:
    rule_id = id_or_none(request.POST, "rule")
    try:
        values = form.drafted(request.POST)
        asked = ask_rehearsal(request.viewer, kind=kind, values=values, rule_id=rule_id, **about)
    except Invalid as refusal:
        error = " ".join(one.message for one in refusal.errors) or refusal.message
        return render(request, "rules/rehearsal.html", {"error": error})
    page = RehearsalPage(request.viewer, asked)
    return render(request, "rules/rehearsal.html", {"page": page})
