"""The queue of pairs who are probably one customer, as its page shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.urls import reverse

from zhike.access.queries import user_names
from zhike.customers.duplicates import count_pairs, probable_pairs, reasons_of
from zhike.customers.facts import CUSTOMER
from zhike.filters.schema import Words
from zhike.records.queries import linked_names
from zhike.web import formats
from zhike.web.forms import as_text
from zhike.web.request import Request

ROWS = 20
QUEUE = "duplicates"
COMPARED = (
    "phones", "emails", "company", "birthday", "registration_no", "website", "city", "street",
    "code", "owner",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One field of both files."""

    label: Words
    one: str
    other: str

    @property
    def is_different(self) -> bool:
        return self.one != self.other


class Pair:
    """Two files side by side, and why they are taken for one."""

    def __init__(self, pair, names: Mapping[str, Mapping[str, str]]):
        self.pk, self.state = pair.pk, pair.state
        self.merging = merging(pair.party_id, pair.other_id)
        self.one, self.other = pair.party, pair.other
        self.percent = min(int(pair.probability * 100), 99)
        self.reasons = reasons_of(pair)
        lines = [self._line(name, names.get(name, {})) for name in COMPARED]
        self.lines = [line for line in lines if line.one or line.other]

    def _line(self, name: str, names: Mapping[str, str]) -> Line:
        declared = CUSTOMER.field_by_name[name]
        one, other = (
            _shown(getattr(party, declared.attribute), names) for party in (self.one, self.other)
        )
        return Line(declared.label, one, other)


def _shown(value: object, names: Mapping[str, str]) -> str:
    return str(names.get(str(value), "–")) if isinstance(value, UUID) else as_text(value)


def merging(one: UUID, other: UUID) -> str:
    """The page on which two files of the queue become one; from there it goes on in the queue."""
    return reverse("customer_merge", args=[one, other]) + f"?from={QUEUE}"


class DuplicatesPage:
    def __init__(self, request: Request):
        self.viewer = request.viewer
        self.state = request.GET.get("state") or "open"
        self.cursor = request.GET.get("cursor") or None

    @cached_property
    def rows(self):
        return probable_pairs(self.viewer, state=self.state, cursor=self.cursor, limit=ROWS)

    @cached_property
    def pairs(self) -> Sequence[Pair]:
        """Names of employers and owners are fetched once for all rows."""
        found = self.rows.items
        parties = [party for pair in found for party in (pair.party, pair.other)]
        companies = [party.company_id for party in parties if party.company_id]
        employers = linked_names(self.viewer, "customer", companies) if companies else {}
        names = {
            "company": {str(pk): name for pk, name in employers.items()},
            "owner": {key: str(name) for key, name in user_names().items()},
        }
        return [Pair(pair, names) for pair in found]

    @cached_property
    def open_count(self) -> str:
        """A thousand is as many as anybody cares to know."""
        count = count_pairs(self.viewer)
        return formats.number(count) + ("+" if count >= 1_000 else "")
