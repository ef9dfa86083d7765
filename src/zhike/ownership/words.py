"""The words of ownership."""

from django.utils.translation import gettext_lazy as _

# Why somebody lets a customer go, to choose from.
REASONS = {
    "no_need": _("No need at present"),
    "unreachable": _("Can't be reached"),
    "wrong_territory": _("Not my territory"),
    "no_capacity": _("No time for it"),
    "competitor": _("Buys elsewhere"),
    "other": _("Another reason"),
}
WITHOUT = {
    "contact": _("without contact"),
    "order": _("without order"),
    "both": _("without contact and without order"),
}
# How an assignment rule finds somebody.
WAYS = {
    "person": _("to one person"),
    "turn": _("in turn"),
    "load": _("to whoever has fewest customers"),
    "territory": _("by a table of territories"),
}
# Why a rule gave a customer to nobody.
STAYED = {
    "full": _("everybody's holding cap is full, or the customer was theirs before"),
    "left": _("whom the rule names has left"),
    "nobody": _("the rule names nobody"),
}
