"""Who calls: a bearer token, or the browser's session (then with the CSRF token)."""

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.translation import activate, get_language_from_request
from django.utils.translation import gettext as _

from zhike.access.actions import note_token_use
from zhike.access.queries import active_user, token_of, viewer_of
from zhike.access.viewer import Viewer
from zhike.kernel.errors import NotAllowed


class Request(HttpRequest):
    """A request that has passed authentication."""

    auth: Viewer
    api_viewer: Viewer | None
    csrf_processing_done: bool


_SAFE = ("GET", "HEAD", "OPTIONS")


def viewer_from(request: Request) -> Viewer | None:
    """The viewer of a request, None for a stranger; looked up once."""
    if not hasattr(request, "api_viewer"):
        request.api_viewer = _look_up(request)
    return request.api_viewer


def _look_up(request: Request) -> Viewer | None:
    header = request.headers.get("Authorization", "")
    if header:
        scheme, _space, secret = header.partition(" ")
        token = token_of(secret.strip()) if scheme.lower() == "bearer" else None
        if token is None:
            return None
        note_token_use(token)
        _speak(request, token.user.language)
        return viewer_of(token.user, kind="token", source="api", scopes=token.scopes)
    user_id = request.session.get("user")
    user = active_user(user_id) if user_id else None
    if user is None:
        return None
    if request.method not in _SAFE:
        _check_csrf(request)
    _speak(request, user.language)
    return viewer_of(user, source="api")


def _speak(request: Request, language: str) -> None:
    """Answers in the caller's language: as the request asks, else as the user has chosen."""
    if "Accept-Language" in request.headers:
        language = get_language_from_request(request)
    if language:
        activate(language)


def _check_csrf(request: Request) -> None:
    request.csrf_processing_done = False
    checker = CsrfViewMiddleware(_enforced)
    checker.process_request(request)
    if checker.process_view(request, _enforced, (), {}) is not None:
        raise NotAllowed("csrf", _("The CSRF token is missing or wrong."))


def _enforced(request: HttpRequest) -> HttpResponse:
    """Stands for the view when CSRF is checked: it has no exemption."""
    return HttpResponse()
