"""The pages of orders and products."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhike.access.policies import require
from zhike.commerce import actions, queries
from zhike.commerce.facts import ORDER, PRODUCT
from zhike.customers.queries import parties_by_id
from zhike.kernel import clock
from zhike.records.queries import firm, get
from zhike.web.commerce.forms import OrderForm, returned_lines
from zhike.web.fragments import go
from zhike.web.records.shown import Names, shown_fields
from zhike.web.request import Request
from zhike.web.values import moment_or_none


@require_GET
def order(request: Request, pk: UUID) -> HttpResponse:
    found = queries.order(request.viewer, pk)
    context = {
        "order": found,
        "party": parties_by_id(request.viewer, [found.party_id])[found.party_id],
        "lines": queries.lines(request.viewer, found),
        "payments": queries.payments(request.viewer, found),
        "left": None if None in (found.total, found.paid) else found.total - found.paid,
        "facts": shown_fields(
            ORDER, found, ("number", "placed_at", "remark"), Names(request.viewer)
        ),
    }
    return render(request, "commerce/order.html", context)


@require_http_methods(["GET", "POST"])
def new_order(request: Request) -> HttpResponse:
    require(request.viewer, "create")
    data = request.POST if request.method == "POST" else None
    now = clock.now()
    initial = {
        "currency": firm().currency,
        "placed_at": now,
        "number": f"{now.astimezone(clock.firm_zone()):%Y%m%d-%H%M%S}",
        **request.GET.dict(),
    }
    form = OrderForm(data, initial, request.viewer)
    if form.saves(lambda values, lines, total: actions.place_order(
        values, lines=lines, total=total, viewer=request.viewer,
    )):  # fmt: skip
        saved = form.head.saved
        return go(request, reverse("order", args=[saved.pk]), _("Saved."), batch=saved.batch_id)
    return render(request, "commerce/new_order.html", {"form": form}, status=form.head.status)


@require_POST
def pay(request: Request, pk: UUID) -> HttpResponse:
    """Money that came in, or went back."""
    amount = request.POST.get("amount", "").strip()
    sign = "-" if request.POST.get("direction") == "refund" and amount else ""
    actions.record_payment(
        pk,
        amount=sign + amount,
        method=request.POST.get("method", ""),
        paid_at=moment_or_none(request.POST, "paid_at"),
        viewer=request.viewer,
    )
    message = _("Refund recorded.") if sign else _("Payment recorded.")
    return go(request, reverse("order", args=[pk]), message)


@require_POST
def cancel(request: Request, pk: UUID) -> HttpResponse:
    order = actions.cancel_order(pk, viewer=request.viewer)
    return go(request, reverse("order", args=[pk]), _("Cancelled."), batch=order.batch_id)


@require_POST
def return_goods(request: Request, pk: UUID) -> HttpResponse:
    sold = queries.order(request.viewer, pk)
    lines = returned_lines(request.POST, queries.lines(request.viewer, sold))
    number = request.POST.get("number", "")
    back = actions.return_goods(pk, number=number, lines=lines, viewer=request.viewer)
    return go(request, reverse("order", args=[back.pk]), _("Return recorded."))


@require_GET
def product(request: Request, pk: UUID) -> HttpResponse:
    found = get(PRODUCT, request.viewer, pk)
    facts = shown_fields(
        PRODUCT, found, ("code", "name", "category", "price"), Names(request.viewer)
    )
    return render(request, "commerce/product.html", {"product": found, "facts": facts})
