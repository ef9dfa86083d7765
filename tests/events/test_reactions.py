"""The dispatcher: in order, together with the mark, one failure blocks nobody."""

import threading

import pytest
from django.db import connection, transaction

from zhike.access.viewer import SYSTEM
from zhike.events import reactions
from zhike.events.actions import Draft, ensure_partitions, rebase_after_restore, record
from zhike.events.models import Event, Failure, ReactionCursor
from zhike.kernel.ids import new_id

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def heard(monkeypatch):
    """A reaction that notes what it hears and fails on what is planted."""
    found: list[str] = []
    planted: set[str] = set()

    def listen(events):
        for event in events:
            if event.data["name"] in planted:
                raise ValueError(event.data["name"])
            found.append(event.data["name"])

    only = {"listen": reactions.Reaction("listen", ("customer.created",), listen)}
    monkeypatch.setattr(reactions, "_reactions", only)
    return found, planted


def tell(name: str) -> int:
    draft = Draft("customer.created", "customer", new_id(), data={"name": name})
    return record(draft, origin=SYSTEM.origin())


def test_each_event_is_heard_once_in_order(heard):
    found, _planted = heard
    for name in "abc":
        tell(name)

    assert reactions.dispatch_all() == 3
    tell("d")
    assert reactions.dispatch_all() == 1
    assert reactions.dispatch_all() == 0
    assert found == ["a", "b", "c", "d"]


def test_a_failing_event_is_parked_and_tried_again(heard, monkeypatch):
    found, planted = heard
    planted.add("b")
    for name in "abc":
        tell(name)

    reactions.dispatch_all()
    assert found == ["a", "a", "c"]  # the batch was rolled back and taken event by event
    failure = Failure.objects.get()
    assert "b" in failure.error

    planted.clear()
    Failure.objects.update(next_try_at="2020-01-01T00:00:00Z")
    reactions.retry_failures()
    assert found[-1] == "b"
    assert Failure.objects.filter(resolved_at=None).count() == 0


def test_a_late_commit_is_not_lost(heard):
    """An event with a lower id that commits after a higher one has been read."""
    found, _planted = heard
    inserted, may_commit = threading.Event(), threading.Event()

    def slow_writer():
        with transaction.atomic():
            tell("slow")
            inserted.set()
            may_commit.wait(10)
        connection.close()

    writer = threading.Thread(target=slow_writer)
    writer.start()
    inserted.wait(10)
    tell("quick")
    reactions.dispatch_all()
    may_commit.set()
    writer.join()
    reactions.dispatch_all()

    assert sorted(found) == ["quick", "slow"]


def test_the_log_is_readable_after_a_restore(heard):
    found, _planted = heard
    tell("before")
    reactions.dispatch_all()
    tell("pending")
    with connection.cursor() as cursor:  # numbers of another, older cluster
        cursor.execute("UPDATE events_event SET tx = tx + 1000000")
    ReactionCursor.objects.update(tx=1_000_000 + ReactionCursor.objects.get().tx)

    rebase_after_restore()
    tell("after")
    reactions.dispatch_all()

    assert found == ["before", "pending", "after"]


def test_partitions_are_made_ahead():
    ensure_partitions(months_ahead=3)
    ensure_partitions(months_ahead=3)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_inherits WHERE inhparent = 'events_event'::regclass"
        )
        assert cursor.fetchone()[0] >= 4
    assert Event.objects.count() == 0
