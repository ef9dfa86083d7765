"""Doorbells of insight."""

import logging

from zhike.access.viewer import SYSTEM
from zhike.insight import actions
from zhike.insight.models import ScoreRun
from zhike.jobs import every, job
from zhike.kernel import clock
from zhike.kernel.errors import Conflict

logger = logging.getLogger(__name__)


@job
def compute_scores(run_id: str) -> None:
    run = ScoreRun.objects.filter(pk=run_id, state=ScoreRun.State.WAITING).first()
    if run is None:
        return
    try:
        actions.carry_out(run)
    except Conflict:
        logger.info("scores.busy: the run waits for the next ring")


@every("* * * * *")
def resume_scores() -> None:
    actions.resume_scores()


@every("10 * * * *")
def compute_nightly() -> None:
    """Shortly after the firm's midnight, wherever that is."""
    if clock.is_first_hour():
        actions.request_scores(SYSTEM)


@every("40 * * * *")
def scan_nightly() -> None:
    """After the scores, while nobody works."""
    if clock.is_first_hour():
        try:
            actions.scan_duplicates(SYSTEM)
        except Conflict:
            logger.info("duplicates.busy: scores take longer tonight; the next night looks again")
