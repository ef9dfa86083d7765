"""Takes the pictures of the user guide from a running Zhike.

    python scripts/take_pictures.py http://127.0.0.1:8000 EMAIL PASSWORD

Needs Chromium (Debian's package `chromium`).
"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

PAGES = {"today": "/today/", "customers": "/customers/", "value": "/value/", "import": "/imports/"}
PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def take(address: str, email: str, password: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=OPTIONS)
        for language, code in (("zh", "zh-hans"), ("en", "en")):
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            context.add_cookies([{"name": "zhike_language", "value": code, "url": address}])
            page = context.new_page()
            page.goto(f"{address}/sign-in")
            page.fill("input[name=email]", email)
            page.fill("input[name=password]", password)
            page.press("input[name=password]", "Enter")
            page.wait_for_url("**/today/**")
            for name, path in PAGES.items():
                page.goto(address + path)
                page.wait_for_timeout(1_000)
                page.screenshot(path=PICTURES / f"{name}-{language}.png")
        browser.close()


if __name__ == "__main__":
    take(*sys.argv[1:4])
