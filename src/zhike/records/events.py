"""What the record service says beyond the events of each record type."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from zhike.events.catalogue import EventType, declare
from zhike.records.types import label_of_fact


def _fact_in_words(data: Mapping) -> Mapping:
    label = label_of_fact(str(data.get("type", "")), str(data.get("fact", "")))
    return {**data, "fact": label}


declare(
    EventType(
        "import.finished",
        _("Import finished"),
        _("Import of %(file)s finished: %(created)s created"),
        "system",
    ),
    EventType(
        "record.unmasked",
        _("Value shown"),
        _("Had %(fact)s shown: %(reason)s"),
        "system",
        present=_fact_in_words,
    ),
    EventType("batch.undone", _("Work undone"), _("%(label)s undone"), "system"),
    EventType(
        "records.exported",
        _("Records exported"),
        _("%(rows)s records exported as %(format)s"),
        "system",
    ),
)
