"""Questions about products and orders."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db.models import Sum
from django.db.models.functions import TruncMonth

from zhike.access.viewer import Viewer
from zhike.commerce.facts import ORDER, PRODUCT
from zhike.commerce.models import Line, Order, Payment, Product
from zhike.filters import Test
from zhike.kernel import clock
from zhike.kernel.paging import Page
from zhike.records.limits import is_limited
from zhike.records.queries import concealed, find, get


def order(viewer: Viewer, order_id: UUID | str) -> Order:
    return get(ORDER, viewer, order_id)


def lines(viewer: Viewer, order: Order) -> list[Line]:
    """The lines of an order that the viewer has been shown; without what they were sold for, when
    the viewer may not see what the order is worth."""
    found = list(order.lines.select_related("product").order_by("position"))
    concealed(PRODUCT, viewer, [line.product for line in found if line.product])
    if is_limited(ORDER, viewer, "value"):
        for line in found:
            line.unit_price = line.amount = None  # type: ignore[assignment]
    return found


def payments(viewer: Viewer, order: Order) -> list[Payment]:
    found = list(order.payments.order_by("paid_at"))
    if is_limited(ORDER, viewer, "paid"):
        for payment in found:
            payment.amount = None  # type: ignore[assignment]
    return found


def orders_of(viewer: Viewer, party_id: UUID, *, limit: int = 20, cursor=None) -> Page[Order]:
    where = Test("customer", "eq", party_id)
    return find(ORDER, viewer, where=where, sort="-placed_at", limit=limit, cursor=cursor)


def sales_by_month(ids: Sequence[UUID]) -> dict[UUID, dict[date, int]]:
    """Net sales in each of the last twelve months, oldest first, of customers whom the viewer has
    been shown already. Who bought nothing in them is left out."""
    months = _last_months(12)
    found: dict[UUID, dict[date, int]] = {}
    rows = (
        Order.objects.filter(
            party_id__in=ids,
            placed_at__gte=clock.start_of_day(months[0]),
            archived_at=None,
            is_cancelled=False,
        )
        .values_list("party_id", TruncMonth("placed_at", tzinfo=clock.firm_zone()))
        .annotate(Sum("value"))
    )
    for party_id, month, value in rows:
        amounts = found.setdefault(party_id, dict.fromkeys(months, 0))
        if month.date() in amounts:  # not one that is still to come
            amounts[month.date()] = value
    return found


def _last_months(count: int) -> list[date]:
    """The first days of this month and those before it, oldest first."""
    today = clock.today()
    last = today.year * 12 + today.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(last - count + 1, last + 1)]


def products_by_code(codes: Sequence[str]) -> dict[str, UUID]:
    found = Product.objects.filter(code__in=codes, archived_at=None)
    return dict(found.values_list("code", "pk"))


def orders_by_number(numbers: Sequence[str]) -> dict[str, UUID]:
    found = Order.objects.filter(number__in=numbers, archived_at=None)
    return dict(found.values_list("number", "pk"))
