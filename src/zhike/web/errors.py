"""Pages for what went wrong: a human sentence, what to do, the number of the request."""

import logging

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from zhike.kernel.errors import ZhikeError
from zhike.web.fragments import is_fragment, toast

logger = logging.getLogger(__name__)


def show_refusal(request: HttpRequest, error: ZhikeError) -> HttpResponse:
    message = " ".join(dict.fromkeys(one.message for one in error.errors)) or error.message
    return show_error(request, error.status, message)


def show_error(request: HttpRequest, status: int, message: str) -> HttpResponse:
    if is_fragment(request):
        return toast(HttpResponse(status=status, headers={"HX-Reswap": "none"}), message)
    request.is_refused = True  # type: ignore[attr-defined]
    return render(request, "error.html", {"status": status, "message": message}, status=status)


def not_found(request: HttpRequest, exception=None) -> HttpResponse:
    return show_error(request, 404, _("This page does not exist."))


def bad_request(request: HttpRequest, exception=None) -> HttpResponse:
    return show_error(request, 400, _("This request can't be read."))


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: mostly one that lay open while somebody signed in anew."""
    logger.warning("web.csrf_refused %s %s", request.path, reason)
    return show_error(request, 403, _("This page is out of date. Reload it and try again."))


def failed(request: HttpRequest) -> HttpResponse:
    message = _("Something went wrong on our side. What you entered was not saved.")
    return show_error(request, 500, message)
