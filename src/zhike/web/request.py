"""The request as views know it."""

from typing import TYPE_CHECKING

from django.http import HttpRequest

from zhike.access.viewer import Viewer

if TYPE_CHECKING:
    from zhike.access.models import User


class Request(HttpRequest):
    """A request after the middleware: numbered, of somebody who is signed in.

    On the few pages that are open to all, viewer and user are None.
    """

    id: str
    viewer: Viewer
    user: "User"  # type: ignore[assignment]
    is_refused: bool  # set when an error page answers it: that asks nothing of the database
