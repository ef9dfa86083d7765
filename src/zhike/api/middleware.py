"""Idempotency-Key: a POST that is sent again gets the answer it got the first time."""

import hashlib
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from zhike.access.actions import claim_reply, keep_reply, release_reply
from zhike.api.authentication import Request, viewer_from
from zhike.api.problems import problem
from zhike.kernel.errors import ZhikeError

PREFIX = "/api/"


def idempotency(get_response: Callable) -> Callable:
    def middleware(request: Request) -> HttpResponse:
        key = request.headers.get("Idempotency-Key")
        if key is None or request.method != "POST" or not request.path.startswith(PREFIX):
            return get_response(request)
        try:
            viewer = viewer_from(request)
            if viewer is None or viewer.user_id is None:
                return get_response(request)
            found = claim_reply(user_id=viewer.user_id, key=key, fingerprint=_fingerprint(request))
        except ZhikeError as error:
            errors = [
                {"field": e.field, "code": e.code, "message": e.message} for e in error.errors
            ]
            return problem(request, error.status, error.message, code=error.code, errors=errors)
        if found is not None:
            response = HttpResponse(
                found.body, status=found.status, content_type="application/json; charset=utf-8"
            )
            response["Idempotency-Replayed"] = "true"
            return response
        return _answer_once(request, get_response, viewer.user_id, key)

    return middleware


def _answer_once(request: HttpRequest, get_response: Callable, user_id, key: str) -> HttpResponse:
    try:
        response = get_response(request)
    except BaseException:
        release_reply(user_id=user_id, key=key)
        raise
    if response.status_code < 400 and not response.streaming:
        body = response.content.decode()
        keep_reply(user_id=user_id, key=key, status=response.status_code, body=body)
    else:
        # Nothing was done; the caller may mend the request and use the key again.
        release_reply(user_id=user_id, key=key)
    return response


def _fingerprint(request: HttpRequest) -> str:
    is_upload = (request.content_type or "").startswith("multipart/")
    body = str(request.headers.get("Content-Length")).encode() if is_upload else request.body
    return hashlib.sha256(request.get_full_path().encode() + b"\0" + body).hexdigest()
