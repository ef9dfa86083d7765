"""The lines of an order as a form sends them: columns of equal length, one row a line."""

from collections.abc import Sequence

from django.http import QueryDict

from zhike.access.viewer import Viewer
from zhike.commerce.facts import ORDER
from zhike.web.forms import Form, record_form

LINE = ("product", "description", "quantity", "unit_price")
ORDER_FIELDS = ("customer", "number", "placed_at", "currency", "rate", "remark")
EMPTY_LINES = 3


class OrderForm:
    """The head of an order and its lines. Wrong lines are named by their number."""

    def __init__(self, data: QueryDict | None, initial: dict, viewer: Viewer):
        self.head: Form = record_form(ORDER, ORDER_FIELDS, viewer, data=data, initial=initial)
        self.data = data

    @property
    def lines(self) -> list[dict]:
        """Lines with something in them, then empty ones to fill in."""
        return [*read_lines(self.data), *({} for _ in range(EMPTY_LINES))]

    @property
    def total(self) -> str:
        return self.data.get("total", "") if self.data else ""

    def saves(self, action) -> bool:
        return self.head.saves(lambda values: action(values, read_lines(self.data), self.total))


def read_lines(data: QueryDict | None) -> list[dict]:
    """The lines in which something was entered."""
    if data is None:
        return []
    columns = [data.getlist(name) for name in LINE]
    rows = [dict(zip(LINE, cells, strict=False)) for cells in zip(*columns, strict=False)]
    return [row for row in rows if _is_filled(row)]


def _is_filled(row: dict) -> bool:
    return any(row[name].strip() for name in ("product", "description", "unit_price"))


def returned_lines(data: QueryDict, lines: Sequence) -> list[dict]:
    """The lines of which something comes back, at the price they were sold at."""
    back = []
    for line in lines:
        quantity = data.get(f"quantity-{line.pk}", "").strip()
        if quantity and quantity != "0":
            back.append(
                {
                    "product": line.product_id,
                    "description": line.description,
                    "quantity": quantity,
                    "unit_price": line.unit_price,
                }
            )
    return back
