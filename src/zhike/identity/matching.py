"""Two files of customers, compared sign by sign: which signs agree, how far, and what that weighs.

Each sign has levels from 0, different, upwards. Whoever learns weights from a base (Fellegi &
Sunter, `zhike.analytics.FellegiSunter`) hands them in; `USUAL` are those for a base that nobody has
learnt from yet.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import log2
from typing import Any

from .companies import CompanyName, read_company_name
from .contacts import read_domain, read_email, read_phone
from .people import PersonName, read_person_name
from .registration import read_registration_no
from .texts import letters

ALIKE = 0.88  # Jaro–Winkler
KEYED_BY_START = 6


@dataclass(frozen=True)
class Profile:
    """What is known of one customer, read into comparable form. Empty where unknown."""

    kind: str  # person | company
    name: str = ""
    code: str = ""
    registration_no: str = ""
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    website: str = ""
    birthday: str = ""  # ISO
    company: str = ""
    city: str = ""
    street: str = ""
    region: str = field(default="CN", compare=False)

    @cached_property
    def company_name(self) -> CompanyName:
        return read_company_name(self.name)

    @cached_property
    def person_name(self) -> PersonName:
        return read_person_name(self.name)

    @cached_property
    def registration(self) -> str:
        read = read_registration_no(self.registration_no)
        return read.number if read.is_valid else letters(self.registration_no)

    @cached_property
    def numbers(self) -> frozenset[str]:
        return frozenset(filter(None, (read_phone(one, self.region) for one in self.phones)))

    @cached_property
    def addresses(self) -> frozenset[str]:
        return frozenset(filter(None, map(read_email, self.emails)))

    @cached_property
    def domains(self) -> frozenset[str]:
        return frozenset(filter(None, map(read_domain, (self.website, *self.emails))))

    @cached_property
    def employer(self) -> str:
        return read_company_name(self.company).core if self.company else ""

    @cached_property
    def place(self) -> str:
        return letters(self.city).removesuffix("市") or (
            self.company_name.place if self.kind == "company" else ""
        )

    @cached_property
    def where(self) -> str:
        return letters(self.street)

    def keys(self) -> frozenset[str]:
        """Two customers that share none of these need not be compared."""
        found = {f"registration {self.registration}"} if self.registration else set()
        found |= {f"phone {number}" for number in self.numbers}
        found |= {f"email {address}" for address in self.addresses}
        if self.kind == "company":
            found |= {f"domain {domain}" for domain in self.domains}
            found.add(f"brand {self.company_name.brand}")
            found.add(f"start {self.company_name.core[:KEYED_BY_START]}")
        else:
            found.add(f"name {self.person_name.whole}")
            found |= {f"sound {sound}" for sound in self.person_name.sounds}
        return frozenset(key for key in found if not key.endswith(" "))


@dataclass(frozen=True)
class Sign:
    """Something two customers may share."""

    name: str
    levels: tuple[str, ...]  # names of the levels, from different to the same
    read: Callable[[Profile], Any]  # its value, hashable; something empty where it isn't known
    grade: Callable[[Any, Any], int]  # the level that two known values reach
    kinds: tuple[str, ...] = ("person", "company")


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far a sign agrees, and what that weighs: bits for (above 0) or against it."""

    sign: str
    level: str
    weight: float


@dataclass(frozen=True, slots=True)
class Match:
    probability: float
    agreements: tuple[Agreement, ...]

    @property
    def reasons(self) -> list[Agreement]:
        """What speaks for it, the strongest first."""
        found = [one for one in self.agreements if one.weight > 0]
        return sorted(found, key=lambda one: -one.weight)


def _of_texts(one: str, other: str) -> int:
    return int(one == other)


def _of_sets(one: frozenset[str], other: frozenset[str]) -> int:
    return int(not one.isdisjoint(other))


def _of_slips(one: str, other: str) -> int:
    """Different, one slip of the pen, the same."""
    return 2 if one == other else int(_one_slip(one, other))


def _of_phones(one: frozenset[str], other: frozenset[str]) -> int:
    """Different, one slip, the same."""
    if not one.isdisjoint(other):
        return 2
    return int(any(_one_slip(a, b) for a in one for b in other))


def _of_person_names(one: PersonName, other: PersonName) -> int:
    if one.whole == other.whole:
        return 3
    if one.sounds_like(other):
        return 2
    return int(_alike(one.whole, other.whole))


def _of_company_names(one: CompanyName, other: CompanyName) -> int:
    if one.whole == other.whole:
        return 4
    if one.core == other.core:
        places = {place for place in (one.place, other.place) if place}
        return 3 if one.branch == other.branch and len(places) <= 1 else 2
    return int(one.brand == other.brand or _alike(one.core, other.core))


def _one_slip(one: str, other: str) -> bool:
    """A character too many, too few, wrong, or two neighbours changed over."""
    from rapidfuzz.distance import OSA

    return OSA.distance(one, other, score_cutoff=1) == 1


