"""Who saw what is written down, whichever way they looked, in one statement a request."""

from datetime import timedelta

import pytest
import time_machine
from cast import PASSWORD
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.test import Client
from django.test.utils import CaptureQueriesContext

from zhike.access.actions import create_token
from zhike.access.viewer import SYSTEM
from zhike.cli.installation import noted
from zhike.customers.actions import create_customer
from zhike.customers.facts import CUSTOMER
from zhike.customers.merging.actions import merge_customers
from zhike.kernel import clock
from zhike.kernel.errors import Invalid, NotAllowed
from zhike.privacy.actions import disclose_customer, erase_customer
from zhike.records.exports import export_records
from zhike.records.queries import Face, Way, noting
from zhike.security.actions import (
    forget_old_viewings,
    reckon_usual,
    set_watch,
    watch_viewings,
)
from zhike.security.models import Viewing
from zhike.security.queries import access_log

WAYS = Viewing.Way


def visit(name: str) -> Client:
    client = Client()
    client.post("/sign-in", {"email": f"{name}@teahouse.example", "password": PASSWORD})
    return client


def lines() -> list[tuple]:
    return [
        (one.user_id, one.way, one.face, one.party_id, set(one.ids or ()))
        for one in Viewing.objects.order_by("id")
    ]


def test_a_file_that_is_opened_is_written_down(cast):
    visit("li").get(f"/customers/{cast.yunqi.pk}")
    assert lines() == [(cast.li.user_id, WAYS.OPENED, 1, cast.yunqi.pk, set())]


def test_a_list_is_one_line(cast):
    visit("guest").get("/customers/")
    everybody = {cast.yunqi.pk, cast.lin.pk, cast.chen.pk}
    assert lines() == [(cast.guest.user_id, WAYS.LISTED, 1, None, everybody)]


def test_a_search_is_told_from_a_list(cast):
    client = visit("guest")
    client.get("/palette", {"q": "云栖"})
    client.get("/customers/", {"q": "云栖"})
    line = (cast.guest.user_id, WAYS.SEARCHED, 1, None, {cast.yunqi.pk})
    assert lines() == [line, line]


def test_a_page_without_customers_leaves_no_line(cast):
    client = visit("li")
    client.get("/products/")
    client.get("/settings/")
    client.get(f"/customers/{cast.chen.pk}")  # which Li may not see
    assert lines() == []


def test_a_token_is_told_from_its_person(cast):
    _token, secret = create_token(cast.li, user_id=cast.li.user_id, name="t", scopes=["read"])
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    client.get(f"/api/v1/customers/{cast.yunqi.pk}")
    client.get("/api/v1/customers")
    assert lines() == [
        (cast.li.user_id, WAYS.OPENED, 3, cast.yunqi.pk, set()),
        (cast.li.user_id, WAYS.LISTED, 3, None, {cast.yunqi.pk}),
    ]


def test_an_export_is_written_down_while_it_is_sent(cast, monkeypatch):
    monkeypatch.setattr("zhike.web.middleware.MOST_UNKEPT", 1)
    answer = visit("han").get("/lists/customer/export")
    parts = iter(answer.streaming_content)
    next(parts)
    assert lines() == []  # the heading tells nothing of anybody
    next(parts)
    seen = {cast.yunqi.pk, cast.lin.pk, cast.chen.pk}
    assert lines() == [(cast.han.user_id, WAYS.EXPORTED, 1, None, seen)]
    assert len(list(parts)) == 2
    assert len(lines()) == 1


def test_whoever_breaks_off_an_export_has_seen_it(cast):
    answer = visit("han").get("/lists/customer/export")
    parts = iter(answer.streaming_content)
    next(parts), next(parts)
    for close in answer._resource_closers:  # as the server does when nobody listens any more
        close()
    assert [line[1] for line in lines()] == [WAYS.EXPORTED]


def test_one_statement_a_request(cast):
    client = visit("mei")
    for address in ("/customers/", f"/customers/{cast.yunqi.pk}", "/palette?q=lin", "/orders/"):
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        inserts = [one["sql"] for one in asked if "security_viewing" in one["sql"]]
        assert len(inserts) == (address != "/orders/"), address


