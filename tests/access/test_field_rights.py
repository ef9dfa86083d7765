"""What a role may do with single facts: hidden, masked, read, written; and shown for a while."""

import json

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from zhike.access.models import FieldRight, Unmasking, User
from zhike.access.queries import viewer_of
from zhike.commerce.actions import place_order
from zhike.commerce.facts import ORDER
from zhike.customers.actions import change_customer, create_customer
from zhike.customers.duplicates import possible_duplicates
from zhike.customers.facts import CUSTOMER
from zhike.customers.merging.actions import preview_merge
from zhike.customers.models import Party
from zhike.customers.queries import timeline
from zhike.events.models import Event
from zhike.filters import Not, Test
from zhike.kernel import clock
from zhike.kernel.errors import Invalid, NotAllowed, NotFound
from zhike.records.actions import limit_fact, unmask
from zhike.records.exports import export_records
from zhike.records.limits import (
    RowMask,
    _row_masks,
    limits,
    mask_email,
    mask_name,
    mask_phone,
    mask_rows,
)
from zhike.records.queries import count, find, find_ids, get, values_of


@pytest.fixture
def limited(cast):
    """Sets what staff may do with a fact, and hands back Li as she is then."""

    def limit(fact: str, level: str, kind=CUSTOMER, role: str = "staff"):
        limit_fact(cast.mei, kind, role=role, fact=fact, level=level)
        who = cast.li if role == "staff" else cast.han
        return viewer_of(User.objects.get(pk=who.user_id))

    return limit


# ---------------------------------------------------------------------------------- what is shown


def test_a_masked_number_shows_its_ends(cast, limited):
    li = limited("phones", "mask")

    party = get(CUSTOMER, li, cast.yunqi.pk)

    assert party.phones == ["138****8821"]
    assert party.concealed == {"phones", "completeness"}  # which tells whether there are any
    assert find(CUSTOMER, li).items[0].phones == ["138****8821"]
    assert values_of(CUSTOMER, li, [party.pk], ["phones"])[party.pk] == {"phones": ["138****8821"]}


def test_a_hidden_field_is_empty(cast, limited):
    li = limited("code", "hide")

    assert get(CUSTOMER, li, cast.yunqi.pk).code == ""
    assert get(CUSTOMER, cast.han, cast.yunqi.pk).code == "C001"


def test_an_administrator_is_never_limited(cast):
    with pytest.raises(Invalid) as refused:
        limit_fact(cast.mei, CUSTOMER, role="administrator", fact="phones", level="mask")

    assert refused.value.errors[0].field == "role"


def test_only_administrators_set_rights(cast):
    with pytest.raises(NotAllowed):
        limit_fact(cast.han, CUSTOMER, role="staff", fact="phones", level="mask")
    assert not FieldRight.objects.exists()


@pytest.mark.parametrize(
    ("fact", "level"), [("owner", "hide"), ("name", "hide"), ("nothing", "mask")]
)
def test_what_a_record_is_known_by_is_not_hidden(cast, fact, level):
    with pytest.raises(Invalid):
        limit_fact(cast.mei, CUSTOMER, role="staff", fact=fact, level=level)


@given(st.text("0123456789", min_size=11, max_size=15))
def test_a_masked_number_tells_its_ends_only(number):
    other = number[:3] + "5" * (len(number) - 7) + number[-4:]

    assert mask_phone(number) == mask_phone(other) == f"{number[:3]}****{number[-4:]}"


@given(st.text("0123456789", min_size=3, max_size=10), st.text(min_size=4, max_size=30))
def test_short_numbers_and_long_names_tell_next_to_nothing(number, name):
    assert mask_phone(number) == f"***{number[-2:]}"
    assert mask_name(name) == f"{name[0]}***"


def test_names_of_people_keep_the_family_name():
    assert mask_name("王芳") == "王*"
    assert mask_email("li.na@x.com") == "li***@x.com"


# ------------------------------------------------------------------------- what follows from it


def test_what_is_made_of_a_hidden_amount_is_hidden_with_it(cast, limited):
    li = limited("value", "hide", ORDER)

    hidden = limits(CUSTOMER, li)

    assert {"orders.total", "orders.average", "value", "value_12", "abc", "tier"} <= hidden.keys()
    assert "orders.count" not in hidden
    assert "paid" in limits(ORDER, li)


def test_a_masked_name_is_masked_wherever_it_stands(cast, limited):
    li = limited("name", "mask")
    order = place_order(
        {"number": "1", "customer": cast.yunqi.pk, "placed_at": clock.now(), "currency": "CNY"},
        lines=[], total=5, viewer=cast.li,
    )  # fmt: skip

    assert values_of(ORDER, li, [order.pk], ["customer.name"])[order.pk]["customer.name"] == "杭***"
    assert all("云栖" not in json.dumps(e.data) for e in timeline(li, cast.yunqi).items)


