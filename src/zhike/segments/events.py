"""What segments say."""

from django.utils.translation import gettext_lazy as _

from zhike.events.catalogue import EventType, declare
from zhike.filters.schema import EventField, Kind

_NAME = EventField("segment", _("Segment"), Kind.TEXT)

declare(
    EventType(
        "segment.entered", _("Segment entered"), _("Entered segment “%(segment)s”"), "system",
        (_NAME,),
    ),
    EventType(
        "segment.left", _("Segment left"), _("Left segment “%(segment)s”"), "system", (_NAME,)
    ),
    EventType("segment.created", _("Segment created"), _("Segment %(segment)s created"), "system"),
    EventType("segment.updated", _("Segment changed"), _("Segment %(segment)s changed"), "system"),
    EventType(
        "segment.archived", _("Segment removed"), _("Segment %(segment)s removed"), "system"
    ),
)  # fmt: skip
