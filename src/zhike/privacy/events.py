"""What privacy says. That a customer was erased is declared with the customer file."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from zhike.events.catalogue import EventType, declare
from zhike.filters.schema import EventField, Kind
from zhike.kernel.text import STARS
from zhike.privacy.words import CHANNELS, REQUESTS, STATES, purpose_label

_PURPOSE = EventField("purpose", _("Purpose"), Kind.TEXT)
_CHANNEL = EventField("channel", _("Channel"), Kind.TEXT)
# What is hidden from a role with the fact is hidden in what happened, too.
_TELLS = {"purpose": "customer.consents", "channel": "customer.consents",
          "name": "customer.consents", "source": "customer.consents"}  # fmt: skip
_CODES = ("purpose", "channel", "source")
_ASKED = ("kind", "state", "number")


def _worded(data: Mapping) -> Mapping:
    channel = CHANNELS.get(data.get("channel") or "")
    return {
        **data,
        "purpose": purpose_label(data.get("purpose") or STARS, data.get("name") or ""),
        "channel": f" · {channel}" if channel else "",
    }


def _named(data: Mapping) -> Mapping:
    kind, state = data.get("kind", ""), data.get("state", "")
    return {**data, "kind": REQUESTS.get(kind, kind), "state": STATES.get(state, state)}


declare(
    EventType(
        "consent.given", _("Consent given"), _("Agreed to: %(purpose)s%(channel)s"), "file",
        (_PURPOSE, _CHANNEL), present=_worded, impersonal=_CODES, tells=_TELLS,
    ),
    EventType(
        "consent.withdrawn", _("Consent withdrawn"),
        _("No longer agrees to: %(purpose)s%(channel)s"), "file",
        (_PURPOSE, _CHANNEL), present=_worded, impersonal=_CODES, tells=_TELLS,
    ),
    EventType(
        "consent.taken_back", _("Consent taken back"),
        _("Written by mistake, taken back: %(purpose)s%(channel)s"), "file",
        (_PURPOSE, _CHANNEL), present=_worded, impersonal=_CODES, tells=_TELLS,
    ),
    EventType(
        "request.opened", _("Request received"), _("Asked for: %(kind)s"), "file",
        present=_named, impersonal=_ASKED,
    ),
    EventType(
        "request.changed", _("Request changed"), _("Request changed: %(kind)s"), "file",
        present=_named, impersonal=_ASKED,
    ),
    EventType(
        "request.answered", _("Request answered"), _("%(kind)s: %(state)s"), "file",
        present=_named, impersonal=_ASKED,
    ),
    EventType(
        "request.reopened", _("Request reopened"), _("Open again: %(kind)s"), "file",
        present=_named, impersonal=_ASKED,
    ),
    EventType(
        "restriction.lifted", _("Restriction lifted"), _("Data may be used again"), "file",
        impersonal=_ASKED,
    ),
    EventType("hold.placed", _("Legal hold placed"), _("Legal hold placed"), "file"),
    EventType("hold.lifted", _("Legal hold lifted"), _("Legal hold lifted"), "file"),
    EventType(
        "retention.set", _("Retention rule set"), _("Retention rule %(rule)s set"), "system"
    ),
    EventType("purpose.kept", _("Purpose set"), _("Purpose %(purpose)s set"), "system"),
    EventType("purpose.closed", _("Purpose closed"), _("Purpose %(purpose)s closed"), "system"),
    EventType(
        "purpose.reopened", _("Purpose opened again"), _("Purpose %(purpose)s opened again"),
        "system",
    ),
    EventType(
        "consent_text.added", _("Consent text added"),
        _("Text %(version)s for %(purpose)s added"), "system",
    ),
)  # fmt: skip
