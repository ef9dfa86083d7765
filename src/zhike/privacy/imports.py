"""Consents among the columns of a file of customers: `consent.marketing.email` says yes or no. How
they were given, when and under which text is said once for the file."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.kernel import clock
from zhike.kernel.errors import Invalid
from zhike.privacy import queries
from zhike.privacy.actions import record_consents
from zhike.privacy.words import CHANNELS, SOURCES
from zhike.records.fields import Field, FieldKind
from zhike.records.imports import Supplement, supplement
from zhike.records.limits import refuse_unwritable

_PREFIX = "consent"
_GROUP = gettext_lazy("Consents")
_SOURCES = {"import": gettext_lazy("Import"), **SOURCES}
OPTIONS = (
    Field("consent_source", gettext_lazy("How consents were given"), FieldKind.CHOICE,
          choices=lambda: _SOURCES, group=_GROUP),
    Field("consent_at", gettext_lazy("When consents were given"), FieldKind.TIME, group=_GROUP,
          help=gettext_lazy("Empty: at the time of the import.")),
    Field("consent_text", gettext_lazy("Version of the text they agreed to"), FieldKind.NUMBER,
          group=_GROUP, help=gettext_lazy("Empty: the newest.")),
    Field("consent_separate", gettext_lazy("Each was asked for by itself (separate consent)"),
          FieldKind.YES_NO, group=_GROUP),
)  # fmt: skip


def _fields() -> Iterable[Field]:
    for one in queries.purposes():
        for channel in ("", *CHANNELS) if one.is_by_channel else ("",):
            purpose = one.label
            what = format_lazy("{} {}", purpose, CHANNELS[channel]) if channel else purpose
            yield Field(
                ".".join(filter(None, (_PREFIX, one.key, channel))),
                format_lazy("{}: {}", gettext_lazy("Consent"), what), FieldKind.YES_NO,
                group=_GROUP,
            )  # fmt: skip


def _consents_among(names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(f"{_PREFIX}.")]


def _parts(name: str) -> tuple[str, str]:
    """Purpose and channel of a column."""
    _prefix, purpose, *channel = name.split(".")
    return purpose, channel[0] if channel else ""


def _check(viewer: Viewer, names: Sequence[str], options: Mapping) -> None:
    wanted = _consents_among(names)
    if not wanted:
        return
    refuse_unwritable(CUSTOMER, viewer, ["consents"])
    at, version = options.get("consent_at"), options.get("consent_text")
    if at is not None and at > clock.now():
        raise Invalid.field("consent_at", "in_future", _("This has not happened yet."))
    if version is None:
        return
    versions = {one.key: {text.version for text in one.texts.all()} for one in queries.purposes()}
    if any(version not in versions[_parts(name)[0]] for name in wanted):
        message = _("A purpose among the columns has no such text.")
        raise Invalid.field("consent_text", "unknown_choice", message)


def _write(values: Mapping[UUID, Mapping], options: Mapping, viewer: Viewer, batch) -> set[UUID]:
    wanted = [
        (party_id, *_parts(name), said[name])
        for party_id, said in values.items()
        for name in _consents_among(said)
        if said[name] is not None
    ]
    if not wanted:
        return set()
    version = options.get("consent_text")
    return record_consents(
        viewer, wanted, batch=batch, source=options.get("consent_source") or "import",
        at=options.get("consent_at"), text_version=None if version is None else int(version),
        is_separate=bool(options.get("consent_separate")),
    )  # fmt: skip


def _fill(many: Sequence[Mapping]) -> list[Mapping]:
    """What the rows of new customers will say; `record_consents` has the last word."""
    channels = {one.key: queries.channels_of(one) for one in queries.purposes()}
    return [_agreed(values, channels) for values in many]


def _agreed(values: Mapping, channels: Mapping[str, Sequence[str]]) -> Mapping:
    standing: dict[str, bool] = {}
    for name in _consents_among(values):
        if values[name] is not None:
            purpose, channel = _parts(name)
            for each in (channel,) if channel else channels[purpose]:
                standing[queries.item(purpose, each)] = values[name]
    return {"consents": sorted(item for item, is_given in standing.items() if is_given)}


def declare() -> None:
    supplement("customer", Supplement(lambda: list(_fields()), OPTIONS, _check, _write, _fill))
