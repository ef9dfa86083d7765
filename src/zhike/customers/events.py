"""What the customer file says."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from zhike.events.catalogue import EventType, declare
from zhike.filters.schema import EventField, Kind

CHANNELS = {
    "call": _("Phone call"),
    "visit": _("Visit"),
    "message": _("Message"),
    "email": _("E-mail"),
    "meeting": _("Meeting"),
}
OUTCOMES = {
    "reached": _("Reached"),
    "not_reached": _("Not reached"),
    "interested": _("Interested"),
    "ordered": _("Ordered"),
    "refused": _("Not interested"),
}


def _contact(data: Mapping) -> Mapping:
    outcome = OUTCOMES.get(data.get("outcome", ""), "")
    return {
        **data,
        "channel": CHANNELS.get(data.get("channel", ""), data.get("channel", "")),
        "outcome": f" · {outcome}" if outcome else "",
    }


_NAME = EventField("name", _("Name"), Kind.TEXT)
_CHANNEL = EventField("channel", _("Channel"), Kind.CHOICE)
_OUTCOME = EventField("outcome", _("Outcome"), Kind.CHOICE)
_TEXT = EventField("text", _("Text"), Kind.TEXT)
_OTHER = {"other": "customer.name"}
_TITLE = EventField("title", _("Title"), Kind.TEXT)

declare(
    EventType("customer.created", _("Customer created"), _("File opened"), "file", (_NAME,)),
    EventType("customer.updated", _("Customer changed"), _("File changed"), "file", (_NAME,)),
    EventType("customer.archived", _("Customer archived"), _("File archived"), "file", (_NAME,)),
    EventType("customer.restored", _("Customer restored"), _("File restored"), "file", (_NAME,)),
    EventType(
        "customer.merged",
        _("Customers merged"),
        _("Merged with %(other)s"),
        "file",
        (_NAME,),
        tells=_OTHER,
    ),
    EventType(
        "customer.absorbed",
        _("Customer merged away"),
        _("Merged into %(other)s"),
        "file",
        (_NAME,),
        tells=_OTHER,
    ),
    EventType(
        "customer.unmerged",
        _("Merge undone"),
        _("No longer one with %(other)s"),
        "file",
        (_NAME,),
        tells=_OTHER,
    ),
    EventType(
        "customer.released",
        _("Customer separate again"),
        _("Separate from %(other)s again"),
        "file",
        (_NAME,),
        tells=_OTHER,
    ),
    EventType(
        "customer.shared",
        _("Customer shared"),
        _("Shared with %(with)s: %(level)s"),
        "file",
        present=lambda data: _share(data),
    ),
    EventType(
        "customer.unshared",
        _("Sharing ended"),
        _("No longer shared with %(with)s"),
        "file",
    ),
    EventType(
        "customer.disclosed",
        _("Data handed over"),
        _("Everything known made ready for the person"),
        "file",
        impersonal=("language",),
    ),
    EventType(
        "customer.erased",
        _("Customer erased"),
        _("Erased: certificate %(number)s"),
        "file",
        impersonal=("number",),
    ),
    EventType("note.added", _("Note"), _("Note"), "contact", (_TEXT,)),
    EventType(
        "contact.logged",
        _("Contact"),
        _("%(channel)s%(outcome)s"),
        "contact",
        (_CHANNEL, _OUTCOME, _TEXT),
        present=_contact,
        impersonal=("channel", "outcome"),
    ),
    EventType("task.created", _("Task set"), _("Task: %(title)s"), "contact", (_TITLE,)),
    EventType(
        "task.updated", _("Task changed"), _("Task changed: %(title)s"), "contact", (_TITLE,)
    ),
    EventType("task.done", _("Task done"), _("Task done: %(title)s"), "contact", (_TITLE,)),
    EventType(
        "task.archived", _("Task removed"), _("Task removed: %(title)s"), "contact", (_TITLE,)
    ),
    EventType(
        "task.restored", _("Task restored"), _("Task restored: %(title)s"), "contact", (_TITLE,)
    ),
    EventType(
        "relation.added",
        _("Relation added"),
        _("%(kind)s: %(other)s"),
        "file",
        tells=_OTHER,
        present=lambda d: _relation(d),
    ),
    EventType(
        "relation.removed",
        _("Relation removed"),
        _("No longer %(kind)s: %(other)s"),
        "file",
        tells=_OTHER,
        present=lambda data: _relation(data),
    ),
    EventType(
        "duplicates.scanned",
        _("Duplicates looked for"),
        _("Possible duplicates: %(open)s open, %(new)s new, %(closed)s closed"),
        "system",
    ),
    EventType(
        "duplicate.decided",
        _("Duplicate decided"),
        _("%(verdict)s: %(other)s"),
        "file",
        tells=_OTHER,
        present=lambda data: _verdict(data),
    ),
    EventType("attachment.added", _("File attached"), _("File attached: %(name)s"), "file"),
    EventType("attachment.removed", _("File removed"), _("File removed: %(name)s"), "file"),
)

SHARED = {"read": _("may read"), "write": _("may work on it")}


def _share(data: Mapping) -> Mapping:
    return {**data, "level": SHARED.get(data.get("level", ""), "")}


VERDICTS = {
    "same": _("The same customer as"),
    "different": _("Another customer than"),
    "open": _("Undecided whether the same as"),
}
RELATIONS = {
    "parent": _("Parent company"),
    "referred_by": _("Referred by"),
    "supplier": _("Supplier"),
    "competitor": _("Competitor"),
    "partner": _("Partner"),
    "intermediary": _("Intermediary"),
}


def _relation(data: Mapping) -> Mapping:
    return {**data, "kind": RELATIONS.get(data.get("kind", ""), data.get("kind", ""))}


def _verdict(data: Mapping) -> Mapping:
    return {**data, "verdict": VERDICTS.get(data.get("verdict", ""), "")}
