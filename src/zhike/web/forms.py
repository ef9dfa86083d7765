"""Forms from declared fields: what is shown to enter a value, and what came back."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.access.queries import active_user_names, team_names, user_names
from zhike.access.viewer import Viewer
from zhike.filters.schema import Words
from zhike.kernel.errors import ZhikeError
from zhike.kernel.money import CURRENCIES
from zhike.records.fields import Field, FieldKind
from zhike.records.limits import may_write
from zhike.records.queries import linked_names
from zhike.records.types import RecordType

MOST_LISTED = 50  # of people in a select; more are searched for
_WIDGETS = {
    FieldKind.LONG_TEXT: "textarea",
    FieldKind.CHOICE: "select",
    FieldKind.CURRENCY: "select",
    FieldKind.USER: "select",
    FieldKind.TEAM: "select",
    FieldKind.YES_NO: "select",
    FieldKind.DATE: "date",
    FieldKind.TIME: "datetime-local",
    FieldKind.LINK: "pick",
}


@dataclass
class Input:
    """One thing to enter: its control, its value, what is wrong with it."""

    name: str
    label: Words
    widget: str = "text"  # text, textarea, select, pick or a type of <input>
    value: str = ""
    shown: str = ""  # of a pick: the name of what is chosen
    options: Sequence[tuple[str, Words]] = ()
    source: str = ""  # of a pick: where it looks
    help: Words = ""
    is_required: bool = False
    is_focused: bool = False
    errors: list[str] = field(default_factory=list)
    mode: str = ""  # of the phone's keyboard
    hint: str = ""  # a placeholder

    @property
    def id(self) -> str:
        return f"input-{self.name.replace('[', '-').replace(']', '').replace('.', '-')}"


class Form:
    """Inputs that are sent to one action. Whatever it refuses stands beside its input."""

    def __init__(self, inputs: Sequence[Input], data: Mapping | None = None):
        self.inputs = list(inputs)
        self.data = data
        self.errors: list[str] = []
        self.saved: Any = None  # what the action gave back
        self.refusal: ZhikeError | None = None  # why it refused
        if data is not None:
            for one in self.inputs:
                one.value = data.get(one.name, "")

    @property
    def values(self) -> dict[str, str]:
        data = self.data or {}
        return {one.name: data.get(one.name, "") for one in self.inputs}

    @property
    def status(self) -> int:
        return 422 if self.errors or any(one.errors for one in self.inputs) else 200

    def saves(self, action: Callable[[dict], Any]) -> bool:
        """Runs the action on what was sent. False when nothing was sent or it was refused."""
        if self.data is None:
            return False
        try:
            self.saved = action(self.values)
        except ZhikeError as error:
            if error.status in (403, 404):
                raise
            self.refuse(error)
            return False
        return True

    def refuse(self, error: ZhikeError) -> None:
        self.refusal = error
        by_name = {one.name: one for one in self.inputs}
        for one in error.errors:
            if one.field in by_name:
                by_name[one.field].errors.append(one.message)
            else:
                self.errors.append(one.message)
        if not error.errors:
            self.errors.append(error.message)

    def __getitem__(self, name: str) -> Input:
        return {one.name: one for one in self.inputs}[name]


def record_form(
    kind: RecordType,
    names: Sequence[str],
    viewer: Viewer,
    *,
    data: Mapping | None = None,
    record: Model | None = None,
    initial: Mapping | None = None,
) -> Form:
    """A form of some fields of a type, filled from a record or with first values; of those only
    that the viewer may set."""
    inputs = []
    for name in names:
        declared = kind.field_by_name[name]
        if not may_write(kind, viewer, name) and (record or not declared.is_required):
            continue
        value = getattr(record, declared.attribute) if record else (initial or {}).get(name)
        shown = value if data is None else data.get(name)
        inputs.append(input_for(declared, shown, viewer=viewer))
    return Form(inputs, data)


def input_for(declared: Field, value: object = None, *, viewer: Viewer | None = None) -> Input:
    """The input of a field. What a link leads to is named as far as the viewer sees it."""
    widget = _WIDGETS.get(declared.kind, "text")
    made = Input(
        declared.name,
        declared.label,
        widget,
        value=declared.in_words(as_text(value)),
        help=declared.help or _help(declared),
        is_required=declared.is_required,
        mode="decimal" if declared.kind is FieldKind.NUMBER else "",
    )
    if declared.kind is FieldKind.USER:
        offer_people(made)
        made.options = [*([] if declared.is_required else [("", "–")]), *made.options]
    elif widget == "select":
        made.options = _options(declared)
    elif widget == "pick":
        made.source = reverse("pick", args=[declared.links_to])
        made.shown = _title(declared, value, viewer) if viewer else ""
    return made


@dataclass(frozen=True)
class Several:
    """Any number of people at work, and of teams where they may be: ticked in a list, or searched
    for one after another where they are many. All are sent by one name, in the order chosen."""

    name: str
    label: Words
    chosen: Sequence[str] = ()
    with_teams: bool = False
    without: Collection[str] = ()

    @property
    def is_searched(self) -> bool:
        return len(active_user_names()) > MOST_LISTED

    @property
    def source(self) -> str:
        return reverse("people_pick_with_teams" if self.with_teams else "people_pick")

    @property
    def options(self) -> list[dict]:
        """All that can be ticked; of those who have left, whoever is ticked."""
        teams = list(team_names()) if self.with_teams else []
        keys = dict.fromkeys([*teams, *active_user_names(), *self.chosen])
        return [self._option(key) for key in keys if key not in self.without]

    @property
    def chips(self) -> list[dict]:
        return [self._option(key) for key in self.chosen]

    def _option(self, key: str) -> dict:
        name = team_names().get(key) or user_names().get(key, "–")
        is_team = key in team_names()
        return {"key": key, "name": name, "is_team": is_team, "is_on": key in self.chosen}


def offer_people(made: Input, *, with_teams: bool = False) -> Input:
    """Lets an input choose somebody at work: from a list, or by searching where they are many."""
    names = active_user_names()
    if len(names) > MOST_LISTED:
        made.widget = "pick"
        made.source = reverse("people_pick_with_teams" if with_teams else "people_pick")
        made.shown = user_names().get(made.value, "")
        return made
    teams = team_names() if with_teams else {}
    made.widget = "select"
    made.options = [
        *names.items(),
        *((key, _("Team %(name)s") % {"name": name}) for key, name in teams.items()),
    ]
    return made


def as_text(value: object) -> str:
    """A stored value as an input holds it."""
    match value:
        case None:
            return ""
        case bool():
            return "1" if value else "0"
        case datetime():
            return f"{timezone.localtime(value):%Y-%m-%dT%H:%M}"
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value.normalize():f}"
        case list() | tuple():
            return ", ".join(map(str, value))
    return str(value)


def _options(declared: Field) -> list[tuple[str, Words]]:
    choices: Mapping[str, Words]
    match declared.kind:
        case FieldKind.TEAM:
            choices = team_names()
        case FieldKind.CURRENCY:
            choices = {code: code for code in CURRENCIES}
        case FieldKind.YES_NO:
            choices = {"1": _("yes"), "0": _("no")}
        case _:
            choices = declared.choices() if declared.choices else {}
    empty = [] if declared.is_required else [("", "–")]
    return empty + list(choices.items())


def _title(declared: Field, value: object, viewer: Viewer) -> str:
    try:
        wanted = value if isinstance(value, UUID) else UUID(str(value))
    except ValueError:
        return ""
    return linked_names(viewer, str(declared.links_to), [wanted]).get(wanted, "")


def _help(declared: Field) -> str:
    return _("Several with commas between them.") if declared.is_many else ""
