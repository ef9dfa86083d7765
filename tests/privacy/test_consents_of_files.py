"""Consents that come with a file of customers, or in an answer of a program."""

import csv

import pytest
from django.db import connection
from django.test import Client

from zhike.access.actions import create_token
from zhike.access.models import FieldRight
from zhike.access.queries import viewer_by_id
from zhike.access.viewer import SYSTEM
from zhike.customers.models import Party
from zhike.events.models import Event
from zhike.kernel.errors import Invalid
from zhike.privacy import queries
from zhike.privacy.actions import add_text, keep_consents, record_consent
from zhike.privacy.models import Consent
from zhike.records.actions import undo_batch
from zhike.records.imports import actions as imports

HEADINGS = ["姓名", "编号", "consent.marketing.email", "consent.marketing", "consent.sharing"]


@pytest.fixture
def bring(cast, tmp_path):
    """Imports rows in the name of Mei."""

    def bring(*rows, headings=HEADINGS, viewer=cast.mei, **options):
        path = tmp_path / "customers.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([headings, *rows])
        run = imports.prepare_import(viewer, type="customer", path=path, name="customers.csv")
        run = imports.map_import(viewer, run.pk, mapping=run.mapping, options=options)
        return imports.import_now(viewer, run.pk, is_dry_run=False)

    return bring


def agreed(name: str) -> list[str]:
    return Party.objects.get(name=name, archived_at=None).consents


def test_files_that_are_opened_with_consents_are_written_once(bring):
    def updated() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT n_tup_upd FROM pg_stat_xact_user_tables WHERE relname = 'customers_party'"
            )
            return cursor.fetchone()[0]

    before = updated()
    bring(["周一", "A1", "是", "否", "yes"], ["周二", "A2", "", "是", "no"])
    assert agreed("周一") == ["marketing:email", "sharing"]  # one channel counts before all
    assert len(agreed("周二")) == 5
    assert updated() == before


def test_columns_say_who_agreed_to_what(cast, bring):
    run = bring(
        ["周一", "A1", "是", "", "yes"], ["周二", "A2", "否", "", ""],
        ["周三", "A3", "", "1", "no"],
        consent_separate="1", consent_source="paper", consent_at="2024-05-06 10:00",
    )  # fmt: skip
    assert (run.state, run.created, run.refused) == ("done", 3, 0)
    assert agreed("周一") == ["marketing:email", "sharing"]
    assert agreed("周二") == []
    every = ("email", "phone", "post", "sms", "wechat")
    assert agreed("周三") == [f"marketing:{one}" for one in every]
    line = Consent.objects.get(party_id=Party.objects.get(name="周一").pk, purpose__key="sharing")
    assert (line.source, line.is_separate, line.at.isoformat(), line.batch_id) == (
        "paper", True, "2024-05-06T02:00:00+00:00", run.batch_id,
    )  # fmt: skip
    told = Event.objects.filter(type__startswith="consent.", batch_id=run.batch_id)
    assert (
        sorted(told.values_list("type", flat=True))
        == ["consent.given"] * 3 + ["consent.withdrawn"] * 2
    )


def test_what_stands_already_is_not_said_again(cast, bring):
    rows = ["周一", "A1", "是", "", ""]
    bring(rows)
    again = bring(rows)
    assert (again.created, again.updated, again.skipped) == (0, 0, 1)
    changed = bring(["周一", "A1", "否", "", ""])
    assert (changed.updated, changed.skipped, agreed("周一")) == (1, 0, [])
    add_text(cast.mei, "marketing", chinese="我同意")
    assert bring(["周一", "A1", "否", "", ""]).updated == 1
    assert Consent.objects.count() == 3


