import json

import pytest
from django.utils.html import escape

from zhike.access.viewer import SYSTEM
from zhike.commerce.actions import place_order
from zhike.customers.actions import add_note, create_customer
from zhike.customers.facts import CUSTOMER
from zhike.customers.models import Party
from zhike.events.models import Event
from zhike.kernel import clock
from zhike.records.actions import errands
from zhike.records.models import Errand
from zhike.records.queries import batches, find, saved_views
from zhike.segments.actions import create_segment
from zhike.segments.queries import segments

IN_HANGZHOU = json.dumps({"all": [{"fact": "city", "op": "eq", "value": "杭州"}]})
PART = {"HX-Request": "true", "HX-Target": "section#listing"}


@pytest.fixture
def crowd(cast):
    for number in range(60):
        create_customer(
            {"name": f"Shop {number:02}", "city": "苏州", "owner": cast.li.user_id}, viewer=SYSTEM
        )


def test_a_list_shows_what_its_viewer_sees(li, cast):
    text = li.get("/customers/").text
    assert "杭州云栖茶舍" in text
    assert "陈嘉怡" not in text


def test_a_list_costs_the_same_however_many_rows(mei, cast, crowd, django_assert_num_queries):
    with django_assert_num_queries(11):
        assert mei.get("/customers/").text.count("data-row") == 50
    with django_assert_num_queries(11):
        assert mei.get("/customers/", {"q": "云栖"}).text.count("data-row") == 1


def test_a_year_of_orders_is_a_picture_with_words_for_one_query_more(
    mei, cast, crowd, django_assert_num_queries
):
    order = {"customer": cast.yunqi.pk, "number": "A1", "placed_at": clock.now()}
    place_order(order, lines=[{"quantity": 1, "unit_price": 300}], viewer=cast.mei)
    with django_assert_num_queries(12):
        text = mei.get("/customers/", {"columns": "owner,orders.year", "q": "云栖"}).text
    assert text.count("<rect ") == 12
    assert text.count('class="none"') == 11
    assert f"<title>¥300 in 12 months, most in {clock.today():%B %Y}</title>" in text
    with django_assert_num_queries(12):
        assert (
            "<svg" not in mei.get("/customers/", {"columns": "owner,orders.year", "q": "Shop"}).text
        )


def test_a_picture_is_no_column_of_a_file(mei, cast):
    answer = mei.get("/lists/customer/export", {"columns": "orders.year,city"})
    heading = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()[0]
    assert heading.startswith("Name,City,Kind,")


def test_the_next_page_is_rows_alone_and_begins_after_the_last(mei, crowd):
    from zhike.web.listing.address import Address

    first = find(CUSTOMER, SYSTEM, sort="name", limit=50)
    address = Address(cursor=first.next_cursor).on("customer_list")
    answer = mei.get(address, headers={"HX-Request": "true", "HX-Target": "tr#more"})
    assert answer.text.count("data-row") == 13
    assert "<html" not in answer.text
    assert mei.get(address).text.count("data-row") == 13


def test_a_condition_stands_as_a_sentence_that_can_be_removed(mei, cast):
    text = mei.get("/customers/", {"filter": IN_HANGZHOU}, headers=PART).text
    assert "City<b> is 杭州</b>" in text
    assert "杭州云栖茶舍" in text
    assert "陈嘉怡" not in text
    assert 'href="/customers/" aria-label="Remove: City is 杭州"' in text


def test_an_owner_in_a_condition_is_called_by_name(mei, cast):
    asked = json.dumps({"fact": "owner", "op": "eq", "value": str(cast.li.user_id)})
    assert "Owner<b> is Li</b>" in mei.get("/customers/", {"filter": asked}).text


@pytest.mark.parametrize("filter", ["{", "[]", '{"fact":"secret","op":"eq","value":1}'])
def test_fails_with_words_for_a_filter_that_is_none(mei, filter):
    assert mei.get("/customers/", {"filter": filter}).status_code == 422


def test_fails_for_a_cursor_or_an_order_that_is_none(mei):
    assert mei.get("/customers/", {"cursor": "xx"}).status_code == 422
    assert mei.get("/customers/", {"sort": "phones"}).status_code == 422


