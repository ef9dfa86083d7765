"""Money: an integer number of minor units (分, cents) and a currency, never a float."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from django.utils.translation import gettext as _

from zhike.kernel.errors import Invalid

# ISO 4217: currencies whose minor unit is not a hundredth.
_EXPONENTS = {
    **dict.fromkeys(("JPY", "KRW", "VND", "CLP", "ISK", "PYG", "UGX", "XAF", "XOF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
_SYMBOLS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "JP¥", "HKD": "HK$"}
CURRENCIES = (
    *("CNY", "USD", "EUR", "GBP", "JPY", "HKD", "TWD", "MOP", "SGD", "KRW", "AUD", "CAD", "CHF"),
    *("NZD", "THB", "VND", "MYR", "IDR", "PHP", "INR", "RUB", "BRL", "MXN", "ZAR", "SEK", "NOK"),
    *("DKK", "PLN", "CZK", "TRY", "ILS", "SAR", "AED", "KWD"),
)
# Beyond this a bigint column overflows once amounts are added up.
LARGEST_AMOUNT = 10**15


@dataclass(frozen=True, slots=True)
class Money:
    minor: int
    currency: str

    @property
    def amount(self) -> Decimal:
        return to_major(self.minor, self.currency)

    def __str__(self) -> str:
        return f"{self.currency} {self.amount}"


def exponent(currency: str) -> int:
    return _EXPONENTS.get(currency, 2)


def symbol(currency: str) -> str:
    return _SYMBOLS.get(currency, currency + " ")


def to_major(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-exponent(currency))


def to_minor(amount: Decimal, currency: str) -> int:
    """Minor units of an amount, rounded half up (the rule stated to users).

    Raises Invalid when the amount is no finite number or too large.
    """
    if not amount.is_finite():
        raise Invalid("not_a_number", _("This is not an amount."))
    minor = int(amount.scaleb(exponent(currency)).quantize(Decimal(1), ROUND_HALF_UP))
    if abs(minor) > LARGEST_AMOUNT:
        raise Invalid("too_large", _("This amount is too large."))
    return minor


def parse_decimal(text: str) -> Decimal:
    """Reads a number as people write it: ``¥1,234.50``, ``１２３``, ``(12.00)``, ``3.2万``.

    Raises Invalid for anything else; ``1.234,50`` is refused rather than guessed.
    """
    import unicodedata

    cleaned = unicodedata.normalize("NFKC", str(text)).strip()
    is_negative = cleaned.startswith("(") and cleaned.endswith(")")
    cleaned = cleaned.strip("()").lstrip("¥$€£").removesuffix("元").strip()
    multiplier = Decimal(1)
    for suffix, factor in (("万", 10_000), ("亿", 100_000_000)):
        if cleaned.endswith(suffix):
            cleaned, multiplier = cleaned.removesuffix(suffix), Decimal(factor)
    if "," in cleaned and "." in cleaned and cleaned.rindex(",") > cleaned.rindex("."):
        raise Invalid("not_a_number", _("“%(text)s” is not a number.") % {"text": text})
    try:
        value = Decimal(cleaned.replace(",", "").replace(" ", "")) * multiplier
    except InvalidOperation:
        raise Invalid("not_a_number", _("“%(text)s” is not a number.") % {"text": text}) from None
    if not value.is_finite():
        raise Invalid("not_a_number", _("“%(text)s” is not a number.") % {"text": text})
    return -value if is_negative else value
