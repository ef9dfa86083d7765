"""What the pages about disputes show, read when it is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from zhike.access.queries import user_names
from zhike.access.viewer import Viewer
from zhike.customers.collisions import Held, held_elsewhere, held_of_batch
from zhike.ownership.collisions import collisions_of
from zhike.ownership.disputes import queries
from zhike.ownership.disputes.judging import tree_of
from zhike.ownership.disputes.queries import DisputeShown
from zhike.ownership.queries import may_claim
from zhike.web.customers.timeline import Entry, Timeline
from zhike.web.disputes.words import SIGNS
from zhike.web.forms import Input
from zhike.web.request import Request
from zhike.web.rules import RulePage, whom

if TYPE_CHECKING:
    from zhike.customers.models import Party

SIGN_FIELDS = {"phone": "phones", "email": "emails", "registration_no": "registration_no"}
SHOWN = 40


@dataclass(frozen=True, slots=True)
class Ask:
    """A hint that a colleague has such a customer, and what is sent to ask for it."""

    words: str
    fields: Sequence[tuple[str, str]]


def asks_of(found: Sequence[Held], values: Mapping) -> list[Ask]:
    """For hints about what is being typed."""
    return [
        Ask(one.words, [("sign", one.sign), ("value", values.get(SIGN_FIELDS[one.sign], ""))])
        for one in found
    ]


def asks_for_file(viewer: Viewer, party: "Party") -> list[Ask]:
    """For a customer of one's own whom a colleague has as well."""
    return _asks(party, held_elsewhere(viewer, [party]).get(party.pk, ()))


def asks_for_waiting(viewer: Viewer, party: "Party") -> list[Ask]:
    """For a customer of a pool that can't be claimed, since a colleague protects one like it."""
    if not may_claim(viewer, party):
        return []
    barred = collisions_of([party.pk], viewer).barred
    return [Ask(words, [("waiting", str(pk))]) for pk, words in barred.items()]


def asks_for_batch(viewer: Viewer, batch_id: UUID) -> list[tuple["Party", list[Ask]]]:
    """The same for the files that a piece of work wrote last, such as an import."""
    return [(party, _asks(party, found)) for party, found in held_of_batch(viewer, batch_id)]


def _asks(party: "Party", found: Sequence[Held]) -> list[Ask]:
    own_file = ("own_file", str(party.pk))
    return [Ask(one.words, [("sign", one.sign), own_file]) for one in found]


class DisputesPage:
    def __init__(self, request: Request):
        self.viewer = request.viewer
        known = dict(queries.STATES)
        self.state = request.GET.get("state", "open")
        self.state = self.state if self.state in known else "open"
        self.cursor = request.GET.get("cursor") or None

    @property
    def states(self) -> list[tuple[str, str, bool]]:
        return [(key, str(label), key == self.state) for key, label in queries.STATES]

    @cached_property
    def page(self):
        return queries.disputes(self.viewer, state=self.state, cursor=self.cursor)

    @property
    def rows(self) -> list[dict]:
        return [_row(one) for one in self.page.items]

    @property
    def older(self) -> str:
        if self.page.next_cursor is None:
            return ""
        query = urlencode({"state": self.state, "cursor": self.page.next_cursor})
        return f"{reverse('dispute_list')}?{query}"


def _row(shown: DisputeShown) -> dict:
    names = user_names()
    return {
        "shown": shown,
        "dispute": shown.dispute,
        "title": title_of(shown),
        "claimant": names.get(str(shown.dispute.claimant_id), "–"),
        "owner": names.get(str(shown.owner_id), "") if shown.owner_id else "",
    }


def title_of(shown: DisputeShown) -> str:
    """The customer's name; for whoever doesn't see it, the sign that they know."""
    if shown.party is not None:
        return shown.party.name
    sign = SIGNS.get(shown.dispute.sign, _("A customer"))
    return _("%(sign)s: %(typed)s") % {"sign": sign, "typed": shown.typed or "–"}


class DisputePage:
    """One dispute, as far as the viewer has to do with it."""

    def __init__(self, viewer: Viewer, shown: DisputeShown):
        self.viewer = viewer
        self.shown = shown
        self.dispute = shown.dispute
        self.row = _row(shown)

    @property
    def title(self) -> str:
        return title_of(self.shown)

    @property
    def sign(self) -> str:
        return str(SIGNS.get(self.dispute.sign, ""))

    @property
    def decider(self) -> str:
        return user_names().get(str(self.dispute.decided_by), "")

    @cached_property
    def hearing(self):
        return queries.hearing(self.viewer, self.shown)

    @cached_property
    def entries(self) -> list[tuple[str, Entry]]:
        """What happened on both files, newest first, for whoever decides."""
        if self.hearing is None:
            return []
        found: list[tuple[str, Entry]] = []
        for side, party in (("", self.shown.party), (_("Claimant's file"), self.shown.rival)):
            if party is not None:
                found += [(side, entry) for entry in Timeline(self.viewer, party).entries]
        found.sort(key=lambda one: one[1].event.happened_at, reverse=True)
        return found[:SHOWN]

    @property
    def merge(self) -> str:
        """Where both files can be made one."""
        party, rival = self.shown.party, self.shown.rival
        if party is None or rival is None or party.pk == rival.pk:
            return ""
        return reverse("customer_merge", args=[party.pk, rival.pk])

    @property
    def decision_inputs(self) -> list[Input]:
        proposed = self.hearing.proposal.verdict if self.hearing else ""
        return [
            Input("verdict", _("Outcome"), "select", proposed, options=queries.VERDICTS),
            Input("reason", _("Reason"), "textarea", is_required=True,
                  help=_("Both read it, and whoever decides the next one.")),
        ]  # fmt: skip

    @property
    def precedents(self) -> list[dict]:
        return [_row(one) for one in self.hearing.precedents] if self.hearing else []


class DisputeRulesPage:
    """The rules in their order, in words."""

    def __init__(self, viewer: Viewer):
        self.viewer = viewer

    @property
    def rules(self) -> list[dict]:
        return [
            {
                "rule": one,
                "whom": whom(partial(tree_of, one)) if one.filter else _("All customers"),
            }
            for one in queries.dispute_rules(self.viewer)
        ]


class DisputeRulePage(RulePage):
    template = "disputes/rule.html"

    @property
    def own_inputs(self) -> list[Input]:
        rule = self.rule
        return [
            Input("when", _("When"), "select", rule.when if rule else "always",
                  options=queries.WHEN_CHOICES),
            Input("days", _("Days"), "number", str(rule.days or "") if rule else ""),
            Input("verdict", _("Proposal"), "select", rule.verdict if rule else "keep",
                  options=queries.VERDICTS),
        ]  # fmt: skip

    @classmethod
    def own_values(cls, data: QueryDict) -> dict:
        return {name: data.get(name, "") for name in ("when", "days", "verdict")}
