"""What insight says."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from zhike.events.catalogue import EventType, declare
from zhike.filters.schema import EventField, Kind
from zhike.insight.words import STAGES, STATES


def _stages(data: Mapping) -> Mapping:
    return {
        "before": STAGES.get(data.get("before", ""), "–"),
        "after": STAGES.get(data.get("after", ""), "–"),
    }


def _resolution(data: Mapping) -> Mapping:
    return {**data, "state": STATES.get(data.get("state", ""), data.get("state", ""))}


declare(
    EventType(
        "score.changed",
        _("Stage changed"),
        _("Stage: %(before)s → %(after)s"),
        "system",
        (
            EventField("before", _("Before"), Kind.CHOICE),
            EventField("after", _("After"), Kind.CHOICE),
        ),
        present=_stages,
        tells={"before": "customer.stage", "after": "customer.stage"},
    ),
    EventType(
        "suggestion.resolved",
        _("Today's list"),
        _("Today's list: %(state)s"),
        "contact",
        (EventField("state", _("State"), Kind.CHOICE),),
        present=_resolution,
    ),
    EventType("scores.computed", _("Scores computed"), _("Scores computed"), "system"),
)
