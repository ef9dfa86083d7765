"""The pages of privacy: the register with its figure, the ZIP, a certificate."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from privacy.conftest import shipped  # noqa: F401

from zhike.customers.actions import add_attachment
from zhike.customers.models import Attachment
from zhike.privacy.actions import erase_customer, open_request
from zhike.privacy.models import Consent, Purpose

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


def test_a_purpose_has_its_bases_and_its_texts(cast, mei, li):
    address = "/settings/privacy/purposes/profiling"
    assert li.get(address).status_code == 403
    sent = {"pipl": "consent", "gdpr": "contract", "is_separate": "1"}
    assert mei.post(address, sent).status_code == 302
    assert mei.post(address, {**sent, "pipl": "interests"}).status_code == 422
    kept = Purpose.objects.get(key="profiling")
    assert (kept.gdpr, kept.is_separate) == ("contract", True)
    assert mei.post(f"{address}/texts", {"chinese": "我同意", "english": ""}).status_code == 302
    page = mei.get(address).content.decode()
    assert "Version 1" in page
    assert "我同意" in page
    assert address in mei.get("/settings/privacy").content.decode()


def test_a_consent_names_the_file_that_proves_it(cast, mei):
    add_attachment(cast.chen.pk, upload=SimpleUploadedFile("signed.txt", b"yes"), viewer=cast.mei)
    proof = Attachment.objects.get().pk
    assert (
        f'<option value="{proof}">signed.txt'
        in mei.get(f"/customers/{cast.chen.pk}").content.decode()
    )
    sent = {"purpose": "marketing:email", "answer": "given", "source": "paper", "proof": proof}
    assert mei.post(f"/customers/{cast.chen.pk}/consents", sent).status_code == 302
    assert Consent.objects.get().proof_id == proof
