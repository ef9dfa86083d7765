"""Reading single values that forms send. Each raises Invalid for what can't be read."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from zhike.records.fields import Field, FieldKind


def day_or_none(data: Mapping, name: str) -> date | None:
    return _read(data, name, FieldKind.DATE)


def moment_or_none(data: Mapping, name: str) -> datetime | None:
    """A local time as an instant."""
    return _read(data, name, FieldKind.TIME)


def id_or_none(data: Mapping, name: str) -> UUID | None:
    return _read(data, name, FieldKind.LINK)


def _read(data: Mapping, name: str, kind: FieldKind) -> Any:
    return Field(name, "", kind).clean(data.get(name, ""))
