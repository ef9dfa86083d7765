"""The life of a rehearsal: waiting → running → done, or failed; forgotten after a week.

At a million customers it takes from ten seconds to half a minute, so that a job does it. One that
was killed is begun again.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _
from psycopg.errors import QueryCanceled

from zhike.access.policies import require
from zhike.access.queries import viewer_by_id
from zhike.access.viewer import Viewer
from zhike.jobs import later
from zhike.kernel import clock
from zhike.kernel.errors import ZhikeError
from zhike.ownership.actions import draft_assignment_rule, draft_rule
from zhike.ownership.models import Rehearsal
from zhike.ownership.rehearsing import Report
from zhike.ownership.rehearsing.assigning import rehearse_assignment
from zhike.ownership.rehearsing.recycling import rehearse_rule

KEPT = timedelta(days=7)
STALE_AFTER = timedelta(seconds=90)  # the longest step is stopped after 60
TRIES = 3
_OPEN = (Rehearsal.State.WAITING, Rehearsal.State.RUNNING)


@transaction.atomic
def ask_rehearsal(
    viewer: Viewer,
    *,
    kind: str,
    values: Mapping[str, Any],
    rule_id: UUID | None = None,
    pool_id: UUID | None = None,
) -> Rehearsal:
    """Asks for a rehearsal of a rule with such values, a new one or in place of `rule_id`. What its
    person has asked of the same rule and is still being reckoned is dropped. Raises Invalid for
    values that no rule could have."""
    require(viewer, "administer")
    about = {"user_id": viewer.user_id, "kind": kind, "pool_id": pool_id, "rule_id": rule_id}
    asked = Rehearsal(
        **about, values=dict(values), language=translation.get_language() or "",
        asked_at=clock.now(), heartbeat_at=clock.now(),
    )  # fmt: skip
    _draft(asked)
    Rehearsal.objects.filter(**about, state__in=_OPEN).delete()
    asked.save(force_insert=True)
    _ring(asked.pk)
    return asked


def carry_out(rehearsal_id: UUID | str) -> None:
    """Reckons a rehearsal that waits; one that is being reckoned or has been dropped is let be."""
    waiting = Rehearsal.objects.filter(pk=rehearsal_id, state=Rehearsal.State.WAITING)
    if not waiting.update(
        state=Rehearsal.State.RUNNING, heartbeat_at=clock.now(), tries=F("tries") + 1
    ):
        return
    asked = Rehearsal.objects.get(pk=rehearsal_id)
    viewer = viewer_by_id(asked.user_id, source="rehearsal")
    with translation.override(asked.language or None):
        try:
            found = _rehearsers()[asked.kind](viewer, _draft(asked), report=_heard(asked))
            _end(asked, state=Rehearsal.State.DONE, progress=100, result=asdict(found))
        except ZhikeError as error:
            _end(asked, state=Rehearsal.State.FAILED, error=error.message[:500])
        except OperationalError as error:
            if not isinstance(error.__cause__, QueryCanceled):
                raise
            _end(asked, state=Rehearsal.State.FAILED, error=_("It took too long."))


def tend_rehearsals() -> None:
    """Begins again what was killed, gives up what was killed thrice, rings for what nobody rang
    for, and forgets what is old."""
    now = clock.now()
    Rehearsal.objects.filter(asked_at__lt=now - KEPT).delete()
    stale = Rehearsal.objects.filter(state__in=_OPEN, heartbeat_at__lt=now - STALE_AFTER)
    stale.filter(tries__gte=TRIES).update(
        state=Rehearsal.State.FAILED, error=_("It was cut off several times.")
    )
    for pk in list(stale.values_list("pk", flat=True)):
        stale.filter(pk=pk).update(state=Rehearsal.State.WAITING, heartbeat_at=now)
        _ring(pk)


def _draft(asked: Rehearsal) -> Any:
    """Raises Invalid for values that can't be taken, NotFound for a rule that has gone."""
    if asked.kind == Rehearsal.Kind.ASSIGNMENT:
        return draft_assignment_rule(asked.values, asked.rule_id)
    return draft_rule(asked.values, asked.rule_id, pool_id=asked.pool_id)


def _rehearsers() -> dict[str, Callable[..., Any]]:
    return {
        Rehearsal.Kind.RECYCLING: rehearse_rule,
        Rehearsal.Kind.ASSIGNMENT: rehearse_assignment,
    }


def _heard(asked: Rehearsal) -> Report:
    def hear(percent: int) -> None:
        rows = Rehearsal.objects.filter(pk=asked.pk)
        rows.update(progress=percent, heartbeat_at=clock.now())

    return hear


def _end(asked: Rehearsal, **values: Any) -> None:
    Rehearsal.objects.filter(pk=asked.pk).update(**values)


def _ring(rehearsal_id: UUID) -> None:
    from zhike.ownership.jobs import run_rehearsal

    later(run_rehearsal, rehearsal_id=str(rehearsal_id))
