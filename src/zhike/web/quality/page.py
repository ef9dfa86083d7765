"""File quality as its page shows it: each figure leads to the files behind it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.utils.translation import gettext as _

from zhike.access.queries import team_names, user_names
from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.customers.quality.measure import COUNTED
from zhike.customers.quality.queries import Figures, Report, report
from zhike.filters import All, Node, Not, Test
from zhike.filters.schema import Words
from zhike.web.customers.listing import CUSTOMERS
from zhike.web.listing.address import Address

_STALE: Node = Not(Test("updated_at", "within", "365d"))
_UNREACHABLE: Node = All((Test("phones", "is_empty"), Test("emails", "is_empty")))
SHOWN = 50


@dataclass(frozen=True, slots=True)
class FieldLine:
    label: Words
    percent: int
    empty: int
    address: str


@dataclass(frozen=True, slots=True)
class GroupLine:
    """The files of one owner or team."""

    name: str
    figures: Figures
    percent: int | None
    address: str
    stale: str
    unreachable: str


class QualityPage:
    def __init__(self, viewer: Viewer):
        self.viewer = viewer

    @cached_property
    def report(self) -> Report:
        return report(self.viewer)

    @property
    def percent(self) -> int | None:
        return _percent(self.report.whole)

    @property
    def addresses(self) -> Mapping[str, str]:
        verified = Test("verified_at", "within", "365d")
        return {
            "stale": _list(_STALE),
            "unreachable": _list(_UNREACHABLE),
            "verified": _list(verified),
            "poor": Address(sort="completeness").on(CUSTOMERS.page),
        }

    @property
    def fields(self) -> list[FieldLine]:
        return [
            FieldLine(
                CUSTOMER.field_by_name[one.name].label,
                round(one.share * 100),
                one.empty,
                _list(_missing(one.name)),
            )
            for one in self.report.fields
        ]

    @property
    def owners(self) -> list[GroupLine]:
        return list(self._lines("owner", self.report.owners, user_names()))[:SHOWN]

    @property
    def teams(self) -> list[GroupLine]:
        return list(self._lines("team", self.report.teams, team_names()))[:SHOWN]

    def _lines(
        self, fact: str, groups: Mapping[UUID | None, Figures], names: Mapping[str, str]
    ) -> Iterator[GroupLine]:
        for key, figures in groups.items():
            theirs = Test(fact, "eq", str(key)) if key else Test(fact, "is_empty")
            yield GroupLine(
                names.get(str(key), "–") if key else _("Nobody"),
                figures,
                _percent(figures),
                _list(theirs),
                _list(All((theirs, _STALE))),
                _list(All((theirs, _UNREACHABLE))),
            )


def _percent(figures: Figures) -> int | None:
    return None if figures.completeness is None else round(figures.completeness * 100)


def _missing(name: str) -> Node:
    """The files in which a field is empty that counts there."""
    kinds = tuple(kind for kind, names in COUNTED.items() if name in names)
    empty = Test(name, "is_empty")
    return empty if len(kinds) == len(COUNTED) else All((Test("kind", "in", kinds), empty))


def _list(where: Node) -> str:
    return Address().asking(where).on(CUSTOMERS.page)
