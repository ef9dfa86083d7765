"""The pages of privacy: the register with its figure, the ZIP, a certificate."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import override
from privacy.conftest import shipped  # noqa: F401

from zhike.customers.actions import add_attachment
from zhike.customers.models import Attachment
from zhike.events.models import Event
from zhike.kernel.errors import Invalid
from zhike.privacy import queries
from zhike.privacy.actions import (
    erase_customer,
    open_request,
    record_consent,
    refresh_purpose,
)
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


def test_a_consent_is_written_down_with_the_file_that_proves_it(cast, mei):
    sent = {"purpose": "marketing:email", "answer": "given", "source": "paper"}
    address = f"/customers/{cast.chen.pk}/consents"
    refused = {**sent, "purpose": "none", "file": SimpleUploadedFile("signed.txt", b"yes")}
    assert mei.post(address, refused).status_code == 422
    assert not Attachment.objects.exists()
    sent["file"] = SimpleUploadedFile("signed.txt", b"yes")
    assert mei.post(address, sent).status_code == 302
    kept = Attachment.objects.get()
    assert (kept.name, kept.party_id) == ("signed.txt", cast.chen.pk)
    assert Consent.objects.get().proof_id == kept.pk


def test_a_purpose_of_the_firms_own_is_added_named_and_closed(cast, mei, li):
    address = "/settings/privacy/purposes"
    sent = {
        "key": "events", "name": "Invitations", "chinese_name": "活动邀请", "about": "Tea evenings",
        "pipl": "consent", "gdpr": "consent", "is_separate": "", "is_by_channel": "",
    }  # fmt: skip
    assert li.post(address, sent).status_code == 403
    assert not Purpose.objects.filter(key="events").exists()
    assert mei.post(address, sent).status_code == 302
    assert mei.post(address, sent).status_code == 422  # it is there
    assert mei.post(address, {**sent, "key": "No key"}).status_code == 422
    record_consent(cast.chen.pk, purpose="events", is_given=True, source="form", viewer=cast.mei)
    page = mei.get("/settings/privacy").content.decode()
    assert "Invitations" in page
    assert "Tea evenings" in page
    with override("zh-hans"):
        assert str(queries.agreeable()["events"]) == "活动邀请"

    kept = {**sent, "name": "Evenings", "is_enabled": ""}
    assert mei.post(f"{address}/events", kept).status_code == 302
    refresh_purpose("events")
    cast.chen.refresh_from_db()
    assert (cast.chen.consents, "events" in queries.agreeable()) == ([], False)
    assert queries.ledger(cast.mei, cast.chen.pk)[0].purpose.name == "Evenings"
    with pytest.raises(Invalid):
        record_consent(
            cast.chen.pk, purpose="events", is_given=True, source="form", viewer=cast.mei
        )

    assert mei.post(f"{address}/events", {**kept, "is_enabled": "1"}).status_code == 302
    refresh_purpose("events")
    cast.chen.refresh_from_db()
    assert cast.chen.consents == ["events"]
    told = Event.objects.filter(subject_type="purpose").order_by("id")
    assert list(told.values_list("type", flat=True)) == [
        "purpose.kept", "purpose.kept", "purpose.closed", "purpose.kept", "purpose.reopened",
    ]  # fmt: skip
