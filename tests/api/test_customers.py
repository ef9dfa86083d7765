"""The customer part of the API, as another program meets it."""

import pytest
from django.test import Client

from zhike.customers.actions import create_customer
from zhike.customers.models import Duplicate
from zhike.events.models import Event
from zhike.kernel import clock


def test_a_stranger_gets_a_problem(db):
    response = Client().get("/api/v1/customers")

    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == 401


def test_a_list_holds_what_the_viewer_sees(calling):
    li, han = calling("li"), calling("han")

    assert [c["name"] for c in li.get("/customers").json()["items"]] == ["杭州云栖茶舍"]
    answer = han.get("/customers?count=exact&fields=name,city&limit=2").json()
    assert len(answer["items"]) == 2
    assert set(answer["items"][0]) == {"name", "city"}
    assert answer["count"] == {"value": 3, "exact": True}
    rest = han.get(f"/customers?limit=2&cursor={answer['next_cursor']}").json()
    assert len(rest["items"]) == 1
    assert rest["next_cursor"] is None


def test_a_filter_tree_selects(calling):
    han = calling("han")
    tree = (
        '{"any":[{"fact":"city","op":"eq","value":"成都"},'
        '{"fact":"tags","op":"has_any","value":["茶馆"]}]}'
    )

    names = {c["name"] for c in han.get(f"/customers?filter={tree}").json()["items"]}

    assert names == {"陈嘉怡", "杭州云栖茶舍"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("filter={", "bad_json"),
        ('filter={"fact":"nose","op":"eq","value":1}', "unknown_fact"),
        ('filter={"fact":"city","op":"gt","value":1}', "bad_op"),
        ("sort=tags", "unknown_sort"),
        ("cursor=xyz", "bad_cursor"),
        ("fields=nose", "unknown_field"),
    ],
)
def test_a_bad_question_is_refused_with_its_reason(calling, query, code):
    response = calling("han").get(f"/customers?{query}")

    assert response.status_code == 422
    assert response.json()["errors"][0]["code"] == code


def test_create_read_change(calling):
    li = calling("li")

    made = li.post(
        "/customers", {"name": "苏州和记礼品行", "kind": "company", "phones": ["0512-6688 1234"]}
    )
    assert made.status_code == 201
    path = f"/customers/{made.json()['id']}"
    assert made.json()["phones"] == ["051266881234"]
    assert made["ETag"] == '"1"'

    changed = li.patch(path, {"city": "苏州"}, **{"If-Match": '"1"'})
    assert changed.status_code == 200
    assert changed.json()["version"] == 2

    stale = li.patch(path, {"city": "无锡"}, **{"If-Match": '"1"'})
    assert stale.status_code == 412
    assert li.get(path).json()["addresses"][0]["city"] == "苏州"


def test_every_wrong_field_is_named_and_nothing_is_written(calling, cast):
    before = Event.objects.count()

    response = calling("li").post(
        "/customers", {"name": "", "emails": ["not an address"], "birthday": "soon"}
    )

    assert response.status_code == 422
    assert {e["field"] for e in response.json()["errors"]} == {"name", "emails", "birthday"}
    assert Event.objects.filter(type="customer.created").count() == 3
    assert Event.objects.count() == before + 1  # the token's own creation


def test_somebody_elses_customer_does_not_exist(calling, cast):
    li, path = calling("li"), f"/customers/{cast.chen.pk}"

    assert li.get(path).status_code == 404
    assert li.patch(path, {"city": "杭州"}).status_code == 404
    assert li.post(f"{path}/notes", {"text": "hello"}).status_code == 404
    assert li.get(f"{path}/timeline").status_code == 404
    cast.chen.refresh_from_db()
    assert cast.chen.city == "成都"


def test_a_repeated_post_with_a_key_is_done_once(calling):
    li, key = calling("li"), {"Idempotency-Key": "order-42"}

    first = li.post("/customers", {"name": "Canton Tea Room"}, **key)
    second = li.post("/customers", {"name": "Canton Tea Room"}, **key)
    other = li.post("/customers", {"name": "Another"}, **key)

    assert first.json()["id"] == second.json()["id"]
    assert second["Idempotency-Replayed"] == "true"
    assert other.status_code == 409


def test_read_only_people_and_tokens_change_nothing(calling, cast):
    guest, reader = calling("guest"), calling("li", scopes=["read"])

    assert guest.post("/customers", {"name": "X"}).status_code == 403
    assert reader.post("/customers", {"name": "X"}).status_code == 403
    assert reader.get("/customers").status_code == 200
    assert guest.patch(f"/customers/{cast.yunqi.pk}", {"city": "X"}).status_code == 403


