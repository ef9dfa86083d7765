"""What the record service says beyond the events of each record type."""

from django.utils.translation import gettext_lazy as _

from zhike.events.catalogue import EventType, declare

declare(
    EventType(
        "import.finished",
        _("Import finished"),
        _("Import of %(file)s finished: %(created)s created"),
        "system",
    ),
    EventType("batch.undone", _("Work undone"), _("%(label)s undone"), "system"),
    EventType(
        "records.exported",
        _("Records exported"),
        _("%(rows)s records exported as %(format)s"),
        "system",
    ),
)
