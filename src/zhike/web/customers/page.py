"""Everything the page of one customer shows, read when it is shown."""

from functools import cached_property

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from zhike.commerce.queries import orders_of
from zhike.customers import queries
from zhike.customers.events import CHANNELS, OUTCOMES, RELATIONS
from zhike.customers.facts import CUSTOMER
from zhike.customers.models import Party
from zhike.records.queries import linked_names, neighbours
from zhike.web.customers.listing import CUSTOMERS
from zhike.web.customers.timeline import Timeline
from zhike.web.listing.address import Address
from zhike.web.listing.reading import Reading
from zhike.web.records.shown import Names, shown_fields

FACTS = {
    "person": (
        "phones", "emails", "company", "job_title", "owner", "team", "code", "city", "street",
        "birthday", "gender", "tags", "source", "remark",
    ),
    "company": (
        "phones", "emails", "owner", "team", "code", "industry", "registration_no", "city",
        "street", "country", "website", "tags", "source", "remark",
    ),
}  # fmt: skip


class CustomerPage:
    def __init__(self, request: HttpRequest, party: Party):
        self.request = request
        self.viewer = request.viewer
        self.party = party
        self.names = Names()
        self.within = request.GET.get("in", "")
        self.list = Reading(CUSTOMERS, self.viewer, Address.of_text(self.within))

    @cached_property
    def facts(self):
        return shown_fields(CUSTOMER, self.party, FACTS[self.party.kind], self.names)

    @property
    def filled(self) -> float:
        """How much of the file is known."""
        return sum(1 for fact in self.facts if fact.value) / len(self.facts)

    @property
    def summary(self) -> list[str]:
        """Who it is in a few words: kind, trade, place."""
        place = " ".join(filter(None, (self.party.province, self.party.city))) or self.party.country
        words = (CUSTOMER.field_by_name["kind"].choices()[self.party.kind], self.party.industry, place)
        return [str(word) for word in words if word]

    @property
    def owner(self) -> str:
        declared = CUSTOMER.field_by_name["owner"]
        return self.names.choice(declared, self.party.owner_id) if self.party.owner_id else ""

    @cached_property
    def relations(self):
        return queries.related_parties(self.viewer, self.party)

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
        from zhike.filters import Test
        from zhike.web.commerce.listing import ORDERS

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
        return self._address(before), self._address(after)

    def _address(self, pk) -> str:
        if pk is None:
            return ""
        query = "?" + urlencode({"in": self.within}) if self.within else ""
        return reverse("customer", args=[pk]) + query

    @cached_property
    def company_name(self) -> str:
        pk = self.party.company_id
        return linked_names("customer", [pk]).get(pk, "") if pk else ""
