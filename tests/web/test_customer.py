import json
import re
from dataclasses import replace
from html import unescape
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from zhike.customers.actions import create_customer, create_task
from zhike.customers.facts import CUSTOMER
from zhike.customers.queries import attachments, customer, open_tasks
from zhike.events.queries import timeline
from zhike.records.actions import change_many, undo_batch

FRAGMENT = {"HX-Request": "true"}


def page_of(party) -> str:
    return f"/customers/{party.pk}"


def test_a_file_shows_who_it_is_and_what_happened(li, cast):
    text = li.get(page_of(cast.yunqi)).text
    assert "<h1>杭州云栖茶舍</h1>" in text
    assert "138 0013 8821" in text
    assert "File opened" in text


def test_what_may_not_be_seen_is_not_there(li, cast):
    assert li.get(page_of(cast.chen)).status_code == 404
    assert li.get(f"/customers/{uuid4()}").status_code == 404
    assert li.post(f"{page_of(cast.chen)}/write", {"text": "x"}).status_code == 404
    assert li.post(f"/records/customer/{cast.chen.pk}/archive").status_code == 404
    assert li.get(f"/records/customer/{cast.chen.pk}/fields/city").status_code == 404


def test_a_file_costs_a_fixed_number_of_queries(mei, cast, django_assert_max_num_queries):
    with django_assert_max_num_queries(40):
        mei.get(page_of(cast.yunqi))


def test_a_field_is_edited_in_place(li, cast):
    address = f"/records/customer/{cast.yunqi.pk}/fields/city"
    assert 'value="杭州"' in li.get(address, {"edit": "1"}, headers=FRAGMENT).text
    answer = li.post(address, {"city": "宁波"}, headers=FRAGMENT)
    assert "宁波" in answer.text
    told = json.loads(answer.headers["HX-Trigger"])
    assert told["toast"]["message"] == "City changed."
    assert told["changed"] is True
    li.post(told["toast"]["undo"])
    assert customer(cast.li, cast.yunqi.pk).city == "杭州"


def test_an_unchanged_field_says_nothing(li, cast):
    address = f"/records/customer/{cast.yunqi.pk}/fields/city"
    assert "HX-Trigger" not in li.post(address, {"city": "杭州"}, headers=FRAGMENT).headers


def test_a_field_can_be_emptied(li, cast):
    li.post(f"/records/customer/{cast.yunqi.pk}/fields/city", {"city": ""}, headers=FRAGMENT)
    assert not customer(cast.li, cast.yunqi.pk).city


def test_a_wrong_value_stays_in_its_input_with_the_reason(li, cast):
    address = f"/records/customer/{cast.yunqi.pk}/fields/phones"
    answer = li.post(address, {"phones": "abc"}, headers=FRAGMENT)
    assert answer.status_code == 422
    assert "“abc” is not a phone number." in answer.text
    assert 'value="abc"' in answer.text


@pytest.mark.parametrize("field", ["name_key", "search", "nothing"])
def test_fails_to_edit_what_is_no_field(li, cast, field):
    assert (
        li.post(f"/records/customer/{cast.yunqi.pk}/fields/{field}", {field: "x"}).status_code
        == 404
    )


def test_readers_read(guest, cast):
    assert guest.get(page_of(cast.yunqi)).status_code == 200
    assert guest.post(f"{page_of(cast.yunqi)}/write", {"text": "x"}).status_code == 403
    assert guest.get("/customers/new").status_code == 403
    address = f"/records/customer/{cast.yunqi.pk}/fields/city"
    assert guest.post(address, {"city": "x"}).status_code == 403


def test_a_contact_is_written_down_with_its_next_step(li, cast):
    data = {
        "kind": "visit", "text": "看了新店。", "outcome": "interested",
        "next_on": "2030-01-02", "next_step": "送样品",
    }  # fmt: skip
    answer = li.post(f"{page_of(cast.yunqi)}/write", data, headers=FRAGMENT)
    assert "Visit · Interested" in answer.text
    assert "看了新店。" in answer.text
    assert [task.title for task in open_tasks(cast.li, cast.yunqi.pk)] == ["送样品"]


def test_an_empty_note_is_refused_with_words(li, cast):
    answer = li.post(
        f"{page_of(cast.yunqi)}/write", {"kind": "note", "text": " "}, headers=FRAGMENT
    )
    assert answer.status_code == 422
    assert json.loads(answer.headers["HX-Trigger"])["toast"]["message"] == "Write something first."
    assert answer.headers["HX-Reswap"] == "none"
    assert len(timeline(cast.yunqi.pk).items) == 1


