"""Doorbells of privacy."""

import logging

from zhike.access.viewer import SYSTEM
from zhike.jobs import every, job
from zhike.kernel.errors import Conflict
from zhike.privacy import actions

logger = logging.getLogger(__name__)


@job
def run_erasure(erasure_id: str) -> None:
    try:
        actions.run_erasure(erasure_id, viewer=SYSTEM)
    except Conflict as refusal:
        # An import is under way, or another worker is at it: the sweep below tries again.
        logger.info("erasure.waits", extra={"erasure": erasure_id, "why": refusal.code})


@every("20 2 * * *")
def run_retention() -> None:
    logger.info("retention.ran", extra={"erased": dict(actions.run_retention())})


@every("* * * * *")
def resume_erasures() -> None:
    for erasure_id in actions.erasures_to_resume():
        run_erasure(str(erasure_id))
