"""Questions about consents and erasures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.filters.schema import Words
from zhike.kernel import clock
from zhike.kernel.errors import Invalid, NotFound
from zhike.privacy.digests import digest, digests_of
from zhike.privacy.models import Basis, Consent, ErasedKey, Erasure, Policy, Purpose
from zhike.privacy.queries.requests import is_restricted
from zhike.privacy.words import CHANNELS, IMPLIES
from zhike.records.limits import is_limited
from zhike.records.queries import get

# Of lines `e` of the ledger those that count: not what an undo has taken back, nor the taking back.
# OFFSET 0 keeps PostgreSQL looking each line up by its index instead of joining the whole ledger.
COUNTS = (
    "e.takes_back_id IS NULL "
    "AND NOT EXISTS (SELECT FROM privacy_consent t WHERE t.takes_back_id = e.id OFFSET 0)"
)


def policy() -> Policy:
    return Policy.objects.filter(pk=1).first() or Policy()


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether somebody may be contacted, with the reason as a code and in words."""

    is_allowed: bool
    code: str
    words: str


@dataclass(frozen=True, slots=True)
class State:
    """What stands for one purpose and channel now: the line that decides, if any."""

    purpose: Purpose
    channel: str
    line: Consent | None

    @property
    def item(self) -> str:
        """As filters and the API name it."""
        return item(self.purpose.key, self.channel)

    @property
    def label(self) -> str:
        channel = CHANNELS.get(self.channel)
        name = self.purpose.label
        return f"{name} · {channel}" if channel else str(name)


def purposes(*, is_enabled: bool = True) -> list[Purpose]:
    found = Purpose.objects.order_by("position", "key").prefetch_related("texts")
    return list(found.filter(is_enabled=True) if is_enabled else found)


def purpose(viewer: Viewer, key: str) -> Purpose:
    require(viewer, "administer")
    found = Purpose.objects.filter(key=key).first()
    if found is None:
        raise NotFound("not_found", _("There is no such purpose."))
    return found


def blank_purpose() -> Purpose:
    """What a new purpose begins with."""
    return Purpose()


def bases() -> list[tuple[Words, Words]]:
    """What makes a purpose lawful, and what that implies."""
    return [(one.label, IMPLIES[one.value]) for one in Basis]


def purposes_for(viewer: Viewer) -> list[Purpose]:
    require(viewer, "view")
    return purposes()


def agreeable() -> dict[str, Words]:
    """Everything that a customer can agree to, as filters name it."""
    return {
        item(one.key, channel): State(one, channel, None).label
        for one in purposes()
        for channel in channels_of(one)
    }


def every_channel(purpose: Purpose) -> str:
    name = purpose.label
    return _("%(purpose)s · every channel") % {"purpose": name}


def channels_of(purpose: Purpose) -> Sequence[str]:
    return tuple(CHANNELS) if purpose.is_by_channel else ("",)


def item(purpose: str, channel: str) -> str:
    return f"{purpose}:{channel}" if channel else purpose


def ledger(viewer: Viewer, party_id: UUID) -> list[Consent]:
    """What a customer agreed to and withdrew, the newest first; nothing for a role from which
    that is hidden."""
    party = get(CUSTOMER, viewer, party_id)
    return _lines(party.pk) if may_see(viewer) else []


def _lines(party_id: UUID) -> list[Consent]:
    lines = Consent.objects.filter(party_id=party_id, takes_back=None)
    lines = lines.select_related("purpose", "text", "taken_back")
    return list(lines.order_by("-at", "-pk")[:200])


def may_see(viewer: Viewer) -> bool:
    """Whether a role is shown what customers agreed to."""
    return not is_limited(CUSTOMER, viewer, "consents")


def states(viewer: Viewer, party_id: UUID) -> list[State]:
    """What stands now, derived from the ledger: the latest line for the channel or for all."""
    lines = ledger(viewer, party_id)
    return [
        State(one, channel, _deciding(lines, one, channel))
        for one in purposes()
        for channel in channels_of(one)
    ]


def _deciding(lines: Sequence[Consent], purpose: Purpose, channel: str) -> Consent | None:
    return next(
        (
            one for one in lines
            if one.purpose_id == purpose.pk and one.channel in ("", channel)
            and not is_taken_back(one)
        ),
        None,
    )  # fmt: skip


