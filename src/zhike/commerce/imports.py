"""Products and orders from a file. An order file may be one row an order or one row a line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.access.viewer import Viewer
from zhike.commerce.actions import LARGEST_QUANTITY, LineInput, amounts, build_lines, read_rate
from zhike.commerce.facts import ORDER, PRODUCT
from zhike.commerce.models import Line, Order, Product
from zhike.commerce.queries import orders_by_number
from zhike.customers.facts import CUSTOMER
from zhike.customers.forgetting import were_erased
from zhike.customers.imports import (
    CUSTOMER_KIND,
    Matches,
    build_party,
    erased_before,
    on_match,
    out_of_sight,
)
from zhike.customers.merging.actions import credit
from zhike.customers.queries import customers_by_name
from zhike.kernel import clock
from zhike.kernel.errors import Invalid
from zhike.records.actions import (
    change_prepared,
    clean_values,
    copy_rows,
    insert_records,
    new_instance,
)
from zhike.records.fields import Field, FieldKind
from zhike.records.imports import Group, Importer, Outcome, register
from zhike.records.models import Batch
from zhike.records.queries import firm, visible_ids

_CUSTOMER = {field.name: field for field in CUSTOMER.fields}
_ORDER = ORDER.field_by_name
_PRODUCT = PRODUCT.field_by_name


def _renamed(field: Field, name: str, label, **changes) -> Field:
    return replace(field, name=name, label=label, is_required=False, **changes)


ORDER_FIELDS = (
    replace(_ORDER["number"], is_required=False),
    _ORDER["placed_at"],
    _renamed(_CUSTOMER["code"], "customer_code", gettext_lazy("Customer no.")),
    _renamed(_CUSTOMER["name"], "customer_name", gettext_lazy("Customer name")),
    _renamed(_CUSTOMER["phones"], "customer_phones", gettext_lazy("Customer phone")),
    _renamed(_CUSTOMER["emails"], "customer_emails", gettext_lazy("Customer e-mail")),
    _renamed(_CUSTOMER["country"], "customer_country", gettext_lazy("Customer country")),
    _renamed(_CUSTOMER["province"], "customer_province", gettext_lazy("Customer province")),
    _renamed(_CUSTOMER["city"], "customer_city", gettext_lazy("Customer city")),
    _renamed(_PRODUCT["code"], "product_code", gettext_lazy("Product no.")),
    _renamed(_PRODUCT["name"], "product_name", gettext_lazy("Product name"), max_length=500),
    _renamed(_PRODUCT["category"], "product_category", gettext_lazy("Product category")),
    Field("quantity", gettext_lazy("Quantity"), FieldKind.NUMBER, also_known_as=(
        "数量", "件数", "qty", "quantity", "units", "cds")),
    Field("unit_price", gettext_lazy("Unit price"), FieldKind.NUMBER, also_known_as=(
        "单价", "价格", "售价", "unitprice", "unit price", "price")),
    Field("amount", gettext_lazy("Amount"), FieldKind.NUMBER, also_known_as=(
        "金额", "订单金额", "总金额", "实付金额", "小计", "amount", "total", "revenue", "sales",
        "order total", "line total", "value", "spend")),
    replace(_ORDER["currency"], is_required=False),
    _ORDER["rate"],
    _ORDER["remark"],
)  # fmt: skip


NAMED_BY = ("customer_code", "customer_emails", "customer_phones", "customer_name")


def order_key(values: Mapping, number: int) -> str:
    """Rows with one order number are one order. Without numbers each row is an order, kept
    together by customer and time so that they can be numbered the same way again."""
    if values.get("number"):
        return f"no {values['number']}"
    who = values.get("customer_code") or (
        values.get("customer_emails") or values.get("customer_phones") or [""]
    )[0] or values.get("customer_name")  # fmt: skip
    return f"of {who} {values['placed_at']}"


def check_order_row(values: Mapping) -> None:
    if not any(values.get(name) for name in NAMED_BY):
        raise Invalid("no_customer", _("The row names no customer."))
    if values.get("unit_price") is None and values.get("amount") is None:
        raise Invalid("no_amount", _("The row has neither a unit price nor an amount."))
    quantity = values.get("quantity")
    if quantity is not None and not 0 < abs(Decimal(quantity)) <= LARGEST_QUANTITY:
        raise Invalid("bad_quantity", _("The quantity can't be zero."))
    price = values.get("unit_price")
    if price is not None and Decimal(price) < 0:
        message = _("A price can't be negative; returned goods have a negative quantity.")
        raise Invalid("negative_price", message)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An order as the file describes it, before anything is looked up."""

    group: Group
    number: str
    placed_at: datetime
    customer: Mapping
    rows: tuple[Mapping, ...]
    currency: str
    rate: Decimal


@dataclass(frozen=True, slots=True)
class _Usual:
    """What holds for rows that don't say."""

    currency: str
    rate: Decimal | None
    firm_currency: str


