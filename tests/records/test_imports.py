"""Files on their way in: what is recognised, what is refused, what is taken back."""

import csv
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from zhike.commerce.models import Line, Order, Product
from zhike.customers.models import Party
from zhike.events.models import Event
from zhike.kernel.errors import Invalid, NotAllowed, NotFound
from zhike.records.actions import undo_batch
from zhike.records.imports import actions, carrying_out
from zhike.records.imports.refused import write_error_file


@pytest.fixture
def bring_in(cast, tmp_path):
    """Imports a text (or bytes) as a file of a type; returns the finished run."""

    def run(
        type, content, *, name="file.csv", viewer=None, is_dry_run=False, mapping=None, **options
    ):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        viewer = viewer or cast.han
        prepared = actions.prepare_import(viewer, type=type, path=path, name=name)
        actions.map_import(
            viewer, prepared.pk, mapping=mapping or prepared.mapping, options=options
        )
        return actions.import_now(viewer, prepared.pk, is_dry_run=is_dry_run)

    return run


ORDERS = """订单号,下单时间,客户编号,客户名称,手机号,商品编号,商品名称,数量,单价
A1,2026/1/3 10:00,K1,李雷,138 1234 0001,T1,明前龙井,2,188.5
A1,2026/1/3 10:00,K1,李雷,138 1234 0001,T2,青瓷套装,1,399
A2,2026年2月1日,K2,韩梅梅,13812340002,T1,明前龙井,1,188.50
A3,2026-02-05,K1,李雷,13812340001,T1,明前龙井,-1,188.5
"""


def test_orders_with_customers_and_products(bring_in, cast):
    run = bring_in("order", ORDERS)

    assert (run.state, run.rows, run.created, run.refused) == ("done", 4, 3, 0)
    orders = {o.number: o for o in Order.objects.all()}
    assert {n: (o.kind, o.total) for n, o in orders.items()} == {
        "A1": ("sale", 776_00), "A2": ("sale", 188_50), "A3": ("return", -188_50),
    }  # fmt: skip
    assert Product.objects.count() == 2
    assert Line.objects.count() == 4
    assert set(Party.objects.filter(code__startswith="K").values_list("name", flat=True)) == {
        "李雷", "韩梅梅",
    }  # fmt: skip
    placed = Event.objects.get(type="order.created", subject_id=orders["A2"].pk)
    assert placed.happened_at == orders["A2"].placed_at
    assert placed.batch_id == run.batch_id


def test_gb18030_semicolons_and_quotes(bring_in):
    text = '客户名称;城市;标签\r\n"云栖; 茶舍";杭州;茶馆、礼盒\r\n𠮷野家;东京;\r\n'

    run = bring_in("customer", text.encode("gb18030"))

    assert (run.state, run.created) == ("done", 2)
    assert Party.objects.get(name="云栖; 茶舍").tags == ["茶馆", "礼盒"]
    assert Party.objects.filter(name="𠮷野家").exists()


def test_xlsx_with_numbers_and_dates(bring_in, tmp_path):
    import xlsxwriter

    path = tmp_path / "source.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Customer ID", "Invoice", "Invoice Date", "Amount"])
        sheet.write_row(1, 0, [17850, 536365, "2010-12-01 08:26", 15.3])

    run = bring_in("order", path.read_bytes(), name="orders.xlsx")

    assert (run.state, run.created) == ("done", 1)
    assert Party.objects.filter(code="17850").exists()
    assert Order.objects.get().number == "536365"
    assert Order.objects.get().total == 15_30


def test_importing_twice_changes_nothing(bring_in):
    bring_in("order", ORDERS)
    before = Event.objects.exclude(type="import.finished").count()

    run = bring_in("order", ORDERS)

    assert (run.created, run.skipped) == (0, 3)
    assert Event.objects.exclude(type="import.finished").count() == before


