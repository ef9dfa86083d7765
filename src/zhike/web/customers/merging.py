"""Two files side by side, and which of them counts in each field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.customers.merging.actions import Preview
from zhike.customers.merging.fields import BOTH, LOSER, WINNER, FieldChoice, united
from zhike.customers.merging.pointers import Count
from zhike.filters.schema import Words
from zhike.kernel.errors import Invalid
from zhike.records.fields import FieldKind
from zhike.web.records.shown import Names, show
from zhike.web.request import Request

_CHOICE, _VERSION = "choice-", "version-"


@dataclass(frozen=True, slots=True)
class Side:
    """What a field can be in the merged file."""

    key: str
    value: object
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class ComparedField:
    name: str
    label: Words
    sides: Sequence[Side]
    has_choice: bool
    reason: Words


class MergePage:
    sides: Mapping[str, Words] = {
        WINNER: gettext_lazy("This file"),
        LOSER: gettext_lazy("The other file"),
        BOTH: gettext_lazy("Both"),
    }

    def __init__(self, request: Request, preview: Preview, back: str):
        self.preview = preview
        self.back = back  # where to go from here
        self.query = request.GET.urlencode()
        self.names = Names(request.viewer)

    @property
    def differing(self) -> list[ComparedField]:
        return [self._compared(one) for one in self.preview.fields if one.why != "same"]

    @property
    def same(self) -> list[tuple[Words, object]]:
        """What both say, as far as they say anything."""
        shown = [
            (one.label, self._show(one, one.value))
            for one in self.preview.fields
            if one.why == "same"
        ]
        return [(label, value) for label, value in shown if value]

    @property
    def moves(self) -> list[Count]:
        return [one for one in self.preview.moves if one.moved or one.aside]

    @property
    def conflicts(self) -> list[FieldChoice]:
        return list(self.preview.conflicts)

    @property
    def versions(self) -> list[tuple[str, int]]:
        pair = (self.preview.winner, self.preview.loser)
        return [(f"{_VERSION}{party.pk}", party.version) for party in pair]

    def _compared(self, one: FieldChoice) -> ComparedField:
        values = {WINNER: one.winner, LOSER: one.loser}
        if BOTH in one.options:
            values[BOTH] = united(one.field, one.winner, one.loser)
        sides = [
            Side(key, self._show(one, value), key == one.choice) for key, value in values.items()
        ]
        return ComparedField(
            f"{_CHOICE}{one.field.name}", one.label, sides, bool(one.options), one.reason
        )

    def _show(self, one: FieldChoice, value: object) -> object:
        if one.field.kind is FieldKind.OBJECT and isinstance(value, Mapping):
            return ", ".join(f"{name}: {text}" for name, text in value.items())
        return show(one.field, value, self.names)


def read_choices(data: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(_CHOICE): value
        for name, value in data.items()
        if name.startswith(_CHOICE)
    }


def read_versions(data: Mapping[str, str]) -> dict[UUID, int]:
    """The state of both files that the person has seen."""
    try:
        return {
            UUID(name.removeprefix(_VERSION)): int(value)
            for name, value in data.items()
            if name.startswith(_VERSION)
        }
    except ValueError:
        raise Invalid.field("version", "bad_value", _("This page is not valid.")) from None
