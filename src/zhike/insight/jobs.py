"""Doorbells of insight."""

from zhike.access.viewer import SYSTEM
from zhike.insight import actions
from zhike.insight.models import ScoreRun
from zhike.jobs import every, job


@job
def compute_scores(run_id: str) -> None:
    run = ScoreRun.objects.filter(pk=run_id, state=ScoreRun.State.WAITING).first()
    if run is not None:
        actions.carry_out(run)


@every("10 16 * * *")
def compute_nightly() -> None:
    """Shortly after midnight in China."""
    actions.request_scores(SYSTEM)
