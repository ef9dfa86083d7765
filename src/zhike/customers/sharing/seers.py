"""Who sees a customer, and why: the rules of sight, read from the customer's side.

`sight.sight_of_customers` says whom one person sees; this says for one customer who the people are.
A test holds both against each other.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from zhike.access.queries import Person, people_at_work, teams_above
from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.customers.pools import members_of
from zhike.filters.schema import Words
from zhike.records.queries import get

if TYPE_CHECKING:
    from zhike.customers.models import Party

REASONS: dict[str, Words] = {
    "owner": _("Owner"),
    "team": _("Sees the team's customers"),
    "below": _("Sees the customers of this team and of those above it"),
    "shared": _("Shared with them"),
    "shared_team": _("Shared with their team"),
    "pool": _("Belongs to the pool where the customer waits"),
    "all": _("Sees all customers"),
}


@dataclass(frozen=True, slots=True)
class Seer:
    """Somebody who sees a customer, for one reason or several."""

    person: Person
    reasons: tuple[str, ...]

    @property
    def words(self) -> list[str]:
        return [str(REASONS[reason]) for reason in self.reasons]


def seers(viewer: Viewer, party_id: UUID) -> list[Seer]:
    """The people at work here who see a customer whom the viewer sees, by name."""
    party = get(CUSTOMER, viewer, party_id)
    above = teams_above(party.team_id) if party.team_id else []
    pooled = members_of(party.pool_id) if party.pool_id else set()
    found = ((one, _reasons(one, party, above, pooled)) for one in people_at_work())
    return [Seer(one, reasons) for one, reasons in found if reasons]


def _reasons(
    person: Person, party: "Party", above: Collection[UUID], pooled: Collection[UUID]
) -> tuple[str, ...]:
    readers = set(party.readers)
    team = person.team_id
    holds = {
        "owner": person.id == party.owner_id,
        "team": person.sight == "team" and team is not None and team == party.team_id,
        "below": person.sight == "below" and team is not None and team in above,
        "shared": str(person.id) in readers,
        "shared_team": team is not None and str(team) in readers,
        "pool": person.id in pooled,
        "all": person.sight == "all",
    }
    return tuple(reason for reason, is_so in holds.items() if is_so)
