"""Whatever the published schema allows to be sent, the API answers: never with a server error.

Schemathesis makes the requests from the OpenAPI document, odd ones included.
"""

from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings

from zhike.access.actions import create_token
from zhike.access.viewer import SYSTEM
from zhike.api.urls import api

EXAMPLES = 12
SCHEMA = schemathesis.openapi.from_dict(api.get_openapi_schema(path_prefix="/api/v1/"))
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]


@pytest.fixture
def secret(cast):
    _token, secret = create_token(
        SYSTEM, user_id=cast.mei.user_id, name="schema", scopes=["read", "write", "admin"]
    )
    return secret


def test_the_document_is_openapi_3_1():
    document = api.get_openapi_schema(path_prefix="/api/v1/")

    assert document["openapi"].startswith("3.1")
    assert "/api/v1/customers" in document["paths"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_no_request_breaks_the_api(secret, operation):
    client = Client(raise_request_exception=False)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=True,  # a landing does not hang on luck; `EXAMPLES` up finds more
    )
    @given(case=operation.as_strategy())
    def answers(case):
        sent = requests.Request(**case.as_transport_kwargs(base_url="http://testserver")).prepare()
        parts = urlsplit(sent.url)
        response = client.generic(
            sent.method,
            parts.path,
            sent.body or b"",
            content_type=sent.headers.get("Content-Type", "application/json"),
            query_string=parts.query,
            headers={"Authorization": f"Bearer {secret}"},
        )
        assert response.status_code < 500, (sent.method, sent.url, sent.body)

    answers()
