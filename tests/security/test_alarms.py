"""Decoys, limits and the brake: who is told, once, and who is stopped."""

import re
from datetime import timedelta

import pytest
import time_machine
from cast import PASSWORD
from django.test import Client

from zhike.access.actions import create_token
from zhike.access.queries import viewer_by_id
from zhike.customers.actions import create_customer
from zhike.customers.facts import CUSTOMER
from zhike.customers.merging.actions import merge_customers
from zhike.events.actions import Draft, record
from zhike.events.models import Event
from zhike.events.reactions import dispatch_all
from zhike.kernel import clock
from zhike.kernel.errors import Invalid, NotAllowed
from zhike.records.queries import Way, get
from zhike.security.actions import (
    lift_brake,
    mark_canary,
    reckon_usual,
    set_watch,
    settle_alarm,
    unmark_canary,
    watch_viewings,
)
from zhike.security.models import Alarm, Canary, Viewing
from zhike.security.queries import alarms, busiest, canaries

OFF = {
    "opened_an_hour": 0, "opened_a_day": 0, "seen_an_hour": 0, "seen_a_day": 0, "times_usual": 0,
    "exported_rows": 0, "exported_rows_a_day": 0, "exports_a_day": 0, "unmasked_an_hour": 0,
    "brake_an_hour": 0, "braked_an_hour": 0,
}  # fmt: skip


def visit(name: str) -> Client:
    client = Client()
    client.post("/sign-in", {"email": f"{name}@teahouse.example", "password": PASSWORD})
    return client


def raised() -> list[tuple[str, str]]:
    return sorted((one.kind, str(one.user_id)) for one in Alarm.objects.all())


def opened(viewer, number: int, at=None) -> None:
    """So many customers opened by somebody, as the log would have it."""
    Viewing.objects.bulk_create(
        Viewing(at=at or clock.now(), user_id=viewer.user_id, party_id=pk, way=1, face=1)
        for pk in _ids(number)
    )


def _ids(number: int) -> list:
    from uuid import UUID

    return [UUID(int=one) for one in range(1, number + 1)]


# ------------------------------------------------------------------------------------- decoys


def test_opening_a_decoy_raises_an_alarm_at_once(cast):
    mark_canary(cast.mei, cast.yunqi.pk)
    visit("li").get(f"/customers/{cast.yunqi.pk}")

    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.user_id) == ("canary", cast.li.user_id)
    assert alarm.evidence == {
        "customers": [str(cast.yunqi.pk)], "ways": [Way.OPENED], "faces": [1],
    }  # fmt: skip
    event = Event.objects.get(type="alarm.raised")
    assert (event.data["who"], event.party_id) == ("Li", None)


def test_a_decoy_touched_again_is_the_same_alarm(cast):
    mark_canary(cast.mei, cast.yunqi.pk)
    client = visit("li")
    for _time in range(3):
        client.get(f"/customers/{cast.yunqi.pk}")
    assert (Alarm.objects.get().times, Event.objects.filter(type="alarm.raised").count()) == (3, 1)

    settle_alarm(cast.mei, Alarm.objects.get().pk, note="She was curious.")
    client.get(f"/customers/{cast.yunqi.pk}")
    assert Alarm.objects.get().settled_at is None


def test_a_decoy_in_a_list_is_nobodys_fault(cast):
    mark_canary(cast.mei, cast.yunqi.pk)
    client = visit("han")
    client.get("/customers/")
    client.get("/palette", {"q": "云栖"})
    assert raised() == []


def test_taking_a_decoy_out_raises_an_alarm(cast):
    mark_canary(cast.mei, cast.yunqi.pk)
    b"".join(visit("han").get("/lists/customer/export").streaming_content)
    assert raised() == [("canary", str(cast.han.user_id))]
    assert Alarm.objects.get().evidence["ways"] == [Way.EXPORTED]


