"""What a list of records is: columns, tabs, and where its pages are."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from zhike.access.policies import Level
from zhike.access.viewer import Viewer
from zhike.filters import Node
from zhike.filters.schema import Words
from zhike.kernel.errors import NotFound
from zhike.records.actions import change_record, create_record
from zhike.records.limits import is_limited, limits
from zhike.records.types import RecordType


@dataclass(frozen=True, slots=True)
class Tab:
    """A view that every firm has, before anybody has saved one."""

    name: str
    label: Words
    where: Callable[[Viewer], Node]
    sort: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A column that is no fact but a small picture, made of what one query finds for the records
    of a page. It can't be sorted by and is left out of files."""

    name: str
    label: Words
    read: Callable[[Sequence[UUID]], Mapping]  # by id; records without a picture are left out
    tells: str  # the fact that can be read from it
    draw: Callable[..., SafeString]  # of what was found for one record, in a currency


@dataclass(frozen=True, slots=True)
class Command:
    """Something that can be done to the chosen records beside setting a field. It asks for rights
    of its own and answers with what to tell and the batch that undoes it."""

    name: str
    label: Words
    run: Callable[[Viewer, Sequence[UUID]], tuple[str, UUID | None]]
    is_offered: Callable[[Viewer, Node], bool] = lambda viewer, where: True


def _create(kind: RecordType) -> Callable:
    return lambda values, *, viewer: create_record(kind, values, viewer=viewer)


def _change(kind: RecordType) -> Callable:
    return lambda pk, values, *, viewer, **options: change_record(
        kind, pk, values, viewer=viewer, **options
    )


@dataclass(frozen=True)
class Listing:
    """The list of a record type. Columns are facts; those nobody declared are left out."""

    kind: RecordType
    columns: tuple[str, ...]  # names of facts and of drawings
    card: tuple[str, ...]  # the three facts that a phone shows
    suggested: tuple[str, ...]  # the facts offered first when a condition is added
    empty_text: Words
    tabs: tuple[Tab, ...] = ()
    drawings: tuple[Drawing, ...] = ()  # columns to choose beside the facts
    bulk: tuple[str, ...] = ()  # the fields that can be set for many at once
    commands: tuple[Command, ...] = ()
    form: tuple[str, ...] = ()  # the fields of a new record, in order
    tones: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # fact → value → tone
    low: Mapping[str, float] = field(default_factory=dict)  # below this a share asks for attention
    create: Callable | None = None
    change: Callable | None = None

    @property
    def name(self) -> str:
        return self.kind.name

    @property
    def page(self) -> str:
        """The URL name of the list."""
        return f"{self.name}_list"

    @property
    def record_page(self) -> str:
        """The URL name of one record."""
        return self.name

    @property
    def new_page(self) -> str:
        return f"{self.name}_new"

    @property
    def created_by(self) -> Callable:
        return self.create or _create(self.kind)

    @property
    def changed_by(self) -> Callable:
        return self.change or _change(self.kind)

    @property
    def drawing_by_name(self) -> Mapping[str, Drawing]:
        return {drawing.name: drawing for drawing in self.drawings}

    def shown(self, names) -> tuple[str, ...]:
        """Those of the names that can be columns in this installation."""
        drawn = self.drawing_by_name
        return tuple(name for name in names if name in drawn or name in self.kind.schema.facts)

    def known(self, names) -> tuple[str, ...]:
        """Those of the names that stand for a fact in this installation."""
        return tuple(name for name in names if name in self.kind.schema.facts)

    def seen(self, viewer: Viewer, names: Iterable[str]) -> tuple[str, ...]:
        """Those of the names of which something is shown to the viewer."""
        hidden = limits(self.kind, viewer)
        drawn = self.drawing_by_name
        return tuple(
            name
            for name in names
            if hidden.get(drawn[name].tells if name in drawn else name) is not Level.HIDE
            and not (name in drawn and drawn[name].tells in hidden)
        )

    def asked(self, viewer: Viewer, names: Iterable[str]) -> tuple[str, ...]:
        """Those of the names that the viewer may ask about."""
        return tuple(name for name in names if not is_limited(self.kind, viewer, name))


_listings: dict[str, Listing] = {}


def declare(listing: Listing) -> Listing:
    _listings[listing.name] = listing
    return listing


def listings() -> Mapping[str, Listing]:
    return dict(_listings)


def listing_of(name: str) -> Listing:
    if name not in _listings:
        raise NotFound("not_found", _("There is no such list."))
    return _listings[name]
