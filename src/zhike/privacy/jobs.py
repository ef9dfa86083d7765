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


@job
def refresh_purpose(key: str) -> None:
    actions.refresh_purpose(key)


@every("20 2 * * *")
def run_retention() -> None:
    logger.info("retention.ran", extra={"erased": dict(actions.run_retention())})


@every("40 2 * * *")
def remove_import_files() -> None:
    logger.info("imports.cleaned", extra={"files": actions.remove_import_files()})


@every("* * * * *")
def resume_erasures() -> None:
    for done, why in actions.carry_erasures_on():
        if why is not None:
            logger.warning("erasure.waits", extra={"erasures": list(map(str, done)), "why": why})
