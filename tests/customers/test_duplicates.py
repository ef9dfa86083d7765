"""Who may be on file already: while somebody types, and on saving."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from zhike.customers import duplicates
from zhike.customers.actions import change_customer, create_customer
from zhike.customers.duplicates import PossibleDuplicate, possible_duplicates
from zhike.customers.facts import CUSTOMER
from zhike.customers.models import LearntWeights, Party
from zhike.customers.profiles import keys_of, profile_of
from zhike.events.models import Event
from zhike.kernel import clock
from zhike.kernel.errors import NotAllowed
from zhike.records.actions import archive_record


def signs(hit) -> list[tuple[str, str]]:
    return [(one.sign, one.level) for one in hit.reasons]


def test_a_company_is_found_however_its_name_is_written(cast):
    found = possible_duplicates(
        cast.li, {"name": "雲棲茶舍（杭州）有限公司", "kind": "company", "city": "杭州市"}
    )

    (hit,) = found.hits
    assert (hit.party, hit.is_clear, found.held) == (cast.yunqi, True, ())
    assert signs(hit) == [("name", "core"), ("city", "same")]
    assert [one.words for one in hit.reasons] == [
        "same company name, written otherwise", "same city",
    ]  # fmt: skip


def test_a_person_is_found_by_the_sound_of_the_name_and_the_phone(cast):
    found = possible_duplicates(cast.zhao, {"name": "Chen Jiayi", "phones": "+86 139-1234-5678"})

    (hit,) = found.hits
    assert hit.party == cast.chen
    assert hit.probability > 0.9
    assert signs(hit) == [("phone", "same"), ("name", "sounds")]


def test_a_common_name_alone_is_a_maybe(cast):
    found = possible_duplicates(cast.zhao, {"name": "陈嘉怡"})

    assert [(hit.party, hit.is_clear) for hit in found.hits] == [(cast.chen, False)]
    assert not found.is_clear


def test_people_of_one_employer_are_found_by_it(cast):
    company = {"company": cast.yunqi.pk, "owner": cast.li.user_id}
    wang = create_customer({"name": "王伟", **company}, viewer=cast.li)

    without = possible_duplicates(cast.li, {"name": "王伟"}).hits[0]
    (hit,) = possible_duplicates(cast.li, {"name": "王伟", "company": str(cast.yunqi.pk)}).hits

    assert hit.party == wang
    assert signs(hit) == [("name", "same"), ("company", "same")]
    assert hit.probability > without.probability


def test_of_a_customer_out_of_sight_only_the_sign_that_was_typed_is_told(cast):
    """The whole of the rule in `collisions.held`."""
    by_phone = possible_duplicates(cast.wang, {"name": "陈嘉怡", "phones": "13912345678"})
    by_name = possible_duplicates(cast.wang, {"name": "陈嘉怡", "city": "成都"})
    by_slip = possible_duplicates(cast.wang, {"name": "陈嘉怡", "phones": "13912345679"})
    other_kind = possible_duplicates(cast.wang, {"kind": "company", "phones": "13912345678"})

    assert by_phone.hits == ()
    assert [(one.sign, one.words) for one in by_phone.held] == [
        ("phone", "A colleague already has a customer with this phone number.")
    ]
    assert not by_name
    assert not by_slip
    assert other_kind == by_phone


def test_an_employer_out_of_sight_is_no_reason(cast):
    shared = create_customer({"name": "王伟", "owner": cast.li.user_id}, viewer=cast.mei)
    change_customer(shared.pk, {"company": cast.chen.pk}, viewer=cast.mei)
    twin = create_customer({"name": "陈嘉怡", "kind": "company"}, viewer=cast.li)

    (hit,) = possible_duplicates(cast.li, {"name": "王伟", "company": twin.pk}).hits

    assert signs(hit) == [("name", "same")]


def test_what_is_half_typed_is_passed_over(cast):
    assert not possible_duplicates(cast.mei, {})
    assert not possible_duplicates(cast.mei, {"phones": "13", "emails": "a@", "birthday": "19"})
    assert not possible_duplicates(cast.mei, {"company": "no id", "name": ""})


def test_archived_customers_and_the_customer_itself_are_left_out(cast):
    assert not possible_duplicates(cast.mei, {"name": "陈嘉怡"}, but=cast.chen.pk)

    archive_record(CUSTOMER, cast.chen.pk, viewer=cast.zhao)

    assert not possible_duplicates(cast.mei, {"name": "陈嘉怡", "phones": "13912345678"})


def test_who_may_not_open_files_may_not_ask(cast):
    with pytest.raises(NotAllowed):
        possible_duplicates(cast.guest, {"phones": "13912345678"})


def test_a_probable_duplicate_is_refused_where_that_is_wanted(cast):
    values = {"name": "云栖茶舍", "kind": "company", "phones": "13800138821"}
    before = (Party.objects.count(), Event.objects.count())

    with pytest.raises(PossibleDuplicate) as refused:
        create_customer(values, viewer=cast.li, on_duplicate="refuse")
    with pytest.raises(PossibleDuplicate):
        create_customer(values, viewer=cast.zhao, on_duplicate="refuse")

    assert [hit.party for hit in refused.value.found.hits] == [cast.yunqi]
    assert (Party.objects.count(), Event.objects.count()) == before
    create_customer(values, viewer=cast.li)
    assert Party.objects.count() == before[0] + 1


def test_keys_follow_the_file(cast):
    changed = change_customer(cast.yunqi.pk, {"name": "半山茶舍"}, viewer=cast.li)

    changed.refresh_from_db()
    assert changed.keys == keys_of(profile_of(changed))
    assert not possible_duplicates(cast.li, {"name": "云栖茶舍", "kind": "company"})
    assert possible_duplicates(cast.li, {"name": "半山茶舍有限公司", "kind": "company"})


def test_a_check_takes_three_questions(cast):
    values = {"name": "云栖茶舍", "kind": "company", "company": cast.yunqi.pk, "city": "杭州"}
    with CaptureQueriesContext(connection) as asked:
        possible_duplicates(cast.li, values)

    assert len(asked) == 3


def test_colleagues_with_the_name_do_not_crowd_out_the_one_in_sight(cast, monkeypatch):
    few = duplicates._CANDIDATES.replace("LIMIT 3000", "LIMIT 1")
    monkeypatch.setattr(duplicates, "_CANDIDATES", few)
    for _number in range(3):
        create_customer({"name": "王伟"}, viewer=cast.zhao)
    own = create_customer({"name": "王伟"}, viewer=cast.li)

    found = possible_duplicates(cast.li, {"name": "王伟"})

    assert [hit.party for hit in found.hits] == [own]


def test_weights_that_a_scan_has_learnt_take_the_place_of_the_usual_ones(cast):
    before = possible_duplicates(cast.zhao, {"name": "陈嘉怡"}).hits[0].probability
    LearntWeights.objects.create(
        kind="person", learnt_at=clock.now(),
        signs={"name": [[0.05, 0.9], [0.05, 0.05], [0.1, 0.04], [0.8, 0.00001]]},
    )  # fmt: skip

    assert possible_duplicates(cast.zhao, {"name": "陈嘉怡"}).hits[0].probability > before
