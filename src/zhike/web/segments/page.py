"""What the pages of segments show, read when it is shown."""

import json
from functools import cached_property

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from zhike.customers.facts import CUSTOMER
from zhike.filters import InSegment
from zhike.filters.check import OPS
from zhike.segments import queries
from zhike.segments.facts import name_of
from zhike.web.customers.listing import CUSTOMERS
from zhike.web.formats import day
from zhike.web.listing.address import Address
from zhike.web.listing.conditions import OP_WORDS, countable_events, last_days, next_days
from zhike.web.request import Request

_HIDDEN_GROUP = "suggestion."
LAST = (7, 14, 30, 60, 90, 180, 365)
NEXT = (7, 14, 30)


class SegmentsPage:
    def __init__(self, request: Request):
        self.viewer = request.viewer
        self.chosen = request.GET.getlist("with")

    @cached_property
    def segments(self) -> list[dict]:
        return [
            {
                "id": str(one.pk),
                "name": name_of(one),
                "description": queries.description_of(one),
                "size": one.size,
                "evaluated_at": one.evaluated_at,
                "is_chosen": str(one.pk) in self.chosen,
            }
            for one in queries.segments(self.viewer)
        ]

    @cached_property
    def overlap(self) -> list[dict]:
        """What the chosen segments share, every combination."""
        if not 2 <= len(self.chosen) <= 3:
            return []
        return [
            {"names": [name_of(one) for one in group], "size": size, "address": _members(group)}
            for group, size in queries.overlap(self.viewer, self.chosen)
        ]


def _members(group) -> str:
    from zhike.filters import All

    where = All(tuple(InSegment(str(one.pk)) for one in group))
    return Address().asking(where).on(CUSTOMERS.page)


class SegmentPage:
    def __init__(self, request: Request, segment):
        self.viewer = request.viewer
        self.segment = segment
        self.name = name_of(segment)
        self.description = queries.description_of(segment)

    @property
    def words(self) -> str:
        return queries.words_of(self.segment)

    @cached_property
    def sizes(self):
        return queries.sizes(self.viewer, self.segment)

    @property
    def growth(self) -> dict:
        """Its size over time, as a chart."""
        return {
            "label": _("Day"),
            "x": [day(one.day) for one in self.sizes],
            "series": [{"name": _("Customers"), "values": [one.size for one in self.sizes]}],
        }

    @property
    def finding(self) -> str:
        """What the chart says."""
        entered = sum(one.entered for one in self.sizes)
        left = sum(one.left for one in self.sizes)
        return _("%(entered)s entered and %(left)s left since it is watched") % {
            "entered": entered,
            "left": left,
        }

    @property
    def all_members(self) -> str:
        return _members((self.segment,))

    @cached_property
    def members(self):
        return queries.members(self.viewer, self.segment, sort="-value_12", limit=15).items


class Builder:
    """A segment while it is made or changed."""

    def __init__(self, segment=None):
        self.segment = segment
        self.name = name_of(segment) if segment else ""
        self.description = queries.description_of(segment) if segment else ""
        empty = {"all": [{"fact": "orders.count", "op": "gte", "value": 1}]}
        self.filter = json.dumps(segment.filter if segment else empty)
        self.error = ""

    def take(self, data: QueryDict) -> None:
        self.name = data.get("name", "")
        self.description = data.get("description", "")
        self.filter = data.get("filter", "")

    @property
    def offers(self) -> dict:
        """Everything a condition can be made of, for the island that builds the tree."""
        groups: dict[str, list] = {}
        for fact in CUSTOMER.schema.facts.values():
            if fact.name.startswith(_HIDDEN_GROUP):
                continue
            groups.setdefault(str(fact.group or _("More")), []).append(
                {
                    "name": fact.name,
                    "label": str(fact.label),
                    "kind": fact.kind,
                    "ops": OPS[fact.kind],
                    "window": fact.takes_window,
                    "choices": [[k, str(v)] for k, v in fact.choices().items()]
                    if fact.choices
                    else None,
                }
            )
        return {
            "groups": [{"label": label, "facts": facts} for label, facts in groups.items()],
            "ops": {op: str(words) for op, words in OP_WORDS.items()},
            "events": [[one.name, str(one.label)] for one in countable_events()],
            "segments": [
                [str(one.pk), name_of(one)]
                for one in queries.segments_to_choose()
                if self.segment is None or one.pk != self.segment.pk
            ],
            "within": [[f"{days}d", last_days(days)] for days in LAST]
            + [[f"+{days}d", next_days(days)] for days in NEXT],
            "words": _words(),
        }


def _words() -> dict[str, str]:
    return {
        "all": _("All of these hold"),
        "any": _("At least one of these holds"),
        "not": _("Except"),
        "fact": _("Fact"),
        "op": _("Comparison"),
        "value": pgettext("of a condition", "Value"),
        "upTo": _("and"),
        "event": _("Event"),
        "happened": _("happened at least"),
        "times": _("times"),
        "segment": _("Segment"),
        "inSegment": _("is in segment"),
        "ever": _("ever"),
        "last": _("in the last … days"),
        "addFact": _("+ Condition"),
        "addEvent": _("+ Event"),
        "addSegment": _("+ Segment"),
        "addGroup": _("+ Group"),
        "addNot": _("+ Except"),
        "remove": _("Remove"),
        "yes": _("yes"),
        "no": _("no"),
        "several": _("Several with commas between them."),
    }
