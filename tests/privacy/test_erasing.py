"""A person is erased: nothing is left anywhere, and what others need stays."""

import re
from pathlib import Path

import duckdb
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from zhike.access.models import IdempotentReply
from zhike.commerce.actions import place_order
from zhike.commerce.models import Order
from zhike.customers import actions as customers
from zhike.customers.facts import CUSTOMER
from zhike.customers.forgetting import forgetting_tables
from zhike.customers.merging.actions import merge_customers, unmerge_customers
from zhike.customers.merging.pointers import pointers
from zhike.customers.models import Attachment, Party
from zhike.customers.sharing.actions import share_customer
from zhike.events.models import Event, Failure
from zhike.insight import lake
from zhike.insight.actions import run_scores
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from zhike.kernel.home import files_folder, home, logs_folder
from zhike.ownership.models import Entry
from zhike.privacy import queries
from zhike.privacy.actions import (
    erase_customer,
    erasing,
    preview_erasure,
    request_erasure,
    run_erasure,
    set_policy,
)
from zhike.privacy.models import Erasure
from zhike.records.actions import restore_record, save_view, undo_batch
from zhike.records.imports import actions as imports
from zhike.records.imports.refused import write_error_file
from zhike.records.models import Import, ImportRow

pytestmark = pytest.mark.django_db(transaction=True)

SECRETS = (
    "欧阳扶摇", "Ouyang Zephyrine", "13977700123", "397 7700", "zephyrine@quince.example",
    "1987-03-29", "柏林街七十七号", "ZQ-7741", "怕狗不吃辣", "vexillology", "圣诞前回电",
    "身份证扫描", "badgerwort", "quillback",
)  # fmt: skip


@pytest.fixture
def fuyao(cast):
    """A customer of whom something is kept in every place there is."""
    for path in files_folder().rglob("*"):
        if path.is_file():
            path.unlink()
    li = cast.li
    party = customers.create_customer(
        {"name": "欧阳扶摇", "phones": "139 7770 0123", "emails": "zephyrine@quince.example",
         "birthday": "1987-03-29", "street": "柏林街七十七号", "code": "ZQ-7741",
         "remark": "怕狗不吃辣", "tags": ["vexillology"], "company": cast.yunqi.pk,
         "custom": {"shoe": "badgerwort"}},
        viewer=li,
    )  # fmt: skip
    twin = customers.create_customer(
        {"name": "Ouyang Zephyrine", "phones": "13977700123", "remark": "vexillology"}, viewer=li
    )
    customers.change_customer(party.pk, {"remark": "怕狗不吃辣, badgerwort"}, viewer=li)
    merge_customers(cast.mei, party.pk, twin.pk)
    customers.add_note(party.pk, text="怕狗不吃辣", viewer=li)
    customers.log_contact(party.pk, channel="call", text="badgerwort", viewer=li)
    customers.create_task(party.pk, title="圣诞前回电", viewer=li)
    customers.add_relation(party.pk, kind="partner", other_id=cast.yunqi.pk, viewer=li)
    customers.add_relation(cast.yunqi.pk, kind="partner", other_id=party.pk, viewer=li)
    customers.add_note(cast.yunqi.pk, text="Ouyang Zephyrine (139-7770 0123) 找欧阳扶摇", viewer=li)
    customers.add_attachment(
        party.pk, upload=SimpleUploadedFile("身份证扫描.txt", b"quillback"), viewer=li
    )
    share_customer(party.pk, with_id=cast.zhao.user_id, viewer=cast.mei)
    Entry.objects.create(
        party_id=party.pk,
        at=clock.now(),
        verb="protected",
        until=clock.today(),
        reason="怕狗不吃辣",
    )
    place_order(
        {"number": "S-1", "customer": party.pk, "placed_at": "2026-01-05", "remark": "怕狗不吃辣"},
        lines=[{"description": "刻字 欧阳扶摇", "quantity": 2, "unit_price": "10.50"}], viewer=li,
    )  # fmt: skip
    where = {"fact": "name", "op": "contains", "value": "欧阳扶摇"}
    save_view(li, CUSTOMER, name="欧阳扶摇的", filter=where)
    _import(cast.mei, "姓名,手机,生日\n欧阳扶摇,13977700123,1987-03-29\n,,\n", do="dry run")
    _import(
        cast.mei, "姓名,手机,备注\n欧阳扶摇,13977700123,怕狗不吃辣\n,,zephyrine@quince.example\n"
    )
    IdempotentReply.objects.create(
        user_id=li.user_id, key="k", fingerprint="f", body=f'{{"id":"{party.pk}","r":"怕狗不吃辣"}}'
    )
    Failure.objects.create(
        reaction="r", event_id=Event.objects.get(type="contact.logged").pk, error="badgerwort"
    )
    with (logs_folder() / "postgres.log").open("ab") as log:
        log.write("Key (phone)=(13977700123) 欧阳扶摇\n".encode())
    run_scores(cast.mei)
    lake.refresh("customers_party", "customers_task", "events_event", "commerce_order")
    return Party.objects.get(pk=party.pk)


