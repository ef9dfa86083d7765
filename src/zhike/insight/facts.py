"""Scores as facts: visible, filterable, usable in rules like any other."""

from django.utils.translation import gettext_lazy as _

from zhike.access.queries import user_names
from zhike.customers.forgetting import Forgets, forgets, forgets_copies
from zhike.customers.merging.pointers import Pointer, points_at_customer
from zhike.customers.telling import Tells, tells
from zhike.filters.schema import Fact, Join, Kind
from zhike.insight import lake
from zhike.insight.words import GROUPS, RELATIONS, STAGES, STATES, TIERS
from zhike.records.types import extend

_JOIN = Join("standing", "insight_standing", near="id", far="party_id")
_GROUP = _("Scores")
# Those that tell how much a customer buys for without being an amount.
_OF_AMOUNTS = ("tier", "abc", "rfm_group", "money_grade")
_ABC = {"A": "A", "B": "B", "C": "C"}


def _fact(name: str, label, kind: Kind, choices=None, unit=None) -> Fact:
    made_of = ("order.value",) if kind is Kind.MONEY or name in _OF_AMOUNTS else ()
    return Fact(
        name, label, kind, name, "standing", choices, unit=unit, group=_GROUP, made_of=made_of
    )


FACTS = (
    _fact("stage", _("Stage"), Kind.CHOICE, lambda: STAGES),
    _fact("tier", _("Tier"), Kind.CHOICE, lambda: TIERS),
    _fact("relation", _("Relation"), Kind.CHOICE, lambda: RELATIONS),
    _fact("abc", _("ABC grade"), Kind.CHOICE, lambda: _ABC),
    _fact("rfm_group", _("RFM group"), Kind.CHOICE, lambda: GROUPS),
    _fact("recency_grade", _("Recency grade"), Kind.NUMBER),
    _fact("frequency_grade", _("Frequency grade"), Kind.NUMBER),
    _fact("money_grade", _("Money grade"), Kind.NUMBER),
    _fact("value", _("Value so far"), Kind.MONEY),
    _fact("average", _("Average purchase"), Kind.MONEY),
    _fact("value_3", _("Value, next 3 months"), Kind.MONEY),
    _fact("value_6", _("Value, next 6 months"), Kind.MONEY),
    _fact("value_12", _("Value, next 12 months"), Kind.MONEY),
    _fact("orders_12", _("Orders, next 12 months"), Kind.NUMBER),
    _fact("alive", _("Still active"), Kind.NUMBER),
    _fact("recency_days", _("Days since last order"), Kind.NUMBER, unit=_("days")),
    _fact("usual_gap", _("Usual interval"), Kind.NUMBER, unit=_("days")),
    _fact("first_on", _("First order on"), Kind.DATE),
    _fact("last_on", _("Last order on"), Kind.DATE),
    _fact("next_on", _("Next order expected"), Kind.DATE),
)


_SUGGESTION = Join("suggestion", "insight_suggestion", near="id", far="party_id")
# What today's list asks.
SUGGESTION_FACTS = (
    Fact("suggestion.state", _("Today's list"), Kind.CHOICE, "state", "suggestion",
         lambda: STATES, group=_GROUP, is_bearing=True),
    Fact("suggestion.value", _("At stake"), Kind.MONEY, "value", "suggestion", group=_GROUP,
         made_of=("order.value",)),
    Fact("suggestion.until", _("Put off until"), Kind.DATE, "until", "suggestion", group=_GROUP,
         is_bearing=True),
    Fact("suggestion.assignee", _("Handed over to"), Kind.LINK, "assignee_id", "suggestion",
         user_names, group=_GROUP, is_bearing=True),
)  # fmt: skip


# GDPR Art. 15(1)(h), PIPL Art. 24: the logic involved, and what follows from it.
_LOGIC = _(
    "Computed from the days and amounts of orders alone. Grades rank recency, frequency and money "
    "among all customers; expected orders and value come from a statistical model of how often "
    "and how much customers buy; the stage follows from the usual interval between orders. They "
    "tell employees whom to contact and with what care. No decision with legal effect is made "
    "by them without a person."
)


def declare() -> None:
    extend("customer", joins=(_JOIN, _SUGGESTION), facts=FACTS + SUGGESTION_FACTS)
    points_at_customer(
        Pointer("insight_suggestion", label=_("Today's list"), key="party_id", once_per=()),
        Pointer("insight_standing", is_derived=True),
        Pointer("insight_stageday", is_derived=True),
    )
    forgets(Forgets("insight_suggestion"), Forgets("insight_standing"), Forgets("insight_stageday"))
    forgets_copies(_("Columnar store"), lake.rewrite)
    labels = {fact.name: fact.label for fact in FACTS}
    tells(Tells("insight_standing", labels=labels, note=_LOGIC))
