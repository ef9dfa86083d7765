"""Reading single values that forms send."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from zhike.records.fields import Field, FieldKind


def day_or_none(data: Mapping, name: str) -> date | None:
    """A day, or None when nothing was entered. Raises Invalid for what is no day."""
    return Field(name, "", FieldKind.DATE).clean(data.get(name, ""))


def id_or_none(data: Mapping, name: str) -> UUID | None:
    return Field(name, "", FieldKind.LINK).clean(data.get(name, ""))