def test_a_task_is_done_once(li, cast):
    task = create_task(cast.yunqi.pk, title="送样品", viewer=cast.li)
    for _ in range(2):
        assert li.post(f"/tasks/{task.pk}/done", headers=FRAGMENT).status_code == 200
    types = [event.type for event in timeline(cast.yunqi.pk).items]
    assert types.count("task.done") == 1


def test_a_change_stands_in_the_timeline_with_before_and_after(li, cast):
    li.post(f"/records/customer/{cast.yunqi.pk}/fields/city", {"city": "宁波"})
    text = li.get(page_of(cast.yunqi)).text
    assert "City <s>杭州</s> → 宁波" in text


def test_the_timeline_goes_on_by_key(li, cast):
    for number in range(35):
        li.post(f"{page_of(cast.yunqi)}/write", {"kind": "note", "text": f"note {number:02}"})
    first = timeline(cast.yunqi.pk)
    headers = {**FRAGMENT, "HX-Target": "li#older"}
    answer = li.get(page_of(cast.yunqi), {"cursor": first.next_cursor}, headers=headers)
    assert answer.text.count('class="entry') == 6
    assert "note 04" in answer.text
    assert "note 05" not in answer.text


def test_files_go_in_and_come_out_as_downloads(li, guest, sign_in, cast):
    upload = SimpleUploadedFile("报价.pdf", b"%PDF-1.4", "application/pdf")
    li.post(f"{page_of(cast.yunqi)}/files", {"file": upload})
    kept = attachments(cast.yunqi)[0]
    answer = guest.get(f"{page_of(cast.yunqi)}/files/{kept.pk}")
    assert b"".join(answer.streaming_content) == b"%PDF-1.4"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert sign_in("zhao").get(f"{page_of(cast.yunqi)}/files/{kept.pk}").status_code == 404


def test_fails_to_attach_what_a_browser_would_run(li, cast):
    upload = SimpleUploadedFile("x.html", b"<script>", "text/html")
    assert li.post(f"{page_of(cast.yunqi)}/files", {"file": upload}).status_code == 422
    assert attachments(cast.yunqi) == []


def test_what_a_batch_did_leads_to_it_in_the_history(mei, li, cast):
    change_many(CUSTOMER, [cast.yunqi.pk], {"city": "宁波"}, viewer=cast.mei, label="Move")
    batch = customer(cast.mei, cast.yunqi.pk).batch_id
    undo, _done, _left = undo_batch(cast.mei, batch)
    text = mei.get(page_of(cast.yunqi)).text
    assert f'<a href="/history/{batch}" title="Move">Bulk edit</a>' in text
    assert f'<a href="/history/{undo.pk}" title="Move">Undo</a>' in text
    assert text.count("/history/") == 2  # opening the file was no work on many
    assert "Move" in mei.get(f"/history/{batch}").text
    assert "Do it again" in mei.get(f"/history/{undo.pk}").text
    assert "/history/" not in li.get(page_of(cast.yunqi)).text.replace('href="/history"', "")
    assert li.get(f"/history/{batch}").status_code == 404


def test_where_a_customer_came_from_is_said_in_words(mei, cast):
    chen = create_customer({"name": "赵明远"}, viewer=replace(cast.mei, source="import"))
    assert chen.source == "import"
    text = mei.get(page_of(chen)).text
    assert '<span class="value">Import</span>' in text
    address = f"/records/customer/{chen.pk}/fields/source"
    assert 'value="Import"' in mei.get(address, {"edit": "1"}, headers=FRAGMENT).text
    mei.post(address, {"source": "Import"}, headers=FRAGMENT)
    assert customer(cast.mei, chen.pk).version == 1
    assert ">Import<" in mei.get("/customers/", {"columns": "source"}).text
    asked = json.dumps({"fact": "source", "op": "eq", "value": "import"})
    assert "Source<b> is Import</b>" in mei.get("/customers/", {"filter": asked}).text


