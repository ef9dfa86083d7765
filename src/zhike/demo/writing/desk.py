"""What all writers share: the world, in whose name and batch it is written, and the streams."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Model

from zhike.access.viewer import Viewer
from zhike.commerce.facts import ORDER
from zhike.customers.facts import CUSTOMER, TASK
from zhike.demo.ids import as_moments
from zhike.demo.simulation import DAY
from zhike.demo.world import World
from zhike.events.actions import Draft, record_many
from zhike.kernel import clock
from zhike.records.actions import copy_rows

CHUNK = 10_000
SOURCE = "demo"

# What belongs to a record has no type of its own; it is reached from the record's.
LINE = ORDER.model._meta.get_field("lines").related_model
PAYMENT = ORDER.model._meta.get_field("payments").related_model
RELATION = CUSTOMER.model._meta.get_field("relations_out").related_model
_MODELS: tuple[Any, ...] = (CUSTOMER.model, RELATION, TASK.model, ORDER.model, LINE, PAYMENT)
TABLES = (*(model._meta.db_table for model in _MODELS), "events_event")

Report = Callable[[str, int, int], None]  # what is written, how many are done, of how many


@dataclass(frozen=True)
class Desk:
    world: World
    batch_id: UUID
    viewer: Viewer
    teams: Mapping[str, UUID]  # by name
    sellers: Mapping[int, Viewer]  # by place in COLLEAGUES
    pools: Mapping[str, UUID]  # by the name of the team whose unowned customers wait there
    report: Report

    def write(self, model: type[Model] | None, rows: Iterable[Any]) -> None:
        """Streams rows into a table. They are plain objects: `copy_rows` asks for attributes only,
        and building a model for each row would cost more than the copy itself."""
        assert model is not None
        copy_rows(model, rows)

    def tell(self, drafts: Iterable[Draft], *, viewer: Viewer | None = None) -> None:
        record_many(drafts, origin=(viewer or self.viewer).origin(self.batch_id))

    def row(self, **values: object) -> Any:
        """A record with the columns that all records have."""
        return SimpleNamespace(
            archived_at=None, version=1, batch_id=self.batch_id, custom={}, **values
        )

    def chunks(self, step: str, count: int) -> Iterator[slice]:
        """Slices of so many things, reported one after the other."""
        for start in range(0, count, CHUNK):
            yield slice(start, min(start + CHUNK, count))
            self.report(step, min(start + CHUNK, count), count)

    def utc(self, local: np.ndarray) -> np.ndarray:
        """Local seconds as seconds UTC. Nothing happens at night, when clocks are changed."""
        return local - self._offsets[local // DAY - self._first_day]

    def moments(self, local: np.ndarray) -> list:
        return as_moments(self.utc(local))

    @cached_property
    def _first_day(self) -> int:
        return clock.day_number(self.world.first)

    @cached_property
    def _offsets(self) -> np.ndarray:
        """Local time less UTC at noon of each day, until a month after the end."""
        zone, days = clock.firm_zone(), (self.world.until - self.world.first).days + 31
        noons = [
            datetime.combine(self.world.first + timedelta(days=n), time(12), tzinfo=zone)
            for n in range(days)
        ]
        local = (self._first_day + np.arange(days)) * DAY + DAY // 2
        return local - np.array([int(noon.timestamp()) for noon in noons])
