"""What speaks for whom in a dispute, read from ledger, contacts and orders as they are now."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from zhike.access.viewer import SYSTEM
from zhike.customers.facts import CUSTOMER
from zhike.kernel import clock
from zhike.ownership.clocks import CONTACT, ORDER
from zhike.ownership.holding import holding_of
from zhike.ownership.models import Dispute
from zhike.records.queries import get, values_of

OPENED = "created_at"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Numbers of whole days up to today; None for what never was. `rival` is about the claimant's
    own file of the same customer, where there is one."""

    is_held: bool
    protected_until: date | None = None
    held_days: int | None = None
    contact_days: int | None = None
    order_days: int | None = None
    opened_on: date | None = None
    rival_opened_on: date | None = None
    rival_contact_days: int | None = None
    rival_order_days: int | None = None

    @property
    def is_rival_first(self) -> bool | None:
        """Whether the claimant's file is the older one; None without such a file."""
        if self.rival_opened_on is None or self.opened_on is None:
            return None
        return self.rival_opened_on < self.opened_on

    @property
    def signals(self) -> dict[str, bool]:
        """What disputes are compared by."""
        return {
            "held": self.is_held,
            "protected": self.protected_until is not None,
            "held_long": _within(self.held_days, 180) is False,
            "contact": bool(_within(self.contact_days, 30)),
            "order": bool(_within(self.order_days, 90)),
            "rival": self.rival_opened_on is not None,
            "rival_first": bool(self.is_rival_first),
            "rival_active": bool(
                _within(self.rival_contact_days, 30) or _within(self.rival_order_days, 90)
            ),
        }

    @property
    def kept(self) -> dict:
        """As it is noted with a decision."""
        return {name: _plain(value) for name, value in asdict(self).items()} | {
            "signals": self.signals
        }


def evidence_of(dispute: Dispute) -> Evidence:
    """Raises NotFound when the customer's file is gone."""
    party = get(CUSTOMER, SYSTEM, dispute.party_id)
    holding = holding_of(party)
    ids = [pk for pk in (dispute.party_id, dispute.rival_id) if pk]
    facts = [fact for fact in (OPENED, CONTACT, ORDER) if fact in CUSTOMER.schema.facts]
    values: dict = values_of(CUSTOMER, SYSTEM, ids, facts)
    held, rival = values[dispute.party_id], values.get(dispute.rival_id, {})
    return Evidence(
        is_held=party.owner_id is not None,
        protected_until=holding.protected_until,
        held_days=_days(holding.since) if party.owner_id is not None else None,
        contact_days=_days(held.get(CONTACT)), order_days=_days(held.get(ORDER)),
        opened_on=_day(held.get(OPENED)), rival_opened_on=_day(rival.get(OPENED)),
        rival_contact_days=_days(rival.get(CONTACT)), rival_order_days=_days(rival.get(ORDER)),
    )  # fmt: skip


def _day(at: datetime | None) -> date | None:
    return clock.today(at) if at else None


def _days(at: datetime | None) -> int | None:
    return (clock.today() - clock.today(at)).days if at else None


def _within(days: int | None, limit: int) -> bool | None:
    return None if days is None else days <= limit


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