def test_reading_a_decoy_by_machine_raises_an_alarm(cast):
    mark_canary(cast.mei, cast.yunqi.pk)
    _token, secret = create_token(cast.li, user_id=cast.li.user_id, name="t", scopes=["read"])
    Client(headers={"Authorization": f"Bearer {secret}"}).get("/api/v1/customers", {"q": "云栖"})
    assert Alarm.objects.get().evidence["faces"] == [3]


def test_administrators_know_the_decoys_and_may_look(cast):
    mark_canary(cast.mei, cast.yunqi.pk)
    visit("mei").get(f"/customers/{cast.yunqi.pk}")
    assert raised() == []


def test_no_decoy_any_more(cast):
    mark_canary(cast.mei, cast.yunqi.pk)
    unmark_canary(cast.mei, cast.yunqi.pk)
    visit("li").get(f"/customers/{cast.yunqi.pk}")
    assert raised() == []


def test_only_administrators_know_decoys(cast):
    for act in (mark_canary, unmark_canary):
        with pytest.raises(NotAllowed):
            act(cast.han, cast.yunqi.pk)
    with pytest.raises(NotAllowed):
        canaries(cast.han)


def test_a_decoy_changes_no_page_but_the_administrators(cast):
    """Before and after, everybody else is shown the same."""
    clients = {name: visit(name) for name in ("li", "han", "guest")}
    addresses = (
        f"/customers/{cast.yunqi.pk}",
        f"/customers/{cast.yunqi.pk}/seen-by",
        "/customers/",
    )

    def shown() -> list[str]:
        return [
            re.sub(r"\b\w{64}\b", "", client.get(address).text)
            for client in clients.values()
            for address in addresses
        ]

    with time_machine.travel(clock.now(), tick=False):
        before = shown()
        mark_canary(cast.mei, cast.yunqi.pk)
        assert shown() == before
    assert "decoy" in visit("mei").get(addresses[1]).text


def test_a_merged_decoy_stays_one(cast):
    double = create_customer({"name": "Yunqi", "kind": "company"}, viewer=cast.mei)
    mark_canary(cast.mei, double.pk)
    batch = merge_customers(cast.mei, cast.yunqi.pk, double.pk)
    assert Canary.objects.get().party_id == cast.yunqi.pk
    from zhike.customers.merging.actions import unmerge_customers

    unmerge_customers(cast.mei, batch.pk)
    assert Canary.objects.get().party_id == double.pk


# ------------------------------------------------------------------------------------- limits


@pytest.mark.parametrize(
    ("limit", "kind"), [("opened_an_hour", "opened_hour"), ("opened_a_day", "opened_day")]
)
def test_more_than_the_limit_is_told_once(cast, limit, kind):
    set_watch(cast.mei, **{**OFF, limit: 10})
    opened(cast.li, 10)
    opened(cast.wang, 11)
    assert (watch_viewings(), watch_viewings()) == (1, 0)
    assert raised() == [(kind, str(cast.wang.user_id))]
    assert Alarm.objects.get().evidence == {"number": 11, "limit": 10}


def test_the_same_customer_opened_often_counts_once(cast):
    set_watch(cast.mei, **{**OFF, "opened_an_hour": 10})
    for _time in range(5):
        opened(cast.li, 5)
    assert watch_viewings() == 0


def test_lists_count_as_seen(cast):
    set_watch(cast.mei, **{**OFF, "seen_an_hour": 40})
    for part in (_ids(30), _ids(50)[20:]):
        Viewing.objects.create(at=clock.now(), user_id=cast.li.user_id, ids=part, way=2, face=1)
    assert watch_viewings() == 1
    assert Alarm.objects.get().evidence["number"] == 50


def test_a_settled_limit_is_not_told_again_in_its_hour(cast):
    set_watch(cast.mei, **{**OFF, "opened_an_hour": 3})
    opened(cast.li, 4)
    watch_viewings()
    settle_alarm(cast.mei, Alarm.objects.get().pk, note="A mailing.")
    opened(cast.li, 9)
    assert watch_viewings() == 0
    assert Alarm.objects.get().settled_at is not None