def test_the_timeline_keeps_what_was_changed_to_itself(cast, limited):
    change_customer(cast.yunqi.pk, {"phones": "13911112222", "city": "苏州"}, viewer=cast.li)
    li = limited("phones", "mask")

    event = next(e for e in timeline(li, cast.yunqi).items if e.changes)

    assert event.changes["city"] == ["杭州", "苏州"]
    assert event.changes["phones"] == [["138****8821"], ["139****2222"]]
    assert (
        "phones"
        not in next(
            e for e in timeline(limited("phones", "hide"), cast.yunqi).items if e.changes
        ).changes
    )


# ------------------------------------------------------------------------------- what is asked


@pytest.mark.parametrize("level", ["hide", "mask"])
def test_nothing_is_asked_about_what_is_not_shown(cast, limited, level):
    li = limited("city", level)

    for ask in (
        lambda: find_ids(CUSTOMER, li, where=Test("city", "eq", "杭州")),
        lambda: count(CUSTOMER, li, where=Not(Test("city", "is_empty"))),
        lambda: find_ids(CUSTOMER, li, sort="city"),
    ):
        with pytest.raises(Invalid) as refused:
            ask()
        assert refused.value.errors[0].field == "city"


def test_a_masked_name_gives_the_usual_list_another_order(cast, limited):
    li = limited("name", "mask")

    assert find_ids(CUSTOMER, li).items == [cast.yunqi.pk]


def test_a_masked_number_is_found_as_a_whole_only(cast, limited):
    li = limited("phones", "mask")

    assert find_ids(CUSTOMER, li, search="138 0013 8821").items == [cast.yunqi.pk]
    assert find_ids(CUSTOMER, li, search="8821").items == []
    assert find_ids(CUSTOMER, li, search="1380013882").items == []
    assert find_ids(CUSTOMER, li, search="云栖").items == [cast.yunqi.pk]
    assert find_ids(CUSTOMER, li, search="yunqi").items == [cast.yunqi.pk]


def test_a_hidden_number_is_not_found_at_all(cast, limited):
    li = limited("phones", "hide")

    assert find_ids(CUSTOMER, li, search="13800138821").items == []


# ----------------------------------------------------------------------------------- what is set


@pytest.mark.parametrize("level", ["hide", "mask", "read"])
def test_what_may_not_be_set_is_refused_by_name(cast, limited, level):
    li = limited("phones", level)

    with pytest.raises(Invalid) as refused:
        change_customer(cast.yunqi.pk, {"phones": "13911112222"}, viewer=li)
    assert [one.field for one in refused.value.errors] == ["phones"]
    with pytest.raises(Invalid):
        create_customer({"name": "甲", "phones": "13911112222"}, viewer=li)
    assert Party.objects.get(pk=cast.yunqi.pk).phones == ["13800138821"]


def test_a_masked_value_is_never_written_back(cast, limited):
    li = limited("phones", "mask")
    get(CUSTOMER, li, cast.yunqi.pk)

    changed = change_customer(cast.yunqi.pk, {"city": "苏州"}, viewer=li)

    party = Party.objects.get(pk=changed.pk)
    assert (party.phones, party.city) == (["13800138821"], "苏州")
    assert "13800138821" in party.search


def test_who_opens_a_file_owns_it_even_without_the_right_to_set_owners(cast, limited):
    li = limited("owner", "read")

    assert create_customer({"name": "甲"}, viewer=li).owner_id == li.user_id
    with pytest.raises(Invalid):
        create_customer({"name": "乙", "owner": cast.wang.user_id}, viewer=li)


def test_a_merge_is_for_who_sees_both_files_whole(cast, limited):
    li = limited("phones", "mask")
    other = create_customer({"name": "云栖", "kind": "company"}, viewer=cast.li)

    with pytest.raises(NotAllowed):
        preview_merge(li, cast.yunqi.pk, other.pk)


def test_an_export_holds_what_the_page_shows(cast, limited, tmp_path):
    han = limited("phones", "mask", role="manager")
    path = tmp_path / "customers.csv"

    export_records(CUSTOMER, han, path)

    text = path.read_text("utf-8-sig")
    assert "138****8821" in text
    assert "13800138821" not in text


# ------------------------------------------------------------------------------ masks by row


@pytest.fixture
def unclaimed():
    """As an app would: phones of customers in Hangzhou are masked for whoever doesn't own them."""
    mask = RowMask(
        frozenset({"phones"}),
        lambda viewer: None if viewer.role == "administrator" else Test("city", "eq", "杭州"),
    )
    mask_rows("customer", mask)
    yield
    _row_masks["customer"].remove(mask)


