"""What a list shows, as it stands in the URL: whoever has the link has the list."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from zhike.filters import All, Node, dump, parse
from zhike.kernel.errors import Invalid

_LENGTH = re.compile(r"[\d,]{1,12}\+?")
_PLACE = re.compile(r"[1-9]\d{0,8}")


@dataclass(frozen=True, slots=True)
class Address:
    view: str = ""  # a tab's name or the id of a saved view
    filter: str = ""  # JSON; instead of the view's own when given
    search: str = ""
    sort: str = ""
    columns: str = ""  # names with commas between
    archived: bool = False
    cursor: str = ""
    length: str = ""  # of the list, in words, as its first page counted it
    place: int = 0  # of the first row, or of the record that was opened from the list

    @classmethod
    def of(cls, query: Mapping) -> "Address":
        return cls(
            view=query.get("view", ""),
            filter=query.get("filter", ""),
            search=query.get("q", "")[:200],
            sort=query.get("sort", ""),
            columns=query.get("columns", ""),
            archived=query.get("archived", "") == "1",
            cursor=query.get("cursor", ""),
            length=query["of"] if _LENGTH.fullmatch(query.get("of", "")) else "",
            place=int(query["at"]) if _PLACE.fullmatch(query.get("at", "")) else 0,
        )

    @classmethod
    def of_text(cls, query: str) -> "Address":
        return cls.of(QueryDict(query))

    @property
    def query(self) -> str:
        pairs = {
            "view": self.view,
            "filter": self.filter,
            "q": self.search,
            "sort": self.sort,
            "columns": self.columns,
            "archived": "1" if self.archived else "",
            "cursor": self.cursor,
            "of": self.length,
            "at": str(self.place or ""),
        }
        return urlencode({name: value for name, value in pairs.items() if value})

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """For the hidden inputs of a form that leads back to the list."""
        return parse_qsl(self.but().query)

    def on(self, page: str) -> str:
        return f"{reverse(page)}?{self.query}" if self.query else reverse(page)

    def but(self, **changes) -> "Address":
        """The same list, changed, from its first row."""
        return replace(self, **{"cursor": "", "length": "", "place": 0, **changes})

    def asking(self, node: Node) -> "Address":
        return self.but(filter=json.dumps(dump(node), ensure_ascii=False, separators=(",", ":")))

    def tree(self) -> Node | None:
        """The filter of the URL. Raises Invalid when it is none."""
        if not self.filter:
            return None
        try:
            return parse(json.loads(self.filter))
        except ValueError:
            message = _("This list's conditions can't be read.")
            raise Invalid.field("filter", "bad_filter", message) from None


def conditions_of(node: Node) -> tuple[Node, ...]:
    """The conditions that all have to hold: one chip each."""
    return node.parts if isinstance(node, All) else (node,)