def apply_orders(
    groups: Sequence[Group],
    options: Mapping,
    viewer: Viewer,
    batch: Batch,
) -> Outcome:
    outcome = Outcome()
    firm_currency = firm().currency
    usual = _Usual(options.get("currency") or firm_currency, options.get("rate"), firm_currency)
    wanted = [order for group in groups for order in _wanted_orders(group, usual, outcome)]
    there = orders_by_number([order.number for order in wanted])
    fresh = [order for order in wanted if order.number not in there]
    outcome.skipped = len(wanted) - len(fresh)
    outcome.created = len(fresh)
    if not fresh:
        return outcome
    known = Matches([order.customer for order in fresh], lock=False)
    fresh = _without_erased(fresh, known, outcome)
    party_ids = _customers(fresh, known, options, viewer, batch)
    seen = visible_ids(CUSTOMER, viewer, list(party_ids.values()))
    for order in fresh:
        if party_ids[_customer_key(order.customer)] not in seen:
            outcome.refuse(order.group, out_of_sight())
    fresh = [order for order in fresh if party_ids[_customer_key(order.customer)] in seen]
    outcome.created = len(fresh)
    product_ids = _products(fresh, viewer, batch)
    orders: list[Order] = []
    lines: list[Line] = []
    for order in fresh:
        inputs = [_line(row, product_ids) for row in order.rows]
        values = {
            "number": order.number,
            "customer": party_ids[_customer_key(order.customer)],
            "placed_at": order.placed_at,
            "currency": order.currency,
            "rate": order.rate,
            "remark": next((row["remark"] for row in order.rows if row.get("remark")), ""),
        }
        extra = amounts(inputs, order.currency, order.rate, firm_currency)
        instance = new_instance(ORDER, values, batch=batch, source="import", extra=extra)
        orders.append(instance)
        lines.extend(build_lines(instance, inputs))
    insert_records(ORDER, orders, viewer=viewer, batch=batch)
    copy_rows(Line, lines)
    _credit_merged(orders, fresh, known)
    return outcome


def _credit_merged(orders: Sequence[Order], wanted: Sequence[_Wanted], known: Matches) -> None:
    """Orders under an identifier of a customer who was merged away go along with that identifier
    when the two are taken apart."""
    formers = (
        (order, known.find_merged(one.customer)) for order, one in zip(orders, wanted, strict=True)
    )
    credit(
        "commerce_order.party_id",
        {order.pk: former.pk for order, former in formers if former is not None},
    )


def _wanted_orders(group: Group, usual: _Usual, outcome: Outcome) -> list[_Wanted]:
    rows = [values for _number, values in group.rows]
    currencies = {row.get("currency") or usual.currency for row in rows}
    customers = {_customer_key(_customer_of(row)) for row in rows}
    if rows[0].get("number") and len(currencies) > 1:
        outcome.refuse(group, _("One order has lines in several currencies."))
        return []
    if rows[0].get("number") and len(customers) > 1:
        outcome.refuse(group, _("One order number stands for several customers."))
        return []
    currency = currencies.pop()
    said = next((row["rate"] for row in rows if row.get("rate")), None)
    if said is None and currency == usual.currency:
        said = usual.rate
    try:
        rate = read_rate(said, currency, usual.firm_currency)
    except Invalid as error:
        outcome.refuse(group, error.errors[0].message)
        return []
    if rows[0].get("number"):
        placed_at = min(row["placed_at"] for row in rows)
        number = rows[0]["number"]
        customer = _customer_of(rows[0])
        return [_Wanted(group, number, placed_at, customer, tuple(rows), currency, rate)]
    found = []
    for index, row in enumerate(rows, start=1):
        customer = _customer_of(row)
        day = clock.today(row["placed_at"])
        number = f"{_customer_key(customer)[1]}-{day:%Y%m%d}-{index}"[:80]
        found.append(_Wanted(group, number, row["placed_at"], customer, (row,), currency, rate))
    return found


def _customer_of(row: Mapping) -> dict:
    """The part of a row that describes its customer, under the customer's own field names."""
    prefix = "customer_"
    return {
        name.removeprefix(prefix): value
        for name, value in row.items()
        if name.startswith(prefix) and value not in (None, "", [], ())
    }


def _customer_key(customer: Mapping) -> tuple[str, str]:
    for name in ("code", "emails", "phones", "name"):
        if customer.get(name):
            value = customer[name]
            return name, value[0] if isinstance(value, list | tuple) else value
    return "name", ""


def _without_erased(orders: Sequence[_Wanted], known: Matches, outcome: Outcome) -> list[_Wanted]:
    unknown = [one for one in orders if known.find(one.customer) is None]
    erased = were_erased([one.customer for one in unknown])
    refused = {one.number for one, was in zip(unknown, erased, strict=True) if was}
    for one in orders:
        if one.number in refused:
            outcome.refuse(one.group, erased_before())
    return [one for one in orders if one.number not in refused]


