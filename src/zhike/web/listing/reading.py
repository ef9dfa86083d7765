"""Reading a list: from its address to rows, chips, tabs, a count; always as many queries."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID

from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from zhike.access.policies import can
from zhike.access.viewer import Viewer
from zhike.filters import EVERYTHING, All, Kind, Node, Test, check, parse
from zhike.filters.schema import Aggregate, Fact, Schema
from zhike.filters.sentence import sentence
from zhike.kernel.errors import Invalid
from zhike.kernel.paging import Count, Page
from zhike.records.fields import Field
from zhike.records.limits import is_limited, may_write, refuse_limited
from zhike.records.queries import (
    count,
    find_ids,
    firm,
    linked_names,
    saved_view,
    saved_views,
    sort_for,
    values_of,
)
from zhike.web import formats
from zhike.web.listing.address import Address, conditions_of
from zhike.web.listing.cells import NUMERIC, Around, cell
from zhike.web.listing.listing import Command, Drawing, Listing, Tab

if TYPE_CHECKING:
    from zhike.records.models import SavedView

ROWS = 50
_NOBODY = UUID(int=0)
_NUMBER = mark_safe(' class="number"')  # noqa: S308 - a constant


@dataclass(frozen=True, slots=True)
class Chip:
    """A condition as a sentence, and the list without it."""

    label: str
    words: str
    without: str


@dataclass(frozen=True, slots=True)
class TabLink:
    label: object
    address: str
    is_current: bool
    view_id: object = None  # of a saved one


@dataclass(frozen=True, slots=True)
class Heading:
    name: str
    label: object
    is_number: bool
    address: str  # sorted by it; empty when it can't be
    direction: str  # ascending | descending | none


@dataclass(frozen=True, slots=True)
class Cell:
    name: str
    label: object
    value: object
    is_number: bool


@dataclass(frozen=True, slots=True)
class Row:
    id: UUID
    title: str
    address: str
    cells: Sequence[Cell]
    card: Sequence[Cell]

    # Hundreds of cells a page: a template's loop over them would cost more than all the queries.
    @property
    def cells_markup(self) -> SafeString:
        pairs = ((_NUMBER if cell.is_number else "", cell.value) for cell in self.cells)
        return format_html_join("", "<td{}>{}</td>", pairs)

    @property
    def card_markup(self) -> SafeString:
        return format_html_join("", "<span>{}</span>", ((cell.value,) for cell in self.card))


class Reading:
    """One list as one viewer sees it now. Everything is read when it is asked for, once."""

    def __init__(self, listing: Listing, viewer: Viewer, address: Address):
        self.listing = listing
        self.kind = listing.kind
        self.viewer = viewer
        self.address = address
        self.currency = firm().currency

    @cached_property
    def saved(self) -> "list[SavedView]":
        return saved_views(self.kind, self.viewer)

    @cached_property
    def view(self) -> "SavedView | Tab | None":
        """What the list is called, when it has a name."""
        if not self.address.view:
            return None
        for tab in self.listing.tabs:
            if self.address.view == tab.name:
                return tab
        for view in self.saved:
            if self.address.view == str(view.pk):
                return view
        return saved_view(self.kind, self.viewer, self.address.view)  # raises NotFound

    @property
    def view_label(self) -> str:
        if self.view is None:
            return ""
        return str(self.view.label) if isinstance(self.view, Tab) else self.view.name

    @cached_property
    def where(self) -> Node:
        """The checked conditions: those of the URL, else those of the view."""
        refuse_limited(self.kind, self.viewer, self.asked)
        return check(self.asked, self.kind.schema, currency=self.currency)

    def check(self) -> None:
        """Raises Invalid for conditions that can't be asked."""
        _ = self.where

    @cached_property
    def asked(self) -> Node:
        """The same conditions as they were written, for a changed address to be built from."""
        tree = self.address.tree()
        if tree is not None:
            return tree
        if isinstance(self.view, Tab):
            return self.view.where(self.viewer)
        return parse(self.view.filter) if self.view is not None else EVERYTHING

    @property
    def sort(self) -> str:
        own = self.view.sort if self.view is not None else ""
        return sort_for(self.kind, self.viewer, self.address.sort or own)

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        chosen = [name for name in self.address.columns.split(",") if name]
        if not chosen and self.view is not None and not isinstance(self.view, Tab):
            chosen = self.view.columns
        names = self.listing.shown(chosen or self.listing.columns)
        names = self.listing.seen(self.viewer, names)
        return tuple(name for name in names if name != self.kind.title)

    @cached_property
    def page(self) -> Page[UUID]:
        return find_ids(
            self.kind, self.viewer, where=self.where, search=self.address.search, sort=self.sort,
            cursor=self.address.cursor or None, limit=ROWS, archived=self.address.archived,
        )  # fmt: skip

    @cached_property
    def count(self) -> Count:
        return count(
            self.kind, self.viewer, where=self.where, search=self.address.search,
            archived=self.address.archived,
        )  # fmt: skip

    @property
    def count_words(self) -> str:
        return formats.capped(self.count)

    @property
    def next_address(self) -> str:
        cursor = self.page.next_cursor
        if not cursor:
            return ""
        following = self.first_place + len(self.page.items)
        wanted = self.address.but(cursor=cursor, place=following, length=self.length)
        return wanted.on(self.listing.page)

    @property
    def first_place(self) -> int:
        """Where in the list its first row on this page stands, from 1."""
        return self.address.place or 1

    @property
    def length(self) -> str:
        return self.address.length or self.count_words

    @cached_property
    def commands(self) -> list[Command]:
        """What the viewer is offered to do with chosen rows."""
        return [one for one in self.listing.commands if one.is_offered(self.viewer, self.where)]

    @property
    def is_pickable(self) -> bool:
        return can(self.viewer, "bulk") or bool(self.commands)

    @property
    def home(self) -> str:
        return reverse(self.listing.page)

    @property
    def new_address(self) -> str:
        try:
            return reverse(self.listing.new_page)
        except NoReverseMatch:
            return ""

    @property
    def here(self) -> str:
        return self.address.but().on(self.listing.page)

    @property
    def export_query(self) -> str:
        return self.address.but().query

    @property
    def is_narrowed(self) -> bool:
        return bool(self.where != EVERYTHING or self.address.search or self.address.archived)

    @property
    def is_changed(self) -> bool:
        """Whether it differs from the view it began as, so that saving it makes sense."""
        address = self.address
        return bool(address.filter or address.sort or address.columns)

    @cached_property
    def tabs(self) -> list[TabLink]:
        everything = TabLink(_("All"), self.home, self.view is None and not self.address.archived)
        own = [
            self._tab(tab.label, tab.name)
            for tab in self.listing.tabs
            if self._may_ask(tab.where(self.viewer), tab.sort)
        ]
        saved = [
            self._tab(view.name, str(view.pk), view.pk)
            for view in self.saved
            if self._may_ask(parse(view.filter), view.sort)
        ]
        return [everything, *own, *saved]

    def _may_ask(self, where: Node, sort: str) -> bool:
        """Whether a view asks about nothing that the viewer may not see."""
        try:
            refuse_limited(self.kind, self.viewer, where)
            sort_for(self.kind, self.viewer, sort)
        except Invalid:
            return False
        return True

    def _tab(self, label, name: str, view_id=None) -> TabLink:
        is_current = self.address.view == name
        return TabLink(label, Address(view=name).on(self.listing.page), is_current, view_id)

    @cached_property
    def chips(self) -> list[Chip]:
        parts = conditions_of(self.where)
        written = conditions_of(self.asked)
        return [
            Chip(*self._words(part), self._without(written, position))
            for position, part in enumerate(parts)
        ]

    def _words(self, part: Node) -> tuple[str, str]:
        words = sentence(part, self.kind.schema, currency=self.currency)
        if not isinstance(part, Test):
            return "", words
        fact = self.kind.schema.facts[part.fact]
        for value, name in self._link_names(fact, part).items():
            words = words.replace(str(value), name)
        label = str(fact.label)
        return (label, words.removeprefix(label)) if words.startswith(label) else ("", words)

    def _link_names(self, fact: Fact | Aggregate, test: Test) -> dict[UUID, str]:
        field = self.kind.field_by_name.get(fact.name)
        if fact.kind is not Kind.LINK or field is None or not field.links_to or not test.value:
            return {}
        values = test.value if isinstance(test.value, tuple) else (test.value,)
        return linked_names(self.viewer, field.links_to, values)

    def _without(self, parts: tuple[Node, ...], position: int) -> str:
        rest = parts[:position] + parts[position + 1 :]
        if not rest and not self.address.view:
            return self.address.but(filter="").on(self.listing.page)
        return self.address.asking(All(rest)).on(self.listing.page)

    @cached_property
    def headings(self) -> list[Heading]:
        return [self._heading(name) for name in (self.kind.title, *self.column_names)]

    def _heading(self, name: str) -> Heading:
        drawing = self.listing.drawing_by_name.get(name)
        if drawing is not None:
            return Heading(name, drawing.label, False, "", "none")
        fact = self.kind.schema.facts[name]
        direction = {name: "ascending", f"-{name}": "descending"}.get(self.sort, "none")
        is_number = fact.kind in NUMERIC
        starts_high = is_number or fact.kind in (Kind.DATE, Kind.TIME)
        wanted = (
            f"-{name}"
            if direction == "ascending" or (starts_high and direction == "none")
            else name
        )
        may_sort = fact.is_sortable and not is_limited(self.kind, self.viewer, name)
        address = self.address.but(sort=wanted).on(self.listing.page) if may_sort else ""
        return Heading(name, fact.label, is_number, address, direction)

    @cached_property
    def rows(self) -> list[Row]:
        cards = self.listing.seen(self.viewer, self.listing.known(self.listing.card))
        facts = self.listing.known(self.column_names)
        names = tuple(dict.fromkeys((self.kind.title, *facts, *cards)))
        values = values_of(self.kind, self.viewer, self.page.items, names)
        around = self._around(names, values)
        drawn = self._drawn(list(values))
        return [
            self._row(pk, place, values[pk], drawn, cards, around)
            for place, pk in enumerate(self.page.items, start=self.first_place)
            if pk in values
        ]

    def _drawn(self, ids: Sequence[UUID]) -> list[tuple[Drawing, Mapping]]:
        """What the chosen drawings are made of: one query each."""
        chosen = (d for d in self.listing.drawings if d.name in self.column_names)
        return [(drawing, drawing.read(ids)) for drawing in chosen]

    def _row(
        self,
        pk: UUID,
        place: int,
        values: dict,
        drawn: Sequence[tuple[Drawing, Mapping]],
        cards: Sequence[str],
        around: Around,
    ) -> Row:
        cells = {name: self._cell(name, values[name], around) for name in values}
        for drawing, found in drawn:
            picture = drawing.draw(found[pk], self.currency) if pk in found else ""
            cells[drawing.name] = Cell(drawing.name, drawing.label, picture, False)
        return Row(
            pk,
            str(values[self.kind.title]),
            self._record_address(pk, place),
            [cells[name] for name in self.column_names],
            [cells[name] for name in cards if cells[name].value != ""],
        )

    def _cell(self, name: str, value: object, around: Around) -> Cell:
        fact = self.kind.schema.facts[name]
        return Cell(name, fact.label, cell(fact, value, around), fact.kind in NUMERIC)

    @cached_property
    def _record_addresses(self) -> str:
        """The address of a record with nobody's id in it: built once a page, not once a row. It
        ends with the record's place in the list, which nobody then has to count."""
        within = self.address.but(length=self.length).query + "&at="
        address = reverse(self.listing.record_page, args=[_NOBODY])
        return f"{address}?{urlencode({'in': within})}"

    def _record_address(self, pk: UUID, place: int) -> str:
        return self._record_addresses.replace(str(_NOBODY), str(pk), 1) + str(place)

    def _around(self, names: Sequence[str], values: dict[UUID, dict]) -> Around:
        schema = self.kind.schema
        choices = choices_by_fact(schema, names)
        linked = {}
        for name in names:
            field = self.kind.field_by_name.get(name)
            if field is not None and field.links_to:
                ids = [row[name] for row in values.values() if row[name] is not None]
                linked[name] = linked_names(self.viewer, field.links_to, ids)
        return Around(self.currency, linked, choices, self.listing.tones, self.listing.low)

    @property
    def bulk_fields(self) -> list[Field]:
        """The fields that the viewer may set for many at once."""
        offered = (field for field in self.kind.fields if field.name in self.listing.bulk)
        return [field for field in offered if may_write(self.kind, self.viewer, field.name)]

    @property
    def column_choices(self) -> Iterator[tuple[str, object, bool]]:
        """Everything that can be a column, and whether it is one now."""
        chosen = set(self.listing.seen(self.viewer, (d.name for d in self.listing.drawings)))
        for drawing in self.listing.drawings:
            if drawing.name in chosen:
                yield drawing.name, drawing.label, drawing.name in self.column_names
        seen = set(self.listing.seen(self.viewer, self.kind.schema.facts))
        for name, fact in self.kind.schema.facts.items():
            if name != self.kind.title and name in seen:
                yield name, fact.label, name in self.column_names


def choices_by_fact(schema: Schema, names: Sequence[str]) -> dict[str, Mapping[str, str]]:
    """The words of those facts that have choices, or codes among their texts: said once a page,
    not once a cell."""
    known = {name: schema.facts[name].choices or schema.facts[name].words for name in names}
    return {
        name: {key: str(word) for key, word in words().items()}
        for name, words in known.items()
        if words is not None
    }
