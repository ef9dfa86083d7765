"""Which customers may be the one that somebody is about to write down, and which pairs of the base
are probably one."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from django.db import connection
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.customers.collisions import Held, held
from zhike.customers.facts import CUSTOMER
from zhike.customers.models import Duplicate, LearntWeights, Party
from zhike.customers.profiles import (
    FACTS_OF_SIGN,
    keys_by_scarcity,
    profile_of,
    signs_of_facts,
)
from zhike.customers.words import sign_words
from zhike.identity import USUAL, Profile, compare
from zhike.kernel.errors import Conflict, Invalid, NotFound
from zhike.kernel.ids import new_id
from zhike.kernel.paging import Page, decode_cursor, encode_cursor
from zhike.records.limits import untold
from zhike.records.queries import concealed, limited_facts, linked_names, only_seen, visible_ids

CLEAR, MAYBE = 0.5, 0.1
# A young firm has few files and will have more: names agree by chance as in a base of this size.
SMALLEST_BASE = 500
# Of customers who share only a key that many share, those are compared who agree in more; the rest
# could not become probable by what is left.
SCARCE_CANDIDATES, COMMON_CANDIDATES, COMMON_READ = 50, 100, 3_000
COMPARED_OF_A_FILE = 20  # rows of a file that share one key
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
# The same for many at once, whom nobody waits for.
_CANDIDATES_OF_MANY = """
    WITH wanted AS (
        SELECT (w->>0)::int AS number, w->>1 AS kind,
            ARRAY(SELECT jsonb_array_elements_text(w->2)::bigint) AS scarce,
            ARRAY(SELECT jsonb_array_elements_text(w->3)::bigint) AS common,
            (w->>4)::date AS birthday, w->>5 AS city, w->>6 AS street
        FROM jsonb_array_elements(%s) w
    )
    SELECT p.id, p.kind, p.name, p.code, p.registration_no, p.phones, p.emails, p.website,
        p.birthday, p.city, p.street, p.company_id, c.name AS employer, w.number,
        (SELECT reltuples FROM pg_class WHERE oid = 'customers_party'::regclass) AS base,
        (SELECT signs FROM customers_learntweights l WHERE l.kind = w.kind) AS learnt
    FROM wanted w CROSS JOIN LATERAL (
        (SELECT id FROM customers_party r
         WHERE keys && w.scarce AND archived_at IS NULL AND {within} LIMIT 20)
        UNION
        (SELECT id FROM (
            SELECT r.id, birthday, street, city FROM customers_party r
            WHERE keys && w.common AND r.kind = w.kind AND archived_at IS NULL AND {within}
            LIMIT 500
         ) alike
         ORDER BY (birthday = w.birthday) IS TRUE DESC,
            (street <> '' AND street = w.street) DESC, (city <> '' AND city = w.city) DESC, id
         LIMIT 20)
    ) found JOIN customers_party p ON p.id = found.id LEFT JOIN customers_party c
        ON c.id = p.company_id
    ORDER BY w.number, p.id
"""


@dataclass(frozen=True, slots=True)
class Reason:
    """A sign that agrees: how far, what that weighs in bits, and in words. Which one it is and
    what it weighs isn't told of what the viewer may not see."""

    words: str
    sign: str | None = None
    level: str | None = None
    weight: float | None = None

    @property
    def facts(self) -> tuple[str, ...]:
        """What it tells of."""
        return FACTS_OF_SIGN[self.sign] if self.sign else ()


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
class Duplicates:
    """Customers who may be the one described, the most probable first."""

    hits: tuple[Hit, ...] = ()
    held: tuple[Held, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.hits or self.held)

    @property
    def is_clear(self) -> bool:
        return bool(self.held) or any(hit.is_clear for hit in self.hits)


