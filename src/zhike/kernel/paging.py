"""Key paging: a page begins after the last row of the page before, however deep it lies."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from django.utils.translation import gettext as _

from zhike.kernel.errors import Invalid

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some rows of a list, and where the next and the previous ones begin."""

    items: list[Item]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are; when not exact, at least this many. `as_of`: when they were counted,
    where that was not just now."""

    value: int
    exact: bool
    as_of: datetime | None = None


def encode_cursor(*parts) -> str:
    text = json.dumps(parts, separators=(",", ":"), default=str)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> list:
    """The parts of a cursor. Raises Invalid when it was not made by encode_cursor."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = json.loads(base64.urlsafe_b64decode(padded.encode()))
    except (ValueError, UnicodeError):
        parts = None
    if not isinstance(parts, list):
        raise Invalid.field("cursor", "bad_cursor", _("This page link is not valid; start over."))
    return parts
