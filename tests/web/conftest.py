"""Pages as somebody of the cast sees them, through Django's client."""

from collections.abc import Callable

import pytest
from cast import PASSWORD
from django.test import Client

FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def sign_in(cast) -> Callable[[str], Client]:
    def signed_in(name: str) -> Client:
        client = Client()
        email = f"{name}@teahouse.example"
        answer = client.post("/sign-in", {"email": email, "password": PASSWORD})
        assert answer.status_code == 302
        return client

    return signed_in


@pytest.fixture
def mei(sign_in) -> Client:
    return sign_in("mei")


@pytest.fixture
def li(sign_in) -> Client:
    return sign_in("li")


@pytest.fixture
def guest(sign_in) -> Client:
    return sign_in("guest")
