"""What columns are called where a person reads rows of tables; others are called as they are."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from zhike.filters.schema import Words

_LABELS: Mapping[str, Words] = {
    "at": _("At"),
    "label": _("What"),
    "type": _("Type"),
    "kind": _("Type"),
    "source": _("Source"),
    "data": _("Details"),
    "changes": _("Changes"),
    "name": _("Name"),
    "title": _("Title"),
    "number": _("Number"),
    "remark": _("Remark"),
    "reason": _("Reason"),
    "note": _("Note"),
    "state": _("State"),
    "amount": _("Amount"),
    "total": _("Total"),
    "quantity": _("Quantity"),
    "unit_price": _("Unit price"),
    "currency": _("Currency"),
    "product": _("Product"),
    "order": _("Order"),
    "description": _("Description"),
    "placed_at": _("Placed"),
    "paid_at": _("Paid on"),
    "created_at": _("Created"),
    "updated_at": _("Changed"),
    "due_on": _("Due"),
    "done_at": _("Done"),
    "since": _("Since"),
    "until": _("Until"),
    "segment": _("Segment"),
    "channel": _("Channel"),
    "stage": _("Stage"),
    "size": _("Size"),
}


def column_label(name: str) -> Words:
    return _LABELS.get(name, name.replace("_", " "))
