"""Who was shown which customers: noted where rows leave the record service, so that no face can
forget it. A face opens a notebook around each request; a higher floor keeps what stands in it.
"""

from collections.abc import Iterable, Iterator, Sequence
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


@dataclass
class Shown:
    """What one person was shown through one face."""

    viewer: Viewer
    opened: dict[UUID, Way] = field(default_factory=dict)
    listed: set[UUID] = field(default_factory=set)
    way: Way = Way.LISTED  # of those that were listed

    @property
    def face(self) -> Face:
        if self.viewer.kind == "token":
            return Face.TOKEN
        return Face.API if self.viewer.source == "api" else Face.PAGE


@dataclass
class Notebook:
    """What a request has shown so far."""

    shown: dict[tuple, Shown] = field(default_factory=dict)

    @contextmanager
    def open(self) -> Iterator[None]:
        token = _open.set(self)
        try:
            yield
        finally:
            _open.reset(token)

    def of(self, viewer: Viewer) -> Shown:
        key = (viewer.user_id, viewer.kind, viewer.source)
        return self.shown.setdefault(key, Shown(viewer))

    @property
    def length(self) -> int:
        return sum(len(one.listed) for one in self.shown.values())

    def take(self) -> list[Shown]:
        """What is to be kept; the notebook goes on empty, with each person's way of looking."""
        taken = [one for one in self.shown.values() if one.opened or one.listed]
        for one in taken:
            self.shown[(one.viewer.user_id, one.viewer.kind, one.viewer.source)] = Shown(
                one.viewer, way=one.way
            )
        return taken


_open: ContextVar[Notebook | None] = ContextVar("notebook", default=None)


def note_opened(kind: RecordType, viewer: Viewer, record_id: UUID) -> None:
    """For one file that is going to be shown. Raises NotAllowed for whoever may open none."""
    if kind.party_column == "id":
        refuse_braked(viewer)
    if (shown := _page(kind, viewer)) is not None:
        shown.opened.setdefault(record_id, Way.OPENED)


def note_unmasked(kind: RecordType, viewer: Viewer, record_id: UUID) -> None:
    if (shown := _page(kind, viewer)) is not None:
        shown.opened[record_id] = Way.UNMASKED


def note_listed(kind: RecordType, viewer: Viewer, ids: Iterable[UUID]) -> None:
    if (shown := _page(kind, viewer)) is not None:
        shown.listed.update(ids)


def note_way(viewer: Viewer, way: Way) -> None:
    """That what is going to be listed was searched for, or leaves as a file."""
    if (shown := _shown(viewer)) is not None:
        shown.way = max(shown.way, way)


def _page(kind: RecordType, viewer: Viewer) -> Shown | None:
    """Where to note; None for what isn't a customer file."""
    return _shown(viewer) if kind.party_column == "id" else None


def _shown(viewer: Viewer) -> Shown | None:
    """None for what the system asks, and for work behind the scenes that shows nothing."""
    book = _open.get()
    return None if book is None or viewer.user_id is None else book.of(viewer)


def listed_only(shown: Shown) -> Sequence[UUID]:
    """Those that were listed and not opened as well."""
    return sorted(shown.listed - shown.opened.keys())
