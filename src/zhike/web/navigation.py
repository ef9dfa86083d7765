"""Where one can go: the words of the sidebar, in order."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from zhike.access.policies import can
from zhike.access.viewer import Viewer
from zhike.filters.schema import Words
from zhike.insight.queries import waiting
from zhike.kernel.paging import Count
from zhike.web.request import Request


@dataclass(frozen=True, slots=True)
class Place:
    name: str  # of the URL
    label: Words
    prefix: str  # paths below it belong to this place
    hotkey: str = ""
    right: str = "view"
    is_below: bool = False  # stands under the line
    count: Callable[[Viewer], Count] | None = None  # what waits there; asked on every page
    waiting: str = ""  # the same, read along with the person: the attribute of the user


PLACES = (
    Place("today", _("Today"), "/today", "g t", count=waiting),
    Place("customer_list", _("Customers"), "/customers", "g c"),
    Place("pool_list", _("Pools"), "/pools", "g l"),
    Place("segment_list", _("Segments"), "/segments", "g s"),
    Place("order_list", _("Orders"), "/orders", "g o"),
    Place("product_list", _("Products"), "/products", "g p"),
    Place("value", _("Value"), "/value", "g v"),
    Place("duplicate_list", _("Duplicates"), "/customers/duplicates", "g d", is_below=True),
    Place("dispute_list", _("Disputes"), "/disputes", "g u", is_below=True),
    Place("quality", _("Quality"), "/customers/quality", "g q", is_below=True),
    Place("import_list", _("Imports"), "/imports", "g i", right="import", is_below=True),
    Place("history", _("History"), "/history", "g h", is_below=True),
    Place(
        "request_list",
        _("Privacy"),
        "/settings/privacy",
        "g y",
        right="administer",
        is_below=True,
        waiting="requests_due",
    ),
    Place(
        "security",
        _("Security"),
        "/settings/security",
        "g k",
        right="administer",
        is_below=True,
        waiting="open_alarms",
    ),
    Place("settings", _("Settings"), "/settings", "g e", is_below=True),
)


@dataclass(frozen=True)
class Entry:
    place: Place
    address: str
    is_current: bool
    counted_for: Viewer | None
    waiting: int = 0

    @cached_property
    def count(self) -> Count | None:
        """How much waits there, where that is counted."""
        if self.counted_for is None or self.place.count is None:
            return None
        return self.place.count(self.counted_for)


def navigation(request: Request) -> list[Entry]:
    """The places that the viewer may go to."""
    viewer = getattr(request, "viewer", None)
    if viewer is None:
        return []
    counted_for = None if getattr(request, "is_refused", False) else viewer
    here = max((p.prefix for p in PLACES if request.path.startswith(p.prefix)), key=len, default="")
    found = []
    for place in PLACES:
        address = _address(place)
        if address and can(viewer, place.right):
            waiting = getattr(request.user, place.waiting, 0) if place.waiting else 0
            found.append(Entry(place, address, place.prefix == here, counted_for, waiting))
    return found


def _address(place: Place) -> str:
    try:
        return reverse(place.name)
    except NoReverseMatch:
        return ""
