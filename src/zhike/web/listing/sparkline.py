"""Amounts by month as a row of bars that fits a cell; their sum and the best month as text."""

from collections.abc import Mapping
from datetime import date

from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from zhike.web import formats

STEP, BAR, HEIGHT = 7, 5, 16


def sparkline(amounts: Mapping[date, int], currency: str) -> SafeString:
    """The highest bar fills the cell; a month without sales, or with more returns, is a dash."""
    best = max(amounts, key=lambda month: amounts[month])
    most = max(amounts[best], 1)
    words = _("%(total)s in 12 months, most in %(month)s") % {
        "total": formats.money(sum(amounts.values()), currency),
        "month": date_format(best, "YEAR_MONTH_FORMAT"),
    }
    bars = format_html_join(
        "",
        '<rect x="{}" y="{}" width="{}" height="{}"{}/>',
        (_bar(place, amount / most) for place, amount in enumerate(amounts.values())),
    )
    return format_html(
        '<svg class="spark" viewBox="0 0 {} {}" role="img"><title>{}</title>{}</svg>',
        STEP * len(amounts),
        HEIGHT,
        words,
        bars,
    )


def _bar(place: int, share: float) -> tuple:
    height = max(1, round(HEIGHT * share)) if share > 0 else 1
    quiet = "" if share > 0 else SafeString(' class="none"')
    return place * STEP, HEIGHT - height, BAR, height, quiet
