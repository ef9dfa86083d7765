"""Questions about products and orders."""

from collections.abc import Sequence
from uuid import UUID

from zhike.access.viewer import Viewer
from zhike.commerce.facts import ORDER
from zhike.commerce.models import Line, Order, Payment, Product
from zhike.filters import Test
from zhike.kernel.paging import Page
from zhike.records.queries import find, get


def order(viewer: Viewer, order_id: UUID | str) -> Order:
    return get(ORDER, viewer, order_id)


def lines(order: Order) -> list[Line]:
    return list(order.lines.select_related("product").order_by("position"))


def payments(order: Order) -> list[Payment]:
    return list(order.payments.order_by("paid_at"))


def orders_of(viewer: Viewer, party_id: UUID, *, limit: int = 20, cursor=None) -> Page[Order]:
    where = Test("customer", "eq", party_id)
    return find(ORDER, viewer, where=where, sort="-placed_at", limit=limit, cursor=cursor)


def products_by_code(codes: Sequence[str]) -> dict[str, UUID]:
    found = Product.objects.filter(code__in=codes, archived_at=None)
    return dict(found.values_list("code", "pk"))


def orders_by_number(numbers: Sequence[str]) -> dict[str, UUID]:
    found = Order.objects.filter(number__in=numbers, archived_at=None)
    return dict(found.values_list("number", "pk"))
