"""Whoever writes an owner or a pool, by whichever door, lands in the ledger."""

import pytest
from django.db import DatabaseError, connection, transaction

from zhike.customers.actions import change_customer
from zhike.customers.facts import CUSTOMER
from zhike.customers.merging.actions import merge_customers, unmerge_customers
from zhike.customers.models import Party
from zhike.ownership.actions import create_pool, release_customers, set_members
from zhike.ownership.actions.pools import Membership
from zhike.ownership.models import Entry
from zhike.records.actions import change_many, undo_batch
from zhike.records.imports.actions import import_now, map_import, prepare_import


def lines(party) -> list[tuple]:
    entries = Entry.objects.filter(party_id=party.pk).order_by("pk")
    return [(e.verb, e.owner_before, e.owner_after, e.pool_before, e.pool_after) for e in entries]


@pytest.fixture
def pool(cast):
    found = create_pool(cast.mei, name="East")
    set_members(cast.mei, found.pk, [Membership(user_id=cast.li.user_id)])
    return found


def test_opening_a_file_and_a_new_owner_by_form_and_in_bulk(cast):
    change_customer(cast.yunqi.pk, {"owner": cast.wang.user_id}, viewer=cast.mei)
    change_customer(cast.yunqi.pk, {"city": "上海"}, viewer=cast.mei)
    batch = change_many(CUSTOMER, [cast.yunqi.pk], {"owner": cast.zhao.user_id}, viewer=cast.han)

    li, wang, zhao = cast.li.user_id, cast.wang.user_id, cast.zhao.user_id
    assert lines(cast.yunqi) == [
        ("created", None, li, None, None),
        ("assigned", li, wang, None, None),
        ("assigned", wang, zhao, None, None),
    ]
    last = Entry.objects.filter(party_id=cast.yunqi.pk).latest("pk")
    assert (last.actor_id, last.batch_id) == (cast.han.user_id, batch.pk)


def test_an_import_and_its_undo(cast, tmp_path):
    path = tmp_path / "new.csv"
    path.write_text("姓名,负责人\n甲,Li\n乙,\n", encoding="utf-8")
    run = prepare_import(cast.mei, type="customer", path=path, name="new.csv")
    map_import(cast.mei, run.pk, mapping=run.mapping)
    import_now(cast.mei, run.pk, is_dry_run=False)

    known, unowned = (Party.objects.get(name=name) for name in "甲乙")
    assert lines(known) == [("created", None, cast.li.user_id, None, None)]
    assert lines(unowned) == []


def test_releasing_and_undoing(cast, pool):
    batch = release_customers([cast.yunqi.pk], viewer=cast.li, reason="no_need")
    undo_batch(cast.li, batch)

    li = cast.li.user_id
    assert lines(cast.yunqi)[1:] == [
        ("released", li, None, None, pool.pk),
        ("undone", None, li, pool.pk, None),
    ]
    party = Party.objects.get(pk=cast.yunqi.pk)
    assert (party.owner_id, party.team_id, party.pool_id) == (li, cast.yunqi.team_id, None)


def test_a_merge_takes_the_owner_and_gives_the_pool_back(cast, pool):
    release_customers([cast.yunqi.pk], viewer=cast.li, reason="other")
    batch = merge_customers(cast.mei, cast.yunqi.pk, cast.lin.pk)

    wang = cast.wang.user_id
    merged = Party.objects.get(pk=cast.yunqi.pk)
    assert (merged.owner_id, merged.pool_id) == (wang, None)
    assert lines(cast.yunqi)[-1] == ("merged", None, wang, pool.pk, None)

    unmerge_customers(cast.mei, batch.pk)
    assert Party.objects.get(pk=cast.yunqi.pk).pool_id == pool.pk
    assert lines(cast.yunqi)[-1] == ("undone", wang, None, None, pool.pk)


def test_entries_are_never_changed(cast):
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        Entry.objects.update(reason="x")


def test_nobody_is_held_and_pooled_at_once(cast, pool):
    with pytest.raises(DatabaseError, match="party_owner_or_pool"), transaction.atomic():
        Party.objects.filter(pk=cast.yunqi.pk).update(pool_id=pool.pk)


def test_a_statement_that_nobody_foresaw(cast):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE customers_party SET owner_id = NULL WHERE id = %s", [cast.lin.pk])

    assert lines(cast.lin)[-1] == ("released", cast.wang.user_id, None, None, None)
