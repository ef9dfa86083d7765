"""Which customers may be the one that somebody is about to write down."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.customers.models import Party
from zhike.customers.profiles import keys_by_scarcity, profile_of
from zhike.customers.words import HELD_WORDS, sign_words
from zhike.identity import USUAL, Profile, compare
from zhike.kernel.errors import Conflict, Invalid
from zhike.kernel.ids import new_id
from zhike.records.queries import linked_names, only_seen, visible_ids

CLEAR, MAYBE = 0.5, 0.1
# A young firm has few files and will have more: names agree by chance as in a base of this size.
SMALLEST_BASE = 500
# Of customers who share only a key that many share, those are compared who agree in more; the rest
# could not become probable by what is left.
SCARCE_CANDIDATES, COMMON_CANDIDATES, COMMON_READ = 50, 100, 3_000
_SCARCE = f"""
    SELECT id FROM customers_party
    WHERE keys && %s::bigint[] AND archived_at IS NULL LIMIT {SCARCE_CANDIDATES}
"""
_COMMON = f"""
    SELECT id FROM (
        SELECT r.id, birthday, company_id, street, city FROM customers_party r
        WHERE keys && %s::bigint[] AND kind = %s AND archived_at IS NULL AND {{within}}
        LIMIT {COMMON_READ}
    ) alike
    ORDER BY (birthday = %s) IS TRUE DESC, (company_id = %s) IS TRUE DESC,
        (street <> '' AND street = %s) DESC, (city <> '' AND city = %s) DESC, id
    LIMIT {COMMON_CANDIDATES}
"""
_CANDIDATES = f"""
    SELECT p.id, p.kind, p.name, p.code, p.registration_no, p.phones, p.emails, p.website,
        p.birthday, p.city, p.street, p.company_id, c.name AS employer,
        (SELECT reltuples FROM pg_class WHERE oid = 'customers_party'::regclass) AS base,
        (SELECT signs FROM customers_learntweights w WHERE w.kind = %s) AS learnt
    FROM customers_party p LEFT JOIN customers_party c ON c.id = p.company_id
    WHERE p.id <> %s AND p.id IN (({_SCARCE}) UNION ({_COMMON}))
"""


@dataclass(frozen=True, slots=True)
class Reason:
    """A sign that agrees: how far, what that weighs in bits, and in words."""

    sign: str
    level: str
    weight: float
    words: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A customer whom the viewer sees and who may be the one described."""

    party: Party
    probability: float
    reasons: tuple[Reason, ...]

    @property
    def is_clear(self) -> bool:
        return self.probability >= CLEAR


@dataclass(frozen=True, slots=True)
class Held:
    """A sign that was typed and that a customer out of sight bears (see `_held`)."""

    sign: str
    words: str


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Customers who may be the one described, the most probable first."""

    hits: tuple[Hit, ...] = ()
    held: tuple[Held, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.hits or self.held)

    @property
    def is_clear(self) -> bool:
        return bool(self.held) or any(hit.is_clear for hit in self.hits)


class PossibleDuplicate(Conflict):
    """The customer to be opened is probably there already."""

    def __init__(self, found: Duplicates):
        message = _("This customer is probably on file already.")
        super().__init__("possible_duplicate", message)
        self.found = found


def possible_duplicates(
    viewer: Viewer, values: Mapping, *, but: UUID | None = None, limit: int = 5
) -> Duplicates:
    """Customers who may be the one that some values describe, from a probability of 0.1 on.

    What can't be read yet, because it is half typed, is passed over. `but` leaves one customer out.
    Raises NotAllowed for who may not open files: asking is part of that.
    """
    require(viewer, "create")
    described = _described(values)
    profile = profile_of(described, employer=_employer(viewer, described))
    candidates = _candidates(viewer, profile, described, but)
    if not candidates:
        return Duplicates()
    employers = {one.company_id for one in candidates if one.company_id}
    seen = visible_ids(CUSTOMER, viewer, [*employers, *(one.pk for one in candidates)])
    hits = _hits(profile, [one for one in candidates if one.pk in seen], seen)
    hidden = [one for one in candidates if one.pk not in seen]
    return Duplicates(tuple(hits[:limit]), _held(profile, hidden))


def _described(values: Mapping) -> Party:
    """An unsaved customer of whatever of the values can be read."""
    attributes = {}
    for name, value in values.items():
        field = CUSTOMER.field_by_name.get(name)
        if field is None or not field.is_fact:
            continue
        try:
            cleaned = field.clean(value)
        except Invalid:
            continue
        attributes[field.attribute] = list(cleaned) if isinstance(cleaned, tuple) else cleaned
    return Party(**{"kind": "person", **attributes})


def _employer(viewer: Viewer, described: Party) -> str:
    company = described.company_id
    return linked_names(viewer, "customer", [company]).get(company, "") if company else ""


def _candidates(
    viewer: Viewer, profile: Profile, described: Party, but: UUID | None
) -> Sequence[Party]:
    """Who shares a key: whoever it is where few share it (out of sight, `_held` decides what may be
    told), only customers in sight where many do."""
    scarce, common = keys_by_scarcity(profile)
    if not scarce and not common:
        return ()
    within, of_sight = only_seen(CUSTOMER, viewer)
    parameters = [
        *(profile.kind, but or new_id(), scarce, common, profile.kind, *of_sight),
        *(described.birthday, described.company_id, described.street, described.city),
    ]
    return list(Party.objects.raw(_CANDIDATES.format(within=within), parameters))


def _hits(profile: Profile, candidates: Sequence[Party], seen: set[UUID]) -> list[Hit]:
    hits: list[Hit] = []
    if not candidates:
        return hits
    weights = _weights(profile.kind, candidates[0].learnt)  # type: ignore[attr-defined]
    for party in candidates:
        # Where somebody works is told to those only who see the company.
        employer = party.employer if party.company_id in seen else ""  # type: ignore[attr-defined]
        base = max(int(party.base), SMALLEST_BASE)  # type: ignore[attr-defined]
        other = profile_of(party, employer=employer or "")
        match = compare(profile, other, base=base, weights=weights)
        if match.probability >= MAYBE:
            reasons = tuple(
                Reason(one.sign, one.level, one.weight, sign_words(party.kind, one.sign, one.level))
                for one in match.reasons
            )
            hits.append(Hit(party, match.probability, reasons))
    return sorted(hits, key=lambda hit: (-hit.probability, hit.party.pk))


def _weights(kind: str, learnt: str | None) -> Mapping:
    """The usual weights; where a scan of the base has learnt better ones, those."""
    signs = json.loads(learnt or "{}")
    return {**USUAL, **{(sign, kind): shares for sign, shares in signs.items()}}


def _held(profile: Profile, hidden: Sequence[Party]) -> tuple[Held, ...]:
    """What may be told of customers out of sight, so that nobody opens a second file unawares.

    The one rule: only *that* a colleague holds a customer with the very phone number, e-mail
    address or registration number that was typed. Not which customer, how many, whose or how
    probable; nothing follows from names or from what is merely similar. So whoever asks learns one
    yes for a sign that they know already.
    """
    found = set()
    for party in hidden:
        other = profile_of(party)
        found |= {
            sign
            for sign, own, others in (
                ("registration_no", {profile.registration} - {""}, {other.registration}),
                ("phone", profile.numbers, other.numbers),
                ("email", profile.addresses, other.addresses),
            )
            if not own.isdisjoint(others)
        }
    return tuple(Held(sign, str(words)) for sign, words in HELD_WORDS.items() if sign in found)
