"""Who holds one customer, since when, and what will become of that: for its page."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from zhike.kernel import clock
from zhike.ownership.clocks import Asked, Clock, clocks, explain, rules_in_force
from zhike.ownership.models import Entry, Verb

if TYPE_CHECKING:
    from zhike.customers.models import Party


@dataclass(frozen=True, slots=True)
class Holding:
    """`since` is when the owner got the customer, or when it came into its pool; `rule` the one
    that gave it to them, if one did."""

    since: datetime | None
    protected_until: date | None
    clock: Clock | None
    rule: str = ""

    @property
    def falls_on(self) -> date | None:
        return self.clock.falls_on if self.clock else None

    @property
    def why(self) -> str:
        return explain(self.clock) if self.clock else ""


def holding_of(party: "Party") -> Holding:
    """Whoever sees the customer may know this."""
    if party.owner_id is None and party.pool_id is None:
        return Holding(None, None, None)
    entries = list(Entry.objects.filter(party_id=party.pk).order_by("-pk")[:50])
    marks = (Verb.PROTECTED, Verb.UNPROTECTED)
    newest_change = next((one for one in entries if one.verb not in marks), None)
    since = newest_change.at if newest_change else None
    # By hand nobody gives a reason for assigning.
    rule = ""
    if newest_change is not None and newest_change.verb == Verb.ASSIGNED:
        rule = newest_change.reason
    newest = entries[0] if entries and entries[0].verb in marks else None
    until = newest.until if newest and newest.until and newest.until >= clock.today() else None
    found = []
    if party.owner_id is not None and party.archived_at is None:
        found = clocks(rules_in_force(), Asked(ids=[party.pk]))
    running = found[0] if found else None
    if running is not None and running.protected_until:
        days = [day for day in (until, running.protected_until) if day and day >= clock.today()]
        until = max(days, default=None)
    return Holding(since, until, running, rule)
