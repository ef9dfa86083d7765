"""What changes products, orders and payments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.commerce.facts import ORDER, PRODUCT
from zhike.commerce.models import Line, Order, Payment, Product
from zhike.events.actions import Draft, record
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid
from zhike.kernel.money import LARGEST_AMOUNT, parse_decimal, to_major, to_minor
from zhike.records.actions import change_record, create_record, open_batch
from zhike.records.models import Batch
from zhike.records.queries import firm, get, require_reach, visible_ids

LARGEST_QUANTITY = Decimal(10**9)
MOST_LINES = 2_000


@dataclass(frozen=True, slots=True)
class LineInput:
    """One line as it is given: a product or a description, how many, at which price."""

    quantity: Decimal
    unit_price: Decimal
    product_id: UUID | None = None
    description: str = ""


def create_product(values: Mapping, *, viewer: Viewer, batch: Batch | None = None) -> Product:
    return create_record(PRODUCT, values, viewer=viewer, batch=batch)


@transaction.atomic
def place_order(
    values: Mapping,
    *,
    lines: Sequence[Mapping],
    viewer: Viewer,
    total: object = None,
    batch: Batch | None = None,
    custom: Mapping | None = None,
) -> Order:
    """A sale, or a return when every quantity is negative.

    `total` may stand for the lines of an order of which only the sum is known. An order in
    another currency than the firm's needs its exchange rate.
    """
    require(viewer, "create")
    firm_currency = firm().currency
    currency = str(values.get("currency") or firm_currency).upper()
    values = {**values, "currency": currency}
    inputs = read_lines(lines, total)
    products = {line.product_id for line in inputs if line.product_id is not None}
    if products - visible_ids(PRODUCT, viewer, list(products), archived=False):
        raise Invalid.field("lines", "unknown_product", _("There is no such product."))
    rate = read_rate(values.get("rate"), currency, firm_currency)
    values["rate"] = rate
    extra = amounts(inputs, currency, rate, firm_currency)
    if custom is not None:
        extra["custom"] = dict(custom)
    order = create_record(
        ORDER, values, viewer=viewer, batch=batch, extra=extra, filled={"currency", "rate"}
    )
    Line.objects.bulk_create(build_lines(order, inputs))
    return order


def read_lines(lines: Sequence[Mapping], total: object = None) -> list[LineInput]:
    """Typed lines. Raises Invalid naming the line that is wrong."""
    if not lines and total not in (None, ""):
        return [LineInput(Decimal(1), _number("total", total))]
    if not lines:
        raise Invalid.field("lines", "missing", _("An order needs a line or a total."))
    if len(lines) > MOST_LINES:
        raise Invalid.field("lines", "too_many", _("An order has at most 2,000 lines."))
    return [_read_line(f"lines[{number}]", line) for number, line in enumerate(lines)]


def _read_line(path: str, line: Mapping) -> LineInput:
    quantity = _number(f"{path}.quantity", line.get("quantity", 1))
    unit_price = _number(f"{path}.unit_price", line.get("unit_price"))
    if quantity == 0 or abs(quantity) > LARGEST_QUANTITY:
        raise Invalid.field(f"{path}.quantity", "bad_quantity", _("The quantity can't be zero."))
    if unit_price < 0:
        message = _("A price can't be negative; returned goods have a negative quantity.")
        raise Invalid.field(f"{path}.unit_price", "negative_price", message)
    product = line.get("product")
    description = str(line.get("description") or "").strip()[:200]
    try:
        product_id = UUID(str(product)) if product else None
    except ValueError:
        raise Invalid.field(f"{path}.product", "bad_value", _("This is not an id.")) from None
    return LineInput(quantity, unit_price, product_id, description)


def read_rate(rate: object, currency: str, firm_currency: str) -> Decimal:
    """How much of the firm's currency one unit of the order's currency is."""
    if currency == firm_currency:
        return Decimal(1)
    if rate in (None, ""):
        message = _(
            "An order in %(currency)s needs its exchange rate to %(firm)s. (Before the first order "
            "the company's own currency can be changed in Settings.)"
        )
        words = {"currency": currency, "firm": firm_currency}
        raise Invalid.field("rate", "missing", message % words)
    number = _number("rate", rate)
    if not Decimal("0.00000001") <= number <= Decimal(10**8):
        raise Invalid.field("rate", "bad_rate", _("This exchange rate can't be right."))
    return number


def amounts(lines: Sequence[LineInput], currency: str, rate: Decimal, firm_currency: str) -> dict:
    """Kind, total and value of an order with these lines. Each line is rounded half up."""
    total = sum(line_amount(line, currency) for line in lines)
    is_return = all(line.quantity < 0 for line in lines)
    value = to_minor(to_major(total, currency) * rate, firm_currency) if rate != 1 else total
    if abs(total) > LARGEST_AMOUNT:
        raise Invalid.field("lines", "too_large", _("This amount is too large."))
    return {"kind": "return" if is_return else "sale", "total": total, "value": value}


def line_amount(line: LineInput, currency: str) -> int:
    return to_minor(line.quantity * line.unit_price, currency)


def build_lines(order: Order, lines: Sequence[LineInput]) -> list[Line]:
    return [
        Line(
            order_id=order.pk,
            position=position,
            product_id=line.product_id,
            description=line.description,
            quantity=line.quantity,
            unit_price=line.unit_price,
            amount=line_amount(line, order.currency),
        )
        for position, line in enumerate(lines, start=1)
    ]


@transaction.atomic
def return_goods(order_id: UUID, *, number: str, lines: Sequence[Mapping], viewer: Viewer) -> Order:
    """Goods of an order come back: a document of its own with negative quantities.

    No more can come back of a product than the order and its earlier returns leave.
    """
    sold = get(ORDER, viewer, order_id)
    if sold.kind != "sale" or sold.is_cancelled or sold.archived_at is not None:
        raise Conflict("not_returnable", _("Nothing of this order can be returned."))
    Order.objects.select_for_update().get(pk=sold.pk)
    left = _returnable(sold)
    given = read_lines(_at_sold_prices(sold, lines))
    back = []
    for index, line in enumerate(given):
        quantity = abs(line.quantity)
        rest = left.get(line.product_id, Decimal(0))
        if quantity > rest:
            message = _("At most %(rest)s can come back.") % {"rest": rest.normalize()}
            raise Invalid.field(f"lines[{index}].quantity", "too_many", message)
        left[line.product_id] = rest - quantity
        back.append(
            {
                "product": line.product_id,
                "description": line.description,
                "quantity": -quantity,
                "unit_price": line.unit_price,
            }
        )
    values = {
        "number": number,
        "customer": sold.party_id,
        "placed_at": clock.now(),
        "currency": sold.currency,
        "rate": sold.rate,
    }
    returns = {"returns": str(sold.pk)}
    return place_order(values, lines=back, viewer=viewer, custom=returns)


def _at_sold_prices(sold: Order, lines: Sequence[Mapping]) -> list[Mapping]:
    """Lines without a price at that of the sale: whoever may not see it can still take goods
    back."""
    prices = {str(line.product_id or ""): line.unit_price for line in sold.lines.all()}
    return [
        {**line, "unit_price": prices.get(str(line.get("product") or ""))}
        if line.get("unit_price") is None
        else line
        for line in lines
    ]


def _returnable(sold: Order) -> dict[UUID | None, Decimal]:
    left: dict[UUID | None, Decimal] = {}
    for line in sold.lines.all():
        left[line.product_id] = left.get(line.product_id, Decimal(0)) + line.quantity
    returns = Order.objects.filter(
        party_id=sold.party_id, custom__returns=str(sold.pk), archived_at=None, is_cancelled=False
    )
    for line in Line.objects.filter(order__in=returns):
        left[line.product_id] = left.get(line.product_id, Decimal(0)) + line.quantity
    return left


@transaction.atomic
def cancel_order(order_id: UUID, *, viewer: Viewer) -> Order:
    """The order does not count any more; it stays on file."""
    require(viewer, "change")
    get(ORDER, viewer, order_id)
    order = Order.objects.select_for_update().get(pk=order_id)
    if order.is_cancelled:
        return order
    if order.paid != 0:
        raise Conflict("is_paid", _("Refund the payments before you cancel the order."))
    return change_record(ORDER, order_id, {}, viewer=viewer, extra={"is_cancelled": True})


@transaction.atomic
def record_payment(
    order_id: UUID,
    *,
    amount: object,
    viewer: Viewer,
    method: str = "",
    paid_at: datetime | None = None,
) -> Payment:
    """Money that came in for an order; a negative amount is a refund.

    No more goes back than came in; the sum is kept on the order in the same statement.
    """
    require(viewer, "change")
    order = get(ORDER, viewer, order_id)
    require_reach(ORDER, viewer, order_id)
    minor = to_minor(_number("amount", amount), order.currency)
    if minor == 0:
        raise Invalid.field("amount", "zero", _("The amount can't be zero."))
    if paid_at is not None and paid_at > clock.now():
        raise Invalid.field("paid_at", "in_future", _("This has not happened yet."))
    rows = Order.objects.filter(pk=order.pk, is_cancelled=False, archived_at=None)
    if order.kind == "sale":
        rows = rows.filter(paid__gte=-minor)
    if rows.update(paid=F("paid") + minor, version=F("version") + 1) == 0:
        message = _("No more can go back than came in.")
        raise Conflict("too_much", message)
    batch = open_batch(viewer, kind=Batch.Kind.EDIT, label=order.number)
    payment = Payment.objects.create(
        order=order,
        amount=minor,
        paid_at=paid_at or clock.now(),
        method=method.strip()[:20],
        batch_id=batch.pk,
    )
    data = {"number": order.number, "amount": minor, "currency": order.currency}
    record(
        Draft(
            "order.paid" if minor > 0 else "order.refunded",
            "order",
            order.pk,
            order.party_id,
            payment.paid_at,
            data,
        ),
        origin=viewer.origin(batch.pk),
    )
    return payment


def _number(field: str, value: object) -> Decimal:
    if value in (None, ""):
        raise Invalid.field(field, "missing", _("A number is needed."))
    if isinstance(value, bool):
        raise Invalid.field(field, "bad_value", _("A number is needed."))
    try:
        number = parse_decimal(str(value))
    except Invalid as error:
        raise Invalid.field(field, error.code, error.message) from None
    if abs(number) >= 10**14 or number != round(number, 12):
        raise Invalid.field(field, "too_large", _("This number is too large or too fine."))
    return number
