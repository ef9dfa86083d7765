"""One piece of work, as its page shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from django.urls import reverse

from zhike.access.policies import can
from zhike.access.queries import user_names
from zhike.access.viewer import Viewer
from zhike.filters.schema import Words
from zhike.kernel import clock
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
from zhike.web.listing.listing import listing_of

if TYPE_CHECKING:
    from zhike.records.models import Batch, Errand

QUIET_FOR = timedelta(seconds=10)


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


class ErrandPage:
    """Work on many records that a job does, wherever it stands."""

    def __init__(self, asked: "Errand"):
        self.asked = asked

    @property
    def title(self) -> str:
        if self.asked.doing == "undo":
            return self.asked.get_doing_display()
        kind = listing_of(self.asked.record_type).kind
        return f"{self.asked.get_doing_display()} · {kind.plural}"

    @property
    def list_page(self) -> str:
        """The URL name of the list it was asked from, if any."""
        return listing_of(self.asked.record_type).page if self.asked.record_type else ""

    @property
    def is_running(self) -> bool:
        return self.asked.state in ("waiting", "running")

    @property
    def is_waiting(self) -> bool:
        """Whether no worker has looked at it for a while."""
        return self.asked.state == "waiting" and clock.now() - self.asked.asked_at > QUIET_FOR

    @property
    def progress(self) -> float:
        """Between 0 and 1."""
        return min(1.0, self.asked.written / max(self.asked.rows, 1))
