"""The pages of privacy: the register with its figure, the ZIP, a certificate."""

import io
import zipfile

import pytest

from zhike.privacy.actions import erase_customer, open_request

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_register_counts_what_is_due_and_names_who(cast, mei, li):
    made = open_request(cast.mei, kind="access", customer=cast.chen.pk, received_on=None)
    page = mei.get("/settings/privacy/requests").content.decode()
    assert made.number in page
    assert "陈嘉怡" in page
    assert li.get("/settings/privacy/requests").status_code == 403
    assert "/settings/privacy/requests" not in li.get("/customers/").content.decode()


def test_a_refusal_without_a_reason_stays_on_its_page(cast, mei):
    made = open_request(cast.mei, kind="access", customer=cast.chen.pk)
    address = f"/settings/privacy/requests/{made.pk}/answer"
    assert mei.post(address, {"outcome": "refused", "reason": ""}).status_code == 422
    assert mei.post(address, {"outcome": "refused", "reason": "known"}).status_code == 302
    assert mei.post(address, {"outcome": "refused", "reason": "twice"}).status_code == 409


def test_the_zip_comes_as_a_download(cast, mei):
    answer = mei.post(f"/customers/{cast.chen.pk}/disclose", {"language": "en"})
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"
    assert archive.namelist() == ["index.html", "data.json"]
    assert "陈嘉怡" in archive.read("index.html").decode()


def test_a_certificate_says_what_was_reached_and_names_nobody(cast, mei):
    run = erase_customer(cast.mei, cast.chen.pk, ground="request", reference="R-9")
    page = mei.get(f"/settings/privacy/erasures/{run.pk}").content.decode()
    assert run.number in page
    assert "R-9" in page
    assert "陈嘉怡" not in page
