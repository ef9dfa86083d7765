"""The request as views know it."""

from django.http import HttpRequest

from zhike.access.models import User
from zhike.access.viewer import Viewer


class Request(HttpRequest):
    """A request after the middleware: numbered, of somebody who is signed in.

    On the few pages that are open to all, viewer and user are None.
    """

    id: str
    viewer: Viewer
    user: User  # type: ignore[assignment]
