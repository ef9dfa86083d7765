"""Whose time is over is erased in the night; whoever is active, or kept, is not."""

from datetime import timedelta

import pytest

from zhike.commerce.actions import place_order
from zhike.customers import actions as customers
from zhike.customers.models import Party
from zhike.events.models import Event
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid, NotAllowed
from zhike.kernel.home import files_folder
from zhike.kernel.text import STARS
from zhike.ownership.models import Dispute
from zhike.privacy import queries
from zhike.privacy.actions import (
    carry_erasures_on,
    erase_customer,
    erasing,
    erasures_to_resume,
    hold_customer,
    keep_rule,
    open_request,
    release_hold,
    remove_import_files,
    run_erasure,
    run_retention,
    set_policy,
)
from zhike.privacy.models import Erasure
from zhike.records.imports import actions as imports
from zhike.records.models import Import

EVERYBODY = {"all": []}


@pytest.fixture
def old(cast):
    """Everybody came four years ago, and nothing has happened since."""
    then = clock.now() - timedelta(days=4 * 366)
    Party.objects.update(created_at=then)
    Event.objects.update(happened_at=then)
    return cast


def rule(cast, **values):
    return keep_rule(cast.mei, name="After three years", filter=EVERYBODY, **values)


def due(cast, made) -> set[str]:
    return set(queries.preview_retention(cast.mei, made.pk).names)


def test_a_rule_begins_switched_off_and_shows_whom_it_would_erase(old):
    made = rule(old)
    found = queries.preview_retention(old.mei, made.pk)
    assert (found.count, set(found.names)) == (
        3, {"杭州云栖茶舍", "Lin & Sons Gifts", "陈嘉怡"},
    )  # fmt: skip
    assert run_retention() == {}
    assert Erasure.objects.count() == 0


def test_the_filter_says_who(old):
    made = keep_rule(old.mei, name="Chengdu", filter={"fact": "city", "op": "eq", "value": "成都"})
    assert due(old, made) == {"陈嘉怡"}


@pytest.mark.parametrize("kept", [
    "young", "spoken", "task", "bought", "unpaid", "held", "asking", "disputed",
])  # fmt: skip
def test_what_keeps_a_customer(old, kept):
    chen, made = old.chen, rule(old)
    if kept == "young":
        Party.objects.filter(pk=chen.pk).update(created_at=clock.now() - timedelta(days=900))
    elif kept == "spoken":
        customers.add_note(chen.pk, text="called", viewer=old.zhao)
    elif kept == "task":
        customers.create_task(chen.pk, title="call", viewer=old.zhao)
    elif kept == "held":
        hold_customer(old.mei, chen.pk, reason="lawsuit")
    elif kept == "disputed":
        Dispute.objects.create(
            party_id=old.chen.pk, claimant_id=old.li.user_id, claim="x", opened_at=clock.now()
        )
    elif kept == "asking":
        open_request(old.mei, kind="access", customer=chen.pk)
    else:
        day = "2015-01-05" if kept == "unpaid" else str(clock.today() - timedelta(days=300))
        place_order(
            {"number": "S-1", "customer": chen.pk, "placed_at": day},
            lines=[{"description": "tea", "quantity": 1, "unit_price": "5"}], viewer=old.zhao,
        )  # fmt: skip
    assert due(old, made) == {"杭州云栖茶舍", "Lin & Sons Gifts"}


def test_archived_customers_are_reached(old):
    Party.objects.filter(pk=old.chen.pk).update(archived_at=clock.now())
    assert queries.preview_retention(old.mei, rule(old).pk).count == 3


def test_the_night_asks_for_as_many_as_it_may(old):
    made = rule(old)
    keep_rule(old.mei, made.pk, is_enabled=True)
    assert run_retention(at_most=2) == {"After three years": 2}
    listed = queries.erased_by(old.mei, made.pk)
    assert {one.ground for one in listed} == {"retention"}
    assert len(listed) == 2


