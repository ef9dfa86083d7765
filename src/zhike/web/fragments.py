"""Fragments and toasts: what htmx asks for and how a page answers.

A view answers the same question with a whole page or with the part that htmx is about to swap.
A toast travels with a fragment as an event (`HX-Trigger`), across a redirect in the session.
"""

import json
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

SESSION_TOASTS = "toasts"


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks, to swap the answer into the page that is open."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def targets(request: HttpRequest, element_id: str) -> bool:
    """Whether the answer will be swapped into the element with this id."""
    return is_fragment(request) and request.headers.get("HX-Target", "").endswith(f"#{element_id}")


def toast(response: HttpResponse, message: str, *, batch: UUID | None = None) -> HttpResponse:
    """Tells the person what happened; with a batch, offers to undo it."""
    return tell(response, toast=_toast(message, batch))


def tell(response: HttpResponse, **events: object) -> HttpResponse:
    """Adds events that the page hears once the fragment is in place."""
    told = json.loads(response.headers.get("HX-Trigger", "{}"))
    response["HX-Trigger"] = json.dumps({**told, **events})
    return response


def go(request: HttpRequest, address: str, message: str = "", *, batch: UUID | None = None):
    """Leads to another page after something was done there; says what it was."""
    if message:
        waiting = request.session.get(SESSION_TOASTS, [])
        request.session[SESSION_TOASTS] = [*waiting, _toast(message, batch)]
    if is_fragment(request):
        return HttpResponse(status=200, headers={"HX-Redirect": address, "HX-Reswap": "none"})
    return HttpResponseRedirect(address)


def waiting_toasts(request: HttpRequest) -> list[dict]:
    return request.session.pop(SESSION_TOASTS, []) if SESSION_TOASTS in request.session else []


def _toast(message: str, batch: UUID | None) -> dict:
    undo = reverse("batch_undo", args=[batch]) if batch else ""
    return {"message": str(message), "undo": undo}
