"""Orders, payments and returns: right to the cent, refused where they would not add up."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhike.commerce.actions import (
    LineInput,
    amounts,
    cancel_order,
    create_product,
    line_amount,
    place_order,
    record_payment,
    return_goods,
)
from zhike.commerce.facts import ORDER
from zhike.commerce.models import Order, Payment
from zhike.events.models import Event
from zhike.kernel.errors import Conflict, Invalid, NotFound
from zhike.records.queries import find


@pytest.fixture
def tea(cast):
    return create_product({"code": "T1", "name": "明前龙井", "price": "188.5"}, viewer=cast.li)


@pytest.fixture
def order(cast, tea):
    values = {"number": "A1", "customer": cast.yunqi.pk, "placed_at": "2026-11-01 09:30"}
    lines = [{"product": tea.pk, "quantity": 3, "unit_price": "188.50"}]
    return place_order(values, lines=lines, viewer=cast.li)


def test_an_order_tells_and_adds_up(order, cast):
    assert (order.kind, order.total, order.value) == ("sale", 565_50, 565_50)
    event = Event.objects.get(type="order.created")
    assert (event.party_id, event.data["total"]) == (cast.yunqi.pk, 565_50)
    assert event.happened_at == order.placed_at != event.recorded_at


def test_an_order_is_seen_by_who_sees_its_customer(order, cast):
    assert find(ORDER, cast.li).items == [order]
    assert find(ORDER, cast.zhao).items == []
    with pytest.raises(NotFound):
        record_payment(order.pk, amount=1, viewer=cast.zhao)


def test_another_currency_needs_its_rate(cast):
    values = {
        "number": "U1",
        "customer": cast.yunqi.pk,
        "placed_at": "2026-11-01",
        "currency": "USD",
    }
    with pytest.raises(Invalid) as refusal:
        place_order(values, lines=[], total="10", viewer=cast.li)
    assert refusal.value.errors[0].field == "rate"

    order = place_order({**values, "rate": "7.1234"}, lines=[], total="10.01", viewer=cast.li)
    assert (order.total, order.value) == (10_01, 71_31)  # 71.305… half up


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"quantity": 0, "unit_price": 1}, "lines[0].quantity"),
        ({"quantity": 1, "unit_price": -1}, "lines[0].unit_price"),
        ({"quantity": 1, "unit_price": "many"}, "lines[0].unit_price"),
        ({"quantity": "1e400", "unit_price": 1}, "lines[0].quantity"),
        ({"quantity": 1, "unit_price": "NaN"}, "lines[0].unit_price"),
        ({"quantity": 1, "unit_price": 1, "product": "x"}, "lines[0].product"),
        ({"quantity": 1}, "lines[0].unit_price"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_written(cast, line, field):
    values = {"number": "A9", "customer": cast.yunqi.pk, "placed_at": "2026-11-01"}

    with pytest.raises(Invalid) as refusal:
        place_order(values, lines=[line], viewer=cast.li)

    assert refusal.value.errors[0].field == field
    assert Order.objects.count() == 0


def test_a_number_stands_for_one_order(order, cast):
    values = {"number": "A1", "customer": cast.yunqi.pk, "placed_at": "2026-11-02"}
    with pytest.raises(Conflict):
        place_order(values, lines=[], total=1, viewer=cast.li)


def test_payments_and_refunds_never_give_back_more_than_came(order, cast):
    record_payment(order.pk, amount="500", viewer=cast.li)
    record_payment(order.pk, amount="-100.50", viewer=cast.li)
    with pytest.raises(Conflict):
        record_payment(order.pk, amount="-399.51", viewer=cast.li)

    order.refresh_from_db()
    assert order.paid == 399_50 == sum(Payment.objects.values_list("amount", flat=True))
    types = Event.objects.filter(type__startswith="order.").order_by("id")
    assert list(types.values_list("type", flat=True)) == [
        "order.created", "order.paid", "order.refunded",
    ]  # fmt: skip
    with pytest.raises(Conflict):
        cancel_order(order.pk, viewer=cast.li)


def test_no_more_comes_back_than_was_bought(order, tea, cast):
    line = {"product": tea.pk, "quantity": 2, "unit_price": "188.50"}
    back = return_goods(order.pk, number="R1", lines=[line], viewer=cast.li)
    assert (back.kind, back.total) == ("return", -377_00)

    with pytest.raises(Invalid):
        return_goods(order.pk, number="R2", lines=[line], viewer=cast.li)
    assert Order.objects.filter(kind="return").count() == 1


decimals = st.decimals(min_value=0, max_value=10**6, places=4)
quantities = st.decimals(min_value=-1000, max_value=1000, places=2).filter(bool)


@given(st.lists(st.builds(LineInput, quantities, decimals), min_size=1, max_size=20))
def test_the_total_is_the_sum_of_the_lines(lines):
    found = amounts(lines, "CNY", Decimal(1), "CNY")

    assert found["total"] == sum(line_amount(line, "CNY") for line in lines) == found["value"]
    assert (found["kind"] == "return") == all(line.quantity < 0 for line in lines)