def test_tags_are_put_on_and_taken_off_in_place(li, cast):
    address = f"{page_of(cast.yunqi)}/tags"
    answer = li.post(address, {"add": "老客户，茶馆"}, headers=FRAGMENT)
    assert 'id="tag-new"' in answer.text
    assert "<html" not in answer.text
    told = json.loads(answer.headers["HX-Trigger"])
    assert (told["toast"]["message"], told["changed"]) == ("Tags changed.", True)
    assert customer(cast.li, cast.yunqi.pk).tags == ["茶馆", "礼盒", "老客户"]
    li.post(told["toast"]["undo"])
    assert customer(cast.li, cast.yunqi.pk).tags == ["茶馆", "礼盒"]
    li.post(address, {"remove": "茶馆"}, headers=FRAGMENT)
    assert customer(cast.li, cast.yunqi.pk).tags == ["礼盒"]
    assert "HX-Trigger" not in li.post(address, {"add": "礼盒"}, headers=FRAGMENT).headers
    assert li.post(address, {"add": "展会"}).headers["Location"] == page_of(cast.yunqi)


def test_fails_to_tag_without_a_word_a_right_or_sight(li, guest, sign_in, cast):
    address = f"{page_of(cast.yunqi)}/tags"
    answer = li.post(address, {"add": " , "}, headers=FRAGMENT)
    assert answer.status_code == 422
    assert json.loads(answer.headers["HX-Trigger"])["toast"]["message"] == "Write a tag first."
    assert guest.post(address, {"add": "x"}).status_code == 403
    assert sign_in("zhao").post(address, {"remove": "茶馆"}).status_code == 404
    assert customer(cast.li, cast.yunqi.pk).tags == ["茶馆", "礼盒"]
    assert 'id="tag-new"' not in guest.get(page_of(cast.yunqi)).text


def test_a_relation_is_seen_from_both_ends(mei, cast):
    mei.post(f"{page_of(cast.yunqi)}/relations", {"kind": "referred_by", "other": str(cast.lin.pk)})
    assert "Lin &amp; Sons Gifts" in mei.get(page_of(cast.yunqi)).text
    assert "杭州云栖茶舍</a>" in mei.get(page_of(cast.lin)).text


def test_a_customer_is_written_down(li, cast):
    data = {
        "name": "宁波老码头茶行", "kind": "company", "phones": "13900000000",
        "tags": "茶馆, 礼盒", "owner": str(cast.li.user_id),
    }  # fmt: skip
    address = li.post("/customers/new", data).headers["Location"]
    text = li.get(address).text
    assert "<h1>宁波老码头茶行</h1>" in text
    assert "Saved." in text
    assert "Saved." not in li.get(address).text  # said once


def test_a_wrong_form_keeps_what_was_entered(li, cast):
    answer = li.post("/customers/new", {"name": "", "kind": "company", "emails": "nobody"})
    assert answer.status_code == 422
    assert "This is needed." in answer.text
    assert "“nobody” is not an e-mail address." in answer.text
    assert 'value="nobody"' in answer.text


def test_archived_and_restored(li, cast):
    li.post(f"/records/customer/{cast.yunqi.pk}/archive")
    assert "杭州云栖茶舍</a>" not in li.get("/customers/").text
    assert "杭州云栖茶舍</a>" in li.get("/customers/", {"archived": "1"}).text
    li.post(f"/records/customer/{cast.yunqi.pk}/restore")
    assert "杭州云栖茶舍</a>" in li.get("/customers/").text


def test_neighbours_are_those_of_the_list_it_was_opened_from(mei, cast):
    assert f"{page_of(cast.lin)}?in=q%3D" not in mei.get(page_of(cast.yunqi)).text
    text = mei.get(page_of(cast.yunqi), {"in": "sort=-created_at"}).text
    assert f'href="{page_of(cast.lin)}?in=sort%3D-created_at" data-hotkey="["' in text
    assert 'data-hotkey="]"' not in text


def test_the_place_in_the_list_stands_between_the_neighbours(mei, cast):
    rows = mei.get("/customers/", {"sort": "-created_at"}).text
    address = unescape(re.search(rf'href="({page_of(cast.lin)}[^"]*)"', rows)[1])
    page = mei.get(address).text
    assert "</span>2 / 3</span>" in page
    before = unescape(re.search(r'href="([^"]*)" data-hotkey="\["', page)[1])
    assert "</span>1 / 3</span>" in mei.get(before).text


@pytest.mark.parametrize("written", ["at=x&of=3", "at=2&of=<b>", "at=-1&of=3", "of=3", "at=2"])
def test_a_place_that_no_list_gave_is_not_shown(mei, cast, written):
    assert "Place in the list" not in mei.get(page_of(cast.lin), {"in": written}).text
