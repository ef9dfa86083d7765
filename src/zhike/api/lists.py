"""What every list takes and gives: filter, search, sort, fields, page, count."""

import json
from typing import Any, Literal

from django.utils.translation import gettext as _
from ninja import Field, Schema

from zhike.access.viewer import Viewer
from zhike.filters import EVERYTHING, Node, check, parse
from zhike.kernel.errors import Invalid
from zhike.records import queries
from zhike.records.types import RecordType


class ListParams(Schema):
    filter: str = Field("", description="A filter tree as JSON, or the id of a saved view.")
    q: str = Field("", max_length=200, description="Search words.")
    sort: str = Field("", max_length=80, description="A fact; with - in front, descending.")
    fields: str = Field("", max_length=1000, description="Comma-separated; all when empty.")
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=1000)
    count: Literal["", "capped", "exact"] = ""
    archived: bool = False


class CountOut(Schema):
    value: int
    exact: bool


class PageOut(Schema):
    items: list[dict[str, Any]]
    next_cursor: str | None
    count: CountOut | None = None


def read_filter(kind: RecordType, viewer: Viewer, text: str) -> Node:
    """The checked tree of the parameter `filter`."""
    if not text:
        return EVERYTHING
    if text.lstrip().startswith("{"):
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            raise Invalid.field("filter", "bad_json", _("The filter is no valid JSON.")) from None
    else:
        data = queries.saved_view(kind, viewer, text).filter
    return check(parse(data), kind.schema, currency=queries.firm().currency)


def answer_list(kind: RecordType, viewer: Viewer, params: ListParams, shape) -> dict:
    """A page of records in a domain's shape. `shape`: (viewer, records) → list of dicts."""
    where = read_filter(kind, viewer, params.filter)
    page = queries.find(
        kind, viewer, where=where, search=params.q, sort=params.sort, cursor=params.cursor or None,
        limit=params.limit, archived=params.archived,
    )  # fmt: skip
    items = only_fields(shape(viewer, page.items), params.fields)
    answer: dict[str, Any] = {"items": items, "next_cursor": page.next_cursor}
    if params.count:
        count = queries.count(
            kind, viewer, where=where, search=params.q, exact=params.count == "exact",
            archived=params.archived,
        )  # fmt: skip
        answer["count"] = {"value": count.value, "exact": count.exact}
    return answer


def only_fields(items: list[dict], fields: str) -> list[dict]:
    wanted = {name.strip() for name in fields.split(",") if name.strip()}
    if not wanted or not items:
        return items
    if unknown := wanted - items[0].keys():
        message = _("There is no field “%(name)s”.") % {"name": min(unknown)}
        raise Invalid.field("fields", "unknown_field", message)
    return [{name: item[name] for name in item if name in wanted} for item in items]
