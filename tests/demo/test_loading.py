"""The demo company in the database."""

from datetime import date

import numpy as np
import pytest
from django.db import connection

from zhike.access.models import User
from zhike.access.queries import team_names, viewer_of
from zhike.access.viewer import SYSTEM
from zhike.commerce.models import Line, Order, Payment, Product
from zhike.customers.facts import CUSTOMER
from zhike.customers.models import Party, Relation, Task
from zhike.demo import actions
from zhike.demo.actions import load_demo
from zhike.demo.catalogue import products
from zhike.demo.disputes import CASES
from zhike.demo.profiles import NOBODY
from zhike.demo.simulation import simulate
from zhike.events.models import Event
from zhike.kernel.text import pinyin
from zhike.records.actions import undo_batch
from zhike.records.models import Batch
from zhike.records.queries import count, find, firm

CUSTOMERS, SEED, UNTIL = 300, 4, date(2026, 6, 1)


@pytest.fixture
def world():
    return simulate(CUSTOMERS, SEED, UNTIL)


@pytest.fixture
def demo(db):
    assert load_demo(CUSTOMERS, SEED, until=UNTIL) is True
    return Batch.objects.get(kind="demo")


def sums(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()


def test_the_database_holds_the_world(demo, world):
    assert firm().name == "茶与礼"
    assert Product.objects.count() == len(products())
    assert Party.objects.filter(kind="company").count() == world.profiles.is_shop.sum()
    assert Party.objects.filter(company__isnull=False).count() == np.count_nonzero(
        world.profiles.employer != NOBODY
    )
    assert Relation.objects.count() == np.count_nonzero(
        world.profiles.parent != NOBODY
    ) + np.count_nonzero(world.profiles.referrer != NOBODY)
    assert Task.objects.count() == len(world.tasks.at) + len(CASES)
    sold, paid = int(world.orders.total.sum()), int(world.payments.amount.sum())
    assert sums("SELECT count(*), sum(total), sum(value), sum(paid) FROM commerce_order") == (
        world.orders.count,
        sold,
        sold,
        paid,
    )
    assert sums("SELECT count(*), sum(quantity), sum(amount) FROM commerce_line") == (
        len(world.lines.product),
        int(world.lines.quantity.sum()),
        sold,
    )
    assert sums("SELECT count(*), sum(amount) FROM commerce_payment") == (
        len(world.payments.order),
        paid,
    )


def test_rows_agree_with_each_other_as_the_house_demands(demo):
    assert sums(
        "SELECT count(*) FROM commerce_order o JOIN (SELECT order_id, sum(amount) AS total,"
        " sum(quantity * unit_price * 100) AS product FROM commerce_line GROUP BY 1) l"
        " ON l.order_id = o.id WHERE o.total <> l.total OR o.total <> l.product"
    ) == (0,)
    assert sums(
        "SELECT count(*) FROM commerce_order r JOIN commerce_order s"
        " ON s.id = (r.custom ->> 'returns')::uuid"
        " WHERE s.kind <> 'sale' OR s.party_id <> r.party_id"
    ) == (0,)
    assert Order.objects.filter(kind="return").exists()
    assert Line.objects.filter(position=1).count() == Order.objects.count()
    assert not Payment.objects.exclude(batch_id=demo.pk).exists()


def test_every_event_belongs_to_the_batch_and_to_its_time(demo, world):
    told = Event.objects.filter(batch_id=demo.pk)
    by_type = {name: told.filter(type=name) for name in told.values_list("type", flat=True)}
    assert by_type["customer.created"].count() == CUSTOMERS
    assert by_type["order.created"].count() == world.orders.count
    money = by_type["order.paid"].count() + by_type["order.refunded"].count()
    assert money == len(world.payments.order)
    assert by_type["contact.logged"].count() + by_type["note.added"].count() == len(
        world.contacts.at
    )
    assert by_type["task.created"].count() == len(world.tasks.at) + len(CASES)
    assert sums(
        "SELECT count(*) FROM events_event e JOIN commerce_order o ON o.id = e.subject_id"
        " WHERE e.type = 'order.created' AND (e.happened_at <> o.placed_at"
        " OR e.party_id <> o.party_id OR (e.data ->> 'total')::bigint <> o.total)"
    ) == (0,)
    assert sums(
        "SELECT count(*) FROM events_event e JOIN customers_party p ON p.id = e.subject_id"
        " WHERE e.type = 'customer.created' AND e.happened_at <> p.created_at"
    ) == (0,)
    contact = by_type["contact.logged"].first()
    assert contact.actor_id == Party.objects.get(pk=contact.party_id).owner_id


def test_instants_are_local_times_in_opening_hours(demo):
    assert sums(
        "SELECT min((placed_at AT TIME ZONE 'Asia/Shanghai')::time) >= '08:30',"
        " max((placed_at AT TIME ZONE 'Asia/Shanghai')::time) < '22:00' FROM commerce_order"
    ) == (True, True)


def test_sellers_see_their_part(demo):
    assert set(team_names().values()) == {"茶与礼", "华东", "华南", "华北", "西部"}
    manager = viewer_of(User.objects.get(name="沈知秋"))
    seller = viewer_of(User.objects.get(name="顾清和"))
    assert count(CUSTOMER, manager, exact=True).value == CUSTOMERS
    assert 0 < count(CUSTOMER, seller, exact=True).value < CUSTOMERS / 2
    assert not User.objects.get(name="顾清和").has_usable_password()


def test_search_finds_a_simulated_name_by_its_pinyin(demo):
    someone = Party.objects.filter(kind="person", name__regex="^[一-龥]{3}$").first()
    letters = pinyin(someone.name).replace(" ", "")
    found = find(CUSTOMER, SYSTEM, search=letters).items
    assert someone.pk in {party.pk for party in found}


def test_a_second_load_does_nothing(demo):
    before = (Party.objects.count(), Order.objects.count(), Event.objects.count())
    assert load_demo(CUSTOMERS, SEED, until=UNTIL) is False
    assert (Party.objects.count(), Order.objects.count(), Event.objects.count()) == before
    assert Batch.objects.exclude(kind="dispute").count() == 1


def test_undoing_the_batch_takes_everything_back(demo, world):
    undo, done, left = undo_batch(SYSTEM, demo.pk)
    assert left == 0
    assert done == CUSTOMERS + world.orders.count + len(products()) + len(world.tasks.at) + len(
        CASES
    )
    for model in (Party, Order, Product, Task):
        assert not model.objects.filter(archived_at=None).exists()
    assert find(CUSTOMER, SYSTEM).items == []
    assert undo.undoes_id == demo.pk


def test_a_load_that_fails_leaves_nothing(db, monkeypatch):
    def fail(tables):
        raise RuntimeError("killed")

    monkeypatch.setattr(actions, "analyse", fail)
    with pytest.raises(RuntimeError):
        load_demo(CUSTOMERS, SEED, until=UNTIL)
    assert not Party.objects.exists()
    assert not User.objects.exists()
    assert not Event.objects.exists()


def test_a_large_load_puts_indexes_and_foreign_keys_back(db, monkeypatch):
    before = _structure()
    monkeypatch.setattr(actions, "MANY_CUSTOMERS", 100)
    assert load_demo(CUSTOMERS, SEED, until=UNTIL) is True
    assert _structure() == before
    assert Order.objects.exists()


def _structure():
    """Indexes and constraints of all tables, as they were declared."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'")
        indexes = sorted(row[0] for row in cursor.fetchall())
        cursor.execute(
            "SELECT conrelid::regclass::text || conname || pg_get_constraintdef(oid)"
            " FROM pg_constraint"
        )
        return indexes, sorted(row[0] for row in cursor.fetchall())


def test_a_share_of_the_customers_is_on_file_twice(db, world):
    load_demo(CUSTOMERS, SEED, until=UNTIL, duplicates=0.1)

    second = Party.objects.filter(custom__has_key="second_file_of")
    first = Party.objects.filter(pk__in=[one.custom["second_file_of"] for one in second])
    assert (second.count(), first.count()) == (30, 30)
    assert Party.objects.count() == CUSTOMERS + 30
    assert sorted(first.values_list("name", flat=True)) != sorted(
        second.values_list("name", flat=True)
    )
    assert Order.objects.count() == world.orders.count
    assert Event.objects.filter(type="customer.created").count() == CUSTOMERS + 30
