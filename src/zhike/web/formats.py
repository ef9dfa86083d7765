"""Values as a person reads them: money, numbers, shares, days, moments."""

from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from zhike.kernel import clock
from zhike.kernel.money import exponent, symbol, to_major
from zhike.kernel.paging import Count

NOTHING = "–"
_MINUS = "−"
_DAY = {"zh": ("n月j日", "Y年n月j日"), "en": ("j M", "j M Y")}


def money(minor: int | Decimal | None, currency: str, *, exact: bool = False) -> str:
    """An amount of minor units. Large ones go without their cents unless they must be exact."""
    if minor is None:
        return NOTHING
    amount = to_major(int(minor), currency)
    is_whole = not exact and (abs(amount) >= 100 or amount == int(amount))
    places = 0 if is_whole else exponent(currency)
    return _sign(amount) + symbol(currency) + number(abs(amount), places)


def compact_money(minor: int | Decimal | None, currency: str) -> str:
    """An amount at a glance: ¥128.4 万, $1.28 M."""
    if minor is None:
        return NOTHING
    amount = to_major(int(minor), currency)
    steps = (
        ((Decimal(10**8), " 亿"), (Decimal(10**4), " 万"))
        if _is_chinese()
        else ((Decimal(10**9), " B"), (Decimal(10**6), " M"), (Decimal(10**3), " k"))
    )
    for size, unit in steps:
        if abs(amount) >= size:
            shown = number((abs(amount) / size).quantize(Decimal("0.1")), 1)
            return _sign(amount) + symbol(currency) + shown.removesuffix(".0") + unit
    return money(minor, currency)


def number(value: int | float | Decimal | None, places: int | None = None) -> str:
    if value is None:
        return NOTHING
    exact = Decimal(str(value))
    if places is None:
        exact = exact.quantize(Decimal(1)) if exact == exact.to_integral() else exact.normalize()
        return f"{exact:,f}"
    return f"{exact:,.{places}f}"


def capped(count: Count) -> str:
    """A count; with a plus when there are more."""
    return number(count.value) + ("" if count.exact else "+")


def price(value: Decimal | None) -> str:
    """A price with two decimals, or with all it has when it has more."""
    if value is None:
        return NOTHING
    exact = f"{value.normalize():f}"
    return number(value, max(2, len(exact.partition(".")[2])))


def percent(share: float | None, places: int = 0) -> str:
    return NOTHING if share is None else f"{number(round(share * 100, places), places)}%"


def day(value: date | None) -> str:
    """A day; its year is said only when it is another one than this."""
    if value is None:
        return NOTHING
    return format_date(value, _formats()[value.year != clock.today().year])


def moment(value: datetime | None) -> str:
    """A day and a time of day; of older ones the day alone."""
    if value is None:
        return NOTHING
    local = timezone.localtime(value)
    if local.date() == clock.today():
        return _("Today %(time)s") % {"time": f"{local:%H:%M}"}
    if local.year == clock.today().year:
        return f"{day(local.date())} {local:%H:%M}"
    return day(local.date())


def ago(value: date | datetime | None) -> str:
    """How long ago a day was, in days, months or years."""
    if value is None:
        return NOTHING
    then = timezone.localtime(value).date() if isinstance(value, datetime) else value
    days = (clock.today() - then).days
    if days < 0:
        return day(then)
    if days == 0:
        return _("Today")
    if days < 90:
        return ngettext("%(count)d day ago", "%(count)d days ago", days) % {"count": days}
    if days < 730:
        months = round(days / 30.44)
        return _("%(count)d months ago") % {"count": months}
    return _("%(count)d years ago") % {"count": days // 365}


def size(count: int) -> str:
    """A number of bytes."""
    power = min((max(count, 1).bit_length() - 1) // 10, 3)
    return f"{number(round(count / 1024**power, 1))} {('B', 'KB', 'MB', 'GB')[power]}"


def _sign(amount: Decimal) -> str:
    return _MINUS if amount < 0 else ""


def _is_chinese() -> bool:
    return (get_language() or "").startswith("zh")


def _formats() -> tuple[str, str]:
    return _DAY["zh" if _is_chinese() else "en"]
