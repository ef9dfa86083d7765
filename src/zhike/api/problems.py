"""Errors as RFC 9457 problem details; never a stack trace."""

import logging

from django.core.exceptions import RequestDataTooBig
from django.db.utils import OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from zhike.api import shapes
from zhike.customers.duplicates import PossibleDuplicate
from zhike.kernel.errors import ZhikeError
from zhike.kernel.reading import refusal
from zhike.ownership.collisions import Barred

logger = logging.getLogger(__name__)
_TITLES = {
    400: "Bad request",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    412: "Precondition failed",
    413: "Too large",
    415: "Unsupported media type",
    422: "Not acceptable values",
    429: "Too many requests",
    500: "Internal error",
    503: "Takes too long",
}


def problem(
    request: HttpRequest,
    status: int,
    detail: str,
    *,
    code: str = "",
    errors: list | None = None,
    **further: object,
) -> JsonResponse:
    body = {
        "type": f"urn:zhike:problem:{code or status}",
        "title": _TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
        "errors": errors or [],
        "request_id": getattr(request, "id", ""),
        **further,
    }
    response = JsonResponse(
        body, status=status, content_type="application/problem+json",
        json_dumps_params={"ensure_ascii": False},
    )  # fmt: skip
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="zhike"'
    return response


def install(api: NinjaAPI) -> None:
    """Makes every error of an API a problem."""

    @api.exception_handler(ZhikeError)
    def refused(request: HttpRequest, error: ZhikeError) -> JsonResponse:
        errors = [
            {"field": one.field, "code": one.code, "message": one.message} for one in error.errors
        ]
        return problem(request, error.status, error.message, code=error.code, errors=errors)

    @api.exception_handler(PossibleDuplicate)
    def duplicate(request: HttpRequest, error: PossibleDuplicate) -> JsonResponse:
        found = shapes.duplicates(error.found)
        return problem(request, error.status, error.message, code=error.code, duplicates=found)

    @api.exception_handler(Barred)
    def barred(request: HttpRequest, error: Barred) -> JsonResponse:
        return problem(
            request,
            error.status,
            error.message,
            code=error.code,
            may=shapes.may_ask(error.party_id),
        )

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, error: ValidationError) -> JsonResponse:
        errors = [
            {
                "field": ".".join(
                    str(part) for part in one["loc"] if part not in ("body", "query")
                ),
                "code": one["type"],
                "message": one["msg"],
            }
            for one in error.errors
        ]
        return problem(
            request, 422, _("Some values can't be taken."), code="invalid", errors=errors
        )

    @api.exception_handler(AuthenticationError)
    def stranger(request: HttpRequest, error: AuthenticationError) -> JsonResponse:
        return problem(request, 401, _("Sign in, or send a valid token."), code="not_signed_in")

    @api.exception_handler(Http404)
    def missing(request: HttpRequest, error: Http404) -> JsonResponse:
        return problem(request, 404, _("There is nothing here."), code="not_found")

    @api.exception_handler(RequestDataTooBig)
    def too_big(request: HttpRequest, error: RequestDataTooBig) -> JsonResponse:
        return problem(request, 413, _("The request is too large."), code="too_large")

    @api.exception_handler(OperationalError)
    def given_up(request: HttpRequest, error: OperationalError) -> JsonResponse:
        slow = refusal(error)
        if slow is None:
            return broken(request, error)
        return problem(request, slow.status, slow.message, code=slow.code)

    @api.exception_handler(HttpError)
    def other(request: HttpRequest, error: HttpError) -> JsonResponse:
        return problem(request, error.status_code, str(error))

    @api.exception_handler(Exception)
    def broken(request: HttpRequest, error: Exception) -> JsonResponse:
        logger.error("api.failed %s", request.path, exc_info=error)
        detail = _("Something went wrong here. The request id helps to find out what.")
        return problem(request, 500, detail, code="internal")