def test_what_is_not_allowed(old):
    for viewer in (old.han, old.zhao, old.guest):
        with pytest.raises(NotAllowed):
            keep_rule(viewer, name="R", filter=EVERYBODY)
        with pytest.raises(NotAllowed):
            run_retention(viewer)
        with pytest.raises(NotAllowed):
            hold_customer(viewer, old.chen.pk, reason="x")
    for wrong in ({"months": 5}, {"months": "x"}, {"name": " "}):
        with pytest.raises(Invalid):
            keep_rule(old.mei, **{"name": "R", "filter": EVERYBODY, **wrong})
    assert queries.retention_rules(old.mei) == []


def test_a_hold_stops_every_erasure(old):
    waiting = Erasure.objects.create(
        party_id=old.chen.pk, ground="request", requested_at=clock.now()
    )
    hold_customer(old.mei, old.chen.pk, reason="lawsuit")
    for attempt in (
        lambda: erase_customer(old.mei, old.chen.pk, ground="request"),
        lambda: run_erasure(waiting.pk, viewer=old.mei),
    ):
        with pytest.raises(Conflict):
            attempt()
    assert Party.objects.get(pk=old.chen.pk).name == "陈嘉怡"
    release_hold(old.mei, old.chen.pk)
    with pytest.raises(Conflict):
        release_hold(old.mei, old.chen.pk)


def test_a_rule_that_is_sent_switched_on_begins_switched_off(old):
    assert not rule(old, is_enabled=True).is_enabled


def test_what_was_asked_for_and_waits_takes_no_place_of_the_night(old):
    made = rule(old)
    keep_rule(old.mei, made.pk, is_enabled=True)
    assert run_retention(at_most=2) == {"After three years": 2}
    assert run_retention(at_most=2) == {"After three years": 1}
    assert Erasure.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_the_night_erases_people_together_past_one_who_is_held(old):
    made = rule(old)
    keep_rule(old.mei, made.pk, is_enabled=True)
    customers.add_note(old.yunqi.pk, text="陈嘉怡 and Lin & Sons Gifts called", viewer=old.li)
    Event.objects.update(happened_at=clock.now() - timedelta(days=4 * 366))
    run_retention()
    hold_customer(old.mei, old.yunqi.pk, reason="lawsuit")
    assert erasures_to_resume() == [
        list(Erasure.objects.order_by("requested_at", "pk").values_list("pk", flat=True))
    ]
    assert [why for _ids, why in carry_erasures_on()] == [None]
    done = Erasure.objects.filter(state="done")
    assert {one.party_id for one in done} == {old.chen.pk, old.lin.pk}
    assert Party.objects.get(pk=old.yunqi.pk).name == "杭州云栖茶舍"
    assert Event.objects.get(type="note.added").data["text"] == "••• and ••• called".replace(
        "•••", STARS
    )
    # Each certificate counts what was said of its own person.
    assert [one.report["mentions"]["events_event"] for one in done] == [1, 1]


@pytest.mark.django_db(transaction=True)
def test_one_that_fails_keeps_no_other_waiting(old, monkeypatch):
    made = rule(old)
    keep_rule(old.mei, made.pk, is_enabled=True)
    run_retention()
    forget = erasing.forget

    def fail(person):
        if old.lin.pk in person.ids:
            raise RuntimeError
        return forget(person)

    monkeypatch.setattr(erasing, "forget", fail)
    whys = [why for _ids, why in carry_erasures_on()]
    assert len([why for why in whys if why]) == 1
    waiting = Erasure.objects.exclude(state="done")
    assert [one.party_id for one in waiting] == [old.lin.pk]


def test_imported_files_are_removed_in_time(old, tmp_path):
    kept = files_folder() / "imports"
    kept.mkdir(exist_ok=True)
    for name in ("old", "new"):
        (kept / name).write_text("姓名\n周一\n")
        imports.prepare_import(old.mei, type="customer", path=kept / name, name=f"{name}.csv")
    Import.objects.filter(file_name="old.csv").update(
        created_at=clock.now() - timedelta(days=200), state="done"
    )
    assert remove_import_files() == 0
    set_policy(old.mei, import_months=6)
    assert remove_import_files() == 1
    assert (kept / "new").exists()
    assert not (kept / "old").exists()
    assert Import.objects.get(file_name="old.csv").path == ""
    with pytest.raises(Invalid):
        set_policy(old.mei, import_months=0)
