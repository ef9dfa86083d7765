"""Reading request bodies: JSON that can be stored."""

import json
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.parser import Parser

from zhike.kernel.errors import Invalid


class StrictParser(Parser):
    """Refuses what JSON can write and no database can keep: half characters and NUL."""

    def parse_body(self, request: HttpRequest) -> Any:
        data = json.loads(request.body)
        if b"\\u" in request.body and not _is_storable(data):
            message = _("The text holds characters that can't be kept (NUL or half a character).")
            raise Invalid.field("body", "bad_text", message)
        return data


def _is_storable(data: Any) -> bool:
    text = json.dumps(data, ensure_ascii=False)
    return "\\u0000" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)
