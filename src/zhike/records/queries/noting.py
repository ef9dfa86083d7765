"""Who was shown which customers: noted where rows leave the record service, so that no face can
forget it. A face opens a notebook around each request; a higher floor keeps what stands in it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import IntEnum
from uuid import UUID

from zhike.access.policies import refuse_braked
from zhike.access.viewer import Viewer
from zhike.records.types import RecordType


class Way(IntEnum):
    """How a customer was shown. Kept as a number: never give one a second meaning."""

    OPENED = 1
    LISTED = 2
    SEARCHED = 3
    EXPORTED = 4
    UNMASKED = 5


class Face(IntEnum):
    """Where it was shown."""

    PAGE = 1
    API = 2
    TOKEN = 3
    COMMAND = 4


@dataclass
class Shown:
    """What one person was shown through one face."""

    viewer: Viewer
    opened: dict[UUID, Way] = field(default_factory=dict)
    listed: set[UUID] = field(default_factory=set)
    way: Way = Way.LISTED  # of those that were listed
    operator: str = ""  # whoever works on the machine itself, and by which command

    @property
    def face(self) -> Face:
        if self.operator:
            return Face.COMMAND
        if self.viewer.kind == "token":
            return Face.TOKEN
        return Face.API if self.viewer.source == "api" else Face.PAGE


@dataclass
class Notebook:
    """What a request has shown so far; or a command, which works as the system for an operator."""

    shown: dict[tuple, Shown] = field(default_factory=dict)
    operator: str = ""

    @contextmanager
    def open(self) -> Iterator[None]:
        token = _open.set(self)
        try:
            yield
        finally:
            _open.reset(token)

    def of(self, viewer: Viewer) -> Shown:
        key = (viewer.user_id, viewer.kind, viewer.source)
        return self.shown.setdefault(key, Shown(viewer, operator=self.operator))

    @property
    def length(self) -> int:
        return sum(len(one.listed) for one in self.shown.values())

    def take(self) -> list[Shown]:
        """What is to be kept; the notebook goes on empty, with each person's way of looking."""
        taken = [one for one in self.shown.values() if one.opened or one.listed]
        for one in taken:
            self.shown[(one.viewer.user_id, one.viewer.kind, one.viewer.source)] = Shown(
                one.viewer, way=one.way, operator=one.operator
            )
        return taken


_open: ContextVar[Notebook | None] = ContextVar("notebook", default=None)
# Says whether somebody who has been stopped may be shown some customers: raises NotAllowed.
Restraint = Callable[[Viewer, Collection[UUID]], None]
_restraints: list[Restraint] = [lambda viewer, ids: refuse_braked(viewer)]


def restrains_braked(restraint: Restraint) -> None:
    """Declares what may be shown to whoever has been stopped; without it, nothing."""
    _restraints[:] = [restraint]


def note_opened(kind: RecordType, viewer: Viewer, record_id: UUID) -> None:
    """For one file that is going to be shown. Raises NotAllowed for whoever may open no more."""
    _restrain(kind, viewer, (record_id,))
    if (shown := _page(kind, viewer)) is not None:
        shown.opened.setdefault(record_id, Way.OPENED)


def note_unmasked(kind: RecordType, viewer: Viewer, record_id: UUID) -> None:
    if (shown := _page(kind, viewer)) is not None:
        shown.opened[record_id] = Way.UNMASKED


def note_listed(kind: RecordType, viewer: Viewer, ids: Iterable[UUID]) -> None:
    if (shown := _page(kind, viewer)) is not None:
        ids = list(ids)
        _restrain(kind, viewer, ids)
        shown.listed.update(ids)


def _restrain(kind: RecordType, viewer: Viewer, ids: Collection[UUID]) -> None:
    if not viewer.is_braked or not ids or kind.party_column != "id":
        return
    shown = _page(kind, viewer)
    before = {*shown.listed, *shown.opened} if shown is not None else set()
    for restraint in _restraints:
        restraint(viewer, before.union(ids))


def note_way(viewer: Viewer, way: Way) -> None:
    """That what is going to be listed was searched for, or leaves as a file."""
    if (shown := _shown(viewer)) is not None:
        shown.way = max(shown.way, way)


def _page(kind: RecordType, viewer: Viewer) -> Shown | None:
    """Where to note; None for what isn't a customer file."""
    return _shown(viewer) if kind.party_column == "id" else None


def _shown(viewer: Viewer) -> Shown | None:
    """None for what the system asks itself, and for work behind the scenes that shows nothing."""
    book = _open.get()
    if book is None or (viewer.user_id is None and not book.operator):
        return None
    return book.of(viewer)


def listed_only(shown: Shown) -> Sequence[UUID]:
    """Those that were listed and not opened as well."""
    return sorted(shown.listed - shown.opened.keys())