def test_customers_are_matched_and_updated(bring_in, cast):
    text = "编号,客户名称,城市,邮箱\nC001,,宁波,\n,,,TEA@yunqi.example\n,新客,北京,new@x.example\n"

    run = bring_in("customer", text)

    assert (run.created, run.updated, run.skipped, run.refused) == (1, 1, 1, 0)
    cast.yunqi.refresh_from_db()
    assert (cast.yunqi.city, cast.yunqi.name) == ("宁波", "杭州云栖茶舍")


def test_a_dry_run_counts_and_writes_nothing(bring_in):
    parties, events = Party.objects.count(), Event.objects.count()

    run = bring_in("order", ORDERS, is_dry_run=True)

    assert (run.state, run.created) == ("checked", 3)
    assert (Party.objects.count(), Order.objects.count()) == (parties, 0)
    assert Event.objects.count() == events


def test_refused_rows_come_back_with_their_reasons(cast, bring_in, tmp_path):
    text = ORDERS + "A9,someday,K1,李雷,1,T1,龙井,1,1\nA8,2026-01-01,,,,T1,龙井,1,=1+1\n"

    run = bring_in("order", text)
    count = write_error_file(cast.mei, run, tmp_path / "errors.csv")

    assert (run.created, run.refused, count) == (3, 2, 2)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "errors.csv").read_text("utf-8-sig"))))
    assert [row["订单号"] for row in rows] == ["A9", "A8"]
    assert rows[1]["单价"] == "'=1+1"
    assert "someday" in rows[0]["Reason"]


def test_undo_takes_a_whole_import_back(bring_in, cast):
    before = Party.objects.filter(archived_at=None).count()
    run = bring_in("order", ORDERS)

    _undo, done, left = undo_batch(cast.han, run.batch_id)

    assert (done, left) == (7, 0)  # three orders, two customers, two products
    assert Party.objects.filter(archived_at=None).count() == before
    assert Order.objects.filter(archived_at=None).count() == 0
    assert bring_in("order", ORDERS).created == 3


def test_a_killed_import_goes_on_where_it_stopped(bring_in, cast, tmp_path, monkeypatch):
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS)
    monkeypatch.setattr(carrying_out, "APPLY_CHUNK", 2)
    prepared = actions.prepare_import(cast.han, type="order", path=path, name="orders.csv")

    def die_after_one(run):
        if run.applied == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        actions.import_now(cast.han, prepared.pk, is_dry_run=False, report=die_after_one)
    assert Order.objects.count() == 1

    run = carrying_out.run_import(prepared.pk, viewer=cast.han)
    assert (run.state, run.created, Order.objects.count()) == ("done", 3, 3)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\n\n", "no_headings"),
        ("姓名\n王伟".encode("gb18030") + b"\xff\xff\xff", "bad_encoding"),
        (b"name\n\x00\x01\x02", "binary"),
        (b"PK\x03\x04 cut off", "broken_xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "old_excel"),
    ],
)
def test_a_file_that_is_no_table_is_refused(bring_in, content, code):
    with pytest.raises(Invalid) as refusal:
        bring_in("customer", content)

    assert refusal.value.code == code


@pytest.mark.parametrize("broken", ['"王伟,杭州\n李雷,上海\n', '"a"b,c\n', "\x00\x01\n"])
def test_a_file_broken_in_the_middle_changes_nothing(bring_in, broken):
    before = Party.objects.count()
    good = "".join(f"客户{number},杭州\n" for number in range(20))

    if "\x00" in broken:  # seen when the file is opened
        with pytest.raises(Invalid):
            bring_in("customer", "客户名称,城市\n" + good + broken)
    else:
        run = bring_in("customer", "客户名称,城市\n" + good + broken)
        assert run.state == "failed"
        assert run.error
    assert Party.objects.count() == before


def test_headings_without_rows_are_refused(bring_in):
    assert bring_in("customer", "客户名称,城市\n").state == "failed"