def _alike(one: str, other: str) -> bool:
    from rapidfuzz.distance import JaroWinkler

    return JaroWinkler.similarity(one, other) >= ALIKE


_TWO, _SLIPS = ("other", "same"), ("other", "slip", "same")
SIGNS = (
    Sign("registration_no", _SLIPS, lambda p: p.registration, _of_slips),
    Sign("phone", _SLIPS, lambda p: p.numbers, _of_phones),
    Sign("email", _TWO, lambda p: p.addresses, _of_sets),
    Sign("name", ("other", "alike", "sounds", "same"),
         lambda p: p.person_name if p.person_name.whole else None, _of_person_names, ("person",)),
    Sign("name", ("other", "alike", "branch", "core", "same"),
         lambda p: p.company_name if p.company_name.core else None, _of_company_names,
         ("company",)),
    Sign("birthday", _SLIPS, lambda p: p.birthday, _of_slips, ("person",)),
    Sign("company", _TWO, lambda p: p.employer, _of_texts, ("person",)),
    Sign("domain", _TWO, lambda p: p.domains, _of_sets, ("company",)),
    Sign("city", _TWO, lambda p: p.place, _of_texts),
    Sign("street", _TWO, lambda p: p.where, _of_texts),
)  # fmt: skip

# For each sign and level: how often two files of the same customer agree so, and how often two
# files of different customers do. Assumptions about an ordinary base, not measurements: phones
# change, people share a switchboard, the commonest names are borne by one person in a few thousand.
USUAL: Mapping[tuple[str, str], Sequence[tuple[float, float]]] = {
    ("registration_no", "company"): ((0.02, 0.9999), (0.04, 0.0001), (0.94, 1e-9)),
    ("registration_no", "person"): ((0.02, 0.9999), (0.04, 0.0001), (0.94, 1e-9)),
    ("phone", "company"): ((0.25, 0.9995), (0.05, 0.0003), (0.70, 5e-6)),
    ("phone", "person"): ((0.20, 0.9995), (0.05, 0.0003), (0.75, 2e-6)),
    ("email", "company"): ((0.30, 0.999995), (0.70, 5e-6)),
    ("email", "person"): ((0.25, 0.999999), (0.75, 5e-7)),
    ("name", "person"): ((0.05, 0.9985), (0.05, 0.0005), (0.10, 0.0008), (0.80, 0.0002)),
    ("name", "company"): (
        (0.04, 0.9986), (0.10, 0.001), (0.05, 0.0003), (0.21, 0.0001), (0.60, 1e-6),
    ),
    ("birthday", "person"): ((0.04, 0.998), (0.03, 0.002), (0.93, 5e-5)),
    ("company", "person"): ((0.30, 0.999), (0.70, 0.001)),
    ("domain", "company"): ((0.25, 0.99999), (0.75, 1e-5)),
    ("city", "person"): ((0.15, 0.95), (0.85, 0.05)),
    ("city", "company"): ((0.10, 0.95), (0.90, 0.05)),
    ("street", "person"): ((0.45, 0.9999), (0.55, 1e-4)),
    ("street", "company"): ((0.45, 0.9999), (0.55, 1e-4)),
}  # fmt: skip


def signs_of(kind: str) -> list[Sign]:
    return [sign for sign in SIGNS if kind in sign.kinds]


def compare(
    one: Profile,
    other: Profile,
    *,
    base: int,
    weights: Mapping[tuple[str, str], Sequence[tuple[float, float]]] = USUAL,
    without: Collection[str] = (),
) -> Match:
    """How probable it is that two files are of the same customer, and why; some signs may be left
    out, as if nobody had said them.

    ``base`` is how many customers there are: the more, the more of them agree by chance. One in
    twenty is taken to have a second file.

    >>> old = Profile("person", name="陈嘉怡", phones=("139 1234 5678",))
    >>> new = Profile("person", name="Chen Jiayi", phones=("+86 139-1234-5678",))
    >>> match = compare(old, new, base=100_000)
    >>> match.probability > 0.95, [(one.sign, one.level) for one in match.reasons]
    (True, [('phone', 'same'), ('name', 'sounds')])
    """
    if one.kind != other.kind:
        return Match(0.0, ())
    agreements = []
    for sign in signs_of(one.kind):
        if sign.name in without:
            continue
        own, others = sign.read(one), sign.read(other)
        if own and others:
            grade = sign.grade(own, others)
            same, different = weights[sign.name, one.kind][grade]
            agreements.append(Agreement(sign.name, sign.levels[grade], log2(same / different)))
    prior = 0.05 / max(base, 2)
    odds = log2(prior) - log2(1 - prior) + sum(one.weight for one in agreements)
    return Match(1 / (1 + 2 ** min(-odds, 1000)), tuple(agreements))
