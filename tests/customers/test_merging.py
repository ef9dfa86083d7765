"""Two customers become one, and two again."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from zhike.commerce.actions import place_order, record_payment
from zhike.commerce.models import Order
from zhike.customers import actions, queries
from zhike.customers.actions import change_customer, create_customer
from zhike.customers.facts import CUSTOMER
from zhike.customers.merging.actions import (
    merge_customers,
    preview_merge,
    unmerge_customers,
)
from zhike.customers.merging.pointers import pointers
from zhike.customers.models import Displaced, Merge, Party, Relation, Task
from zhike.events.models import Event
from zhike.events.queries import timeline
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from zhike.records.actions import (
    archive_record,
    change_record,
    restore_record,
    undo_batch,
)
from zhike.records.imports.actions import import_now, map_import, prepare_import
from zhike.records.models import Batch
from zhike.records.queries import find
from zhike.segments.actions import create_segment, evaluate_all
from zhike.segments.models import Membership, Segment


@pytest.fixture
def pair(cast):
    """The same tea house twice: Li's file and one that Mei opened."""
    double = create_customer(
        {"name": "云栖茶舍", "kind": "company", "phones": "139 0000 1111", "code": "X9",
         "emails": ["tea@yunqi.example", "boss@yunqi.example"], "tags": ["茶馆", "老客"],
         "industry": "Tea", "remark": "Rings on Mondays"},
        viewer=cast.mei,
    )  # fmt: skip
    return cast.yunqi, double


def order_for(party, number: str, viewer) -> Order:
    values = {"number": number, "customer": party.pk, "placed_at": clock.now()}
    return place_order(values, lines=[{"quantity": 1, "unit_price": 10}], viewer=viewer)


def pointing_at(party) -> dict[str, int]:
    """How many rows point at a customer, by table and column."""
    found = {}
    with connection.cursor() as cursor:
        for pointer in pointers():
            cursor.execute(
                f"SELECT count(*) FROM {pointer.table} WHERE {pointer.column} = %s", [party.pk]
            )
            found[pointer.name] = cursor.fetchone()[0]
    return {name: number for name, number in found.items() if number}


def fresh(party) -> Party:
    return Party.objects.get(pk=party.pk)


def test_the_preview_says_what_counts_and_why(cast, pair):
    winner, double = pair

    preview = preview_merge(cast.mei, winner.pk, double.pk)

    told = {one.field.name: (one.choice, one.why, one.value) for one in preview.fields}
    assert told["name"] == ("winner", "winner", "杭州云栖茶舍")
    assert told["code"] == ("winner", "winner", "C001")
    assert told["phones"] == ("both", "united", ["13800138821", "13900001111"])
    assert told["emails"] == (
        "both", "united", ["tea@yunqi.example", "boss@yunqi.example"],
    )  # fmt: skip
    assert told["tags"] == ("both", "united", ["茶馆", "礼盒", "老客"])
    assert told["city"] == ("winner", "only_winner", "杭州")
    assert told["industry"] == ("loser", "only_loser", "Tea")
    assert told["gender"] == ("winner", "same", "")
    assert [one.field.name for one in preview.conflicts] == ["code"]


def test_the_result_is_what_the_preview_said(cast, pair):
    winner, double = pair
    choices = {"name": "loser", "code": "loser", "owner": "loser", "phones": "winner"}
    preview = preview_merge(cast.mei, winner.pk, double.pk, choices)

    merge_customers(cast.mei, winner.pk, double.pk, choices)

    merged = fresh(winner)
    assert {f.field.name: getattr(merged, f.field.attribute) for f in preview.fields} == (
        preview.values
    )
    assert (merged.name, merged.code, merged.phones) == ("云栖茶舍", "X9", ["13800138821"])
    assert (merged.owner_id, merged.team_id) == (double.owner_id, double.team_id)


