"""What the page Security shows, read when it is shown."""

from collections.abc import Sequence
from functools import cached_property
from uuid import UUID

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.queries import user_names
from zhike.access.viewer import Viewer
from zhike.records.queries import linked_names
from zhike.security import queries
from zhike.security.queries import Told
from zhike.web.forms import Input
from zhike.web.request import Request
from zhike.web.values import day_or_none, id_or_none


class SecurityPage:
    def __init__(self, viewer: Viewer):
        require(viewer, "administer")
        self.viewer = viewer

    @cached_property
    def alarms(self) -> Sequence[Told]:
        return queries.alarms(self.viewer)

    @property
    def open(self) -> list[Told]:
        return [one for one in self.alarms if one.alarm.settled_at is None]

    @property
    def settled(self) -> list[Told]:
        return [one for one in self.alarms if one.alarm.settled_at is not None][:10]

    @cached_property
    def braked(self):
        return queries.braked(self.viewer)

    @cached_property
    def exports(self):
        return queries.exports(self.viewer)

    @cached_property
    def unmaskings(self):
        return queries.unmaskings(self.viewer)

    @cached_property
    def busiest(self):
        return queries.busiest(self.viewer)

    @cached_property
    def canaries(self):
        return queries.canaries(self.viewer)


class LookedAt:
    """Who has opened a customer's file, for administrators."""

    def __init__(self, viewer: Viewer, party_id: UUID):
        self.lines = queries.access_log(viewer, party_id=party_id, limit=30).items
        self.is_decoy = queries.is_canary(viewer, party_id)


class LogPage:
    """The access log: what was asked for, and its lines."""

    def __init__(self, request: Request):
        require(request.viewer, "administer")
        self.viewer = request.viewer
        self.given = request.GET

    @cached_property
    def user_id(self) -> UUID | None:
        return id_or_none(self.given, "user")

    @cached_property
    def party_id(self) -> UUID | None:
        return id_or_none(self.given, "customer")

    @cached_property
    def page(self):
        return queries.access_log(
            self.viewer, user_id=self.user_id, party_id=self.party_id,
            day=day_or_none(self.given, "day"), cursor=self.given.get("cursor") or None,
        )  # fmt: skip

    @cached_property
    def names(self) -> dict[UUID, str]:
        """What the opened customers are called."""
        ids = {one.viewing.party_id for one in self.page.items if one.viewing.party_id}
        ids |= {self.party_id} if self.party_id else set()
        return linked_names(self.viewer, "customer", list(ids)) if ids else {}

    @property
    def lines(self):
        return [(one, self.names.get(one.viewing.party_id, "–")) for one in self.page.items]

    @property
    def inputs(self) -> list[Input]:
        people = [("", _("Everybody")), *user_names().items()]
        source = reverse("pick", args=["customer"])
        return [
            Input("user", _("Who"), "select", str(self.user_id or ""), options=people),
            Input(
                "customer", _("Customer"), "pick", str(self.party_id or ""), source=source,
                shown=self.names.get(self.party_id, "") if self.party_id else "",
            ),
            Input("day", _("Day"), "date", self.given.get("day", "")),
        ]  # fmt: skip

    @property
    def older(self) -> str:
        if not self.page.next_cursor:
            return ""
        kept = {
            name: self.given[name] for name in ("user", "customer", "day") if name in self.given
        }
        return "?" + urlencode({**kept, "cursor": self.page.next_cursor})
