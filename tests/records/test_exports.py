"""What goes out is written down first, and the file leads back to that line."""

import zipfile

import duckdb
import pytest

from zhike.customers.facts import CUSTOMER
from zhike.events.models import Event
from zhike.filters import Test as Asked
from zhike.records.exports import export_records, mark


def logged() -> Event:
    return Event.objects.filter(type="records.exported").latest("pk")


def test_the_log_says_who_took_what(cast, tmp_path):
    where = Asked("city", "eq", "杭州")
    export_records(CUSTOMER, cast.han, tmp_path / "c.csv", where=where)

    line = logged()
    assert line.actor_id == cast.han.user_id
    assert (line.data["type"], line.data["rows"], line.data["format"]) == ("customer", 1, "csv")
    assert line.data["filter"] == {"fact": "city", "op": "eq", "value": "杭州"}
    assert "phones" in line.data["columns"]


def test_a_sheet_bears_the_number_of_its_line(cast, tmp_path):
    export_records(CUSTOMER, cast.han, tmp_path / "c.xlsx", format="xlsx")
    with zipfile.ZipFile(tmp_path / "c.xlsx") as book:
        properties = book.read("docProps/core.xml").decode()
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert f"<dc:description>{mark(logged().pk)}</dc:description>" in properties
    assert f"&amp;R{mark(logged().pk)}" in sheet


def test_a_parquet_file_bears_the_number_of_its_line(cast, tmp_path):
    path = tmp_path / "it's.parquet"
    export_records(CUSTOMER, cast.han, path, format="parquet")
    found = duckdb.sql("SELECT key, value FROM parquet_kv_metadata($1)", params=[str(path)])
    assert (b"export", mark(logged().pk).encode()) in found.fetchall()


@pytest.mark.parametrize("format", ["csv", "xlsx", "parquet"])
def test_every_format_holds_every_row(cast, tmp_path, format):
    path = tmp_path / f"c.{format}"
    assert export_records(CUSTOMER, cast.mei, path, format=format) == logged().data["rows"] == 3
