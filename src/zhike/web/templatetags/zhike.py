"""What templates say: assets, values, rights. Loaded into every template."""

import json
from functools import cache
from pathlib import Path

from django import template
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from zhike.kernel.text import listed
from zhike.web import formats

register = template.Library()
register.filter(listed)
MANIFEST = "dist/.vite/manifest.json"


@register.simple_tag
def asset(name: str) -> SafeString:
    """The tags that load a built module and its styles: ``{% asset "main.ts" %}``."""
    entry = _manifest()[f"src/{name}"]
    styles = (
        format_html('<link rel="stylesheet" href="{}">', static(f"dist/{file}"))
        for file in entry.get("css", ())
    )
    script = format_html(
        '<script type="module" src="{}"></script>', static(f"dist/{entry['file']}")
    )
    return mark_safe("".join((*styles, script)))  # noqa: S308


@cache
def _manifest() -> dict:
    path = finders.find(MANIFEST)
    if path is None:
        raise FileNotFoundError("The pages' scripts are not built: run `make setup`.")
    return json.loads(Path(path).read_text(encoding="utf-8"))


@register.filter
def money(minor, currency: str = "CNY") -> str:
    return formats.money(minor, currency)


@register.filter
def exact_money(minor, currency: str = "CNY") -> str:
    return formats.money(minor, currency, exact=True)


@register.filter
def compact_money(minor, currency: str = "CNY") -> str:
    return formats.compact_money(minor, currency)


@register.filter
def number(value, places: int | None = None) -> str:
    return formats.number(value, places)


@register.filter
def capped(count) -> str:
    return formats.capped(count)


@register.filter
def price(value) -> str:
    return formats.price(value)


@register.filter
def percent(share, places: int = 0) -> str:
    return formats.percent(share, places)


@register.filter
def day(value) -> SafeString | str:
    return _time(value, formats.day(value))


@register.filter
def moment(value) -> SafeString | str:
    return _time(value, formats.moment(value))


@register.filter
def ago(value) -> SafeString | str:
    return _time(value, formats.ago(value))


def _time(value, words: str) -> SafeString | str:
    if value is None:
        return words
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), words)


@register.filter
def size(count: int) -> str:
    return formats.size(count)


@register.filter
def initial(name: str) -> str:
    """The character that stands for somebody in a round badge."""
    return str(name or "?").strip()[:1].upper()


@register.filter
def get(mapping, key):
    """A value out of a mapping by a key that is a variable."""
    return mapping.get(key, "") if mapping else ""


@register.filter
def chart_lines(data: dict) -> list[tuple[str, list, str]]:
    """A chart's data by row, for the table behind it: name, values, where it leads."""
    columns = [series["values"] for series in data["series"]]
    links = data.get("links") or [""] * len(data["x"])
    rows = [list(row) for row in zip(*columns, strict=True)]
    return list(zip(data["x"], rows, links, strict=True))


@register.filter
def chart_value(value, unit: str) -> str:
    if value is None:
        return formats.NOTHING
    return formats.percent(value, 1) if unit == "percent" else formats.number(value)


@register.filter
def hundredths(share: float) -> int:
    """A share as the whole number that a meter takes."""
    return round(share * 100)


@register.filter
def name_of(names, user_id) -> str:
    """The name behind an id, from names by id."""
    return names.get(str(user_id), "")
