"""The main job in a browser: from a file of orders to a list worked off with the keyboard."""

import csv
import random
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from test_a_working_day import work

from zhike.access.viewer import SYSTEM
from zhike.events.models import Event
from zhike.insight.actions import run_scores
from zhike.insight.models import Suggestion
from zhike.kernel import clock


@pytest.fixture
def orders_file(tmp_path):
    """A year of sixty buyers with rhythms of their own; some have stopped."""
    random_ = random.Random(11)
    path = tmp_path / "订单.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["订单号", "下单时间", "客户编号", "客户名称", "商品名称", "数量", "单价"])
        for buyer in range(60):
            gap = random_.randint(10, 60)
            last = random_.choice([3, 10, 4 * gap])
            for serial in range(random_.randint(1, 7)):
                day = clock.today() - timedelta(days=last + serial * gap)
                price = round(random_.gammavariate(3, 60), 2) + 10
                row = [f"N{buyer}-{serial}", day, f"B{buyer}", f"茶客{buyer}", "龙井", 1, price]
                writer.writerow(row)
    return path


def test_from_a_file_to_todays_list(open_as, company, orders_file):
    page: Page = open_as("mei")
    page.goto("/imports/")
    page.locator("input[name=type][value=order]").check(force=True)
    page.set_input_files("#import-file", orders_file)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Import now").click()
    work()
    expect(page.get_by_role("heading", name="The file is in")).to_be_visible()
    for _ring in range(3):  # the import rings the dispatcher, which rings for the scores
        work()

    page.goto("/today/")
    rows = page.locator("[data-row]")
    expect(rows.first).to_contain_text("days")
    first = rows.first.locator("h2 a").inner_text()
    before = rows.count()
    page.keyboard.press("Enter")
    page.locator("#work-text").fill("春茶到了，月底来看样。")
    page.locator("#work-on").fill((clock.today() + timedelta(days=5)).isoformat())
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast").last).to_contain_text("Recorded")
    expect(page.locator("#today")).not_to_contain_text(first)

    page.keyboard.press("j")
    page.keyboard.press("s")
    page.get_by_role("button", name="Put off").click()
    expect(rows).to_have_count(min(before - 2, 25))
    page.keyboard.press("n")
    expect(page.locator(".toast").last).to_contain_text("Not now")
    page.get_by_role("button", name="Undo").last.click()
    expect(rows).to_have_count(min(before - 2, 25))

    page.locator("h2 a").first.wait_for()
    assert Event.objects.filter(type="contact.logged").count() == 1
    states = set(Suggestion.objects.exclude(state="open").values_list("state", flat=True))
    assert states == {"done", "snoozed"}


def test_a_segment_is_built_and_kept(open_as, company):
    page: Page = open_as("han")
    page.goto("/segments/new")
    page.get_by_label("Name").fill("Hangzhou or tea houses")
    page.get_by_role("button", name="Remove").first.click()
    expect(page.locator("#preview")).to_contain_text("all of them")
    page.get_by_role("button", name="+ Group").click()
    page.locator("z-builder input[type=text]").first.fill("杭州")
    expect(page.locator("#preview")).to_contain_text("City contains 杭州")
    expect(page.locator("#preview .figure")).to_have_text("1")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("heading", name="Hangzhou or tea houses")).to_be_visible()
    expect(page.locator("main")).to_contain_text("杭州云栖茶舍")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_analysts_pages_have_no_barrier(open_as, company, orders_file, language, theme):
    from axe_playwright_python.sync_playwright import Axe
    from test_for_everybody import RULES

    from zhike.access.actions import set_preferences
    from zhike.records.imports import actions as imports
    from zhike.segments.models import Segment

    run = imports.prepare_import(company.mei, type="order", path=orders_file, name="o.csv")
    imports.import_now(company.mei, run.pk, is_dry_run=False)
    run_scores(SYSTEM)
    set_preferences(company.mei.user_id, language=language, theme=theme)
    page = open_as("mei", theme=theme)
    segment = Segment.objects.get(key="key")
    pages = ("/today/", "/segments/", f"/segments/{segment.pk}", "/segments/new", "/value/",
             "/value/models")  # fmt: skip
    found = {}
    for address in pages:
        page.goto(address)
        page.wait_for_timeout(400)
        if broken := Axe().run(page, options=RULES).response["violations"]:
            found[address] = [
                (one["id"], [n["target"] for n in one["nodes"]][:3]) for one in broken
            ]
    assert found == {}