@dataclass(frozen=True, slots=True)
class ProbablePair:
    """Two customers whom a scan of the base takes for one; `one` has the smaller id, the older
    file. Reasons: sign, level, weight in bits, the strongest first."""

    one: UUID
    other: UUID
    probability: float
    reasons: Sequence[Mapping]


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

    What can't be read yet, because it is half typed, is passed over, and so is what the viewer may
    not read of a customer: who types a guess would see the probability move. `but` leaves one
    customer out.
    Raises NotAllowed for who may not open files: asking is part of that.
    """
    require(viewer, "create")
    party = described(values)
    profile = profile_of(party, employer=_employer(viewer, party))
    candidates = _candidates(viewer, profile, party, but)
    if not candidates:
        return Duplicates()
    employers = {one.company_id for one in candidates if one.company_id}
    seen = visible_ids(CUSTOMER, viewer, [*employers, *(one.pk for one in candidates)])
    shown = [one for one in candidates if one.pk in seen]
    hidden_facts = limited_facts(CUSTOMER, viewer, [one.pk for one in shown])
    hits = _hits(profile, shown, seen, hidden_facts)[:limit]
    concealed(CUSTOMER, viewer, [hit.party for hit in hits])
    hidden = [one for one in candidates if one.pk not in seen]
    return Duplicates(tuple(hits), held(profile, hidden))


def likeliest(viewer: Viewer, rows: Sequence[Mapping]) -> list[Hit | None]:
    """For each of some customers who are about to be opened the one in sight who is the likeliest
    to be them, from a probability of 0.1 on; one question for all of them. A company is given by
    its name."""
    parties, profiles = _described_many(rows)
    found: dict[int, list[Party]] = {}
    for one in _candidates_of_many(viewer, parties, profiles):
        found.setdefault(one.number, []).append(one)  # type: ignore[attr-defined]
    everybody = [one for some in found.values() for one in some]
    ids = {one.pk for one in everybody} | {one.company_id for one in everybody if one.company_id}
    seen = visible_ids(CUSTOMER, viewer, list(ids)) if ids else set()
    best: list[Hit | None] = []
    for number, profile in enumerate(profiles):
        hits = _hits(profile, [one for one in found.get(number, ()) if one.pk in seen], seen)
        best.append(hits[0] if hits else None)
    return best


def repeated(rows: Sequence[Mapping]) -> set[int]:
    """Which of some customers who are about to be opened are clearly one of the earlier ones (which
    is opened), compared as `likeliest` compares. A company is given by its name."""
    _parties, profiles = _described_many(rows)
    base, learnt = _base(), dict(LearntWeights.objects.values_list("kind", "signs"))
    weights = {
        kind: _weights(kind, learnt.get(kind, {})) for kind in {one.kind for one in profiles}
    }
    bearers: dict[str, list[Profile]] = {}
    found: set[int] = set()
    for number, profile in enumerate(profiles):
        keys = profile.keys()
        earlier = {id(one): one for key in keys for one in bearers.get(key, ())}
        usual = weights[profile.kind]
        if any(_is_clear(profile, one, base, usual) for one in earlier.values()):
            found.add(number)
            continue
        for key in keys:
            if len(alike := bearers.setdefault(key, [])) < COMPARED_OF_A_FILE:
                alike.append(profile)
    return found


def _is_clear(one: Profile, other: Profile, base: int, weights: Mapping) -> bool:
    return compare(one, other, base=base, weights=weights).probability >= CLEAR


def _base() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'customers_party'::regclass")
        return max(int(cursor.fetchone()[0]), SMALLEST_BASE)


def _described_many(rows: Sequence[Mapping]) -> tuple[list[Party], list[Profile]]:
    parties = [described({**row, "company": None}) for row in rows]
    profiles = [
        profile_of(party, employer=row.get("company") or "")
        for party, row in zip(parties, rows, strict=True)
    ]
    return parties, profiles


def _candidates_of_many(
    viewer: Viewer, parties: Sequence[Party], profiles: Sequence[Profile]
) -> Sequence[Party]:
    wanted = []
    for number, (party, profile) in enumerate(zip(parties, profiles, strict=True)):
        scarce, common = keys_by_scarcity(profile)
        birthday = str(party.birthday) if party.birthday else None
        wanted.append((number, party.kind, scarce, common, birthday, party.city, party.street))
    within, of_sight = only_seen(CUSTOMER, viewer)
    return list(
        Party.objects.raw(
            _CANDIDATES_OF_MANY.format(within=within), [Jsonb(wanted), *of_sight, *of_sight]
        )
    )


def described(values: Mapping) -> Party:
    """An unsaved customer of whatever of some values can be read."""
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
    """Who shares a key: whoever it is where few share it (out of sight, `collisions.held` decides
    what may be told), only customers in sight where many do."""
    scarce, common = keys_by_scarcity(profile)
    if not scarce and not common:
        return ()
    within, of_sight = only_seen(CUSTOMER, viewer)
    parameters = [
        *(profile.kind, but or new_id(), scarce, common, profile.kind, *of_sight),
        *(described.birthday, described.company_id, described.street, described.city),
    ]
    return list(Party.objects.raw(_CANDIDATES.format(within=within), parameters))


def _hits(
    profile: Profile,
    candidates: Sequence[Party],
    seen: set[UUID],
    hidden: Mapping[UUID, Collection[str]] = MappingProxyType({}),
) -> list[Hit]:
    """The probable ones, the most probable first; by what isn't `hidden` of each."""
    hits: list[Hit] = []
    if not candidates:
        return hits
    learnt = json.loads(candidates[0].learnt or "{}")  # type: ignore[attr-defined]
    weights = _weights(profile.kind, learnt)
    for party in candidates:
        # Where somebody works is told to those only who see the company.
        employer = party.employer if party.company_id in seen else ""  # type: ignore[attr-defined]
        base = max(int(party.base), SMALLEST_BASE)  # type: ignore[attr-defined]
        other = profile_of(party, employer=employer or "")
        without = signs_of_facts(hidden.get(party.pk, ()))
        match = compare(profile, other, base=base, weights=weights, without=without)
        if match.probability >= MAYBE:
            reasons = tuple(
                Reason(sign_words(party.kind, one.sign, one.level), one.sign, one.level, one.weight)
                for one in match.reasons
            )
            hits.append(Hit(party, match.probability, reasons))
    return sorted(hits, key=lambda hit: (-hit.probability, hit.party.pk))