def test_bulk_tells_what_became_of_each(calling, cast):
    li = calling("li")

    answer = li.post(
        "/customers/bulk",
        {
            "match_by": ["code"],
            "items": [
                {"code": "C001", "city": "宁波"},
                {"code": "C100", "name": "New Tea"},
                {"code": "C101", "emails": "bad"},
            ],
        },
    ).json()

    assert [r["status"] for r in answer["results"]] == ["updated", "created", "refused"]
    assert (answer["created"], answer["updated"], answer["refused"]) == (1, 1, 1)
    undone = calling("han").post(f"/batches/{answer['batch']}/undo").json()
    assert (undone["done"], undone["left"]) == (2, 0)
    cast.yunqi.refresh_from_db()
    assert cast.yunqi.city == "杭州"


def test_one_call_gives_the_whole_file(calling, cast):
    li, path = calling("li"), f"/customers/{cast.yunqi.pk}"
    li.post(f"{path}/contacts", {"channel": "call", "text": "春茶", "next_on": "2026-12-01"})
    li.post(
        "/orders",
        {"number": "A-1", "customer": str(cast.yunqi.pk), "placed_at": "2026-11-01",
         "lines": [{"description": "明前龙井", "quantity": 3, "unit_price": "188.50"}]},
    )  # fmt: skip

    whole = li.get(f"{path}?include=timeline,orders,tasks").json()

    assert [o["total"] for o in whole["orders"]] == [565.5]
    assert [t["due_on"] for t in whole["tasks"]] == ["2026-12-01"]
    assert [e["type"] for e in whole["timeline"]] == [
        "task.created", "contact.logged", "customer.created", "order.created",
    ]  # fmt: skip


def test_errors_speak_the_callers_language(calling):
    li = calling("li")

    english = li.post("/customers", {"name": ""}, **{"Accept-Language": "en"}).json()
    chinese = li.post("/customers", {"name": ""}, **{"Accept-Language": "zh-CN"}).json()

    assert english["errors"][0]["message"] == "This is needed."
    assert chinese["errors"][0]["message"] != english["errors"][0]["message"]


def test_duplicates_are_told_with_their_reasons(calling, cast):
    answer = calling("li").post(
        "/customers/duplicates", {"name": "云栖茶舍", "kind": "company", "phones": ["13800138821"]}
    )

    (hit,) = answer.json()
    assert (hit["customer"], hit["name"]) == (str(cast.yunqi.pk), "杭州云栖茶舍")
    assert hit["probability"] > 0.99
    assert [(one["sign"], one["level"], one["words"]) for one in hit["reasons"]] == [
        ("phone", "same", "same phone number"),
        ("name", "core", "same company name, written otherwise"),
    ]
    assert all(one["weight"] > 0 for one in hit["reasons"])


def test_a_duplicate_out_of_sight_has_no_customer(calling):
    answer = calling("zhao").post("/customers/duplicates", {"phones": "138 0013 8821"})

    words = "A colleague already has a customer with this phone number."
    assert answer.json() == [
        {
            "customer": None, "name": None, "probability": None,
            "reasons": [{"sign": "phone", "level": "same", "weight": None, "words": words}],
        }
    ]  # fmt: skip


def test_a_duplicate_is_refused_where_the_caller_wants_it(calling, cast):
    call = calling("li")
    body = {"name": "云栖茶舍", "kind": "company", "phones": ["13800138821"]}

    refused = call.post("/customers?on_duplicate=refuse", body)

    problem = refused.json()
    assert refused.status_code == 409
    assert problem["type"] == "urn:zhike:problem:possible_duplicate"
    assert [one["customer"] for one in problem["duplicates"]] == [str(cast.yunqi.pk)]
    assert call.post("/customers", body).status_code == 201


def test_pairs_are_listed_and_decided(calling, cast):
    twin = create_customer({"name": "云栖茶舍", "kind": "company"}, viewer=cast.li)
    pair = Duplicate.objects.create(
        party=cast.yunqi, other=twin, probability=0.9, found_at=clock.now(),
        reasons=[{"sign": "name", "level": "core", "weight": 11.0}],
    )  # fmt: skip
    call = calling("li")

    (shown,) = call.get("/customers/duplicates").json()["items"]
    decided = call.post(f"/customers/duplicates/{pair.pk}/decide", {"verdict": "same"})

    assert [one["name"] for one in shown["customers"]] == ["杭州云栖茶舍", "云栖茶舍"]
    assert shown["reasons"][0]["words"] == "same company name, written otherwise"
    assert (decided.json()["state"], decided.json()["decided_by"]) == (
        "same", str(cast.li.user_id),
    )  # fmt: skip
    assert call.get("/customers/duplicates").json()["items"] == []
    assert calling("zhao").get("/customers/duplicates?state=same").json()["items"] == []
