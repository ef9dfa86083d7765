"""Which column is which: by headings people use, in Chinese and English."""

import hashlib
import re
from collections.abc import Mapping, Sequence

from django.utils.translation import override

from zhike.identity import normalise
from zhike.records.fields import Field


def guess_mapping(fields: Sequence[Field], headings: Sequence[str]) -> dict[str, str]:
    """Field name → heading. A heading is used once; the field declared first wins it."""
    names = {heading: _plain(heading) for heading in headings}
    mapping: dict[str, str] = {}
    for field in fields:
        wanted = _names_of(field)
        for heading, name in names.items():
            if name in wanted and heading not in mapping.values():
                mapping[field.name] = heading
                break
    return mapping


def fingerprint(headings: Sequence[str]) -> str:
    """The same for files with the same columns in any order."""
    text = "\n".join(sorted(_plain(heading) for heading in headings))
    return hashlib.sha256(text.encode()).hexdigest()


def unmapped(mapping: Mapping[str, str], headings: Sequence[str]) -> list[str]:
    used = set(mapping.values())
    return [heading for heading in headings if heading not in used]


def _names_of(field: Field) -> set[str]:
    names = {field.name, *field.also_known_as}
    for language in ("en", "zh-hans"):
        with override(language):
            names.add(str(field.label))
    return {_plain(name) for name in names}


def _plain(heading: str) -> str:
    return re.sub(r"[\s_\-./*:：()（）]+", "", normalise(heading).casefold())
