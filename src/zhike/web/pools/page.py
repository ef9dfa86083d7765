"""What the pages about pools show, read when it is shown."""

from functools import cached_property
from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from zhike.access.policies import can, sees_all
from zhike.access.queries import user_names
from zhike.access.viewer import Viewer
from zhike.filters import Test
from zhike.kernel import clock
from zhike.ownership import queries
from zhike.ownership.actions.claiming import may_assign_in
from zhike.ownership.holding import Holding, holding_of
from zhike.ownership.words import REASONS
from zhike.web.forms import Input, offer_people
from zhike.web.listing.address import Address

if TYPE_CHECKING:
    from zhike.customers.models import Party


class PoolsPage:
    """The pools that the viewer may look at."""

    def __init__(self, viewer: Viewer):
        self.viewer = viewer

    @cached_property
    def pools(self) -> list[dict]:
        return [
            {
                "name": shown.pool.name,
                "waiting": shown.waiting,
                "is_enabled": shown.pool.is_enabled,
                "is_member": shown.is_member,
                "is_admin": shown.is_admin,
                "rules": _limits(shown.pool),
                "address": Address()
                .asking(Test("pool", "eq", str(shown.pool.pk)))
                .on("customer_list"),
            }
            for shown in queries.pools(self.viewer)
        ]


def _limits(pool) -> list[str]:
    """What holds for claiming, in words."""
    words = [str(pool.get_assignment_display())]
    if pool.daily_cap is not None:
        words.append(_("at most %(number)s claims a day") % {"number": pool.daily_cap})
    if pool.holding_cap is not None:
        words.append(_("at most %(number)s customers each") % {"number": pool.holding_cap})
    if pool.cooling_days:
        words.append(_("former owners wait %(number)s days") % {"number": pool.cooling_days})
    if pool.freeze_hours:
        words.append(_("arrivals wait %(number)s hours") % {"number": pool.freeze_hours})
    if pool.protect_days:
        words.append(_("new owners are protected %(number)s days") % {"number": pool.protect_days})
    return words


class HolderPanel:
    """On a customer's page: who holds it, what becomes of that, and what can be done about it."""

    def __init__(self, viewer: Viewer, party: "Party"):
        self.viewer = viewer
        self.party = party

    @cached_property
    def works(self) -> Holding:
        return holding_of(self.party)

    @property
    def owner(self) -> str:
        return user_names().get(str(self.party.owner_id), "") if self.party.owner_id else ""

    @property
    def pool(self) -> str:
        return queries.pool_names().get(str(self.party.pool_id), "") if self.party.pool_id else ""

    @property
    def since(self) -> str:
        at = self.works.since
        return date_format(clock.today(at)) if at else ""

    @property
    def why(self) -> str:
        """By which rule the owner got the customer, where one decided."""
        return self.works.rule

    @property
    def falls_on(self) -> str:
        day = self.works.falls_on
        return date_format(day) if day else ""

    @property
    def protected_until(self) -> str:
        day = self.works.protected_until
        return date_format(day) if day else ""

    @property
    def is_near(self) -> bool:
        """Whether the day is so near that it asks for attention."""
        day = self.works.falls_on
        return day is not None and (day - clock.today()).days <= 7

    @cached_property
    def may_claim(self) -> bool:
        return queries.may_claim(self.viewer, self.party)

    @property
    def is_held_by_viewer(self) -> bool:
        held = self.party.owner_id is not None and self.party.archived_at is None
        is_mine = self.party.owner_id == self.viewer.user_id or can(self.viewer, "assign")
        return held and can(self.viewer, "change") and is_mine

    @property
    def may_dispute(self) -> bool:
        """Whether somebody else has the customer, whom the viewer could ask for it."""
        owner_id = self.party.owner_id
        is_theirs = owner_id is not None and owner_id != self.viewer.user_id
        return is_theirs and self.party.archived_at is None and can(self.viewer, "create")

    @property
    def looks_for_collisions(self) -> bool:
        """Whether a colleague may have this customer of the viewer's, or of a pool, as well."""
        if self.may_claim:
            return can(self.viewer, "create")
        is_own = self.party.owner_id is not None and self.party.owner_id == self.viewer.user_id
        return is_own and not sees_all(self.viewer) and can(self.viewer, "create")

    @property
    def dispute_inputs(self) -> list[Input]:
        return [Input("claim", _("What speaks for you"), "textarea", is_required=True)]

    @cached_property
    def may_assign(self) -> bool:
        if self.party.archived_at is not None:
            return False
        if self.party.pool_id is not None:
            return may_assign_in(self.party.pool_id, self.viewer)
        return can(self.viewer, "assign")

    @cached_property
    def pools(self) -> list:
        """Where to release it to."""
        return [("", _("The owner's pool")), *(
            (str(one.pool.pk), one.pool.name)
            for one in queries.pools(self.viewer) if one.pool.is_enabled
        )]  # fmt: skip

    @property
    def release_inputs(self) -> list[Input]:
        return [
            Input("reason", _("Reason"), "select", options=list(REASONS.items())),
            Input("pool", _("Into the pool"), "select", options=self.pools),
        ]

    @property
    def protect_inputs(self) -> list[Input]:
        return [
            Input("until", _("Protect until"), "date", is_required=True),
            Input("why", _("Reason"), is_required=True),
        ]

    @property
    def assign_inputs(self) -> list[Input]:
        return [offer_people(Input("new_owner", _("New owner")))]