def is_taken_back(line: Consent) -> bool:
    """Whether the line was written by mistake, and an undo has taken it back."""
    return hasattr(line, "taken_back")


def may_contact(viewer: Viewer, party_id: UUID, *, purpose: str, channel: str = "") -> Answer:
    """The one question that whatever reaches a customer asks first.

    Every law that binds the firm must allow it: by a consent in force where the basis is consent,
    by any other basis unless the customer has objected. While a restriction is in force, nothing.
    A role from which consents are hidden is told whether, not why.
    """
    answer = _may_contact(viewer, party_id, purpose, channel)
    return answer if may_see(viewer) else Answer(answer.is_allowed, "hidden", "")


def _may_contact(viewer: Viewer, party_id: UUID, purpose: str, channel: str) -> Answer:
    party = get(CUSTOMER, viewer, party_id)
    declared = Purpose.objects.filter(key=purpose, is_enabled=True).first()
    if declared is None or channel not in channels_of(declared):
        message = _("There is no such purpose, or not by this channel.")
        raise Invalid.field("purpose", "unknown_choice", message)
    if party.erased_at is not None:
        return Answer(False, "erased", _("This customer was erased."))
    if is_restricted(party.pk):
        message = _("The person asked that the data only be kept, not used.")
        return Answer(False, "restricted", message)
    line = _deciding(_lines(party.pk), declared, channel)
    if line is not None and not line.is_given:
        day = date_format(clock.today(line.at))
        return Answer(False, "withdrawn", _("Withdrawn on %(day)s.") % {"day": day})
    bases = {law: getattr(declared, law) for law in policy().laws}
    if line is None and Basis.CONSENT in bases.values():
        return Answer(False, "never_given", _("There is no consent on file."))
    if line is not None and _lacks_separateness(declared, line, bases):
        message = _("The law asks for a separate consent, and this one was given with others.")
        return Answer(False, "not_separate", message)
    if line is not None:
        day = date_format(clock.today(line.at))
        return Answer(True, "given", _("Agreed on %(day)s.") % {"day": day})
    named = ", ".join(str(Basis(one).label) for one in dict.fromkeys(bases.values()))
    return Answer(True, "other_basis", _("No consent is needed: %(basis)s.") % {"basis": named})


def _lacks_separateness(purpose: Purpose, line: Consent, bases: Mapping[str, str]) -> bool:
    asks = purpose.is_separate and bases.get("pipl") == Basis.CONSENT
    return asks and not line.is_separate


def erasures(viewer: Viewer, limit: int = 100) -> list[Erasure]:
    """The newest first. They are the firm's register and name nobody: sight doesn't limit them."""
    require(viewer, "administer")
    return list(Erasure.objects.order_by("-requested_at", "-pk")[:limit])


def erasure(viewer: Viewer, erasure_id: UUID) -> Erasure:
    require(viewer, "administer")
    found = Erasure.objects.filter(pk=erasure_id).first()
    if found is None:
        raise NotFound("not_found", _("There is no such certificate."))
    return found


def erasures_of(viewer: Viewer, text: str) -> list[Erasure]:
    """The erasures of whoever had a phone, an e-mail address or a customer number."""
    require(viewer, "administer")
    wanted = [digest("code", text.strip())]
    cleaned: Any
    for kind in ("phones", "emails"):
        try:
            cleaned = CUSTOMER.field_by_name[kind].clean(text)
        except Invalid:
            continue  # it is none of this kind
        wanted += [digest(kind, str(value)) for value in cleaned or ()]
    found = Erasure.objects.filter(keys__digest__in=wanted, state=Erasure.State.DONE)
    return list(found.distinct().order_by("-requested_at"))


def were_erased(described: Sequence[Mapping]) -> list[bool]:
    if not ErasedKey.objects.exists():
        return [False] * len(described)
    digests = [set(digests_of(values)) for values in described]
    asked = set().union(*digests)
    known = set(ErasedKey.objects.filter(digest__in=asked).values_list("digest", flat=True))
    return [bool(one & known) for one in digests]
