"""Everything today's list shows, read when it is shown."""

from functools import cached_property

from zhike.customers.queries import parties_by_id, tasks_due
from zhike.insight import queries
from zhike.insight.words import STAGES
from zhike.kernel import clock
from zhike.ownership.disputes.queries import waiting_for
from zhike.web.customers.listing import STAGE_TONES
from zhike.web.request import Request

ROWS = 30


class TodayPage:
    stages = STAGES
    tones = STAGE_TONES

    def __init__(self, request: Request):
        self.viewer = request.viewer
        self.cursor = request.GET.get("cursor") or None

    @cached_property
    def rows(self):
        return queries.today(self.viewer, limit=ROWS, cursor=self.cursor)

    @cached_property
    def count(self):
        return queries.today_count(self.viewer)

    @cached_property
    def done(self) -> int:
        return queries.done_today(self.viewer)

    @cached_property
    def total(self) -> int:
        """What was on today's plate: what is left and what is done."""
        return self.count.value + self.done

    @cached_property
    def at_stake(self) -> int | None:
        """The amounts of the rows on this page together; None for whom they are not."""
        amounts = [row.suggestion.value for row in self.rows.items]
        return None if None in amounts else sum(amounts)

    @cached_property
    def tasks(self) -> list[tuple]:
        """Tasks due by today with their customers."""
        found = tasks_due(self.viewer, clock.today())
        parties = parties_by_id(self.viewer, [task.party_id for task in found])
        return [(task, parties[task.party_id]) for task in found]

    @cached_property
    def disputes(self) -> int:
        """How many wait for the viewer to decide them."""
        return waiting_for(self.viewer)

    @cached_property
    def run(self):
        return queries.last_run(self.viewer)

    @cached_property
    def running(self):
        return queries.running()
