"""What every request passes through, outermost first: id, person, language, refusals, policy."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import translation
from django.utils.datastructures import MultiValueDictKeyError
from django.utils.http import urlencode

from zhike.access.queries import active_user, viewer_of
from zhike.kernel.reading import one_reading, refusal
from zhike.records.queries import Notebook
from zhike.security.actions import write_down
from zhike.web.errors import bad_request, show_refusal
from zhike.web.fragments import is_fragment
from zhike.web.request import Request

SESSION_USER = "user"
OPEN_TO_ALL = ("/sign-in", "/healthz", "/static/", "/api/")
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    )
)
MOST_UNKEPT = 2_000  # customers of a file that may have been read and not been noted
View = Callable[[Request], Any]


def noting(get_response: View) -> View:
    """What a request shows of customers is kept at its end, for pages and API alike; of a file that
    is sent bit by bit, before the next bit leaves. Files that people attached are none of it."""

    def middleware(request: Request) -> HttpResponseBase:
        book = Notebook()
        with book.open():
            response = get_response(request)
        if isinstance(response, StreamingHttpResponse) and not isinstance(response, FileResponse):
            response.streaming_content = _noted(book, response.streaming_content)
        else:
            write_down(book)
        return response

    return middleware


def _noted(book: Notebook, parts: Any) -> Iterator[bytes]:
    parts = iter(parts)
    try:
        while True:
            with book.open():
                part = next(parts, None)
            if part is None:
                return
            if book.length >= MOST_UNKEPT:
                write_down(book)
            yield part
    finally:
        write_down(book)  # whoever breaks off has seen what was sent


def reading(get_response: View) -> View:
    """A request that only reads asks nothing twice."""

    def middleware(request: Request) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return get_response(request)
        with one_reading():
            return get_response(request)

    return middleware


def request_id(get_response: View) -> View:
    """Numbers the request, so that what a person reports can be found in the log."""

    def middleware(request: Request) -> HttpResponse:
        request.id = uuid4().hex[:16]
        response = get_response(request)
        response["X-Request-Id"] = request.id
        return response

    return middleware


def viewer(get_response: View) -> View:
    """Puts who asks on the request; whoever is not signed in gets to the sign-in page."""

    def middleware(request: Request) -> HttpResponse:
        request.user = _signed_in_user(request)
        request.viewer = viewer_of(request.user) if request.user else None  # type: ignore[assignment]
        if request.viewer is None and not request.path.startswith(OPEN_TO_ALL):
            return _to_sign_in(request)
        response = get_response(request)
        if request.viewer is not None:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return middleware


def _signed_in_user(request: Request):
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    user_id = request.session.get(SESSION_USER)
    return active_user(user_id) if user_id else None


def _to_sign_in(request: Request) -> HttpResponse:
    address = reverse("sign_in")
    if is_fragment(request):
        return HttpResponse(status=401, headers={"HX-Redirect": address})
    if request.path != "/":
        address += "?" + urlencode({"next": request.get_full_path()})
    return HttpResponse(status=302, headers={"Location": address})


def language(get_response: View) -> View:
    """The user's language, else that of the sign-in page, else the installation's."""

    def middleware(request: Request) -> HttpResponse:
        chosen = request.user.language if request.user else ""
        chosen = chosen or request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        if chosen not in dict(settings.LANGUAGES):
            chosen = settings.LANGUAGE_CODE
        with translation.override(chosen):
            response = get_response(request)
        response.headers.setdefault("Content-Language", chosen)
        return response

    return middleware


def refusals(get_response: View) -> View:
    """Turns what the domain refuses into a page, or into a toast when a fragment was asked for."""

    def middleware(request: Request) -> HttpResponse:
        return get_response(request)

    def process_exception(request: Request, error: Exception) -> HttpResponse | None:
        if isinstance(error, MultiValueDictKeyError):  # a form without one of its parts
            return bad_request(request)
        refused = refusal(error)
        return show_refusal(request, refused) if refused else None

    middleware.process_exception = process_exception  # type: ignore[attr-defined]
    return middleware


def content_security_policy(get_response: View) -> View:
    def middleware(request: Request) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response

    return middleware