def test_an_undo_takes_the_lines_back_and_may_be_undone(cast, bring):
    record_consent(
        cast.chen.pk, purpose="marketing", channel="email", is_given=True, source="form",
        viewer=cast.mei,
    )  # fmt: skip
    Party.objects.filter(pk=cast.chen.pk).update(code="C9")
    run = bring(["陈嘉怡", "C9", "否", "", "是"])
    assert agreed("陈嘉怡") == ["sharing"]
    undo, *_counts = undo_batch(cast.mei, run.batch_id)
    assert agreed("陈嘉怡") == ["marketing:email"]
    answer = queries.may_contact(cast.mei, cast.chen.pk, purpose="marketing", channel="email")
    assert (answer.is_allowed, answer.code) == (True, "given")
    lines = queries.ledger(cast.mei, cast.chen.pk)
    assert sorted(queries.is_taken_back(one) for one in lines) == [False, True, True]
    undo_batch(cast.mei, undo.pk)
    assert agreed("陈嘉怡") == ["sharing"]


def test_what_makes_no_sense_is_refused_before_anything_is_read(cast, bring):
    row = ["周一", "A1", "是", "", ""]
    for wrong in ({"consent_at": "2199-01-01"}, {"consent_text": "7"}, {"consent_source": "owl"}):
        with pytest.raises(Invalid):
            bring(row, **wrong)
    assert bring(["周一", "A1", "maybe", "", ""]).refused == 1
    assert Consent.objects.count() == 0


def test_who_may_not_set_consents_brings_none(cast, bring):
    FieldRight.objects.create(role="manager", record_type="customer", fact="consents", level="read")
    han = viewer_by_id(cast.han.user_id, source="page")
    with pytest.raises(Invalid):
        bring(["周一", "A1", "是", "", ""], viewer=han)
    with pytest.raises(Invalid):
        record_consent(cast.chen.pk, purpose="marketing", is_given=True, source="form", viewer=han)
    assert bring(["周一", "A1"], headings=HEADINGS[:2], viewer=han).created == 1
    assert Consent.objects.count() == 0


def test_a_role_from_which_consents_are_hidden_is_told_whether_not_why(cast):
    keep_consents(cast.mei, cast.chen.pk, ["marketing:email"])
    FieldRight.objects.create(role="manager", record_type="customer", fact="consents", level="hide")
    han = viewer_by_id(cast.han.user_id, source="page")
    assert queries.ledger(han, cast.chen.pk) == []
    assert all(one.line is None for one in queries.states(han, cast.chen.pk))
    answer = queries.may_contact(han, cast.chen.pk, purpose="marketing", channel="email")
    assert (answer.is_allowed, answer.code, answer.words) == (True, "hidden", "")


def test_programs_send_consents_with_a_customer(cast):
    key = create_token(SYSTEM, user_id=cast.mei.user_id, name="shop", scopes=["read", "write"])[1]
    auth = {"HTTP_AUTHORIZATION": f"Bearer {key}"}

    def send(method, path, body):
        call = getattr(Client(), method)
        return call(f"/api/v1/customers{path}", body, content_type="application/json", **auth)

    made = send("post", "", {"name": "周一", "consents": ["marketing:email", "sharing"]})
    assert (made.status_code, made.json()["consents"]) == (201, ["marketing:email", "sharing"])
    path = f"/{made.json()['id']}"
    assert send("patch", path, {"consents": {"marketing:sms": True}}).json()["consents"] == [
        "marketing:email", "marketing:sms", "sharing",
    ]  # fmt: skip
    changed = send("patch", path, {"name": "周二", "consents": ["sharing"]}).json()
    assert (changed["name"], changed["consents"]) == ("周二", ["sharing"])
    assert Consent.objects.count() == 5
    assert send("patch", path, {"consents": ["sharing"]}).status_code == 200
    assert Consent.objects.count() == 5
    wrong = send("patch", path, {"name": "周三", "consents": ["fun"]})
    assert (wrong.status_code, Party.objects.get(pk=made.json()["id"]).name) == (422, "周二")
    bulk = send(
        "post", "/bulk", {"items": [{"name": "周五", "code": "B5", "consents": ["sharing"]}]}
    )
    assert bulk.json()["created"] == 1
    undo_batch(SYSTEM, bulk.json()["batch"])
    assert Party.objects.get(code="B5").consents == []
