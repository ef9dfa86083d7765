"""The expression tree and its JSON form (the public contract's filter tree)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any as Anything

from django.utils.translation import gettext as _

from zhike.kernel.errors import Invalid

LARGEST_DEPTH = 12
LARGEST_SIZE = 300


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; with no parts, always true."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Any:
    """At least one part holds; with no parts, never true."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    part: "Node"


@dataclass(frozen=True, slots=True)
class Test:
    """One fact compared with a value; an aggregate may be limited to a window such as ``90d``."""

    fact: str
    op: str
    value: Anything = None
    window: str | None = None


@dataclass(frozen=True, slots=True)
class EventTest:
    """How often something happened: `op value` over the number of events of one type."""

    event: str
    op: str = "gte"
    value: Anything = 1
    where: "Node | None" = None
    window: str | None = None


@dataclass(frozen=True, slots=True)
class InSegment:
    segment: str


Node = All | Any | Not | Test | EventTest | InSegment
EVERYTHING = All(())


def parse(data: object) -> Node:
    """The tree of a JSON value. Raises Invalid naming the place that is wrong."""
    nodes_left = [LARGEST_SIZE]
    return _parse(data, "filter", LARGEST_DEPTH, nodes_left)


def _parse(data: object, path: str, depth: int, nodes_left: list[int]) -> Node:
    nodes_left[0] -= 1
    if depth == 0 or nodes_left[0] < 0:
        raise Invalid.field(path, "too_deep", _("This filter is too large; use a segment in it."))
    if not isinstance(data, dict):
        raise Invalid.field(path, "bad_filter", _("A filter condition must be an object."))
    for key, kind in (("all", All), ("any", Any)):
        if key in data:
            _only(data, {key}, path)
            if not isinstance(data[key], list):
                raise Invalid.field(f"{path}.{key}", "bad_filter", _("This must be a list."))
            parts = enumerate(data[key])
            return kind(
                tuple(
                    _parse(part, f"{path}.{key}[{i}]", depth - 1, nodes_left) for i, part in parts
                )
            )
    if "not" in data:
        _only(data, {"not"}, path)
        return Not(_parse(data["not"], f"{path}.not", depth - 1, nodes_left))
    if "fact" in data:
        _only(data, {"fact", "op", "value", "window"}, path)
        return Test(
            _text(data, "fact", path),
            _text(data, "op", path),
            _freeze(data.get("value")),
            _optional_text(data, "window", path),
        )
    if "event" in data:
        _only(data, {"event", "where", "window", "count"}, path)
        count = data.get("count", {"op": "gte", "value": 1})
        if not isinstance(count, dict):
            raise Invalid.field(f"{path}.count", "bad_filter", _("This must be an object."))
        _only(count, {"op", "value"}, f"{path}.count")
        where = data.get("where")
        return EventTest(
            _text(data, "event", path),
            _text(count, "op", f"{path}.count"),
            _freeze(count.get("value")),
            None if where is None else _parse(where, f"{path}.where", depth - 1, nodes_left),
            _optional_text(data, "window", path),
        )
    if "segment" in data:
        _only(data, {"segment"}, path)
        return InSegment(_text(data, "segment", path))
    raise Invalid.field(
        path, "bad_filter", _("A condition is one of: all, any, not, fact, event, segment.")
    )


def dump(node: Node) -> dict:
    """The JSON form; ``parse(dump(node)) == node``."""
    match node:
        case All(parts):
            return {"all": [dump(part) for part in parts]}
        case Any(parts):
            return {"any": [dump(part) for part in parts]}
        case Not(part):
            return {"not": dump(part)}
        case InSegment(segment):
            return {"segment": segment}
        case Test(fact, op, value, window):
            return {"fact": fact, "op": op, **_value(op, value), **_window(window)}
        case EventTest(event, op, value, where, window):
            return {
                "event": event,
                **({} if where is None else {"where": dump(where)}),
                **_window(window),
                "count": {"op": op, "value": value},
            }


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    yield node
    match node:
        case All(parts) | Any(parts):
            for part in parts:
                yield from walk(part)
        case Not(part):
            yield from walk(part)


def _value(op: str, value: object) -> dict:
    if op in ("is_empty", "is_not_empty"):
        return {}
    return {"value": list(value) if isinstance(value, tuple) else value}


def _window(window: str | None) -> dict:
    return {} if window is None else {"window": window}


def _freeze(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _only(data: dict, allowed: set[str], path: str) -> None:
    for key in data.keys() - allowed:
        raise Invalid.field(
            f"{path}.{key}", "unknown_key", _("“%(key)s” does not belong here.") % {"key": key}
        )


def _text(data: dict, key: str, path: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value or len(value) > 200:
        raise Invalid.field(f"{path}.{key}", "missing", _("A text is needed here."))
    return value


def _optional_text(data: dict, key: str, path: str) -> str | None:
    return None if data.get(key) is None else _text(data, key, path)
