"""What keeps a customer from being erased when its time is over: declared by the app that knows.

A condition is SQL over customers `p`; `%(since)s` is the beginning of the time without activity.
"""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from zhike.filters.schema import Words

_conditions: dict[str, tuple[Words, str]] = {}


def keeps_customer(name: str, label: Words, condition: str) -> None:
    if name in _conditions:
        raise ValueError(f"{name} is declared twice")
    _conditions[name] = (label, condition)


def keepers() -> Mapping[str, tuple[Words, str]]:
    return dict(_conditions)


def declare() -> None:
    keeps_customer("young", _("The file is younger"), "p.created_at >= %(since)s")
    keeps_customer(
        "spoken",
        _("A contact or a note since"),
        "EXISTS (SELECT FROM events_event e WHERE e.party_id = p.id AND "
        "e.type IN ('contact.logged', 'note.added') AND e.happened_at >= %(since)s)",
    )
    keeps_customer(
        "task",
        _("An open task"),
        "EXISTS (SELECT FROM customers_task k WHERE k.party_id = p.id "
        "AND k.done_at IS NULL AND k.archived_at IS NULL)",
    )
