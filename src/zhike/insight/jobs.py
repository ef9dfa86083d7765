"""Doorbells of insight."""

from zhike.access.viewer import SYSTEM
from zhike.insight import actions
from zhike.insight.models import ScoreRun
from zhike.jobs import every, job
from zhike.kernel import clock


@job
def compute_scores(run_id: str) -> None:
    run = ScoreRun.objects.filter(pk=run_id, state=ScoreRun.State.WAITING).first()
    if run is not None:
        actions.carry_out(run)


@every("10 * * * *")
def compute_nightly() -> None:
    """Shortly after the firm's midnight, wherever that is."""
    if clock.is_first_hour():
        actions.request_scores(SYSTEM)