def test_many_more_than_usual(cast):
    set_watch(cast.mei, **{**OFF, "times_usual": 3})
    now = clock.start_of_day(clock.today()) + timedelta(hours=12)
    with time_machine.travel(now, tick=False):
        for days in range(1, 8):
            opened(cast.li, 12, at=now - timedelta(days=days))
        reckon_usual()
        opened(cast.li, 36)
        opened(cast.wang, 100)  # of whom nothing is known yet
        assert watch_viewings() == 0
        opened(cast.li, 37)
        assert watch_viewings() == 1
        assert raised() == [("unusual", str(cast.li.user_id))]
        one = next(one for one in busiest(cast.mei) if one.who == "Li")
        assert (one.opened, one.usual, one.is_unusual) == (37, 12, True)


@pytest.mark.django_db(transaction=True)
def test_a_large_export_is_told_at_once(cast):
    set_watch(cast.mei, **{**OFF, "exported_rows": 2})
    b"".join(visit("han").get("/lists/customer/export", {"q": "云栖"}).streaming_content)
    b"".join(visit("han").get("/lists/customer/export").streaming_content)
    dispatch_all()
    assert raised() == [("exported", str(cast.han.user_id))]
    assert Alarm.objects.get().evidence["rows"] == 3


def export(name: str, times: int) -> None:
    client = visit(name)
    for _time in range(times):
        b"".join(client.get("/lists/customer/export").streaming_content)
    dispatch_all()


@pytest.mark.django_db(transaction=True)
def test_many_small_exports_are_one_large_one(cast):
    set_watch(cast.mei, **{**OFF, "exported_rows": 5, "exported_rows_a_day": 8})
    export("han", 2)
    assert raised() == []
    export("guest", 0)
    export("han", 2)  # twelve rows in all
    assert raised() == [("exported_day", str(cast.han.user_id))]
    assert Alarm.objects.get().evidence == {"number": 12, "limit": 8}


@pytest.mark.django_db(transaction=True)
def test_many_exports_are_told_whatever_their_size(cast):
    set_watch(cast.mei, **{**OFF, "exports_a_day": 3})
    export("han", 3)
    assert raised() == []
    export("han", 2)
    assert raised() == [("exports_day", str(cast.han.user_id))]
    assert Alarm.objects.get().evidence == {"number": 5, "limit": 3}


@pytest.mark.django_db(transaction=True)
def test_more_rows_than_somebody_takes_out_as_a_rule(cast):
    set_watch(cast.mei, **{**OFF, "times_usual": 3})
    noon = clock.start_of_day(clock.today()) + timedelta(hours=12)
    for days in range(6, 0, -1):
        with time_machine.travel(noon - timedelta(days=days), tick=False):
            taken_out(cast.han, 200)
    with time_machine.travel(noon, tick=False):
        taken_out(cast.wang, 5_000)  # of whom nothing is known yet
        taken_out(cast.han, 600)
        dispatch_all()
        assert raised() == []
        taken_out(cast.han, 1)
        dispatch_all()
    assert raised() == [("unusual_rows", str(cast.han.user_id))]
    assert Alarm.objects.get().evidence == {"number": 601, "limit": 600}


def taken_out(viewer, rows: int) -> None:
    draft = Draft("records.exported", "customer", None, data={"type": "customer", "rows": rows})
    record(draft, origin=viewer.origin())


def test_limits_are_numbers(cast):
    for values in ({"months": 0}, {"opened_an_hour": "-1"}, {"opened_an_hour": "many"}, {"id": 2}):
        with pytest.raises(Invalid):
            set_watch(cast.mei, **values)
    with pytest.raises(NotAllowed):
        set_watch(cast.han, months=3)


# -------------------------------------------------------------------------------------- brake