def test_everything_that_pointed_at_the_loser_points_at_the_winner(cast, pair):
    winner, double = pair
    order_for(winner, "A1", cast.mei)
    order = order_for(double, "A2", cast.mei)
    actions.create_task(double.pk, title="Call", viewer=cast.mei)
    actions.add_note(double.pk, text="Likes oolong", viewer=cast.mei)
    upload = SimpleUploadedFile("a.txt", b"a")
    actions.add_attachment(double.pk, upload=upload, viewer=cast.mei)
    actions.add_relation(double.pk, kind="partner", other_id=cast.lin.pk, viewer=cast.mei)
    actions.add_relation(cast.lin.pk, kind="supplier", other_id=double.pk, viewer=cast.mei)
    person = create_customer({"name": "Wu", "company": double.pk}, viewer=cast.mei)
    preview = preview_merge(cast.mei, winner.pk, double.pk)

    merge_customers(cast.mei, winner.pk, double.pk)

    assert pointing_at(double) == {"events_event.party_id": 1}  # that it was merged
    assert fresh(person).company_id == winner.pk
    assert Order.objects.get(pk=order.pk).party_id == winner.pk
    counts = {str(one.label): (one.moved, one.aside) for one in preview.moves if one.moved}
    assert counts == {
        "People who work there": (1, 0), "Tasks": (1, 0), "Files": (1, 0), "Orders": (1, 0),
        "Relations": (2, 0), "Timeline entries": (6, 0),
    }  # fmt: skip
    # People are found by where they work.
    assert [p.pk for p in find(CUSTOMER, cast.mei, search="yunqi wu").items] == [person.pk]


def test_a_relation_that_would_stand_twice_or_lead_to_itself_is_set_aside(cast, pair):
    winner, double = pair
    for party in pair:
        actions.add_relation(party.pk, kind="partner", other_id=cast.lin.pk, viewer=cast.mei)
    actions.add_relation(double.pk, kind="parent", other_id=winner.pk, viewer=cast.mei)
    actions.add_relation(winner.pk, kind="supplier", other_id=double.pk, viewer=cast.mei)
    before = sorted(Relation.objects.values_list("kind", "party_id", "other_id"))

    batch = merge_customers(cast.mei, winner.pk, double.pk)

    assert list(Relation.objects.values_list("kind", "party_id", "other_id")) == [
        ("partner", winner.pk, cast.lin.pk)
    ]
    unmerge_customers(cast.mei, batch.pk)
    assert sorted(Relation.objects.values_list("kind", "party_id", "other_id")) == before


