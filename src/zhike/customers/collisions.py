"""Customers out of sight who bear the very phone number, e-mail address or registration number that
somebody types or keeps (撞单): what may be told of them, and which of them is meant."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection

from zhike.access.policies import sees_all
from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.customers.profiles import FACTS_OF_SIGN, keys_by_scarcity, profile_of
from zhike.customers.words import HELD_WORDS
from zhike.identity import Profile, compare
from zhike.records.limits import is_limited
from zhike.records.queries import concealed, only_seen, visible_ids

if TYPE_CHECKING:
    from zhike.customers.models import Party

MOST_AT_ONCE = 2_000
_BEARERS = """
    SELECT w.number, p.id, p.kind, p.name, p.code, p.registration_no, p.phones, p.emails,
        p.website, p.birthday, p.city, p.street
    FROM (
        SELECT (w->>0)::int AS number, ARRAY(SELECT jsonb_array_elements_text(w->1)::bigint) AS keys
        FROM jsonb_array_elements(%s::jsonb) w
    ) w CROSS JOIN LATERAL (
        SELECT * FROM customers_party r WHERE r.keys && w.keys AND r.archived_at IS NULL LIMIT 50
    ) p
    ORDER BY w.number, p.id
"""


@dataclass(frozen=True, slots=True)
class Held:
    """A sign that was typed and that a customer out of sight bears (see `held`)."""

    sign: str
    words: str


@dataclass(frozen=True, slots=True)
class _Bearer:
    id: UUID
    kind: str
    name: str
    code: str
    registration_no: str
    phones: Sequence[str]
    emails: Sequence[str]
    website: str
    birthday: object
    city: str
    street: str


def held(profile: Profile, hidden: Iterable) -> tuple[Held, ...]:
    """What may be told of customers out of sight, so that nobody opens a second file unawares.

    The one rule: only *that* a colleague holds a customer with the very phone number, e-mail
    address or registration number that was typed. Not which customer, how many, whose or how
    probable; nothing follows from names or from what is merely similar. So whoever asks learns one
    yes for a sign that they know already.
    """
    found: set[str] = set()
    for party in hidden:
        found |= shared_signs(profile, profile_of(party))
    return tuple(Held(sign, str(words)) for sign, words in HELD_WORDS.items() if sign in found)


def shared_signs(one: Profile, other: Profile) -> set[str]:
    """Those of the signs that name a customer which both bear."""
    return {
        sign
        for sign, own, others in (
            ("registration_no", {one.registration} - {""}, {other.registration}),
            ("phone", one.numbers, other.numbers),
            ("email", one.addresses, other.addresses),
        )
        if not own.isdisjoint(others)
    }


def held_elsewhere(viewer: Viewer, parties: Sequence["Party"]) -> Mapping[UUID, tuple[Held, ...]]:
    """For those of some customers of the viewer's, at most 2,000, whom a customer out of sight is
    like in a sign that the viewer is shown: which signs. One question for all of them."""
    if sees_all(viewer):
        return {}
    profiles = [profile_of(party) for party in parties[:MOST_AT_ONCE]]
    hidden = _hidden(viewer, profiles)
    found = {
        party.pk: tuple(
            one
            for one in held(profile, hidden.get(number, ()))
            if not any(is_limited(CUSTOMER, viewer, fact) for fact in FACTS_OF_SIGN[one.sign])
        )
        for number, (party, profile) in enumerate(zip(parties, profiles, strict=False))
    }
    return {party_id: signs for party_id, signs in found.items() if signs}


def held_of_batch(viewer: Viewer, batch_id: UUID) -> list[tuple["Party", tuple[Held, ...]]]:
    """The same for the customers in sight that a piece of work wrote last, such as an import: those
    who collide, among the first 2,000."""
    if sees_all(viewer):
        return []
    within, parameters = only_seen(CUSTOMER, viewer)
    parties = list(
        CUSTOMER.model._default_manager.raw(
            f"SELECT r.* FROM customers_party r WHERE r.batch_id = %s AND r.archived_at IS NULL "
            f"AND {within} ORDER BY r.id LIMIT %s",
            [batch_id, *parameters, MOST_AT_ONCE],
        )
    )
    found = held_elsewhere(viewer, parties)
    colliding = [party for party in parties if party.pk in found]
    return [(party, found[party.pk]) for party in concealed(CUSTOMER, viewer, colliding)]


def bearer(viewer: Viewer, profile: Profile, sign: str) -> UUID | None:
    """The customer out of sight who bears a sign of the one described: where there are several, the
    one that is most probably the same, the oldest file first. For deciding about them; it is
    never told to the viewer."""
    hidden = [(party, profile_of(party)) for party in _hidden(viewer, [profile]).get(0, ())]
    alike = [(party, other) for party, other in hidden if sign in shared_signs(profile, other)]
    if not alike:
        return None
    likeliest = max(
        alike, key=lambda one: (compare(profile, one[1], base=1_000).probability, -one[0].id.int)
    )
    return likeliest[0].id


def twins_of(ids: Sequence[UUID]) -> Mapping[UUID, Mapping[UUID, set[str]]]:
    """For some customers, at most 2,000, the others who bear the same signs, whoever holds them:
    by id the signs they share. For rules; what is told of it is for whoever asks to decide."""
    parties = list(CUSTOMER.model._default_manager.filter(pk__in=list(ids)[:MOST_AT_ONCE]))
    profiles = [profile_of(party) for party in parties]
    found: dict[UUID, dict[UUID, set[str]]] = {}
    for number, bearers in _alike(profiles).items():
        party_id = parties[number].pk
        for one in bearers:
            signs = shared_signs(profiles[number], profile_of(one))
            if signs and one.id != party_id:
                found.setdefault(party_id, {})[one.id] = signs
    return found


def _hidden(viewer: Viewer, profiles: Sequence[Profile]) -> Mapping[int, list[_Bearer]]:
    """Whoever out of sight shares a scarce key, by the place of the profile."""
    alike = _alike(profiles)
    ids = {one.id for bearers in alike.values() for one in bearers}
    seen = visible_ids(CUSTOMER, viewer, list(ids)) if ids else set()
    return {
        number: [one for one in bearers if one.id not in seen] for number, bearers in alike.items()
    }


def _alike(profiles: Sequence[Profile]) -> dict[int, list[_Bearer]]:
    """Everybody who shares a scarce key. One question for all of them."""
    wanted = [(number, keys_by_scarcity(one)[0]) for number, one in enumerate(profiles)]
    wanted = [one for one in wanted if one[1]]
    found: dict[int, list[_Bearer]] = {}
    if not wanted:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_BEARERS, [json.dumps(wanted)])
        for number, *values in cursor.fetchall():
            found.setdefault(number, []).append(_Bearer(*values))
    return found