def test_the_log_is_never_changed(cast):
    visit("li").get(f"/customers/{cast.yunqi.pk}")
    for change in (Viewing.objects.all().delete, lambda: Viewing.objects.update(way=2)):
        with pytest.raises(ProgrammingError, match="never changed"), transaction.atomic():
            change()
    assert len(lines()) == 1


def test_lines_go_when_their_months_are_over(cast):
    client = visit("li")
    client.get(f"/customers/{cast.yunqi.pk}")
    with time_machine.travel(clock.now() + timedelta(days=40), tick=False):
        visit("li").get(f"/customers/{cast.yunqi.pk}")
        assert forget_old_viewings() == 0
        set_watch(cast.mei, months=1)
        assert forget_old_viewings() == 1
        assert len(lines()) == 1


def test_who_opened_a_customer_is_asked_with_the_files_merged_into_it(cast):
    double = create_customer({"name": "Yunqi Tea", "kind": "company"}, viewer=cast.mei)
    visit("mei").get(f"/customers/{double.pk}")
    visit("li").get(f"/customers/{cast.yunqi.pk}")
    visit("li").get("/customers/")
    merge_customers(cast.mei, cast.yunqi.pk, double.pk)

    found = access_log(cast.mei, party_id=cast.yunqi.pk).items
    assert [(line.who, line.viewing.party_id) for line in found] == [
        ("Li", cast.yunqi.pk), ("Mei", double.pk),
    ]  # fmt: skip
    of_day = access_log(cast.mei, party_id=cast.yunqi.pk, day=clock.today()).items
    assert [line.viewing.way for line in of_day] == [WAYS.LISTED, WAYS.OPENED, WAYS.OPENED]


def test_the_log_goes_on_by_cursor(cast):
    client = visit("li")
    for _time in range(3):
        client.get(f"/customers/{cast.yunqi.pk}")
    first = access_log(cast.mei, user_id=cast.li.user_id, limit=2)
    rest = access_log(cast.mei, user_id=cast.li.user_id, limit=2, cursor=first.next_cursor)
    assert (len(first.items), len(rest.items), rest.next_cursor) == (2, 1, None)
    with pytest.raises(Invalid):
        access_log(cast.mei, cursor="WyJ4Il0")


def test_only_administrators_read_the_log(cast):
    for viewer in (cast.han, cast.li, cast.guest):
        with pytest.raises(NotAllowed):
            access_log(viewer)


@pytest.mark.django_db(transaction=True)
def test_an_erasure_leaves_who_looked_and_nobody_to_lead_to(cast):
    visit("zhao").get(f"/customers/{cast.chen.pk}")
    erase_customer(cast.mei, cast.chen.pk, ground="request")
    assert [line.who for line in access_log(cast.mei, party_id=cast.chen.pk).items] == ["Zhao"]


def test_a_face_that_was_not_noted_is_noticed(cast, monkeypatch):
    """What the tests above rest on: with the noting off, nothing stands in the log."""
    monkeypatch.setattr(noting, "_page", lambda kind, viewer: None)
    visit("li").get(f"/customers/{cast.yunqi.pk}")
    assert lines() == []


def test_what_a_command_shows_is_kept_with_the_account_that_runs_it(cast, monkeypatch, tmp_path):
    monkeypatch.setattr("getpass.getuser", lambda: "ops")
    with noted("export") as keep:
        export_records(CUSTOMER, SYSTEM, tmp_path / "a.csv", report=lambda _done: keep())

    [line] = Viewing.objects.all()
    assert (line.user_id, line.operator) == (None, "ops: zhike export")
    assert (line.way, line.face, len(line.ids)) == (Way.EXPORTED, Face.COMMAND, 3)
    [shown] = access_log(cast.mei).items
    assert (shown.who, shown.number) == ("ops: zhike export", 3)
    assert watch_viewings() == 0
    reckon_usual()


def test_a_file_disclosed_by_command_is_opened(cast):
    with noted("disclose"):
        disclose_customer(SYSTEM, cast.yunqi.pk)
    assert {line.party_id for line in Viewing.objects.all()} == {cast.yunqi.pk}
