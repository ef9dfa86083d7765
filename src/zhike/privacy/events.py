"""What privacy says. That a customer was erased is declared with the customer file."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from zhike.events.catalogue import EventType, declare
from zhike.filters.schema import EventField, Kind
from zhike.privacy.words import CHANNELS, purpose_label

_PURPOSE = EventField("purpose", _("Purpose"), Kind.TEXT)
_CHANNEL = EventField("channel", _("Channel"), Kind.TEXT)
_CODES = ("purpose", "channel", "source")


def _worded(data: Mapping) -> Mapping:
    channel = CHANNELS.get(data.get("channel", ""))
    return {
        **data,
        "purpose": purpose_label(data.get("purpose", ""), data.get("name", "")),
        "channel": f" · {channel}" if channel else "",
    }


declare(
    EventType(
        "consent.given", _("Consent given"), _("Agreed to: %(purpose)s%(channel)s"), "file",
        (_PURPOSE, _CHANNEL), present=_worded, impersonal=_CODES,
    ),
    EventType(
        "consent.withdrawn", _("Consent withdrawn"),
        _("No longer agrees to: %(purpose)s%(channel)s"), "file",
        (_PURPOSE, _CHANNEL), present=_worded, impersonal=_CODES,
    ),
    EventType("purpose.kept", _("Purpose set"), _("Purpose %(purpose)s set"), "system"),
    EventType(
        "consent_text.added", _("Consent text added"),
        _("Text %(version)s for %(purpose)s added"), "system",
    ),
)  # fmt: skip
