"""What the shell around every page needs."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import SimpleLazyObject, cached_property
from django.utils.translation import get_language

from zhike.access.policies import RIGHTS, can
from zhike.records.queries import firm
from zhike.web.fragments import waiting_toasts
from zhike.web.navigation import navigation
from zhike.web.request import Request


@dataclass
class Shell:
    request: Request

    @property
    def language(self) -> str:
        return get_language()

    @property
    def languages(self) -> list:
        return settings.LANGUAGES

    @property
    def frame(self) -> str:
        """The template around a page: with the sidebar for whoever is signed in."""
        return "page.html" if self._user else "bare.html"

    @property
    def theme(self) -> str:
        return self.request.user.theme if self._user else "system"

    @property
    def density(self) -> str:
        return self.request.user.density if self._user else "comfortable"

    @cached_property
    def navigation(self) -> list:
        return navigation(self.request)

    @cached_property
    def toasts(self) -> list[dict]:
        return waiting_toasts(self.request)

    @cached_property
    def may(self) -> dict[str, bool]:
        """Rights by name, for showing only what can be done."""
        viewer = getattr(self.request, "viewer", None)
        rights = RIGHTS["administrator"]
        return {right: viewer is not None and can(viewer, right) for right in rights}

    @property
    def _user(self):
        return getattr(self.request, "user", None)


def shell(request: Request) -> dict:
    around = Shell(request)
    return {
        "shell": around,
        "may": SimpleLazyObject(lambda: around.may),
        "viewer": getattr(request, "viewer", None),
        "firm": SimpleLazyObject(firm),
    }
