"""Clients of the API for each of the cast."""

import json
from dataclasses import dataclass

import pytest
from django.test import Client

from zhike.access.actions import create_token
from zhike.access.viewer import SYSTEM


@dataclass
class Caller:
    """A program with a token."""

    secret: str
    client: Client

    def __call__(self, method: str, path: str, body=None, **headers):
        content = {} if body is None else {"data": json.dumps(body)}
        return self.client.generic(
            method,
            f"/api/v1{path}",
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.secret}", **headers},
            **content,
        )

    def get(self, path: str, **headers):
        return self("GET", path, **headers)

    def post(self, path: str, body=None, **headers):
        return self("POST", path, body or {}, **headers)

    def patch(self, path: str, body, **headers):
        return self("PATCH", path, body, **headers)


@pytest.fixture
def calling(cast):
    """calling("li") is Li's program; its token may do whatever Li may."""

    def make(name: str, scopes=("read", "write", "admin")) -> Caller:
        viewer = getattr(cast, name)
        _token, secret = create_token(
            SYSTEM, user_id=viewer.user_id, name="test", scopes=list(scopes)
        )
        return Caller(secret, Client(raise_request_exception=False))

    return make