def test_a_condition_is_added_to_those_that_are_there(mei, cast):
    data = {"filter": IN_HANGZHOU, "fact": "tags", "op": "has_any", "value": "茶馆, 礼盒"}
    address = mei.get("/lists/customer/condition/add", data).headers["Location"]
    text = mei.get(address).text
    assert "City<b> is 杭州</b>" in text
    assert "Tags<b> has any of 茶馆, 礼盒</b>" in text


def test_a_segment_is_asked_for_like_a_fact(mei, cast):
    create_segment(cast.mei, name="West lake", filter=json.loads(IN_HANGZHOU))
    segment = next(one for one in segments(cast.mei) if one.name == "West lake")
    assert "West lake" in mei.get("/lists/customer/condition", {"fact": "segment"}).text
    data = {"fact": "segment", "op": "eq", "value": str(segment.pk)}
    address = mei.get("/lists/customer/condition/add", data).headers["Location"]
    assert "in segment “West lake”" in mei.get(address).text


def test_how_often_something_happened_is_asked_for_like_a_fact(mei, cast):
    for number in range(3):
        add_note(cast.yunqi.pk, text=f"call {number}", viewer=cast.li)
    text = mei.get("/lists/customer/condition", {"fact": "event:note.added"}).text
    assert 'name="window"' in text
    assert "times</span>" in text
    data = {"fact": "event:note.added", "op": "gte", "value": "3", "window": "90d"}
    address = mei.get("/lists/customer/condition/add", data).headers["Location"]
    text = mei.get(address).text
    assert "in the last 90 days “Note” happened at least 3 times" in text
    assert "杭州云栖茶舍" in text
    assert "陈嘉怡" not in text
    assert 'href="/customers/" aria-label="Remove: in the last 90 days' in text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"fact": "event:note.added", "op": "gte", "value": "often"}, "“often” is not a value"),
        ({"fact": "event:note.added", "op": "gte", "value": " "}, "Choose or enter a value."),
        ({"fact": "event:note.added", "value": "1", "window": "x"}, "written like 90d"),
        ({"fact": "city", "op": "in"}, "Choose or enter a value."),
        ({"fact": "orders.total", "op": "between", "value": "1"}, "Two values are needed"),
        ({"fact": "segment", "op": "eq", "value": "x"}, "There is no such segment."),
    ],
)
def test_what_cannot_be_asked_is_said_in_the_popover(mei, cast, data, words):
    create_segment(cast.mei, name="West lake", filter=json.loads(IN_HANGZHOU))
    answer = mei.get("/lists/customer/condition/add", data, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert words in answer.text
    assert "<html" not in answer.text


def test_orders_have_neither_segments_nor_events_to_ask_for(mei, cast):
    text = mei.get("/lists/order/condition").text
    assert 'value="segment"' not in text
    assert 'value="event:' not in text


def test_a_condition_that_cannot_be_asked_stays_open_with_the_reason(mei):
    data = {"fact": "orders.total", "op": "gte", "value": "many"}
    answer = mei.get("/lists/customer/condition/add", data, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "“many” is not a value for this." in answer.text


def test_the_popover_fits_the_fact(mei):
    text = mei.get("/lists/customer/condition", {"fact": "orders.total"}).text
    assert 'name="window"' in text
    assert 'type="number"' in text
    assert (
        'type="checkbox" name="value" value="company"'
        in mei.get("/lists/customer/condition", {"fact": "kind"}).text
    )


def test_many_are_changed_as_one_batch_and_taken_back(mei, cast):
    data = {
        "list": "",
        "ids": [cast.yunqi.pk, cast.chen.pk],
        "do": "set",
        "field": "city",
        "city": "宁波",
    }
    answer = mei.post("/lists/customer/bulk", data, headers={"HX-Request": "true"})
    told = json.loads(answer.headers["HX-Trigger"])["toast"]
    assert told["message"] == "2 records changed"
    assert mei.get("/customers/").text.count("宁波") == 2
    mei.post(told["undo"])
    assert mei.get("/customers/").text.count("宁波") == 0


def test_all_that_match_are_changed_not_only_those_on_the_page(mei, crowd):
    data = {"list": "q=Shop", "everything": "1", "do": "archive"}
    mei.post("/lists/customer/bulk", data)
    assert mei.get("/customers/").text.count("data-row") == 3


def test_more_than_one_waits_for_are_changed_by_a_job(mei, li, cast, crowd, monkeypatch):
    monkeypatch.setattr("zhike.web.listing.views.WHILE_ONE_WAITS", 2)
    data = {"list": "q=Shop", "everything": "1", "do": "set", "field": "city", "city": "宁波"}
    page = mei.post("/lists/customer/bulk", data).headers["Location"]
    asked = Errand.objects.get()
    assert page == f"/errands/{asked.pk}"
    assert f"0 of {asked.rows} records" in mei.get(page).text
    assert 'hx-trigger="load delay:1s"' in mei.get(page).text

    errands.carry_out(asked.pk)

    asked.refresh_from_db()
    text = mei.get(page).text
    assert "hx-trigger" not in text.split('id="errand"')[1].split(">")[0]
    assert f"/batches/{asked.batch_id}/undo" in text
    assert Party.objects.filter(city="宁波").count() == asked.done == asked.rows > 2
    assert li.get(page).status_code == 404
    wrong = data | {"field": "birthday", "birthday": "yesterday"}
    assert mei.post("/lists/customer/bulk", wrong).status_code == 422


def test_a_large_batch_is_taken_back_by_a_job(mei, cast, crowd, monkeypatch):
    monkeypatch.setattr("zhike.records.queries.work.MANY", 2)
    mei.post("/lists/customer/bulk", {"list": "q=Shop", "everything": "1", "do": "archive"})
    batch = batches(cast.mei)[0]
    page = mei.post(f"/batches/{batch.pk}/undo").headers["Location"]
    asked = Errand.objects.get()
    assert page == f"/errands/{asked.pk}"
    errands.carry_out(asked.pk)
    assert mei.get("/customers/").text.count("data-row") > 3
    assert "Do it again" in mei.get(page).text


def test_fails_to_change_many_without_the_right(li, cast):
    data = {"list": "", "ids": [cast.yunqi.pk], "do": "archive"}
    assert li.post("/lists/customer/bulk", data).status_code == 403
    assert batches(cast.mei)[0].kind != "bulk"


def test_a_list_is_kept_under_a_name(mei, cast):
    data = {"list": f"filter={IN_HANGZHOU}&sort=-created_at", "name": "杭州"}
    address = mei.post("/lists/customer/views", data).headers["Location"]
    view = saved_views(CUSTOMER, cast.mei)[0]
    assert address == f"/customers/?view={view.pk}"
    assert "City<b> is 杭州</b>" in mei.get(address).text
    assert view.sort == "-created_at"


def test_columns_are_chosen_and_stand_in_the_address(mei, cast):
    address = mei.get("/lists/customer/columns", {"column": ["industry", "code"]}).headers[
        "Location"
    ]
    text = mei.get(address).text
    assert "Industry</a>" in text
    assert "C001" in text


def test_an_export_is_complete_and_no_formula_runs(mei, crowd, cast):
    create_customer({"name": "=1+1"}, viewer=cast.mei)
    answer = mei.get("/lists/customer/export")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    lines = text.splitlines()
    assert len(lines) == 65
    assert lines[0].startswith("Name,Owner,")
    assert any(line.startswith("'=1+1,Mei,") for line in lines)


def test_fails_to_export_without_the_right(li):
    assert li.get("/lists/customer/export").status_code == 403


def test_an_empty_list_says_why(mei, db):
    assert "Nothing here yet" in mei.get("/orders/").text
    assert "Nothing matches" in mei.get("/customers/", {"q": "zzz"}).text


def test_what_people_write_is_never_markup(mei, cast):
    name = "<img src=x onerror=alert(1)>"
    create_customer({"name": name, "tags": ["<b>"], "city": "<i>"}, viewer=cast.mei)
    text = mei.get("/customers/").text
    assert name not in text
    assert escape(name) in text


def test_a_picker_offers_what_the_viewer_sees(li, cast):
    assert "杭州云栖茶舍" in li.get("/lists/customer/pick", {"q": "yunqi"}).text
    assert "陈嘉怡" not in li.get("/lists/customer/pick", {"q": "chenjiayi"}).text


def test_an_export_that_is_broken_off_is_in_the_log(mei, cast):
    answer = mei.get("/lists/customer/export", {"q": "lin"})
    next(iter(answer.streaming_content))  # and no more

    line = Event.objects.filter(type="records.exported").latest("pk")
    assert (line.data["rows"], line.data["search"]) == (1, "lin")
