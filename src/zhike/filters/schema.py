"""What can be asked about a kind of record: its facts, and where each reading finds them.

A fact says once where its value stands (a column, a joined row, an aggregate over rows that point
at the record); SQL for either engine and the reading in memory are both derived from that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.functional import Promise

Words = str | Promise


class Kind(StrEnum):
    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    MONEY = "money"  # integer minor units of the firm's currency; major units in filters
    DATE = "date"
    TIME = "time"
    YES_NO = "yes_no"
    TAGS = "tags"
    LINK = "link"  # the id of another record, a user or a team


@dataclass(frozen=True, slots=True)
class Join:
    """A row that belongs to the record: at most one, found by equality of two columns."""

    name: str
    table: str
    near: str  # column of the record
    far: str  # column of the joined table, unique


@dataclass(frozen=True, slots=True)
class Collection:
    """Rows that point at the record, counted and added up by aggregates."""

    name: str
    table: str
    far: str  # the column that points at the record
    happened: str  # the column that windows apply to
    only: tuple[tuple[str, object], ...] = ()  # fixed conditions: column equals value (or is null)


@dataclass(frozen=True, slots=True)
class Fact:
    name: str
    label: Words
    kind: Kind
    column: str
    join: str | None = None
    choices: Callable[[], Mapping[str, Words]] | None = None
    words: Callable[[], Mapping[str, Words]] | None = None  # of codes that stand among its texts
    unit: Words | None = None
    group: Words | None = None  # the heading it stands under where facts are chosen
    is_sortable: bool = True
    is_nullable: bool = True
    made_of: tuple[str, ...] = ()  # facts from which it was computed, as in "order.value"
    is_bearing: bool = False  # nothing can be shown without it: it is never hidden or masked

    @property
    def takes_window(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A fact computed over a collection: count, sum, average, first, last."""

    name: str
    label: Words
    kind: Kind
    collection: str
    function: str  # count | sum | average | first | last
    measure: str | None = None
    unit: Words | None = None
    group: Words | None = None
    choices: None = None
    words: None = None
    is_sortable: bool = False
    is_bearing: bool = False
    made_of: tuple[str, ...] = ()

    @property
    def takes_window(self) -> bool:
        return self.function in ("count", "sum", "average")


@dataclass(frozen=True, slots=True)
class EventField:
    """One value in an event's data that `where` may ask about."""

    name: str
    label: Words
    kind: Kind


@dataclass(frozen=True)
class Schema:
    """Everything that may be asked about one record type."""

    name: str
    table: str
    joins: Mapping[str, Join] = field(default_factory=dict)
    collections: Mapping[str, Collection] = field(default_factory=dict)
    facts: Mapping[str, Fact | Aggregate] = field(default_factory=dict)
    events: Collection | None = None
    event_fields: Callable[[str], Mapping[str, EventField] | None] = lambda event: None
    event_label: Callable[[str], Words] = str
    groups: Collection | None = None  # memberships of segments
    group_label: Callable[[str], Words | None] = lambda segment: segment

    def extended(
        self,
        *,
        joins: tuple[Join, ...] = (),
        collections: tuple[Collection, ...] = (),
        facts: tuple[Fact | Aggregate, ...] = (),
        **changes,
    ) -> "Schema":
        """The same schema knowing more. A name stands for one fact only."""
        for fact in facts:
            if fact.name in self.facts:
                raise ValueError(f"the fact {fact.name} is declared twice")
        return Schema(
            **{
                "name": self.name,
                "table": self.table,
                "events": self.events,
                "event_fields": self.event_fields,
                "event_label": self.event_label,
                "groups": self.groups,
                "group_label": self.group_label,
                **changes,
            },
            joins={**self.joins, **{join.name: join for join in joins}},
            collections={**self.collections, **{c.name: c for c in collections}},
            facts={**self.facts, **{fact.name: fact for fact in facts}},
        )
