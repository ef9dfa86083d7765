import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from zhike.customers.facts import CUSTOMER
from zhike.records.imports.carrying_out import run_import
from zhike.records.queries import find, imports

FILE = "客户名称,手机,备用\n宁波老码头茶行,13900000001,x\n坏,abc,x\n".encode()


@pytest.fixture
def uploaded(mei, cast):
    upload = SimpleUploadedFile("客户.csv", FILE, "text/csv")
    mei.post("/imports/", {"type": "customer", "file": upload})
    return imports(cast.mei)[0]


def work(run, viewer) -> None:
    run_import(run.pk, viewer=viewer)


def test_columns_are_recognised_and_shown_with_their_values(mei, uploaded):
    text = mei.get(f"/imports/{uploaded.pk}").text
    assert '<option value="name" selected>' in text
    assert "宁波老码头茶行" in text


def test_a_file_is_tried_then_applied_then_taken_back(mei, cast, uploaded):
    mapping = {"column-0": "name", "column-1": "phones", "do": "try"}
    mei.post(f"/imports/{uploaded.pk}/start", mapping)
    assert 'hx-trigger="every 1s"' in mei.get(f"/imports/{uploaded.pk}").text
    work(uploaded, cast.mei)
    assert "This is what would happen" in mei.get(f"/imports/{uploaded.pk}").text
    assert len(find(CUSTOMER, cast.mei).items) == 3
    mei.post(f"/imports/{uploaded.pk}/apply")
    work(uploaded, cast.mei)
    headers = {"HX-Request": "true", "HX-Target": "section#import"}
    text = mei.get(f"/imports/{uploaded.pk}", headers=headers).text
    assert "The file is in" in text
    assert "<html" not in text
    assert len(find(CUSTOMER, cast.mei).items) == 4
    uploaded.refresh_from_db()
    mei.post(f"/batches/{uploaded.batch_id}/undo")
    assert len(find(CUSTOMER, cast.mei).items) == 3


def test_refused_rows_come_back_with_their_reason(mei, cast, uploaded):
    mei.post(f"/imports/{uploaded.pk}/start", {"column-0": "name", "column-1": "phones"})
    work(uploaded, cast.mei)
    answer = mei.get(f"/imports/{uploaded.pk}/refused")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert "坏,abc,x,3,Phones: “abc” is not a phone number." in text


def test_a_mapping_that_lacks_what_is_needed_is_refused(mei, cast):
    upload = SimpleUploadedFile("p.csv", b"code,what\n1,2\n", "text/csv")
    mei.post("/imports/", {"type": "product", "file": upload})
    run = imports(cast.mei)[0]
    answer = mei.post(f"/imports/{run.pk}/start", {"column-0": "code"})
    assert answer.status_code == 422
    assert "No column is chosen for “Name”." in answer.text


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02\x03" * 20, b"PK\x03\x04broken"])
def test_a_file_that_is_no_table_is_refused_with_words(mei, cast, content):
    upload = SimpleUploadedFile("x.csv", content, "text/csv")
    answer = mei.post("/imports/", {"type": "customer", "file": upload})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert imports(cast.mei) == []


def test_staff_do_not_import(li, uploaded):
    assert li.get("/imports/").status_code == 403
    assert li.get(f"/imports/{uploaded.pk}").status_code == 403