def reasons_of(pair: Duplicate) -> tuple[Reason, ...]:
    """Why a pair that the viewer has been shown is taken for one, the strongest first."""
    kind = pair.party.kind
    reasons = [
        Reason(sign_words(kind, one["sign"], one["level"]), one["sign"], one["level"],
               one["weight"])
        for one in pair.reasons
    ]  # fmt: skip
    return _told(reasons, pair.party.concealed | pair.other.concealed)


def _told(reasons: Sequence[Reason], hidden: frozenset[str]) -> tuple[Reason, ...]:
    """The reasons as they may be told: that there are others comes last, without how many."""
    told = [one for one in reasons if hidden.isdisjoint(one.facts)]
    others = [Reason(untold())] if len(told) < len(reasons) else []
    return (*told, *others)


def _weights(kind: str, learnt: Mapping) -> Mapping:
    """The usual weights; where a scan of the base has learnt better ones, those."""
    return {**USUAL, **{(sign, kind): shares for sign, shares in learnt.items()}}


def probable_pairs(
    viewer: Viewer,
    *,
    state: str = Duplicate.State.OPEN,
    cursor: str | None = None,
    limit: int = 20,
) -> Page[Duplicate]:
    """Pairs of customers who are probably one, both of whom the viewer sees, the most probable
    first."""
    if state not in Duplicate.State.values:
        raise Invalid.field("state", "unknown_choice", _("There is no such state."))
    where, parameters = "d.state = %s", [state]
    if cursor is not None:
        where += " AND (-d.probability, d.id) > (%s::float8, %s::uuid)"
        parameters += _read_cursor(cursor)
    found = _pairs(viewer, where, parameters, limit + 1)
    items, more = found[:limit], len(found) > limit
    last = items[-1] if items else None
    after = encode_cursor("duplicate", repr(-last.probability), last.pk) if more and last else None
    return Page(items, after)


def count_pairs(viewer: Viewer) -> int:
    """How many open pairs the viewer sees, up to a thousand."""
    return len(_pairs(viewer, "d.state = %s", [Duplicate.State.OPEN], 1_000, is_bare=True))


def visible_pair(viewer: Viewer, pair_id: UUID) -> Duplicate:
    """One pair. Raises NotFound when one of both may not be seen."""
    for pair in _pairs(viewer, "d.id = %s", [pair_id], 1):
        return pair
    raise NotFound("not_found", _("There is no such pair, or you may not see both customers."))


def _pairs(
    viewer: Viewer, where: str, parameters: Sequence, limit: int, *, is_bare: bool = False
) -> list[Duplicate]:
    require(viewer, "view")
    within, of_sight = only_seen(CUSTOMER, viewer)
    both = " AND ".join(
        f"EXISTS (SELECT FROM customers_party r WHERE r.id = d.{column} "
        f"AND r.archived_at IS NULL AND {within})"
        for column in ("party_id", "other_id")
    )
    pairs = list(
        Duplicate.objects.raw(
            f"SELECT d.* FROM customers_duplicate d WHERE {where} AND {both} "
            "ORDER BY d.state, d.probability DESC, d.id LIMIT %s",
            [*parameters, *of_sight, *of_sight, limit],
        )
    )
    if not is_bare:
        prefetch_related_objects(pairs, "party__company", "other__company")
        concealed(CUSTOMER, viewer, [one for pair in pairs for one in (pair.party, pair.other)])
    return pairs


def _read_cursor(cursor: str) -> list:
    try:
        name, value, pair_id = decode_cursor(cursor)
        if name == "duplicate":
            return [float(str(value)), UUID(str(pair_id))]
    except ValueError:
        pass
    raise Invalid.field("cursor", "bad_cursor", _("This page link is not valid; start over."))
