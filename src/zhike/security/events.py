"""What security says. None of it is about a customer: a timeline would tell of decoys."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from zhike.events.catalogue import EventType, declare
from zhike.security.models import Alarm


def _worded(data: Mapping) -> Mapping:
    kinds = dict(Alarm.Kind.choices)
    return {**data, "kind": kinds.get(data.get("kind", ""), data.get("kind", ""))}


declare(
    EventType(
        "alarm.raised", _("Alarm raised"), _("Alarm: %(who)s, %(kind)s"), "system", present=_worded
    ),
    EventType(
        "alarm.settled", _("Alarm settled"), _("Alarm settled: %(who)s, %(kind)s"), "system",
        present=_worded,
    ),
    EventType("canary.marked", _("Decoy set"), _("A customer was made a decoy"), "system"),
    EventType(
        "canary.unmarked", _("Decoy taken away"), _("A customer is no decoy any more"), "system"
    ),
    EventType("watch.set", _("Watch set"), _("Limits of the watch set"), "system"),
)  # fmt: skip
