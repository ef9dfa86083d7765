"""Segments keep themselves up to date: customer by customer what a full evaluation says."""

import random

import pytest

from zhike.access.viewer import SYSTEM
from zhike.commerce.actions import place_order
from zhike.customers.actions import change_customer, create_customer, log_contact
from zhike.customers.facts import CUSTOMER
from zhike.events.models import Event
from zhike.events.reactions import dispatch_all
from zhike.kernel.errors import Conflict, Invalid, NotAllowed
from zhike.records.actions import archive_record
from zhike.segments import actions, queries
from zhike.segments.models import Membership

pytestmark = pytest.mark.django_db(transaction=True)

IN_HANGZHOU = {"fact": "city", "op": "eq", "value": "杭州"}
BUYERS = {"fact": "orders.count", "op": "gte", "value": 1}


def members(segment) -> set:
    return set(segment.memberships.values_list("party_id", flat=True))


def test_members_come_and_go_within_one_dispatch(cast):
    segment = actions.create_segment(cast.han, name="Hangzhou", filter=IN_HANGZHOU)
    assert members(segment) == {cast.yunqi.pk}
    assert Event.objects.filter(type="segment.entered").count() == 0

    change_customer(cast.lin.pk, {"city": "杭州"}, viewer=cast.wang)
    change_customer(cast.yunqi.pk, {"city": "宁波"}, viewer=cast.li)
    dispatch_all()

    assert members(segment) == {cast.lin.pk}
    entered = Event.objects.get(type="segment.entered")
    left = Event.objects.get(type="segment.left")
    assert (entered.party_id, left.party_id) == (cast.lin.pk, cast.yunqi.pk)
    segment.refresh_from_db()
    assert segment.size == 1
    size = queries.sizes(SYSTEM, segment)[-1]
    assert (size.size, size.entered, size.left) == (1, 1, 1)


def test_a_segment_of_segments_follows(cast):
    inner = actions.create_segment(cast.han, name="Buyers", filter=BUYERS)
    outer = actions.create_segment(
        cast.han, name="Others", filter={"not": {"segment": str(inner.pk)}}
    )
    assert len(members(outer)) == 3

    values = {"number": "A1", "customer": cast.yunqi.pk, "placed_at": "2026-11-01"}
    place_order(values, lines=[], total=10, viewer=cast.li)
    dispatch_all()

    assert members(inner) == {cast.yunqi.pk}
    assert len(members(outer)) == 2
    with pytest.raises(Conflict):
        actions.archive_segment(cast.han, inner.pk)
    with pytest.raises(Invalid):
        actions.change_segment(cast.han, inner.pk, filter={"segment": str(outer.pk)})


def test_step_by_step_equals_a_full_evaluation(cast):
    """A random history, followed event by event, ends where a full evaluation would."""
    random_ = random.Random(7)
    made = [
        actions.create_segment(cast.han, name=f"S{n}", filter=tree)
        for n, tree in enumerate(
            [
                IN_HANGZHOU,
                BUYERS,
                {"all": [BUYERS, {"not": IN_HANGZHOU}]},
                {"event": "contact.logged", "window": "30d", "count": {"op": "gte", "value": 2}},
                {"fact": "contacts.last", "op": "is_empty"},
                {"any": [{"fact": "tags", "op": "has_any", "value": ["VIP"]}, BUYERS]},
            ]
        )
    ]
    people = [create_customer({"name": f"P{n}"}, viewer=cast.mei).pk for n in range(6)]
    for step in range(40):
        who = random_.choice(people)
        match random_.randrange(5):
            case 0:
                change_customer(who, {"city": random_.choice(["杭州", "上海"])}, viewer=cast.mei)
            case 1:
                values = {"number": f"N{step}", "customer": who, "placed_at": "2026-11-01"}
                place_order(values, lines=[], total=1, viewer=cast.mei)
            case 2:
                log_contact(who, channel="call", viewer=cast.mei)
            case 3:
                tags = random_.choice([["VIP"], []])
                change_customer(who, {"tags": tags}, viewer=cast.mei)
            case 4 if step % 7 == 0:
                people.remove(who)
                archive_record(CUSTOMER, who, viewer=cast.mei)
        if step % 5 == 0:
            dispatch_all()
    dispatch_all()

    followed = {segment.pk: members(segment) for segment in made}
    Membership.objects.all().delete()
    actions.evaluate_all()

    assert {segment.pk: members(segment) for segment in made} == followed


def test_many_segments_at_once_equal_each_alone(cast):
    """One statement moves everybody: who entered and left which segment is told for each."""
    towns = [
        actions.create_segment(
            cast.han, name=town, filter={"fact": "city", "op": "eq", "value": town}
        )
        for town in ("杭州", "上海")
    ]
    either = {"any": [{"segment": str(town.pk)} for town in towns]}
    outer = actions.create_segment(cast.han, name="Either", filter=either)
    assert members(outer) == {cast.yunqi.pk, cast.lin.pk}
    change_customer(cast.lin.pk, {"city": "杭州"}, viewer=cast.wang)
    change_customer(cast.yunqi.pk, {"city": "宁波"}, viewer=cast.li)

    actions.evaluate_all()

    assert [members(one) for one in (*towns, outer)] == [{cast.lin.pk}, set(), {cast.lin.pk}]
    told = Event.objects.filter(type__startswith="segment.", party_id__isnull=False)
    assert set(told.values_list("type", "subject_id", "party_id")) == {
        ("segment.left", towns[0].pk, cast.yunqi.pk),
        ("segment.entered", towns[0].pk, cast.lin.pk),
        ("segment.left", towns[1].pk, cast.lin.pk),
        ("segment.left", outer.pk, cast.yunqi.pk),
    }
    towns[0].refresh_from_db()
    size = queries.sizes(SYSTEM, towns[0])[-1]
    assert (towns[0].size, size.entered, size.left) == (1, 1, 1)


def test_overlap_and_sight(cast):
    first = actions.create_segment(cast.han, name="Hangzhou", filter=IN_HANGZHOU)
    second = actions.create_segment(
        cast.han, name="Companies", filter={"fact": "kind", "op": "eq", "value": "company"}
    )

    sizes = [size for _group, size in queries.overlap(cast.mei, [first.pk, second.pk])]
    assert sizes == [1, 2, 1]
    assert [s for _g, s in queries.overlap(cast.zhao, [first.pk, second.pk])] == [0, 0, 0]
    assert queries.members(cast.zhao, second).items == []


def test_staff_see_but_do_not_make_segments(cast):
    with pytest.raises(NotAllowed):
        actions.create_segment(cast.li, name="Mine", filter=IN_HANGZHOU)
    with pytest.raises(Invalid):
        actions.create_segment(cast.han, name="", filter=IN_HANGZHOU)
    with pytest.raises(Invalid):
        actions.create_segment(cast.han, name="X", filter={"fact": "nose", "op": "eq", "value": 1})
    assert queries.segments(cast.li) == []


def test_shipped_segments_are_made_once_and_worded(cast):
    from django.utils.translation import override

    actions.ensure_shipped()
    actions.ensure_shipped()
    actions.evaluate_all()

    found = queries.segments(SYSTEM)
    assert [s.key for s in found][:2] == ["vip", "slipping"]
    with override("en"):
        assert queries.name_of(found[1]) == "Slipping away"
        assert "Stage is Decline" in queries.words_of(found[1])
