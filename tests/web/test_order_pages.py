import json

import pytest

from zhike.access.viewer import SYSTEM
from zhike.commerce.actions import create_product
from zhike.commerce.facts import ORDER
from zhike.commerce.queries import lines, order
from zhike.records.queries import find

FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def longjing(cast):
    return create_product({"code": "T1", "name": "明前龙井", "price": "128"}, viewer=cast.mei)


@pytest.fixture
def sold(li, cast, longjing):
    address = li.post("/orders/new", given(cast, longjing)).headers["Location"]
    return order(cast.li, address.rsplit("/", 1)[1])


def given(cast, tea, **changes) -> dict:
    return {
        "customer": str(cast.yunqi.pk), "number": "TEA-7", "placed_at": "2026-01-05T10:00",
        "currency": "CNY", "product": [str(tea.pk), ""], "description": ["", "运费"],
        "quantity": ["2", "1"], "unit_price": ["128", "12.5"], **changes,
    }  # fmt: skip


def test_an_order_is_placed_with_its_lines(sold, li):
    assert sold.total == 26850
    assert [line.description for line in lines(SYSTEM, sold)] == ["", "运费"]
    text = li.get(f"/orders/{sold.pk}").text
    assert "¥268.50" in text
    assert "明前龙井" in text


def test_an_order_may_be_a_total_alone(li, cast, longjing):
    nothing = {"product": [""], "description": [""], "unit_price": [""], "quantity": ["1"]}
    data = given(cast, longjing, **nothing)
    assert li.post("/orders/new", {**data, "total": "99"}).status_code == 302
    assert find(ORDER, cast.li).items[0].total == 9900


def test_a_wrong_line_keeps_the_form(li, cast, longjing):
    answer = li.post("/orders/new", given(cast, longjing, unit_price=["-1", "x"]))
    assert answer.status_code == 422
    assert "A price can&#x27;t be negative" in answer.text
    assert "运费" in answer.text
    assert find(ORDER, cast.li).items == []


def test_money_comes_in_and_goes_back_no_further(li, sold):
    li.post(f"/orders/{sold.pk}/payments", {"amount": "268.50", "method": "WeChat Pay"})
    refused = li.post(
        f"/orders/{sold.pk}/payments", {"amount": "300", "direction": "refund"}, headers=FRAGMENT
    )
    assert refused.status_code == 409
    assert (
        json.loads(refused.headers["HX-Trigger"])["toast"]["message"]
        == "No more can go back than came in."
    )
    li.post(f"/orders/{sold.pk}/payments", {"amount": "68.50", "direction": "refund"})
    sold.refresh_from_db()
    assert sold.paid == 20000


def test_goods_come_back_as_a_return(li, sold, cast):
    tea = lines(SYSTEM, sold)[0]
    data = {"number": "TEA-7-R", f"quantity-{tea.pk}": "1"}
    address = li.post(f"/orders/{sold.pk}/returns", data).headers["Location"]
    back = order(cast.li, address.rsplit("/", 1)[1])
    assert (back.kind, back.total) == ("return", -12800)
    again = li.post(f"/orders/{sold.pk}/returns", {"number": "TEA-7-R2", f"quantity-{tea.pk}": "2"})
    assert again.status_code == 422


def test_an_order_is_cancelled_with_a_way_back(li, sold):
    li.post(f"/orders/{sold.pk}/cancel")
    assert "Cancelled" in li.get(f"/orders/{sold.pk}").text


def test_what_may_not_be_seen_is_not_there(sign_in, sold):
    zhao = sign_in("zhao")
    assert zhao.get(f"/orders/{sold.pk}").status_code == 404
    assert zhao.post(f"/orders/{sold.pk}/payments", {"amount": "1"}).status_code == 404
    assert sold.number not in zhao.get("/orders/").text


def test_orders_name_their_customer_in_one_query(li, sold, django_assert_max_num_queries):
    with django_assert_max_num_queries(15):
        assert "杭州云栖茶舍" in li.get("/orders/").text


def test_a_product_is_edited_in_place(mei, longjing):
    address = f"/records/product/{longjing.pk}/fields/price"
    assert "138.5" in mei.post(address, {"price": "138.50"}, headers=FRAGMENT).text
    assert mei.get(f"/products/{longjing.pk}").status_code == 200