def _import(viewer, text: str, *, do: str = "apply") -> Import:
    upload = SimpleUploadedFile("欧阳扶摇.csv", text.encode())
    run = imports.upload_import(viewer, type="customer", upload=upload)
    imports.map_import(viewer, run.pk, mapping=run.mapping)
    return imports.import_now(viewer, run.pk, is_dry_run=do == "dry run")


def traces() -> list[str]:
    """Where any of the secrets is still to be read: every column of every table, every file."""
    return [*_in_tables(), *_in_files(), *_in_the_lake()]


def _in_tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY 1"
        )
        names = [row[0] for row in cursor.fetchall()]
        found = []
        for name in names:
            for secret in SECRETS:
                cursor.execute(
                    f'SELECT count(*) FROM "{name}" t WHERE position(%s in lower(t::text)) > 0',
                    [secret.lower()],
                )
                if cursor.fetchone()[0]:
                    found.append(f"{name}: {secret}")
    return found


def _in_files() -> list[str]:
    """All that lies in the home, except PostgreSQL's own files, which SQL has answered for."""
    found = []
    for path in home().rglob("*"):
        if path.is_file() and "database" not in path.relative_to(home()).parts:
            content = path.read_bytes()
            found += [f"{path}: {secret}" for secret in SECRETS if secret.encode() in content]
    return found


def _in_the_lake() -> list[str]:
    found = []
    for path in home().joinpath("lake").rglob("*.parquet"):
        rows = duckdb.sql(f"SELECT t::text FROM read_parquet('{path}') t").fetchall()
        said = "\n".join(row[0] for row in rows)
        found += [f"{path.name}: {secret}" for secret in SECRETS if secret in said]
    return found


def test_nothing_is_left_in_any_table_or_file(cast, fuyao):
    before = {place.split(":")[0] for place in _in_tables()}
    assert {"customers_party", "records_importrow", "records_savedview", "customers_task",
            "customers_attachment", "customers_merge", "access_idempotentreply",
            "records_import", "records_batch", "commerce_order",
            "commerce_line", "ownership_entry", "events_failure"} <= before  # fmt: skip
    assert _in_files()
    assert _in_the_lake()

    run = erase_customer(cast.mei, fuyao.pk, ground="request", reference="R-17")

    assert traces() == []
    assert run.state == "done"
    assert run.terms == {}


def test_what_others_need_stays(cast, fuyao):
    order = Order.objects.get(number="S-1")
    erase_customer(cast.mei, fuyao.pk, ground="request")

    stub = Party.objects.get(pk=fuyao.pk)
    assert (stub.owner_id, stub.erased_at is not None) == (cast.li.user_id, True)
    assert re.fullmatch(r"Erased [0-9A-F]{10}", stub.name)
    kept = Order.objects.get(pk=order.pk)
    assert (kept.party_id, kept.number, kept.total) == (fuyao.pk, "S-1", 2100)
    told = Event.objects.filter(party_id=fuyao.pk).values_list("type", "data")
    assert ("contact.logged", {"channel": "call", "outcome": ""}) in list(told)
    note = Event.objects.get(type="note.added", party_id=cast.yunqi.pk)
    assert note.data == {"text": "*** (***) 找***"}
    assert Party.objects.get(pk=cast.yunqi.pk).name == "杭州云栖茶舍"


def test_whoever_shares_a_name_or_a_phone_keeps_it(cast, fuyao):
    customers.create_customer({"name": "欧阳扶摇之母", "phones": "139 7770 0123"}, viewer=cast.li)
    note = customers.add_note(cast.lin.pk, text="欧阳扶摇 13977700123", viewer=cast.wang)
    shared = preview_erasure(cast.mei, fuyao.pk).shared

    run = erase_customer(cast.mei, fuyao.pk, ground="request")

    assert "欧阳扶摇" in shared
    assert Party.objects.filter(name="欧阳扶摇之母").exists()
    assert Event.objects.get(pk=note).data == {"text": "欧阳扶摇 13977700123"}
    assert run.report["borne_by_others"] == 2


def test_it_is_final(cast, fuyao):
    created = Event.objects.get(type="customer.created", subject_id=fuyao.pk)
    merge = Event.objects.get(type="customer.merged", subject_id=fuyao.pk)
    run = erase_customer(cast.mei, fuyao.pk, ground="request")

    undo_batch(cast.mei, created.batch_id)
    assert traces() == []
    for attempt in (
        lambda: restore_record(CUSTOMER, fuyao.pk, viewer=cast.mei),
        lambda: customers.change_customer(fuyao.pk, {"city": "x"}, viewer=cast.mei),
        lambda: unmerge_customers(cast.mei, merge.batch_id),
        lambda: undo_batch(cast.mei, run.batch_id),
        lambda: erase_customer(cast.mei, fuyao.pk, ground="request"),
    ):
        with pytest.raises(Conflict):
            attempt()


