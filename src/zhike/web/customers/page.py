"""Everything the page of one customer shows, read when it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from zhike.access.policies import can
from zhike.access.queries import active_user_names, team_names, user_names
from zhike.commerce.queries import orders_of
from zhike.customers import queries
from zhike.customers.events import CHANNELS, OUTCOMES, RELATIONS
from zhike.customers.facts import CUSTOMER, KINDS
from zhike.filters import Test
from zhike.filters.schema import Words
from zhike.insight import queries as insight
from zhike.insight.explaining import explain
from zhike.insight.words import STAGES, TIERS
from zhike.kernel.reading import together
from zhike.privacy import queries as privacy
from zhike.privacy.words import SOURCES
from zhike.records.limits import may_write
from zhike.records.queries import concealed_one, neighbours
from zhike.web.commerce.listing import ORDERS
from zhike.web.customers.listing import CUSTOMERS, STAGE_TONES, TIER_TONES
from zhike.web.customers.timeline import Timeline
from zhike.web.forms import Input, offer_people
from zhike.web.listing.address import Address
from zhike.web.listing.reading import Reading
from zhike.web.pools.page import HolderPanel
from zhike.web.records.shown import Names, shown_fields
from zhike.web.request import Request

if TYPE_CHECKING:
    from zhike.customers.models import Party, Share

FACTS = {
    "person": (
        "phones", "emails", "company", "job_title", "owner", "team", "code", "city", "street",
        "birthday", "gender", "source", "remark",
    ),
    "company": (
        "phones", "emails", "owner", "team", "code", "industry", "registration_no", "city",
        "street", "country", "website", "source", "remark",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Badge:
    label: Words
    tone: str = ""


class CustomerPage:
    def __init__(self, request: Request, party: "Party"):
        self.request = request
        self.viewer = request.viewer
        self.party = concealed_one(CUSTOMER, self.viewer, party)
        self.names = Names(request.viewer)
        self.within = request.GET.get("in", "")
        self.list = Reading(CUSTOMERS, self.viewer, Address.of_text(self.within))

    def read(self) -> None:
        """What the parts of the page ask, at once."""
        together(
            lambda: self.timeline.works, lambda: self.orders, lambda: self.tasks,
            lambda: self.relations, lambda: self.people, lambda: self.shares,
            lambda: self.attachments, lambda: self.consents,
            lambda: self.standing, lambda: self.suggestion, lambda: self.neighbours,
            lambda: self.holder.works, lambda: self.is_restricted, lambda: self.hold,
            active_user_names, user_names, team_names, lambda: insight.today_count(self.viewer),
        )  # fmt: skip

    @cached_property
    def facts(self):
        return shown_fields(CUSTOMER, self.party, FACTS[self.party.kind], self.names)

    @property
    def summary(self) -> list[str]:
        """Who it is in a few words: kind, trade, place."""
        place = " ".join(filter(None, (self.party.province, self.party.city))) or self.party.country
        words = (
            KINDS[self.party.kind],
            self.party.industry,
            place,
        )
        return [str(word) for word in words if word]

    @property
    def owner(self) -> str:
        declared = CUSTOMER.field_by_name["owner"]
        return self.names.choice(declared, self.party.owner_id) if self.party.owner_id else ""

    @cached_property
    def holder(self) -> HolderPanel:
        return HolderPanel(self.viewer, self.party)

    @cached_property
    def relations(self):
        return queries.related_parties(self.viewer, self.party)

    @property
    def may_see_consents(self) -> bool:
        return privacy.may_see(self.viewer)

    @property
    def may_set_consents(self) -> bool:
        return may_write(CUSTOMER, self.viewer, "consents")

    @cached_property
    def consents(self):
        return privacy.states(self.viewer, self.party.pk)

    @cached_property
    def hold(self):
        """A legal hold, told to administrators alone."""
        return privacy.hold_on(self.party.pk) if can(self.viewer, "administer") else None

    @cached_property
    def is_restricted(self) -> bool:
        return privacy.is_restricted(self.party.pk)

    @property
    def consented(self):
        """What has ever been said."""
        return [one for one in self.consents if one.line is not None]

    @property
    def consent_input(self) -> Input:
        every = [(one.key, privacy.every_channel(one)) for one in privacy.purposes()
                 if one.is_by_channel]  # fmt: skip
        options = [*every, *privacy.agreeable().items()]
        return Input("purpose", _("To what"), "select", options=options, is_required=True)

    @property
    def consent_sources(self):
        return SOURCES.items()

    @cached_property
    def shares(self) -> "Sequence[Share]":
        return queries.shares_of(self.party.pk)

    @property
    def shared(self) -> list[tuple["Share", str]]:
        """With whom it is shared, by name."""
        names = {**user_names(), **team_names()}
        return [(share, names.get(str(share.with_id), "–")) for share in self.shares]

    @property
    def share_input(self) -> Input:
        return offer_people(Input("with", _("With"), is_required=True), with_teams=True)

    @cached_property
    def people(self):
        return queries.people_of(self.viewer, self.party) if self.party.kind == "company" else []

    @cached_property
    def attachments(self):
        return queries.attachments(self.party)

    @cached_property
    def tasks(self):
        return queries.open_tasks(self.viewer, self.party.pk)

    @cached_property
    def orders(self):
        return orders_of(self.viewer, self.party.pk, limit=6).items

    @property
    def all_orders(self) -> str:
        only = Address().asking(Test("customer", "eq", str(self.party.pk)))
        return only.on(ORDERS.page)

    @cached_property
    def timeline(self) -> Timeline:
        group, cursor = self.request.GET.get("group", ""), self.request.GET.get("cursor", "")
        return Timeline(self.viewer, self.party, group=group, cursor=cursor)

    channels = CHANNELS
    outcomes = OUTCOMES
    relation_kinds = RELATIONS

    @cached_property
    def neighbours(self) -> tuple[str, str]:
        """The pages before and after this one in the list it was opened from."""
        before, after = neighbours(
            CUSTOMER, self.viewer, self.party.pk, where=self.list.where,
            search=self.list.address.search, sort=self.list.sort,
        )  # fmt: skip
        return self._address(before, -1), self._address(after, +1)

    @property
    def place(self) -> str:
        """Where it stands in that list, as in 3 / 41: counted by the list it was opened from."""
        at, length = self.list.address.place, self.list.address.length
        return f"{at:,} / {length}" if at and length else ""

    def _address(self, pk, further: int = 0) -> str:
        if pk is None:
            return ""
        listed = self.list.address
        place = max(listed.place + further, 0) if listed.place else 0
        within = replace(listed, place=place).query
        query = "?" + urlencode({"in": within}) if within else ""
        return reverse("customer", args=[pk]) + query

    @property
    def here(self) -> str:
        return self._address(self.party.pk)

    @property
    def older(self) -> str:
        """Where the timeline goes on."""
        pairs = {"in": self.within, "group": self.timeline.group}
        pairs["cursor"] = self.timeline.page.next_cursor or ""
        known = {name: value for name, value in pairs.items() if value}
        return reverse("customer", args=[self.party.pk]) + "?" + urlencode(known)

    @cached_property
    def standing(self):
        return insight.standing_of(self.viewer, self.party)

    @property
    def badges(self) -> list[Badge]:
        """Tier, stage and class at a glance."""
        known = self.standing
        if known is None:
            return []
        found = []
        if known.stage:
            found.append(Badge(STAGES[known.stage], STAGE_TONES[known.stage]))
        if known.tier:
            found.insert(0, Badge(TIERS[known.tier], TIER_TONES[known.tier]))
        if known.abc:
            found.append(Badge(_("Class %(letter)s") % {"letter": known.abc}))
        return found

    @cached_property
    def explained(self):
        return explain(self.viewer, self.standing)

    @cached_property
    def suggestion(self):
        return insight.suggestion_of(self.viewer, self.party)

    @property
    def assignee_input(self) -> Input:
        return offer_people(Input("assignee", _("By"), value=str(self.viewer.user_id)))

    @property
    def relation_input(self) -> Input:
        source = reverse("pick", args=["customer"])
        return Input("other", _("is"), "pick", source=source, is_required=True)

    @property
    def merge_input(self) -> Input:
        source = reverse("pick", args=["customer"])
        return Input(
            "double", _("The other file of this customer"), "pick", source=source, is_required=True
        )
