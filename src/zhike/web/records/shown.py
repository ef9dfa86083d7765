"""A field of a record as its page shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from zhike.access.policies import Level
from zhike.access.viewer import Viewer
from zhike.filters.schema import Words
from zhike.records.fields import Field, FieldKind
from zhike.records.limits import Masked, limits
from zhike.records.limits import may_write as may_write_field
from zhike.records.queries import concealed_one, linked_names
from zhike.records.types import RecordType
from zhike.web import formats


@dataclass(frozen=True, slots=True)
class ShownField:
    name: str
    label: Words
    value: object
    address: str  # where it is edited; empty when the viewer may not
    mask_address: str = ""  # where a masked one is shown in full for a while


class Names:
    """The names behind ids, fetched once for as many fields as are shown."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self._choices: dict[str, Mapping[str, Words]] = {}

    def choice(self, declared: Field, value: object) -> Any:
        if declared.name not in self._choices:
            self._choices[declared.name] = declared.choices() if declared.choices else {}
        return self._choices[declared.name].get(str(value), value)


def shown_fields(
    kind: RecordType, record: Any, names: Sequence[str], scope: Names
) -> list[ShownField]:
    """The fields of which something is shown to the viewer."""
    hidden = limits(kind, scope.viewer)
    shown = (name for name in names if hidden.get(name) is not Level.HIDE)
    return [shown_field(kind, record, name, scope) for name in shown]


def shown_field(kind: RecordType, record: Any, name: str, scope: Names) -> ShownField:
    declared = kind.field_by_name[name]
    record = concealed_one(kind, scope.viewer, record)
    value = show(declared, getattr(record, declared.attribute), scope)
    may_write = may_write_field(kind, scope.viewer, name)
    address = reverse("record_field", args=[kind.name, record.pk, name]) if may_write else ""
    return ShownField(name, declared.label, value, address, _mask_address(kind, record, name))


def _mask_address(kind: RecordType, record: Any, name: str) -> str:
    is_masked = name in record.concealed
    return reverse("record_unmask", args=[kind.name, record.pk, name]) if is_masked else ""


def show(declared: Field, value: Any, scope: Names) -> object:
    """A value in words, with links where they lead somewhere; empty when there is none."""
    if value in (None, "", [], ()):
        return ""
    values = value if isinstance(value, list | tuple) else [value]
    if any(isinstance(one, Masked) for one in values):
        return ", ".join(values)
    match declared.kind:
        case FieldKind.CHOICE | FieldKind.USER | FieldKind.TEAM:
            return scope.choice(declared, value)
        case FieldKind.LINK:
            return _linked(declared, value, scope)
        case FieldKind.TAGS:
            return format_html_join(" ", '<span class="badge">{}</span>', ((tag,) for tag in value))
        case FieldKind.PHONES:
            return format_html_join(" ", '<a href="tel:{}">{}</a>', ((n, _phone(n)) for n in value))
        case FieldKind.EMAILS:
            return format_html_join(" ", '<a href="mailto:{}">{}</a>', ((e, e) for e in value))
        case FieldKind.WEB:
            text = str(value).removeprefix("https://").removesuffix("/")
            return format_html('<a href="{}" rel="noreferrer">{}</a>', value, text)
        case FieldKind.DATE:
            return formats.day(value)
        case FieldKind.TIME:
            return formats.moment(value)
        case FieldKind.NUMBER:
            return formats.number(value)
        case FieldKind.YES_NO:
            return _("yes") if value else _("no")
    return declared.in_words(value)


def _linked(declared: Field, value: Any, scope: Names) -> object:
    key = value if isinstance(value, UUID) else UUID(str(value))
    title = linked_names(scope.viewer, str(declared.links_to), [key]).get(key)
    if title is None:
        return _("not yours to see")
    try:
        return format_html('<a href="{}">{}</a>', reverse(declared.links_to, args=[key]), title)
    except NoReverseMatch:
        return title


def _phone(number: str) -> str:
    """A Chinese mobile number in its usual groups."""
    is_mobile = len(number) == 11 and number.startswith("1")
    return f"{number[:3]} {number[3:7]} {number[7:]}" if is_mobile else number
