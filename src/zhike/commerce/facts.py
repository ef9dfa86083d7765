"""The record types of commerce, and what they add to what is known of a customer."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from zhike.customers.facts import CUSTOMER_FACTS, CUSTOMER_JOIN
from zhike.customers.forgetting import Forgets, forgets
from zhike.customers.keeping import keeps_customer
from zhike.customers.merging.pointers import Pointer, points_at_customer
from zhike.customers.sight import reach_by_customer, sight_by_customer
from zhike.customers.telling import Tells, tells
from zhike.filters.schema import Aggregate, Collection, Fact, Kind
from zhike.records.fields import Field, FieldKind
from zhike.records.types import RecordType, extend, register

if TYPE_CHECKING:
    from zhike.commerce.models import Order, Product

ORDER_KINDS = {"sale": _("Sale"), "return": _("Return")}
_CODE_NAMES = (
    "商品编号", "商品编码", "货号", "产品编号", "sku", "stockcode", "stock code", "product code",
    "item code", "product id", "item no", "product no.",
)  # fmt: skip
_NAME_NAMES = (
    "商品名称", "商品", "品名", "产品名称", "产品", "description", "product name", "product",
    "item", "item name",
)  # fmt: skip

PRODUCT: "RecordType[Product]" = RecordType(
    name="product",
    model_label="commerce.Product",
    label=_("Product"),
    plural=_("Products"),
    fields=(
        Field("code", _("Product no."), is_required=True, is_bearing=True, max_length=80,
              also_known_as=(*_CODE_NAMES, "code")),
        Field("name", _("Name"), is_required=True, also_known_as=(*_NAME_NAMES, "name")),
        Field("category", _("Category"), max_length=80, also_known_as=(
            "类别", "分类", "商品类别", "品类", "category", "product category")),
        Field("price", _("Price"), FieldKind.NUMBER, also_known_as=(
            "价格", "售价", "单价", "price", "unit price", "list price")),
        Field("custom", _("Other values"), FieldKind.OBJECT, is_fact=False),
    ),
    party_column=None,
    summary=lambda product: {"name": product.name, "code": product.code},
    match_by=("code",),
    default_sort="code",
    facts=(Fact("created_at", _("Created"), Kind.TIME, "created_at", is_nullable=False,
             is_bearing=True),),
)  # fmt: skip

ORDER: "RecordType[Order]" = RecordType(
    name="order",
    model_label="commerce.Order",
    label=_("Order"),
    plural=_("Orders"),
    fields=(
        Field("number", _("Order no."), is_required=True, is_bearing=True, max_length=80,
              also_known_as=(
            "订单号", "订单编号", "单号", "发票号", "invoiceno", "invoice no", "invoice",
            "order id",
            "order number", "order no", "invoice number")),
        Field("customer", _("Customer"), FieldKind.LINK, column="party_id", links_to="customer",
              is_required=True, is_sortable=False, is_bearing=True),
        Field("placed_at", _("Placed"), FieldKind.TIME, is_required=True, is_bearing=True,
              also_known_as=(
            "下单时间", "订单日期", "下单日期", "日期", "时间", "invoicedate", "invoice date",
            "order date", "date", "placed at", "created at", "purchase date")),
        Field("currency", _("Currency"), FieldKind.CURRENCY, is_required=True, is_bearing=True,
              also_known_as=(
            "币种", "货币", "currency")),
        Field("rate", _("Exchange rate"), FieldKind.NUMBER, is_bearing=True, also_known_as=(
            "汇率", "rate", "exchange rate")),
        Field("remark", _("Remark"), FieldKind.LONG_TEXT, is_sortable=False,
              also_known_as=("备注", "remark", "note")),
        Field("custom", _("Other values"), FieldKind.OBJECT, is_fact=False),
    ),
    title="number",
    sight=sight_by_customer,
    reach=reach_by_customer,
    summary=lambda order: {
        "number": order.number, "total": order.total, "currency": order.currency,
        "value": order.value, "kind": order.kind,
    },
    happened=lambda order: order.placed_at,
    match_by=("number",),
    also_in={"value": ("total",)},
    default_sort="-placed_at",
    joins=(CUSTOMER_JOIN,),
    facts=(
        Fact("kind", _("Kind"), Kind.CHOICE, "kind", choices=lambda: ORDER_KINDS,
             is_nullable=False, is_bearing=True),
        Fact("value", _("Value"), Kind.MONEY, "value", is_nullable=False),
        Fact("paid", _("Paid"), Kind.MONEY, "paid", is_nullable=False, made_of=("order.value",)),
        Fact("is_cancelled", _("Cancelled"), Kind.YES_NO, "is_cancelled", is_nullable=False,
             is_sortable=False, is_bearing=True),
        Fact("created_at", _("Created"), Kind.TIME, "created_at", is_nullable=False,
             is_bearing=True),
        *CUSTOMER_FACTS,
    ),
)  # fmt: skip

_LIVE = (("archived_at", None), ("is_cancelled", False))
_GROUP = _("Orders")


def declare() -> None:
    register(PRODUCT, table="commerce_product")
    register(ORDER, table="commerce_order")
    points_at_customer(Pointer("commerce_order", label=_("Orders"), is_record=True))
    # Documents stay as long as the law asks for them, without words about the person.
    forgets(Forgets("commerce_order", empties={"remark": "''", "custom": "'{}'", "source": "''"}))
    keeps_customer(
        "bought", _("An order since"),
        "EXISTS (SELECT FROM commerce_order o WHERE o.party_id = p.id "
        "AND o.placed_at >= %(since)s)",
    )  # fmt: skip
    keeps_customer(
        "unpaid", _("An order not yet paid"),
        "EXISTS (SELECT FROM commerce_order o WHERE o.party_id = p.id AND o.archived_at IS NULL "
        "AND NOT o.is_cancelled AND o.kind = 'sale' AND o.paid < o.total)",
    )  # fmt: skip
    of_order = "t.order_id IN (SELECT o.id FROM commerce_order o WHERE o.party_id = ANY(%(ids)s))"
    number = "(SELECT o.number FROM commerce_order o WHERE o.id = t.order_id)"
    product = "(SELECT p.name FROM commerce_product p WHERE p.id = t.product_id)"
    tells(
        Tells("commerce_line", of_order, adds={"order": number, "product": product}),
        Tells("commerce_payment", of_order, adds={"order": number}),
    )
    extend(
        "customer",
        collections=(
            Collection("purchases", "commerce_order", "party_id", "placed_at",
                       only=(*_LIVE, ("kind", "sale"))),
            Collection("returns", "commerce_order", "party_id", "placed_at",
                       only=(*_LIVE, ("kind", "return"))),
            Collection("trade", "commerce_order", "party_id", "placed_at", only=_LIVE),
        ),
        facts=(
            Aggregate("orders.count", _("Number of orders"), Kind.NUMBER, "purchases", "count",
                      group=_GROUP),
            Aggregate("orders.total", _("Net sales"), Kind.MONEY, "trade", "sum", "value",
                      group=_GROUP),
            Aggregate("orders.average", _("Average order"), Kind.MONEY, "purchases", "average",
                      "value", group=_GROUP),
            Aggregate("orders.first", _("First order"), Kind.TIME, "purchases", "first",
                      "placed_at", group=_GROUP),
            Aggregate("orders.last", _("Last order"), Kind.TIME, "purchases", "last", "placed_at",
                      group=_GROUP),
            Aggregate("returns.count", _("Number of returns"), Kind.NUMBER, "returns", "count",
                      group=_GROUP),
        ),
    )  # fmt: skip
