"""Keyed digests: whoever has the installation's key can ask whether somebody was erased; nobody can
read from them who was."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping

from django.conf import settings


def digest(kind: str, value: str) -> str:
    """HMAC-SHA-256 of an identifier (code, emails, phones), under a key of its own."""
    key = hmac.digest(settings.SECRET_KEY.encode(), b"zhike.erased", "sha256")
    return hmac.new(key, f"{kind}:{value.casefold()}".encode(), hashlib.sha256).hexdigest()


def digests_of(values: Mapping) -> Iterable[str]:
    """Of a described customer: number, addresses, phones, as they are stored."""
    if values.get("code"):
        yield digest("code", str(values["code"]))
    for kind in ("emails", "phones"):
        for value in values.get(kind) or ():
            yield digest(kind, str(value))
