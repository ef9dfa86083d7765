"""A rehearsal is a job: asked for, reckoned, kept for whoever asked; killed, it is begun again."""

from datetime import timedelta

import pytest
import time_machine

from ownership.conftest import again
from zhike.access.actions import change_user
from zhike.customers.actions import create_customer
from zhike.kernel import clock
from zhike.kernel.errors import Invalid, NotAllowed, NotFound
from zhike.ownership.models import Rehearsal
from zhike.ownership.rehearsing.actions import ask_rehearsal, carry_out, tend_rehearsals
from zhike.ownership.rehearsing.queries import latest_rehearsal, named, rehearsal, result_of


def ask(cast, east, **values):
    return ask_rehearsal(cast.mei, kind="recycling", values={"days": 30, **values}, pool_id=east.pk)


def later_by(**span):
    return time_machine.travel(clock.now() + timedelta(**span), tick=False)


def test_what_it_found_is_kept_for_whoever_asked(cast, east):
    with later_by(days=-60):
        create_customer({"name": "Old"}, viewer=cast.li)
    asked = ask(cast, east)
    assert result_of(rehearsal(cast.mei, asked.pk)) is None

    carry_out(asked.pk)

    found = result_of(rehearsal(cast.mei, asked.pk))
    assert found.number == 1
    assert [name for _fall, name in named(cast.mei, found.some)] == ["Old"]
    assert named(cast.zhao, found.some) == []
    assert "Old" not in str(Rehearsal.objects.values().get())
    assert latest_rehearsal(cast.mei, "recycling", rule_id=None, pool_id=east.pk) == asked
    change_user(cast.mei, cast.han.user_id, role="administrator")
    with pytest.raises(NotFound):
        rehearsal(again(cast.han), asked.pk)
    with pytest.raises(NotAllowed):
        rehearsal(cast.li, asked.pk)


def test_assignment_comes_back_as_it_was_found(cast):
    with later_by(days=-3):
        create_customer({"name": "Free", "owner": None}, viewer=cast.mei)
    values = {"people": [str(cast.li.user_id)]}
    asked = ask_rehearsal(cast.mei, kind="assignment", values=values)
    carry_out(asked.pk)

    found = result_of(rehearsal(cast.mei, asked.pk))
    assert (found.arrived, found.number, found.waiting, found.median_wait) == (1, 1, 1, None)
    assert [(one.owner_id, one.would) for one in found.owners] == [(cast.li.user_id, 1)]


def test_what_no_rule_could_have_is_refused_at_once(cast, east):
    with pytest.raises(Invalid):
        ask(cast, east, days=0)
    with pytest.raises(NotAllowed):
        ask_rehearsal(cast.li, kind="recycling", values={"days": 30}, pool_id=east.pk)
    assert not Rehearsal.objects.exists()


def test_asked_again_the_first_is_dropped(cast, east):
    first, second = ask(cast, east), ask(cast, east, days=60)
    carry_out(first.pk)
    carry_out(second.pk)
    assert list(Rehearsal.objects.values_list("pk", "state")) == [(second.pk, "done")]


def test_killed_it_is_begun_again_and_after_three_times_given_up(cast, east):
    asked = ask(cast, east)
    for tries in (1, 2, 3):
        Rehearsal.objects.update(state="running", tries=tries, heartbeat_at=clock.now())
        tend_rehearsals()
        assert Rehearsal.objects.get().state == "running"
        with later_by(minutes=2):
            tend_rehearsals()
        assert Rehearsal.objects.get().state == ("waiting" if tries < 3 else "failed")

    carry_out(asked.pk)
    assert rehearsal(cast.mei, asked.pk).error != ""
    Rehearsal.objects.update(state="waiting")
    carry_out(asked.pk)
    assert rehearsal(cast.mei, asked.pk).state == "done"


def test_who_may_no_longer_ask_gets_no_answer(cast, east):
    asked = ask(cast, east)
    change_user(cast.mei, cast.han.user_id, role="administrator")
    change_user(again(cast.han), cast.mei.user_id, role="staff")
    carry_out(asked.pk)
    kept = Rehearsal.objects.get()
    assert (kept.state, kept.result) == ("failed", None)


def test_after_a_week_it_is_forgotten(cast, east):
    ask(cast, east)
    with later_by(days=8):
        tend_rehearsals()
    assert not Rehearsal.objects.exists()
