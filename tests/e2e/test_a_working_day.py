"""What people do all day, by hand and by keyboard."""

from threading import Thread

from django.db import connections
from playwright.sync_api import Page, expect

from zhike.customers.facts import CUSTOMER
from zhike.jobs import run_worker
from zhike.records.queries import find


def work() -> None:
    """Works off the queue. In a thread of its own: Playwright's event loop runs in this one."""

    def work_and_leave() -> None:
        run_worker(wait=False)
        connections.close_all()

    worker = Thread(target=work_and_leave)
    worker.start()
    worker.join()


def test_from_the_list_to_a_note(open_as, company):
    page: Page = open_as("li")
    page.goto("/customers/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="杭州云栖茶舍", level=1)).to_be_visible()
    page.keyboard.press("n")
    page.keyboard.type("隔壁开了连锁，客流少三成。")
    page.get_by_text("Visit", exact=True).click()
    page.get_by_role("button", name="Keep").click()
    expect(page.locator(".entry-text")).to_have_text("隔壁开了连锁，客流少三成。")
    expect(page.locator("#composer-text")).to_have_value("")


def test_a_field_is_edited_with_the_keyboard(open_as, company):
    page: Page = open_as("li")
    page.goto(f"/customers/{company.yunqi.pk}")
    page.get_by_role("button", name="Edit City").click()
    expect(page.get_by_role("textbox", name="City")).to_be_focused()
    page.keyboard.type("宁波")
    page.keyboard.press("Enter")
    expect(page.locator('[data-field="city"] .value')).to_have_text("宁波")
    expect(page.locator("#timeline")).to_contain_text("宁波")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator('[data-field="city"] .value')).to_have_text("杭州")


def test_tags_are_changed_with_the_keyboard(open_as, company):
    page: Page = open_as("li")
    page.goto(f"/customers/{company.yunqi.pk}")
    page.keyboard.press("t")
    page.keyboard.type("展会")
    page.keyboard.press("Enter")
    expect(page.locator(".tags")).to_contain_text("展会")
    page.keyboard.type("老客户")
    page.keyboard.press("Enter")
    expect(page.locator(".tags li")).to_have_count(4)
    expect(page.locator("#timeline")).to_contain_text("老客户")
    page.get_by_role("button", name="Remove the tag 茶馆").press("Enter")
    expect(page.locator(".tags li")).to_have_count(3)
    page.get_by_role("button", name="Undo").last.click()
    expect(page.locator(".tags li")).to_have_count(4)


def test_a_wrong_value_stays_and_escape_leaves_it(open_as, company):
    page: Page = open_as("li")
    page.goto(f"/customers/{company.yunqi.pk}")
    page.get_by_role("button", name="Edit Phones").press("Enter")
    expect(page.get_by_role("textbox", name="Phones")).to_be_focused()
    page.keyboard.type("abc")
    page.keyboard.press("Enter")
    expect(page.locator(".editing .error")).to_contain_text("is not a phone number")
    page.locator(".editing input[name=phones]").press("Escape")
    expect(page.locator('[data-field="phones"] .value')).to_have_text("138 0013 8821")


def test_the_palette_finds_by_pinyin(open_as, company):
    page: Page = open_as("mei")
    page.keyboard.press("Control+k")
    page.keyboard.type("yunqi")
    expect(page.get_by_role("option", name="杭州云栖茶舍")).to_have_attribute(
        "aria-selected", "true"
    )
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="杭州云栖茶舍", level=1)).to_be_visible()


def test_enter_that_ends_a_pinyin_input_goes_nowhere(open_as, company):
    page: Page = open_as("mei")
    page.goto("/customers/")
    page.keyboard.press("Control+k")
    page.keyboard.type("yunqi")
    expect(page.get_by_role("option", name="杭州云栖茶舍")).to_be_visible()
    composing = "{key: 'Enter', bubbles: true, cancelable: true, isComposing: true}"
    page.evaluate(
        f"document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {composing}))"
    )
    expect(page.locator("#palette")).to_be_visible()


def test_a_list_is_narrowed_kept_and_changed_at_once(open_as, company):
    page: Page = open_as("mei")
    page.goto("/customers/")
    page.get_by_role("button", name="+ Condition").click()
    page.get_by_label("Fact").select_option("city")
    expect(page.locator("#condition-op")).to_have_value("contains")
    page.locator("#condition").get_by_role("textbox", name="Value").fill("杭州")
    page.locator("#condition").get_by_role("button", name="Add").click()
    expect(page.locator(".chip")).to_contain_text("City contains 杭州")
    expect(page.locator("[data-row]")).to_have_count(1)
    page.get_by_role("button", name="+ Save this view").click()
    page.get_by_label("Name of the view").fill("West lake")
    page.locator("#keep-view").get_by_role("button", name="Save").click()
    expect(page.locator(".tabs [aria-current]")).to_contain_text("West lake")
    page.get_by_label("Select 杭州云栖茶舍").check()
    page.locator("#bulk-field").select_option("industry")
    page.locator("#bulk-value input").fill("茶饮")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("1 record changed")
    page.get_by_role("link", name="Remove: City contains 杭州").click()
    expect(page.locator("[data-row]")).to_have_count(3)


def test_a_file_comes_in_while_one_watches(open_as, company, tmp_path):
    rows = "".join(f"测试客户{number},138{number:08}\n" for number in range(300))
    file = tmp_path / "客户.csv"
    file.write_text("客户名称,手机\n" + rows + "坏,abc\n", encoding="utf-8")
    page: Page = open_as("mei")
    page.goto("/imports/")
    page.set_input_files("#import-file", file)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Match the columns")).to_be_visible()
    page.get_by_role("button", name="Import now").click()
    expect(page.get_by_role("heading", name="Importing")).to_be_visible()
    work()
    expect(page.get_by_role("heading", name="The file is in")).to_be_visible()
    expect(page.locator("#import")).to_contain_text("300\ncreated", use_inner_text=True)
    expect(page.locator("#import")).to_contain_text("1\nrefused", use_inner_text=True)
    page.get_by_role("button", name="Undo this import").click()
    expect(page.locator(".toast")).to_contain_text("Undone")
    assert len(find(CUSTOMER, company.mei, limit=100).items) == 3


def test_an_order_is_placed_by_searching(open_as, company):
    from zhike.commerce.actions import create_product

    create_product({"code": "T1", "name": "明前龙井", "price": "128"}, viewer=company.mei)
    page: Page = open_as("li")
    page.goto("/orders/new")
    page.get_by_role("combobox", name="Customer", exact=True).press_sequentially("yunqi")
    page.get_by_role("option", name="杭州云栖茶舍").click()
    page.get_by_role("combobox", name="Product").first.press_sequentially("龙井")
    page.get_by_role("option", name="明前龙井").click()
    expect(page.get_by_label("Unit price").first).to_have_value("128")
    page.get_by_label("Quantity").first.fill("3")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("tfoot")).to_contain_text("¥384.00")


def test_on_a_phone_the_file_is_tabs(open_as, company):
    page: Page = open_as("li", width=390, height=844)
    page.goto(f"/customers/{company.yunqi.pk}")
    expect(page.locator("#timeline")).to_be_visible()
    expect(page.locator('[data-field="city"]')).to_be_hidden()
    page.get_by_role("button", name="Facts").click()
    expect(page.locator('[data-field="city"]')).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
