"""/products and /orders."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router, Status

from zhike.api import shapes
from zhike.api.authentication import Request
from zhike.api.lists import ListParams, PageOut, answer_list
from zhike.api.records import BulkIn, BulkOut, tag, upsert, wanted_version
from zhike.api.shapes import StrictSchema, given, input_schema
from zhike.commerce import actions, queries
from zhike.commerce.facts import ORDER, PRODUCT
from zhike.records.actions import archive_record, change_record, restore_record
from zhike.records.queries import get

products = Router(tags=["products"])
orders = Router(tags=["orders"])


class ProductIn(input_schema(PRODUCT, "ProductIn")):  # type: ignore[misc]
    """The fields of the record type."""


class LineIn(StrictSchema):
    product: UUID | None = None
    description: str = ""
    quantity: float | str = 1
    unit_price: float | str


class OrderIn(StrictSchema):
    number: str
    customer: UUID
    placed_at: str
    currency: str | None = None
    rate: float | str | None = None
    remark: str | None = None
    custom: dict[str, Any] | None = None
    lines: list[LineIn] = []
    total: float | str | None = None


class OrderPatch(StrictSchema):
    remark: str | None = None
    custom: dict[str, Any] | None = None


class PaymentIn(StrictSchema):
    amount: float | str
    method: str = ""
    paid_at: datetime | None = None


class ReturnIn(StrictSchema):
    number: str
    lines: list[LineIn]


@products.get("", response=PageOut, exclude_unset=True, summary="List products")
def list_products(request: Request, params: Query[ListParams]):
    return answer_list(PRODUCT, request.auth, params, shapes.products)


@products.post("", response={201: dict[str, Any]}, summary="Create a product")
def create_product(request: Request, response: HttpResponse, body: ProductIn):
    product = actions.create_product(given(body), viewer=request.auth)
    tag(response, product)
    return Status(201, shapes.products(request.auth, [product])[0])


@products.post("/bulk", response=BulkOut, summary="Create or change up to 1,000 products")
def bulk_products(request: Request, body: BulkIn):
    return upsert(
        PRODUCT, request.auth, body,
        find=lambda item, keys: queries.products_by_code([str(item.get("code"))]).get(
            str(item.get("code"))
        ),
        create=actions.create_product,
        change=lambda product_id, item, **who: change_record(PRODUCT, product_id, item, **who),
    )  # fmt: skip


@products.get("/{uuid:product_id}", response=dict[str, Any])
def read_product(request: Request, response: HttpResponse, product_id: UUID):
    product = get(PRODUCT, request.auth, product_id)
    tag(response, product)
    return shapes.products(request.auth, [product])[0]


@products.patch("/{uuid:product_id}", response=dict[str, Any])
def change_product(request: Request, response: HttpResponse, product_id: UUID, body: ProductIn):
    version = wanted_version(request)
    product = change_record(PRODUCT, product_id, given(body), viewer=request.auth, version=version)
    tag(response, product)
    return shapes.products(request.auth, [product])[0]


@products.post("/{uuid:product_id}/archive", response=dict[str, Any])
def archive_product(request: Request, product_id: UUID):
    product = archive_record(PRODUCT, product_id, viewer=request.auth)
    return shapes.products(request.auth, [product])[0]


@products.post("/{uuid:product_id}/restore", response=dict[str, Any])
def restore_product(request: Request, product_id: UUID):
    product = restore_record(PRODUCT, product_id, viewer=request.auth)
    return shapes.products(request.auth, [product])[0]


@orders.get("", response=PageOut, exclude_unset=True, summary="List orders")
def list_orders(request: Request, params: Query[ListParams]):
    return answer_list(ORDER, request.auth, params, shapes.orders)


@orders.post("", response={201: dict[str, Any]}, summary="Place an order")
def place_order(request: Request, response: HttpResponse, body: OrderIn):
    order = _place(given(body), viewer=request.auth)
    tag(response, order)
    return Status(201, shapes.order_in_full(request.auth, order))


def _place(values: dict, **who):
    lines, total = values.pop("lines", []), values.pop("total", None)
    return actions.place_order(values, lines=lines, total=total, **who)


@orders.post("/bulk", response=BulkOut, summary="Place up to 1,000 orders")
def bulk_orders(request: Request, body: BulkIn):
    """Orders that are there already, by number, get a new remark and custom values only."""
    return upsert(
        ORDER, request.auth, body,
        find=lambda item, keys: queries.orders_by_number([str(item.get("number"))]).get(
            str(item.get("number"))
        ),
        create=lambda item, **who: _place(dict(item), **who),
        change=lambda order_id, item, **who: change_record(
            ORDER, order_id, {k: item[k] for k in ("remark", "custom") if k in item}, **who
        ),
    )  # fmt: skip


@orders.get("/{uuid:order_id}", response=dict[str, Any])
def read_order(request: Request, response: HttpResponse, order_id: UUID):
    order = queries.order(request.auth, order_id)
    tag(response, order)
    return shapes.order_in_full(request.auth, order)


@orders.patch("/{uuid:order_id}", response=dict[str, Any])
def change_order(request: Request, response: HttpResponse, order_id: UUID, body: OrderPatch):
    version = wanted_version(request)
    order = change_record(ORDER, order_id, given(body), viewer=request.auth, version=version)
    tag(response, order)
    return shapes.order_in_full(request.auth, order)


@orders.post("/{uuid:order_id}/payments", response={201: dict[str, Any]})
def pay(request: Request, order_id: UUID, body: PaymentIn):
    """A negative amount is a refund."""
    actions.record_payment(order_id, viewer=request.auth, **body.model_dump())
    return Status(201, shapes.order_in_full(request.auth, queries.order(request.auth, order_id)))


@orders.post("/{uuid:order_id}/returns", response={201: dict[str, Any]})
def return_goods(request: Request, order_id: UUID, body: ReturnIn):
    lines = [line.model_dump() for line in body.lines]
    back = actions.return_goods(order_id, number=body.number, lines=lines, viewer=request.auth)
    return Status(201, shapes.order_in_full(request.auth, back))


@orders.post("/{uuid:order_id}/cancel", response=dict[str, Any])
def cancel(request: Request, order_id: UUID):
    return shapes.order_in_full(request.auth, actions.cancel_order(order_id, viewer=request.auth))


@orders.post("/{uuid:order_id}/archive", response=dict[str, Any])
def archive_order(request: Request, order_id: UUID):
    return shapes.order(request.auth, archive_record(ORDER, order_id, viewer=request.auth))