def test_only_an_administrator_erases_and_a_ground_is_needed(cast, fuyao):
    for viewer in (cast.han, cast.li, cast.guest):
        with pytest.raises(NotAllowed):
            erase_customer(viewer, fuyao.pk, ground="request")
    with pytest.raises(Invalid):
        erase_customer(cast.mei, fuyao.pk, ground="why not")
    with pytest.raises(Invalid):
        erase_customer(cast.mei, fuyao.pk, ground="request", reference="欧阳扶摇")
    assert Erasure.objects.count() == 0
    assert Party.objects.get(pk=fuyao.pk).name == "欧阳扶摇"


def test_killed_in_the_middle_it_goes_on(cast, fuyao, monkeypatch):
    run = request_erasure(cast.mei, fuyao.pk, ground="request")
    with monkeypatch.context() as patch:
        patch.setattr(erasing, "clean_logs", _killed)
        with pytest.raises(KeyboardInterrupt):
            run_erasure(run.pk, viewer=cast.mei)
    assert Erasure.objects.get(pk=run.pk).state == "files"
    assert _in_files()

    run_erasure(run.pk, viewer=cast.mei)

    assert traces() == []


def _killed(compiled):
    raise KeyboardInterrupt


def test_during_an_import_it_waits(cast, fuyao):
    run = Import.objects.filter(state="done").first()
    Import.objects.filter(pk=run.pk).update(state="applying")
    wanted = request_erasure(cast.mei, fuyao.pk, ground="request")
    with pytest.raises(Conflict):
        run_erasure(wanted.pk, viewer=cast.mei)
    assert Party.objects.get(pk=fuyao.pk).name == "欧阳扶摇"

    Import.objects.filter(pk=run.pk).update(state="done")
    run_erasure(wanted.pk, viewer=cast.mei)
    assert traces() == []


def test_an_old_list_does_not_bring_the_person_back(cast, fuyao):
    erase_customer(cast.mei, fuyao.pk, ground="request")
    run = _import(cast.mei, "姓名,手机\n某人,139-7770-0123\n李雷,13811112222\n")

    assert (run.created, run.refused) == (1, 1)
    assert "erased" in ImportRow.objects.get(run=run).error
    assert not Party.objects.filter(name="某人").exists()


def test_an_old_list_of_orders_does_not_bring_the_person_back(cast, fuyao, tmp_path):
    erase_customer(cast.mei, fuyao.pk, ground="request")
    before = Order.objects.count()
    path = tmp_path / "orders.csv"
    path.write_text(
        "订单号,下单时间,客户名称,手机,金额\nZ1,2026-01-02,某人,139-7770-0123,5\n"
        "Z2,2026-01-02,李雷,13811112222,5\n",
        encoding="utf-8",
    )
    run = imports.prepare_import(cast.mei, type="order", path=path, name="orders.csv")
    run = imports.import_now(cast.mei, run.pk, is_dry_run=False)

    assert (run.created, run.refused) == (1, 1)
    assert "erased" in ImportRow.objects.get(run=run).error
    assert Order.objects.count() == before + 1
    assert not Party.objects.filter(name="某人").exists()


def test_the_certificate_answers_whether_somebody_was_erased(cast, fuyao):
    set_policy(cast.mei, backup_days=60)
    run = erase_customer(cast.mei, fuyao.pk, ground="retention")

    assert [one.pk for one in queries.erasures_of(cast.mei, "+86 139 7770 0123")] == [run.pk]
    assert [one.pk for one in queries.erasures_of(cast.mei, "Zephyrine@quince.example")] == [run.pk]
    assert queries.erasures_of(cast.mei, "13977700124") == []
    with pytest.raises(NotAllowed):
        queries.erasures_of(cast.han, "13977700123")
    assert (run.backups_until - run.finished_at.date()).days in (60, 61)
    assert run.report["rows"]["customers_party"] == 2
    assert run.report["attachments"] == 1
    assert run.report["uploads"] == 2
    assert Attachment.objects.filter(party_id=fuyao.pk).count() == 0


def test_a_removed_upload_says_so(cast, fuyao):
    erase_customer(cast.mei, fuyao.pk, ground="request")
    done = Import.objects.get(state="done")
    with pytest.raises(NotFound):
        write_error_file(cast.mei, done, files_folder() / "out.csv")
    assert not Path(files_folder() / "out.csv").exists()


def test_every_table_that_points_at_a_customer_is_declared():
    """`forgets` in the facts of its app; the file and the log have ways of their own."""
    ways = {"customers_party", "customers_attachment", "events_event", "customers_merge"}
    # Which files were shown to whom stays: ids that lead to nobody any more (ADR 15).
    ways |= {"security_viewing"}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT table_name FROM information_schema.columns c JOIN pg_class t "
            "ON t.relname = c.table_name AND NOT t.relispartition "
            "WHERE table_schema = 'public' AND column_name = 'party_id'"
        )
        known = {row[0] for row in cursor.fetchall()} | {one.table for one in pointers()}
    assert known - forgetting_tables() - ways == {"privacy_erasure"}