def test_the_brake_stops_and_is_lifted(cast):
    set_watch(cast.mei, **{**OFF, "brake_an_hour": 5})
    opened(cast.li, 6)
    opened(cast.mei, 6)  # an administrator is told of, and never stopped
    client = visit("li")
    assert client.get(f"/customers/{cast.yunqi.pk}").status_code == 200
    assert watch_viewings() == 1
    assert raised() == [("braked", str(cast.li.user_id))]

    refused = client.get(f"/customers/{cast.yunqi.pk}")
    assert refused.status_code == 403
    assert "An administrator has been told" in refused.text
    assert client.get("/customers/").status_code == 403
    assert client.get("/products/").status_code == 200
    li = viewer_by_id(cast.li.user_id, source="api")
    with pytest.raises(NotAllowed, match="you were stopped"):
        get(CUSTOMER, li, cast.yunqi.pk)

    with pytest.raises(NotAllowed):
        lift_brake(cast.han, cast.li.user_id)
    lift_brake(cast.mei, cast.li.user_id)
    assert watch_viewings() == 0
    assert client.get(f"/customers/{cast.yunqi.pk}").status_code == 200


def test_whoever_is_stopped_can_do_the_days_work_and_go_through_nothing(cast):
    set_watch(cast.mei, **{**OFF, "brake_an_hour": 5, "braked_an_hour": 8})
    for number in range(9):
        create_customer(
            {"name": f"N{number}", "city": "苏州" if number else "南京"}, viewer=cast.li
        )
    opened(cast.li, 6)
    watch_viewings()
    client = visit("li")

    refused = client.get("/customers/")  # ten, of whom none has been seen
    assert refused.status_code == 403
    assert "8 different ones" in refused.text
    for _time in range(2):  # the same once more is nobody new
        assert client.get(f"/customers/{cast.yunqi.pk}").status_code == 200
    assert client.get("/customers/", {"q": "N0"}).status_code == 200
    assert client.get("/customers/", {"q": "N1"}).status_code == 403

    with time_machine.travel(clock.now() + timedelta(minutes=61), tick=False):
        client = visit("li")
        assert client.get("/customers/", {"q": "N1"}).status_code == 200
        assert client.get("/lists/customer/export").status_code == 403


def test_whoever_is_stopped_takes_nothing_out(cast):
    set_watch(cast.mei, **{**OFF, "brake_an_hour": 5})
    opened(cast.han, 6)
    watch_viewings()
    client = visit("han")
    assert client.get("/lists/customer/export").status_code == 403
    assert client.get("/api/v1/customers").status_code == 403
    assert client.get(f"/customers/{cast.yunqi.pk}/merge/{cast.lin.pk}").status_code == 403


# --------------------------------------------------------------------------------------- page


def test_the_page_tells_of_alarms_and_settles_them(cast):
    mark_canary(cast.mei, cast.yunqi.pk)
    visit("li").get(f"/customers/{cast.yunqi.pk}")
    client = visit("mei")
    assert '1<span class="sr"> waiting</span>' in client.get("/products/").text
    assert "Touched a decoy" in client.get("/settings/security").text

    settled = client.post(
        f"/settings/security/alarms/{Alarm.objects.get().pk}/settle", {"note": ""}
    )
    assert settled.status_code == 422
    client.post(f"/settings/security/alarms/{Alarm.objects.get().pk}/settle", {"note": "A test."})
    text = client.get("/settings/security").text
    assert "A test." in text
    assert "waiting</span>" not in client.get("/products/").text
    assert [one.settled_by for one in alarms(cast.mei)] == ["Mei"]


def test_others_are_told_of_no_alarm(cast):
    mark_canary(cast.mei, cast.yunqi.pk)
    visit("li").get(f"/customers/{cast.yunqi.pk}")
    client = visit("han")
    assert "waiting</span>" not in client.get("/products/").text
    assert "/settings/security" not in client.get("/settings/").text
    with pytest.raises(NotAllowed):
        alarms(cast.han)


def test_the_page_tells_what_was_taken_out(cast):
    answer = visit("han").get("/lists/customer/export", {
        "filter": '{"fact":"city","op":"eq","value":"杭州"}'})  # fmt: skip
    b"".join(answer.streaming_content)
    text = visit("mei").get("/settings/security").text
    assert "杭州" in text
    assert "Customers · CSV" in text
