"""One piece of work, as its page shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from django.urls import reverse

from zhike.access.policies import can
from zhike.access.queries import user_names
from zhike.access.viewer import Viewer
from zhike.filters.schema import Words
from zhike.records.queries import (
    Forecast,
    Work,
    batches_by_id,
    forecast_undo,
    told_of,
    work_behind,
    works,
)
from zhike.records.queries.work import Left
from zhike.web.listing import listings

if TYPE_CHECKING:
    from zhike.records.models import Batch


@dataclass(frozen=True, slots=True)
class Stays:
    """A record that would stay as it is, and why."""

    label: Words
    name: str
    address: str
    left: Left


class WorkPage:
    def __init__(self, viewer: Viewer, batch: "Batch"):
        self.viewer = viewer
        self.batch = batch

    @cached_property
    def work(self) -> Work:
        return works(self.viewer, [self.batch])[0]

    @cached_property
    def names(self) -> Mapping[str, str]:
        return user_names()

    @cached_property
    def told(self) -> Sequence[tuple[Words, int]]:
        return told_of(self.viewer, self.batch)

    @cached_property
    def last(self) -> "Batch | None":
        """What took it back, or did it again, last."""
        if self.work.last == self.batch.pk:
            return None
        return batches_by_id(self.viewer, [self.work.last]).get(self.work.last)

    @cached_property
    def forecast(self) -> Forecast | None:
        """What the button would do to records; None for what goes back as a whole."""
        if not can(self.viewer, "undo_own"):
            return None
        return forecast_undo(self.viewer, self.last or self.batch)

    @property
    def is_sharing(self) -> bool:
        return work_behind(self.batch).kind == "share"

    @property
    def staying(self) -> list[Stays]:
        return [
            Stays(left.kind.label, left.name, self._address(left), left)
            for left in (self.forecast.named if self.forecast else ())
        ]

    def _address(self, left: Left) -> str:
        known = listings().get(left.kind.name)
        return reverse(known.record_page, args=[left.record_id]) if known else ""