def test_a_mask_by_row_covers_its_rows_and_no_others(cast, unclaimed):
    rows = {row.pk: row.phones for row in find(CUSTOMER, cast.han, sort="id").items}

    assert rows[cast.yunqi.pk] == ["138****8821"]
    assert rows[cast.chen.pk] == ["13912345678"]
    assert get(CUSTOMER, cast.mei, cast.yunqi.pk).phones == ["13800138821"]


def test_nothing_is_found_out_about_rows_that_are_masked(cast, unclaimed):
    asked = Test("phones", "has_any", ("13800138821",))

    assert find_ids(CUSTOMER, cast.han, where=asked).items == []
    assert cast.yunqi.pk in find_ids(CUSTOMER, cast.han, where=Not(asked)).items
    assert find_ids(CUSTOMER, cast.han, search="8821").items == []
    assert find_ids(CUSTOMER, cast.han, search="5678").items == [cast.chen.pk]
    assert find_ids(CUSTOMER, cast.mei, where=asked).items == [cast.yunqi.pk]


# ------------------------------------------------------------------------- what is typed at it


@pytest.mark.parametrize("level", ["mask", "hide"])
def test_a_guess_at_what_is_hidden_moves_no_probability(cast, limited, level):
    told = {"name": "周小茉", "birthday": "1990-02-03", "phones": "13955556666", "city": "杭州"}
    create_customer(told, viewer=cast.li)
    of_guess = [
        {}, {"birthday": "1990-02-03"}, {"birthday": "1971-11-28"}, {"phones": "13955556666"},
    ]  # fmt: skip

    def hints(viewer) -> list[tuple]:
        typed = [{"name": "周小茉", "city": "杭州", **guess} for guess in of_guess]
        found = [possible_duplicates(viewer, values) for values in typed]
        return [tuple((hit.probability, *hit.reasons) for hit in one.hits) for one in found]

    assert len(set(hints(cast.li))) > 2
    limited("phones", level)
    viewer = limited("birthday", level)
    assert len(set(hints(viewer))) == 1
    assert not possible_duplicates(viewer, {"phones": "13955556666"})


def test_a_phone_masked_in_some_rows_is_no_sign_of_theirs(cast, unclaimed):
    assert not possible_duplicates(cast.han, {"kind": "company", "phones": "13800138821"})
    assert possible_duplicates(cast.han, {"phones": "13912345678", "name": "陈嘉怡"}).is_clear
    assert possible_duplicates(cast.mei, {"kind": "company", "phones": "13800138821"}).hits


# --------------------------------------------------------------------------------- unmasking


def test_a_reason_shows_one_field_of_one_record_for_a_while(cast, limited):
    li = limited("phones", "mask")
    limited("emails", "mask")
    li = viewer_of(User.objects.get(pk=li.user_id))

    until = unmask(CUSTOMER, cast.yunqi.pk, fact="phones", reason="He asked me to call", viewer=li)

    party = get(CUSTOMER, li, cast.yunqi.pk)
    assert (party.phones, party.emails) == (["13800138821"], ["te***@yunqi.example"])
    event = Event.objects.get(type="record.unmasked")
    assert (event.party_id, event.actor_id) == (cast.yunqi.pk, li.user_id)
    assert event.data == {"type": "customer", "fact": "phones", "reason": "He asked me to call"}
    with time_machine.travel(until):
        assert get(CUSTOMER, li, cast.yunqi.pk).phones == ["138****8821"]


def test_what_is_hidden_or_out_of_sight_is_not_shown_for_any_reason(cast, limited):
    li = limited("phones", "hide")

    with pytest.raises(NotFound):
        unmask(CUSTOMER, cast.yunqi.pk, fact="phones", reason="why", viewer=li)
    with pytest.raises(NotFound):
        unmask(CUSTOMER, cast.chen.pk, fact="phones", reason="why", viewer=li)
    assert unmask(CUSTOMER, cast.yunqi.pk, fact="city", reason="why", viewer=li) is None
    assert not Unmasking.objects.exists()


def test_so_many_an_hour_and_no_more(cast, limited, monkeypatch):
    monkeypatch.setattr("zhike.access.actions.UNMASKINGS_AN_HOUR", 2)
    li = limited("phones", "mask")
    others = [
        create_customer({"name": name, "phones": "13800138821"}, viewer=cast.li).pk
        for name in ("甲", "乙", "丙")
    ]

    for pk in others[:2]:
        unmask(CUSTOMER, pk, fact="phones", reason="why", viewer=li)
    with pytest.raises(NotAllowed):
        unmask(CUSTOMER, others[2], fact="phones", reason="why", viewer=li)


def test_a_reason_is_needed(cast, limited):
    with pytest.raises(Invalid):
        unmask(CUSTOMER, cast.yunqi.pk, fact="phones", reason=" ", viewer=limited("phones", "mask"))
