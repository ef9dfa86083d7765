"""The file that a person is given: `data.json` for programs, `index.html` to read, and the files
kept with the customer, in one ZIP that is written while it is sent (docs/how-to/disclosure.md)."""

import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast
from uuid import UUID

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from zhike.customers.actions import attachment_path
from zhike.customers.telling import UNTOLD, Section
from zhike.kernel import clock
from zhike.privacy import queries
from zhike.privacy.columns import column_label
from zhike.privacy.models import Basis
from zhike.records.queries import firm

VERSION = 1
_PIECE = 1 << 16
_STYLE = (
    "body{font:16px/1.5 system-ui,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;"
    "max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2330}"
    "h2{margin-top:2.5rem}table{border-collapse:collapse;width:100%;margin:0 0 1rem}"
    "th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;"
    "border-bottom:1px solid #dfe3ea;overflow-wrap:anywhere}"
    "th{font-weight:500;color:#5b6475;width:14rem}.second{color:#5b6475}"
)


@dataclass(frozen=True, slots=True)
class Dossier:
    """What is in the file; `stream` writes it piece by piece."""

    filename: str
    page: str
    told: Mapping[str, Any]
    files: Sequence[tuple[str, Path]]  # name within the file, and where the bytes are

    @property
    def row_count(self) -> int:
        return sum(len(section["rows"]) for section in self.told["sections"])

    def stream(self) -> Iterator[bytes]:
        pieces = _Pieces()
        with zipfile.ZipFile(cast(IO[bytes], pieces), "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("index.html", self.page)
            archive.writestr("data.json", json.dumps(self.told, ensure_ascii=False, indent=1))
            yield pieces.take()
            for name, path in self.files:
                with path.open("rb") as file, archive.open(name, "w", force_zip64=True) as member:
                    while piece := file.read(_PIECE):
                        member.write(piece)
                        yield pieces.take()
        yield pieces.take()


class _Pieces:
    """Something to write to that hands on what was written; nothing is ever read back."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._held.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing is kept back."""

    def take(self) -> bytes:
        found, self._held = b"".join(self._held), []
        return found


def dossier_of(
    party, ids: Sequence[UUID], found: Sequence[Section], attached: Sequence, language: str
) -> Dossier:
    """In the active language."""
    files = [
        (f"files/{number:03}-{_safe(one.name)}", one)
        for number, one in enumerate(attached, 1)
        if attachment_path(one.pk).is_file()
    ]
    now = clock.now()
    told = {
        "format": "zhike-disclosure", "version": VERSION, "language": language,
        "made_at": now.isoformat(timespec="seconds"), "firm": firm().name,
        "customer": str(party.pk), "files_of_customers": [str(pk) for pk in ids],
        "purposes": _purposes(),
        "sections": [
            {"table": one.table, "label": str(one.label), "note": str(one.note),
             "rows": list(one.rows)}
            for one in found
        ],
        "files": [
            {"path": name, "name": one.name, "size": one.size, "content_type": one.content_type}
            for name, one in files
        ],
        "left_out": [*map(str, UNTOLD.values()), *_limits()],
    }  # fmt: skip
    page = _page(party.name, told, found)
    paths = [(name, attachment_path(one.pk)) for name, one in files]
    return Dossier(f"zhike-{clock.today(now)}-{str(party.pk)[-8:]}.zip", page, told, paths)


def _safe(name: str) -> str:
    """A name of a file that is one on every system, and leads nowhere else."""
    return re.sub(r'[\x00-\x1f/\\:*?"<>|]', "_", name).strip(". ")[:120] or "file"


def _purposes() -> list[dict[str, str]]:
    laws = queries.policy().laws
    return [
        {"purpose": str(one.label),
         **{law: str(Basis(getattr(one, law)).label) for law in laws}}
        for one in queries.purposes()
    ]  # fmt: skip


def _limits() -> list[str]:
    return [
        _("Names of employees and of other customers, and what is noted of others."),
        _("Search words and other tables that are made anew from what is told here."),
        _("Backups: older states of the same data."),
    ]


def _page(name: str, told: Mapping[str, Any], found: Sequence[Section]) -> SafeString:
    title = _("What is known of %(name)s") % {"name": name}
    intro = _("Made on %(day)s. The same stands in data.json for other systems.")
    return format_html(
        '<!doctype html><html lang="{}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>{}</title>'
        '<style>{}</style></head><body><h1>{}</h1><p class="second">{} {}</p>'
        "{}{}{}{}</body></html>",
        told["language"], title, SafeString(_STYLE), title, told["firm"],
        intro % {"day": told["made_at"][:10]}, _purposes_part(told["purposes"]),
        format_html_join("", "{}", ((_section(one),) for one in found)),
        _list(_("Files"), [one["path"] for one in told["files"]]),
        _list(_("What is left out, and why"), told["left_out"]),
    )  # fmt: skip


def _purposes_part(purposes: Sequence[Mapping[str, str]]) -> SafeString:
    rows = (
        (one["purpose"], " · ".join(f"{law.upper()}: {one[law]}" for law in ("pipl", "gdpr")
                                    if law in one))
        for one in purposes
    )  # fmt: skip
    return format_html(
        "<h2>{}</h2><table>{}</table>", _("What the data are used for"), _pairs(rows)
    )


def _section(one: Section) -> SafeString:
    tables = (
        (_pairs((one.labels.get(name) or column_label(name), _words(value))
                for name, value in row.items() if value not in ("", None, [], {})),)
        for row in one.rows
    )  # fmt: skip
    note = format_html('<p class="second">{}</p>', one.note) if one.note else ""
    body = format_html_join("", "<table>{}</table>", tables)
    return format_html("<h2>{}</h2>{}{}", one.label, note, body)


def _pairs(pairs) -> SafeString:
    return format_html_join("", '<tr><th scope="row">{}</th><td>{}</td></tr>', pairs)


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        return ", ".join(map(str, value))
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _list(title: str, lines: Sequence[str]) -> SafeString:
    if not lines:
        return SafeString("")
    items = format_html_join("", "<li>{}</li>", ((line,) for line in lines))
    return format_html("<h2>{}</h2><ul>{}</ul>", title, items)
