"""Doorbells of ownership."""

import logging

from zhike.access.viewer import SYSTEM
from zhike.jobs import every, job
from zhike.kernel import clock
from zhike.kernel.errors import Conflict
from zhike.ownership import actions
from zhike.ownership.rehearsing.actions import carry_out, tend_rehearsals

logger = logging.getLogger(__name__)


@every("20 * * * *")
def recycle_nightly() -> None:
    """Shortly after the firm's midnight; what was killed goes on an hour later at the latest."""
    if clock.is_first_hour() or actions.recycling_was_killed():
        try:
            actions.recycle(SYSTEM)
        except Conflict:
            logger.info("recycling.busy: somebody has started it by hand")


@job
def run_rehearsal(rehearsal_id: str) -> None:
    carry_out(rehearsal_id)


@every("* * * * *")
def look_after_rehearsals() -> None:
    tend_rehearsals()
