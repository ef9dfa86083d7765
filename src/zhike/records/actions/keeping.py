"""What people keep about the lists and the firm itself."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from zhike.access.policies import can, require
from zhike.access.viewer import Viewer
from zhike.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from zhike.records import queries
from zhike.records.limits import refuse_limited
from zhike.records.models import Firm, SavedView
from zhike.records.types import RecordType, record_types


@transaction.atomic
def save_view(
    viewer: Viewer,
    kind: RecordType,
    *,
    name: str,
    filter: dict,
    columns: Sequence[str] = (),
    sort: str = "",
    is_for_everybody: bool = False,
) -> SavedView:
    """Keeps a list under a name, for oneself or (managers) for everybody."""
    from zhike.filters import check, parse

    require(viewer, "keep")
    if is_for_everybody:
        require(viewer, "segment")
    name = name.strip()
    if not name or len(name) > 80:
        raise Invalid.field("name", "missing", _("Give a name of at most 80 characters."))
    asked = parse(filter or {"all": []})
    refuse_limited(kind, viewer, asked)
    check(asked, kind.schema)
    return SavedView.objects.create(
        record_type=kind.name,
        name=name,
        owner_id=None if is_for_everybody else viewer.user_id,
        filter=filter or {"all": []},
        columns=list(columns),
        sort=sort,
        position=SavedView.objects.filter(record_type=kind.name).count(),
    )


@transaction.atomic
def remove_view(viewer: Viewer, view_id: UUID) -> None:
    require(viewer, "keep")
    view = SavedView.objects.filter(pk=view_id).first()
    if view is None or view.owner_id not in (None, viewer.user_id):
        raise NotFound("not_found", _("There is no such view."))
    if view.owner_id is None and not can(viewer, "segment"):
        raise NotAllowed("not_allowed", _("This view belongs to everybody."))
    view.delete()


@transaction.atomic
def set_firm(viewer: Viewer, *, name: str, currency: str) -> Firm:
    """The firm's name and currency. The currency is fixed once there are orders."""
    require(viewer, "administer")
    firm = queries.firm()
    if currency != firm.currency and _has_orders():
        raise Conflict("has_orders", _("The currency can't change once there are orders."))
    firm.name, firm.currency = name.strip()[:120], currency
    firm.save()
    return firm


def _has_orders() -> bool:
    order = record_types().get("order")
    return order is not None and order.model._default_manager.exists()
