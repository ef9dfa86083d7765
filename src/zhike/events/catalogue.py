"""Every kind of event, declared once: its name, its words, what its data holds.

Apps declare theirs in their `events.py`; timeline, filters, web hooks and docs read them here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from zhike.filters.schema import EventField, Words


@dataclass(frozen=True, slots=True)
class EventType:
    """`sentence` is a translatable pattern over the event's data, such as ``Order %(number)s``."""

    name: str
    label: Words
    sentence: Words
    group: str  # the timeline's tab: orders | contact | file | system
    fields: tuple[EventField, ...] = ()
    present: Callable[[Mapping], Mapping] = dict  # the data made readable for the sentence
    # What its data tells of records where that isn't the fact of the same name: "other" may tell
    # "customer.name". Whoever may not see the fact isn't told it here either.
    tells: Mapping[str, str] = field(default_factory=dict)
    # Names in its data that say nothing about a person: they outlast an erasure. Numbers do, too.
    impersonal: tuple[str, ...] = ()


_declared: dict[str, EventType] = {}


def declare(*types: EventType) -> None:
    for event_type in types:
        if event_type.name in _declared:
            raise ValueError(f"the event {event_type.name} is declared twice")
        _declared[event_type.name] = event_type


def event_type(name: str) -> EventType | None:
    return _declared.get(name)


def event_types() -> Mapping[str, EventType]:
    return dict(sorted(_declared.items()))


def event_fields(name: str) -> Mapping[str, EventField] | None:
    """The fields of an event's data that filters may ask about; None for an unknown event."""
    known = _declared.get(name)
    return None if known is None else {field.name: field for field in known.fields}


def event_label(name: str) -> Words:
    known = _declared.get(name)
    return name if known is None else known.label


def event_words(name: str, data: Mapping) -> str:
    """The sentence of one event in the active language."""
    known = _declared.get(name)
    if known is None:
        return name
    return str(known.sentence) % _Blanks(known.present(data))


class _Blanks(dict):
    """Events are never edited, so an old one may lack what a newer sentence mentions."""

    def __missing__(self, key: str) -> str:
        return "–"
