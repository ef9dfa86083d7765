"""Every page in both languages, both themes, wide and narrow: no barrier, nothing cut off."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from zhike.access.actions import set_preferences
from zhike.commerce.actions import place_order

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}}
PAGES = (
    *("/customers/", "/customers/new", "/orders/", "/orders/new", "/products/", "/imports/"),
    *("/history", "/settings/", "/settings/password", "/settings/tokens", "/settings/users"),
    *("/settings/users/new", "/settings/firm"),
)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_no_page_has_a_barrier(open_as, company, language, theme):
    order = place_order(
        {"number": "A1", "customer": company.yunqi.pk, "placed_at": "2026-01-05 10:00"},
        lines=[{"quantity": 2, "unit_price": "12.5", "description": "龙井"}],
        viewer=company.li,
    )
    set_preferences(company.mei.user_id, language=language, theme=theme)
    page = open_as("mei", theme=theme)
    found = {}
    records = (f"/customers/{company.yunqi.pk}", f"/orders/{order.pk}")
    for address in (*PAGES, *records):
        page.goto(address)
        if broken := Axe().run(page, options=RULES).response["violations"]:
            found[address] = [
                (one["id"], [n["target"] for n in one["nodes"]][:3]) for one in broken
            ]
    assert found == {}


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_is_wider_than_the_window(open_as, company, width):
    page = open_as("mei", width=width)
    for address in (*PAGES, f"/customers/{company.yunqi.pk}"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address


def test_every_open_thing_closes_with_escape(open_as, company):
    page = open_as("mei")
    page.goto("/customers/")
    for keys, thing in (("Control+k", "#palette"), ("?", "#shortcuts")):
        page.keyboard.press(keys)
        page.wait_for_selector(thing)
        assert Axe().run(page, options=RULES).response["violations"] == []
        page.keyboard.press("Escape")
        page.wait_for_selector(thing, state="hidden")


def test_a_shortcut_works_in_the_moment_after_something_closed(open_as, company):
    page = open_as("mei")
    page.goto("/customers/")
    for _ in range(5):
        page.keyboard.press("Control+k")
        page.wait_for_selector("#palette")
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        page.wait_for_selector("#shortcuts")
        page.keyboard.press("Escape")
        page.wait_for_selector("#shortcuts", state="hidden")
