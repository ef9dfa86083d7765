"""What commerce says."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from zhike.events.catalogue import EventType, declare
from zhike.filters.schema import EventField, Kind
from zhike.kernel.money import symbol, to_major
from zhike.kernel.text import STARS


def _with_amount(data: Mapping) -> Mapping:
    currency = data.get("currency", "CNY")
    minor = data.get("total", data.get("amount", 0))
    amount = STARS if minor is None else f"{symbol(currency)}{to_major(abs(minor), currency):,.2f}"
    noun = _("Return") if data.get("kind") == "return" else _("Order")
    return {**data, "noun": noun, "amount": amount}


_NUMBER = EventField("number", _("Order no."), Kind.TEXT)
_TOTAL = EventField("value", _("Order value"), Kind.MONEY)
_NAME = EventField("name", _("Name"), Kind.TEXT)
_KIND = EventField("kind", _("Kind"), Kind.CHOICE)
_ORDER = (_NUMBER, _TOTAL, _KIND)
_CODES = ("number", "currency", "kind")
_AMOUNT = {"total": "order.value", "amount": "order.paid"}

declare(
    EventType(
        "order.created", _("Order placed"), _("%(noun)s %(number)s · %(amount)s"), "orders", _ORDER,
        tells=_AMOUNT, impersonal=_CODES,
        present=_with_amount,
    ),
    EventType(
        "order.updated", _("Order changed"), _("Order %(number)s changed"), "orders", _ORDER,
        tells=_AMOUNT, impersonal=_CODES,
    ),
    EventType(
        "order.cancelled", _("Order cancelled"), _("Order %(number)s cancelled"), "orders", _ORDER,
        tells=_AMOUNT, impersonal=_CODES,
    ),
    EventType(
        "order.archived", _("Order removed"), _("Order %(number)s removed"), "orders", _ORDER,
        tells=_AMOUNT, impersonal=_CODES,
    ),
    EventType(
        "order.restored", _("Order restored"), _("Order %(number)s restored"), "orders", _ORDER,
        tells=_AMOUNT, impersonal=_CODES,
    ),
    EventType(
        "order.paid", _("Payment received"), _("Payment for %(number)s · %(amount)s"), "orders",
        (_NUMBER,), present=_with_amount, tells=_AMOUNT, impersonal=_CODES,
    ),
    EventType(
        "order.refunded", _("Payment refunded"), _("Refund for %(number)s · %(amount)s"), "orders",
        (_NUMBER,), present=_with_amount, tells=_AMOUNT, impersonal=_CODES,
    ),
    EventType("product.created", _("Product created"), _("Product %(name)s"), "system", (_NAME,)),
    EventType("product.updated", _("Product changed"), _("Product %(name)s"), "system", (_NAME,)),
    EventType("product.archived", _("Product archived"), _("Product %(name)s"), "system", (_NAME,)),
    EventType("product.restored", _("Product restored"), _("Product %(name)s"), "system", (_NAME,)),
)  # fmt: skip
