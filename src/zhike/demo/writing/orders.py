"""Products, orders with their lines, and payments."""

from collections.abc import Iterator
from functools import lru_cache
from types import SimpleNamespace
from uuid import UUID

import numpy as np

from zhike.commerce.facts import ORDER, PRODUCT
from zhike.demo.catalogue import products
from zhike.demo.ids import as_texts, new_ids
from zhike.demo.profiles import NOBODY
from zhike.demo.world import METHODS
from zhike.demo.writing.desk import LINE, PAYMENT, SOURCE, Desk
from zhike.events.actions import Draft
from zhike.kernel import clock

CURRENCY = "CNY"


def write_products(desk: Desk) -> list[str]:
    """Writes the catalogue as of the first day; returns the products' ids."""
    opened = clock.start_of_day(desk.world.first)
    goods = products()
    ids = as_texts(new_ids(np.full(len(goods), int(opened.timestamp()))))
    rows, drafts = [], []
    for pk, product in zip(ids, goods, strict=True):
        row = desk.row(
            id=pk,
            created_at=opened,
            updated_at=opened,
            source=SOURCE,
            code=product.code,
            name=product.name,
            category=product.category,
            price=_yuan(product.price),
        )
        row.custom = {"description": product.description}
        rows.append(row)
        drafts.append(Draft("product.created", "product", pk, None, opened, PRODUCT.summary(row)))
    desk.write(PRODUCT.model, rows)
    desk.tell(drafts)
    return ids


def write_orders(desk: Desk, party_ids: np.ndarray, product_ids: list[str]) -> np.ndarray:
    """Writes all orders, their lines and "order placed"; returns the orders' ids."""
    ids = new_ids(desk.utc(desk.world.orders.placed))
    desk.write(ORDER.model, _orders(desk, ids, party_ids))
    desk.write(LINE, _lines(desk, ids, product_ids))
    desk.tell(_placed(desk, ids, party_ids))
    return ids


def _orders(desk: Desk, ids: np.ndarray, party_ids: np.ndarray) -> Iterator[SimpleNamespace]:
    orders, payments = desk.world.orders, desk.world.payments
    paid = np.zeros(orders.count, dtype=np.int64)
    np.add.at(paid, payments.order, payments.amount)
    for at in desk.chunks("orders", orders.count):
        columns = zip(
            range(at.start, at.stop),
            as_texts(ids[at]),
            as_texts(party_ids[orders.customer[at]]),
            desk.moments(orders.placed[at]),
            orders.returns[at].tolist(),
            orders.total[at].tolist(),
            paid[at].tolist(),
            strict=True,
        )
        for place, pk, party_id, placed, returns, total, was_paid in columns:
            is_return = returns != NOBODY
            order = desk.row(
                id=pk,
                created_at=placed,
                updated_at=placed,
                source=SOURCE,
                party_id=party_id,
                number=order_number(place, is_return),
                kind="return" if is_return else "sale",
                placed_at=placed,
                currency=CURRENCY,
                rate=1,
                total=total,
                value=total,
                paid=was_paid,
                is_cancelled=False,
                remark="",
            )
            if is_return:
                order.custom = {"returns": str(UUID(bytes=ids[returns].tobytes()))}
            yield order


def order_number(place: int, is_return: bool) -> str:
    return f"{'RT' if is_return else 'SO'}{place + 1:08d}"


def _lines(desk: Desk, order_ids: np.ndarray, product_ids: list[str]) -> Iterator[SimpleNamespace]:
    orders, lines = desk.world.orders, desk.world.lines
    amounts = lines.amount
    for at in desk.chunks("lines", len(lines.product)):
        document = lines.document[at]
        position = np.arange(at.start, at.stop) - orders.first_line[document] + 1
        columns = zip(
            as_texts(new_ids(desk.utc(orders.placed[document]))),
            as_texts(order_ids[document]),
            position.tolist(),
            lines.product[at].tolist(),
            lines.quantity[at].tolist(),
            lines.unit_price[at].tolist(),
            amounts[at].tolist(),
            strict=True,
        )
        for pk, order_id, place, product, quantity, price, amount in columns:
            yield SimpleNamespace(
                id=pk,
                order_id=order_id,
                position=place,
                product_id=product_ids[product],
                description="",
                quantity=quantity,
                unit_price=_yuan(price),
                amount=amount,
            )


def _placed(desk: Desk, ids: np.ndarray, party_ids: np.ndarray) -> Iterator[Draft]:
    orders = desk.world.orders
    for at in desk.chunks("order events", orders.count):
        columns = zip(
            range(at.start, at.stop),
            as_texts(ids[at]),
            as_texts(party_ids[orders.customer[at]]),
            desk.moments(orders.placed[at]),
            orders.is_return[at].tolist(),
            orders.total[at].tolist(),
            strict=True,
        )
        for place, pk, party_id, placed, is_return, total in columns:
            data = {
                "number": order_number(place, is_return),
                "total": total,
                "currency": CURRENCY,
                "value": total,
                "kind": "return" if is_return else "sale",
            }
            yield Draft("order.created", "order", pk, party_id, placed, data)


def write_payments(desk: Desk, party_ids: np.ndarray, order_ids: np.ndarray) -> None:
    ids = new_ids(desk.utc(desk.world.payments.at))
    desk.write(PAYMENT, _payments(desk, ids, order_ids))
    desk.tell(_paid(desk, party_ids, order_ids))


def _payments(desk: Desk, ids: np.ndarray, order_ids: np.ndarray) -> Iterator[SimpleNamespace]:
    payments = desk.world.payments
    for at in desk.chunks("payments", len(payments.order)):
        columns = zip(
            as_texts(ids[at]),
            as_texts(order_ids[payments.order[at]]),
            payments.amount[at].tolist(),
            desk.moments(payments.at[at]),
            payments.method[at].tolist(),
            strict=True,
        )
        for pk, order_id, amount, paid_at, method in columns:
            yield SimpleNamespace(
                id=pk,
                order_id=order_id,
                amount=amount,
                paid_at=paid_at,
                method=METHODS[method],
                batch_id=desk.batch_id,
            )


def _paid(desk: Desk, party_ids: np.ndarray, order_ids: np.ndarray) -> Iterator[Draft]:
    orders, payments = desk.world.orders, desk.world.payments
    for at in desk.chunks("payment events", len(payments.order)):
        order = payments.order[at]
        columns = zip(
            order.tolist(),
            as_texts(order_ids[order]),
            as_texts(party_ids[orders.customer[order]]),
            desk.moments(payments.at[at]),
            orders.is_return[order].tolist(),
            payments.amount[at].tolist(),
            strict=True,
        )
        for place, order_id, party_id, paid_at, is_return, amount in columns:
            data = {
                "number": order_number(place, is_return),
                "amount": amount,
                "currency": CURRENCY,
            }
            verb = "order.refunded" if amount < 0 else "order.paid"
            yield Draft(verb, "order", order_id, party_id, paid_at, data)


@lru_cache(maxsize=1_000)
def _yuan(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"