def test_a_cut_off_last_row_is_refused_alone(bring_in):
    run = bring_in("customer", "客户名称,城市,手机\n王伟,杭州,13800138000\n李雷,上")

    assert (run.created, run.refused) == (1, 1)


def test_a_zip_bomb_is_not_opened(bring_in):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (100 * 2**20))

    with pytest.raises(Invalid) as refusal:
        bring_in("customer", bomb.getvalue(), name="bomb.xlsx")

    assert refusal.value.code == "zip_bomb"


def test_who_may_not_import_can_not(bring_in, cast):
    with pytest.raises(NotAllowed):
        bring_in("customer", "客户名称\n王伟\n", viewer=cast.li)
    with pytest.raises(NotFound):
        bring_in("dream", "客户名称\n王伟\n")


def test_cdnow_without_order_numbers(bring_in, public_data):
    import gzip

    content = gzip.decompress((public_data / "cdnow_sample.csv.gz").read_bytes())
    mapping = {
        "customer_code": "sample_id",
        "placed_at": "date",
        "quantity": "cds",
        "amount": "amount",
    }

    run = bring_in("order", content, mapping=mapping, currency="USD")

    assert run.state == "done"
    # The file's amounts are dollars and the firm counts in yuan: without a rate all are refused.
    assert (run.created, run.refused) == (0, 6919)

    run = bring_in("order", content, mapping=mapping)
    assert (run.created, run.refused) == (6919, 0)
    assert Party.objects.filter(source="import").count() == 2357


def test_export_and_import_again(bring_in, cast, tmp_path):
    from zhike.customers.facts import CUSTOMER
    from zhike.records.exports import export_records

    path = tmp_path / "customers.csv"
    assert export_records(CUSTOMER, cast.han, path) == 3

    run = bring_in("customer", Path(path).read_bytes())

    assert run.refused == 0
    assert run.created == 1  # Lin & Sons has neither number, e-mail nor phone to be known by


def test_an_import_reaches_no_customer_that_its_maker_may_not_see(bring_in, cast):
    """A manager of the west brings in files that name a customer of the east."""
    west = replace(cast.zhao, role="manager")
    before = Event.objects.filter(party_id=cast.yunqi.pk).count()

    people = bring_in("customer", "编号,城市\nC001,成都\nW9,成都\n", viewer=west)
    orders = bring_in(
        "order",
        "订单号,日期,客户编号,金额\nE1,2026-01-03,C001,10\nE2,2026-01-03,W9,10\n",
        viewer=west,
    )

    assert (people.created, people.updated, people.refused) == (1, 0, 1)
    assert (orders.created, orders.refused) == (1, 1)
    assert Order.objects.get().number == "E2"
    assert Event.objects.filter(party_id=cast.yunqi.pk).count() == before
    cast.yunqi.refresh_from_db()
    assert cast.yunqi.city == "杭州"


def test_orders_in_another_currency_take_the_rate_of_the_option(bring_in, cast):
    text = "客户名称,下单时间,金额\nAnna,2026-01-05,10\n"

    refused = bring_in("order", text, currency="USD")
    run = bring_in("order", text, currency="USD", rate="7.1")

    assert (refused.created, refused.refused) == (0, 1)
    assert (run.created, run.refused) == (1, 0)
    order = Order.objects.get(number__startswith="Anna")
    assert (order.currency, order.total, order.value) == ("USD", 10_00, 71_00)


def test_fails_on_an_option_that_there_is_not(bring_in):
    with pytest.raises(Invalid) as refusal:
        bring_in("order", "客户名称,下单时间,金额\nA,2026-01-05,10\n", curency="USD")
    assert "currency, rate, customer_kind" in refusal.value.errors[0].message


@pytest.mark.parametrize("heading", ["金额", "客户名称"])
def test_fails_before_the_first_row_when_a_needed_column_is_missing(bring_in, heading):
    text = "客户名称,下单时间,金额\nA,2026-01-05,10\n".replace(heading, "别的")
    with pytest.raises(Invalid):
        bring_in("order", text)