def _customers(
    orders: Sequence[_Wanted], known: Matches, options: Mapping, viewer: Viewer, batch: Batch
) -> dict[tuple[str, str], UUID]:
    """The customers of some orders by key; those not there yet are opened."""
    rows = {_customer_key(order.customer): order.customer for order in orders}
    names = [key[1] for key in rows if key[0] == "name"]
    by_name = customers_by_name(names)
    ids: dict[tuple[str, str], UUID] = {}
    opened = []
    for key, customer in rows.items():
        party = known.find(customer)
        if party is not None:
            ids[key] = party.pk
        elif key[0] == "name" and key[1] in by_name:
            ids[key] = by_name[key[1]]
        else:
            party = build_party(customer, viewer, batch, options)
            opened.append(party)
            ids[key] = party.pk
    insert_records(CUSTOMER, opened, viewer=viewer, batch=batch)
    # Somebody may have merged one of them in the meantime; none can be merged from here on.
    ahead = CUSTOMER.stand_ins(list(ids.values()))
    return {key: ahead.get(pk, pk) for key, pk in ids.items()}


def _product_key(row: Mapping) -> str:
    return row.get("product_code") or row.get("product_name") or ""


def _products(orders: Sequence[_Wanted], viewer: Viewer, batch: Batch) -> dict[str, UUID]:
    """The products of some orders by number (or name); those not there yet are opened."""
    rows: dict[str, dict] = {}
    for order in orders:
        for row in order.rows:
            if key := _product_key(row)[:80]:
                described = rows.setdefault(key, {})
                for name in ("product_name", "product_category", "unit_price"):
                    if row.get(name) is not None and not described.get(name):
                        described[name] = row[name]
    known = dict(Product.objects.filter(code__in=rows, archived_at=None).values_list("code", "pk"))
    opened = []
    for code in sorted(rows.keys() - known.keys()):
        described = rows[code]
        values = {
            "code": code,
            "name": (described.get("product_name") or code)[:200],
            "category": described.get("product_category") or "",
            "price": described.get("unit_price"),
        }
        opened.append(new_instance(PRODUCT, values, batch=batch, source="import"))
    insert_records(PRODUCT, opened, viewer=viewer, batch=batch)
    return known | {product.code: product.pk for product in opened}


def _line(row: Mapping, product_ids: Mapping[str, UUID]) -> LineInput:
    """A line from quantity and price, or from an amount alone (then the quantity's sign goes with
    the amount's)."""
    quantity = row.get("quantity")
    price = row.get("unit_price")
    if price is None:
        amount = row["amount"]
        size = abs(quantity) if quantity else Decimal(1)
        quantity = -size if amount < 0 or (quantity or 0) < 0 else size
        price = (abs(amount) / size).quantize(Decimal("0.0001"))
        if price * size != abs(amount):
            # The amount is what was paid; a rounded price must not change it.
            quantity, price = quantity / size, abs(amount)
    key = _product_key(row)[:80]
    description = (row.get("product_name") or "")[:200]
    return LineInput(quantity or Decimal(1), price, product_ids.get(key), description)


def apply_products(
    groups: Sequence[Group],
    options: Mapping,
    viewer: Viewer,
    batch: Batch,
) -> Outcome:
    outcome = Outcome()
    rows = {group.key: group.rows[-1][1] for group in groups}
    known = Product.objects.filter(code__in=rows, archived_at=None).select_for_update()
    by_code = {product.code: product for product in known}
    new = [values for code, values in rows.items() if code not in by_code]
    outcome.created = len(new)
    if options.get("on_match") == "skip":
        outcome.skipped = len(by_code)
        by_code = {}
    outcome.updated = len(by_code)
    fresh = [
        new_instance(
            PRODUCT, clean_values(PRODUCT, values, is_new=True), batch=batch, source="import"
        )
        for values in new
    ]
    insert_records(PRODUCT, fresh, viewer=viewer, batch=batch)
    pairs = [
        (product, {name: value for name, value in rows[code].items() if value not in (None, "")})
        for code, product in by_code.items()
    ]
    outcome.updated = change_prepared(PRODUCT, pairs, viewer=viewer, batch=batch)
    outcome.skipped += len(pairs) - outcome.updated
    return outcome


def declare() -> None:
    register(
        Importer(
            "product",
            gettext_lazy("Products"),
            tuple(field for field in PRODUCT.fields if field.name != "custom"),
            lambda values, number: values["code"],
            apply_products,
            own_options=(on_match(gettext_lazy("Products that are there already")),),
        )
    )
    register(
        Importer(
            "order",
            gettext_lazy("Orders"),
            ORDER_FIELDS,
            order_key,
            apply_orders,
            check_order_row,
            own_options=(
                Field(
                    "currency", gettext_lazy("Currency of amounts without one"), FieldKind.CURRENCY
                ),
                Field(
                    "rate", gettext_lazy("Exchange rate of amounts without one"), FieldKind.NUMBER
                ),
                CUSTOMER_KIND,
            ),
            needs_one_of=(NAMED_BY, ("unit_price", "amount")),
        )
    )
