"""The pages in Chromium, on a live server. Whatever the browser complains about fails the test."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from cast import PASSWORD, build_cast
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
]
EXPECTED = ("the server responded with a status of 422",)  # a refused form is no mishap

# Playwright runs its own event loop in this thread, which Django takes for an async caller.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def pytest_collection_modifyitems(items) -> None:
    for item in items:
        if "e2e" in item.path.parts:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))
            if not CHROMIUM.exists():
                item.add_marker(pytest.mark.skip(reason="Chromium is not installed"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def company(transactional_db):
    return build_cast()


@pytest.fixture
def open_as(chromium, company, live_server):
    """Signs somebody in, in a window of a size and a theme; ends by looking for complaints."""
    contexts, complaints = [], []

    def opened(name: str, *, width: int = 1440, height: int = 900, theme: str = "light") -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            base_url=live_server.url,
            locale="en",
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: _note(message, complaints))
        page.goto("/sign-in")
        page.get_by_label("E-mail").fill(f"{name}@teahouse.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_selector(".shell")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def _note(message, complaints: list[str]) -> None:
    is_expected = any(known in message.text for known in EXPECTED)
    if message.type in ("error", "warning") and not is_expected:
        complaints.append(message.text)
