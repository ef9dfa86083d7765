"""What stands in the merged file, field by field: pure functions over two customers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.customers.facts import CUSTOMER
from zhike.filters.schema import Words
from zhike.kernel.errors import FieldError, Invalid
from zhike.records.fields import Field, FieldKind

if TYPE_CHECKING:
    from zhike.customers.models import Party

WINNER, LOSER, BOTH = "winner", "loser", "both"
FIELDS = tuple(f for f in CUSTOMER.fields if f.is_editable and f.name != "kind")
_EMPTY: tuple = (None, "", [], {})
WHY: Mapping[str, Words] = {
    "same": gettext_lazy("Both files say the same"),
    "only_winner": gettext_lazy("Only this file says it"),
    "only_loser": gettext_lazy("Filled in from the other file"),
    "united": gettext_lazy("Both are kept"),
    "winner": gettext_lazy("The file that stays counts unless you choose otherwise"),
    "along": gettext_lazy("The team goes with the owner"),
    "chosen": gettext_lazy("You chose this"),
}


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """One field of both files, which of them counts and why."""

    field: Field
    winner: Any
    loser: Any
    options: tuple[str, ...]  # what there is to choose from: nothing when both say the same
    choice: str
    why: str
    value: Any

    @property
    def label(self) -> Words:
        return self.field.label

    @property
    def reason(self) -> Words:
        return WHY[self.why]


def choose(winner: "Party", loser: "Party", choices: Mapping[str, str]) -> tuple[FieldChoice, ...]:
    """Every field with the value that the merged file gets. Raises one Invalid for all choices that
    can't be made."""
    found = {field.name: _chosen(field, winner, loser, choices) for field in FIELDS}
    errors = [
        FieldError(name, "unknown_choice", _("There is nothing to choose here, or not this."))
        for name, choice in choices.items()
        if name not in found or choice not in (found[name].options or (WINNER, LOSER))
    ]
    if errors:
        raise Invalid("invalid", _("Some choices can't be made."), tuple(errors))
    owner, team = found["owner"], found["team"]
    if owner.winner != owner.loser and team.winner != team.loser and "team" not in choices:
        # Whoever gets the customer brings the team along, also where that is none.
        side = owner.choice
        value = team.winner if side == WINNER else team.loser
        found["team"] = replace(team, choice=side, why="along", value=value)
    return tuple(found.values())


def _chosen(
    field: Field, winner: "Party", loser: "Party", choices: Mapping[str, str]
) -> FieldChoice:
    ours, theirs = (_value(field, party, (winner, loser)) for party in (winner, loser))
    options, choice, why = _proposal(field, ours, theirs)
    if options and choices.get(field.name) in options:
        choice, why = choices[field.name], "chosen"
    value = {WINNER: ours, LOSER: theirs}.get(choice)
    if choice == BOTH:
        value = united(field, ours, theirs)
    return FieldChoice(field, ours, theirs, options, choice, why, value)


def _value(field: Field, party: "Party", pair: tuple) -> Any:
    """What a file says; that one of the two works at the other no longer means anything."""
    value = getattr(party, field.attribute)
    is_within = field.name == "company" and value in [one.pk for one in pair]
    return None if is_within else value


def _proposal(field: Field, ours: Any, theirs: Any) -> tuple[tuple[str, ...], str, str]:
    if ours == theirs:
        return (), WINNER, "same"
    if theirs in _EMPTY:
        return _options(field, ours, theirs), WINNER, "only_winner"
    if ours in _EMPTY:
        return _options(field, ours, theirs), LOSER, "only_loser"
    if _can_unite(field, ours, theirs):
        return (WINNER, LOSER, BOTH), BOTH, "united"
    return (WINNER, LOSER), WINNER, "winner"


def _can_unite(field: Field, ours: Any, theirs: Any) -> bool:
    if not field.is_many and field.kind not in (FieldKind.OBJECT, FieldKind.LONG_TEXT):
        return False
    try:
        field.clean(united(field, ours, theirs))
    except Invalid:  # more than fits
        return False
    return True


def _options(field: Field, ours: Any, theirs: Any) -> tuple[str, ...]:
    """An empty value can be chosen too, unless the field needs one."""
    return () if field.is_required else (WINNER, LOSER)


def united(field: Field, ours: Any, theirs: Any) -> Any:
    """Both values: of lists and objects all that either has, of texts one below the other."""
    if field.is_many:
        return list(dict.fromkeys([*ours, *theirs]))
    if field.kind is FieldKind.OBJECT:
        return {**theirs, **ours}
    return f"{ours}\n{theirs}"


def taken_back(field: Field, before: Any, after: Any, now: Any) -> Any:
    """The value without what a merge wrote (before → after): as it was where nobody has changed it
    since; of lists and objects, what was changed since stays."""
    if now == after:
        return before
    if field.is_many:
        kept = [one for one in now if one in before or one not in after]
        return kept + [one for one in before if one not in after and one not in kept]
    if field.kind is FieldKind.OBJECT:
        names = [*now, *(name for name in before if name not in now)]
        found = {
            name: before.get(name) if now.get(name) == after.get(name) else now.get(name)
            for name in names
        }
        return {name: value for name, value in found.items() if value is not None}
    return now