def test_whatever_points_at_a_customer_is_declared(db):
    """A table that is new here: `points_at_customer` in the facts of its app."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, attname FROM pg_constraint JOIN pg_attribute "
            "ON attrelid = conrelid AND attnum = conkey[1] "
            "WHERE contype = 'f' AND confrelid = 'customers_party'::regclass "
            "UNION SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND column_name IN ('party_id', 'rival_id') "
            "AND table_name NOT LIKE 'events_event_%%'"
        )
        found = {f"{table}.{column}" for table, column in cursor.fetchall()}
    # A merge itself says who was merged, whatever became of them later.
    own = {"customers_merge.winner_id", "customers_merge.loser_id"}
    # The ledger of owners says whose a file was, and is never changed.
    own |= {"ownership_entry.party_id"}
    # So does a certificate of erasure.
    own |= {"privacy_erasure.party_id"}
    # The access log says which file was shown, and is never changed.
    own |= {"security_viewing.party_id"}
    assert found - own == {pointer.name for pointer in pointers()}


def test_the_loser_is_hidden_and_leads_to_the_winner(cast, pair):
    winner, double = pair
    merge_customers(cast.mei, winner.pk, double.pk)

    hidden = fresh(double)
    assert (hidden.merged_into_id, hidden.archived_at is not None) == (winner.pk, True)
    assert [p.pk for p in find(CUSTOMER, cast.mei, search="yunqi").items] == [winner.pk]
    for values, key in (
        ({"code": "X9"}, "code"), ({"emails": "boss@yunqi.example"}, "email"),
        ({"phones": "13900001111"}, "phone"),
    ):  # fmt: skip
        assert queries.match(cast.mei, values, [key]) == winner.pk


def test_what_is_written_down_for_the_loser_lands_with_the_winner(cast, pair):
    winner, double = pair
    merge_customers(cast.mei, winner.pk, double.pk)

    actions.add_note(double.pk, text="Called", viewer=cast.mei)
    task = actions.create_task(double.pk, title="Call", viewer=cast.mei)
    order = order_for(double, "A3", cast.mei)

    assert (task.party_id, order.party_id) == (winner.pk, winner.pk)
    assert timeline(winner.pk, group="contact", limit=2).items[1].data == {"text": "Called"}


@pytest.mark.parametrize("viewer", ["guest", "li"])
def test_only_who_may_and_sees_both_merges(cast, pair, viewer):
    for attempt in (merge_customers, preview_merge):
        with pytest.raises((NotAllowed, NotFound)):
            attempt(getattr(cast, viewer), pair[0].pk, pair[1].pk)
    assert Merge.objects.count() == Batch.objects.filter(kind="merge").count() == 0
    assert fresh(pair[1]).archived_at is None


def test_what_makes_no_sense_is_refused(cast, pair):
    winner, double = pair
    with pytest.raises(Invalid) as refused:
        merge_customers(cast.mei, winner.pk, winner.pk)
    assert refused.value.code == "same"
    with pytest.raises(Invalid) as refused:
        merge_customers(cast.mei, winner.pk, cast.chen.pk)
    assert refused.value.code == "kinds_differ"
    with pytest.raises(Invalid) as refused:
        merge_customers(cast.mei, winner.pk, double.pk, {"name": "both", "height": "loser"})
    assert [error.field for error in refused.value.errors] == ["name", "height"]
    with pytest.raises(Stale):
        merge_customers(cast.mei, winner.pk, double.pk, versions={double.pk: 7})
    archive_record(CUSTOMER, cast.lin.pk, viewer=cast.mei)
    with pytest.raises(Conflict) as refused:
        merge_customers(cast.mei, winner.pk, cast.lin.pk)
    assert refused.value.code == "archived"
    assert Merge.objects.count() == 0


def test_a_merged_customer_is_neither_merged_again_nor_changed_nor_restored(cast, pair):
    winner, double = pair
    merge_customers(cast.mei, winner.pk, double.pk)

    for attempt in (
        lambda: merge_customers(cast.mei, winner.pk, double.pk),
        lambda: merge_customers(cast.mei, double.pk, winner.pk),
        lambda: change_customer(double.pk, {"city": "x"}, viewer=cast.mei),
        lambda: restore_record(CUSTOMER, double.pk, viewer=cast.mei),
    ):
        with pytest.raises(Conflict) as refused:
            attempt()
        assert refused.value.code == "merged"


def test_unmerge_gives_both_back(cast, pair):
    winner, double = pair
    order_for(double, "A2", cast.mei)
    before = [pointing_at(party) for party in pair]
    files = [fresh(party) for party in pair]
    batch = merge_customers(cast.mei, winner.pk, double.pk, {"code": "loser"})

    unmerge_customers(cast.mei, batch.pk)

    for party, counts, file in zip(pair, before, files, strict=True):
        now = fresh(party)
        told = {"events_event.party_id": counts["events_event.party_id"] + 2}
        assert pointing_at(party) == {**counts, **told}
        for field in CUSTOMER.fields:
            assert getattr(now, field.attribute) == getattr(file, field.attribute)
        assert (now.archived_at, now.merged_into_id) == (None, None)
        assert now.search == file.search
    assert Displaced.objects.count() == 0


def test_both_timelines_tell_of_it(cast, pair):
    winner, double = pair
    batch = merge_customers(cast.mei, winner.pk, double.pk)
    unmerge_customers(cast.mei, batch.pk)

    told = [timeline(party.pk, limit=2).items for party in pair]

    assert [[event.type for event in events] for events in told] == [
        ["customer.unmerged", "customer.merged"], ["customer.released", "customer.absorbed"],
    ]  # fmt: skip
    unmerged, merged = told[0]
    assert merged.changes["industry"] == ["", "Tea"]
    assert unmerged.changes["industry"] == ["Tea", ""]


def test_later_edits_stay_and_later_facts_stay_where_they_belong(cast, pair):
    winner, double = pair
    old = order_for(double, "A1", cast.mei)
    batch = merge_customers(cast.mei, winner.pk, double.pk)
    change_customer(
        winner.pk,
        {"city": "宁波", "industry": "Spirits", "phones": ["13900001111", "13700000000"]},
        viewer=cast.mei,
    )
    plain = order_for(winner, "A2", cast.mei)
    named = order_for(double, "A3", cast.mei)  # by an integration that knows the old id
    actions.add_note(winner.pk, text="Now", viewer=cast.mei)
    actions.add_note(double.pk, text="Under the old id", viewer=cast.mei)
    record_payment(old.pk, amount=10, viewer=cast.mei)

    _undo, done, left = undo_batch(cast.mei, batch.pk)

    owners = dict(Order.objects.values_list("number", "party_id"))
    assert owners == {"A1": double.pk, "A2": winner.pk, "A3": double.pk}
    now = fresh(winner)
    # What the merge had brought is gone, what was written since stays.
    assert (now.city, now.industry, now.phones) == ("宁波", "Spirits", ["13700000000"])
    assert fresh(double).phones == ["13900001111"]
    assert (done, left) == (2, 2)
    assert plain.party_id == winner.pk
    assert named.party_id == winner.pk
    where = dict(Event.objects.filter(type="note.added").values_list("data__text", "party_id"))
    assert where == {"Now": winner.pk, "Under the old id": double.pk}
    assert Event.objects.get(type="order.paid").party_id == double.pk


def test_unmerge_happens_once_and_merging_again_is_its_undo(cast, pair):
    winner, double = pair
    batch = merge_customers(cast.mei, winner.pk, double.pk, {"name": "loser"})
    undo, _done, _left = undo_batch(cast.mei, batch.pk)
    for attempt in (undo_batch, unmerge_customers):
        with pytest.raises(Conflict) as refused:
            attempt(cast.mei, batch.pk)
        assert refused.value.code == "already_undone"

    again, _done, _left = undo_batch(cast.mei, undo.pk)

    assert (again.kind, fresh(winner).name) == ("merge", "云栖茶舍")
    assert fresh(double).merged_into_id == winner.pk
    with pytest.raises(Conflict):
        undo_batch(cast.mei, undo.pk)
    undo_batch(cast.mei, again.pk)
    assert fresh(double).merged_into_id is None


def test_merges_on_merges_are_undone_from_the_last(cast, pair):
    winner, double = pair
    order_for(double, "A1", cast.mei)
    first = merge_customers(cast.mei, winner.pk, double.pk)
    second = merge_customers(cast.mei, cast.lin.pk, winner.pk)
    third = create_customer({"name": "Third", "kind": "company"}, viewer=cast.mei)
    last = merge_customers(cast.mei, cast.lin.pk, third.pk)
    assert fresh(double).merged_into_id == cast.lin.pk

    with pytest.raises(Conflict) as refused:
        unmerge_customers(cast.mei, first.pk)
    assert "“杭州云栖茶舍” was merged into “Lin & Sons Gifts”" in refused.value.message
    with pytest.raises(Conflict) as refused:
        unmerge_customers(cast.mei, second.pk)
    assert "“Third” was merged into “Lin & Sons Gifts”" in refused.value.message
    order_for(double, "A2", cast.mei)
    for batch in (last, second, first):
        unmerge_customers(cast.mei, batch.pk)

    assert {o.party_id for o in Order.objects.all()} == {double.pk}
    assert Party.objects.exclude(merged_into=None).count() == 0


def test_a_number_given_away_since_keeps_the_merge_whole(cast, pair):
    winner, double = pair
    batch = merge_customers(cast.mei, winner.pk, double.pk)
    create_customer({"name": "New", "code": "X9"}, viewer=cast.mei)

    with pytest.raises(Conflict) as refused:
        unmerge_customers(cast.mei, batch.pk)

    assert refused.value.code == "taken"
    assert fresh(double).merged_into_id == winner.pk


def test_an_earlier_edit_undone_after_a_merge_leads_to_the_winner(cast, pair):
    winner, double = pair
    wu = create_customer({"name": "Wu", "company": double.pk}, viewer=cast.mei)
    edited = change_record(CUSTOMER, wu.pk, {"company": cast.lin.pk}, viewer=cast.mei)
    merge_customers(cast.mei, winner.pk, double.pk)

    undo_batch(cast.mei, edited.batch_id)

    assert fresh(wu).company_id == winner.pk


def test_ones_own_merge_is_taken_back_even_out_of_sight(cast):
    twins = [create_customer({"name": f"Twin {n}"}, viewer=cast.li) for n in (1, 2)]
    batch = merge_customers(cast.li, twins[0].pk, twins[1].pk)
    change_customer(twins[0].pk, {"owner": cast.zhao.user_id}, viewer=cast.mei)

    with pytest.raises(NotFound):
        unmerge_customers(cast.wang, batch.pk)
    unmerge_customers(cast.li, batch.pk)

    assert fresh(twins[1]).merged_into_id is None


def test_work_on_two_people_at_one_company_keeps_its_sense(cast):
    boss = create_customer({"name": "Boss", "birthday": date(1970, 1, 1)}, viewer=cast.mei)
    double = create_customer({"name": "Boss", "company": cast.lin.pk}, viewer=cast.mei)

    merge_customers(cast.mei, boss.pk, double.pk)

    assert fresh(boss).company_id == cast.lin.pk
    assert (fresh(boss).birthday, Task.objects.count()) == (date(1970, 1, 1), 0)


def test_segments_follow(cast, pair):
    winner, double = pair
    segment = create_segment(
        cast.mei, name="Tea", filter={"fact": "industry", "op": "eq", "value": "Tea"}
    )
    evaluate_all()
    before = list(Membership.objects.values_list("party_id", "since"))

    batch = merge_customers(cast.mei, winner.pk, double.pk)
    assert Membership.objects.count() == Segment.objects.get(pk=segment.pk).size == 0
    unmerge_customers(cast.mei, batch.pk)

    assert list(Membership.objects.values_list("party_id", "since")) == before
    assert Segment.objects.get(pk=segment.pk).size == 1


def test_an_imported_order_finds_the_winner_and_goes_along_with_its_identifier(
    cast, pair, tmp_path
):
    winner, double = pair
    batch = merge_customers(cast.mei, winner.pk, double.pk)
    path = tmp_path / "orders.csv"
    path.write_text(
        "订单号,下单时间,客户编号,联系电话,邮箱,金额\n"
        "S1,2026-03-01,X9,,,10\nS2,2026-03-01,C001,,,10\nS3,2026-03-01,,13900001111,,10\n"
        "S4,2026-03-01,,,tea@yunqi.example,10\nS5,2026-03-01,,,boss@yunqi.example,10\n",
        encoding="utf-8",
    )
    run = prepare_import(cast.mei, type="order", path=path, name="orders.csv")
    map_import(cast.mei, run.pk, mapping=run.mapping)
    import_now(cast.mei, run.pk, is_dry_run=False)
    assert set(Order.objects.values_list("party_id", flat=True)) == {winner.pk}

    unmerge_customers(cast.mei, batch.pk)

    # Both had the address of S4 before the merge: it stays with the winner.
    assert dict(Order.objects.values_list("number", "party_id")) == {
        "S1": double.pk, "S2": winner.pk, "S3": double.pk, "S4": winner.pk, "S5": double.pk,
    }  # fmt: skip
    assert Party.objects.count() == 4


def test_ten_thousand_orders_go_over_in_a_few_statements(cast, pair):
    winner, double = pair
    _many_orders(winner, 10_000, "W", cast.mei)
    _many_orders(double, 10_000, "L", cast.mei)

    with CaptureQueriesContext(connection) as merging:
        batch = merge_customers(cast.mei, winner.pk, double.pk)
    assert Order.objects.filter(party_id=winner.pk).count() == 20_000
    with CaptureQueriesContext(connection) as unmerging:
        unmerge_customers(cast.mei, batch.pk)

    assert Order.objects.filter(party_id=double.pk).count() == 10_000
    assert len(merging) <= 54
    assert len(unmerging) <= 84
    for work in (merging, unmerging):
        assert sum(float(query["time"]) for query in work) < 4


def _many_orders(party, count: int, letter: str, viewer) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO commerce_order (id, created_at, updated_at, version, batch_id, source, "
            "custom, party_id, number, kind, placed_at, currency, rate, total, value, paid, "
            "is_cancelled, remark) SELECT gen_random_uuid(), now(), now(), 1, %s, '', '{}', %s, "
            "%s || n, 'sale', now(), 'CNY', 1, 100, 100, 0, false, '' "
            "FROM generate_series(1, %s) n",
            [party.batch_id, party.pk, letter, count],
        )
        cursor.execute(
            "INSERT INTO events_event (type, party_id, subject_type, subject_id, actor_kind, "
            "source, happened_at, recorded_at, data) SELECT 'order.created', party_id, 'order', "
            "id, 'system', '', now(), now(), '{}' FROM commerce_order WHERE party_id = %s",
            [party.pk],
        )
