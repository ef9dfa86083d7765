"""Two files of customers, compared sign by sign: which signs agree, how far, and what that weighs.

Each sign has levels from 0, different, upwards. Whoever learns weights from a base (Fellegi &
Sunter, `zhike.analytics.FellegiSunter`) hands them in; `USUAL` are those for a base that nobody has
learnt from yet.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import log2

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


Grade = Callable[[Profile, Profile], int | None]


@dataclass(frozen=True)
class Sign:
    """Something two customers may share. `grade` is None where one of them is not known."""

    name: str
    levels: tuple[str, ...]  # names of the levels, from different to the same
    grade: Grade
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


def _of_texts(read: Callable[[Profile], str]) -> Grade:
    def grade(one: Profile, other: Profile) -> int | None:
        a, b = read(one), read(other)
        return None if not a or not b else int(a == b)

    return grade


def _of_sets(read: Callable[[Profile], frozenset[str]]) -> Grade:
    def grade(one: Profile, other: Profile) -> int | None:
        a, b = read(one), read(other)
        return None if not a or not b else int(not a.isdisjoint(b))

    return grade


def _of_slips(read: Callable[[Profile], str]) -> Grade:
    """Different, one slip of the pen, the same."""

    def grade(one: Profile, other: Profile) -> int | None:
        a, b = read(one), read(other)
        if not a or not b:
            return None
        return 2 if a == b else int(_one_slip(a, b))

    return grade


def _of_phones(one: Profile, other: Profile) -> int | None:
    """Different, one slip, the same."""
    if not one.numbers or not other.numbers:
        return None
    if not one.numbers.isdisjoint(other.numbers):
        return 2
    return int(any(_one_slip(a, b) for a in one.numbers for b in other.numbers))


def _of_person_names(one: Profile, other: Profile) -> int | None:
    a, b = one.person_name, other.person_name
    if not a.whole or not b.whole:
        return None
    if a.whole == b.whole:
        return 3
    if a.sounds_like(b):
        return 2
    return int(_alike(a.whole, b.whole))


def _of_company_names(one: Profile, other: Profile) -> int | None:
    a, b = one.company_name, other.company_name
    if not a.core or not b.core:
        return None
    if a.whole == b.whole:
        return 4
    if a.core == b.core:
        places = {place for place in (a.place, b.place) if place}
        return 3 if a.branch == b.branch and len(places) <= 1 else 2
    return int(a.brand == b.brand or _alike(a.core, b.core))


def _one_slip(one: str, other: str) -> bool:
    """A character too many, too few, wrong, or two neighbours changed over."""
    from rapidfuzz.distance import OSA

    return OSA.distance(one, other, score_cutoff=1) == 1


def _alike(one: str, other: str) -> bool:
    from rapidfuzz.distance import JaroWinkler

    return JaroWinkler.similarity(one, other) >= ALIKE


SIGNS = (
    Sign("registration_no", ("other", "slip", "same"), _of_slips(lambda p: p.registration)),
    Sign("phone", ("other", "slip", "same"), _of_phones),
    Sign("email", ("other", "same"), _of_sets(lambda p: p.addresses)),
    Sign("name", ("other", "alike", "sounds", "same"), _of_person_names, ("person",)),
    Sign("name", ("other", "alike", "branch", "core", "same"), _of_company_names, ("company",)),
    Sign("birthday", ("other", "slip", "same"), _of_slips(lambda p: p.birthday), ("person",)),
    Sign("company", ("other", "same"), _of_texts(lambda p: p.employer), ("person",)),
    Sign("domain", ("other", "same"), _of_sets(lambda p: p.domains), ("company",)),
    Sign("city", ("other", "same"), _of_texts(lambda p: p.place)),
    Sign("street", ("other", "same"), _of_texts(lambda p: p.where)),
)

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
) -> Match:
    """How probable it is that two files are of the same customer, and why.

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
        grade = sign.grade(one, other)
        if grade is not None:
            same, different = weights[sign.name, one.kind][grade]
            agreements.append(Agreement(sign.name, sign.levels[grade], log2(same / different)))
    prior = 0.05 / max(base, 2)
    odds = log2(prior) - log2(1 - prior) + sum(one.weight for one in agreements)
    return Match(1 / (1 + 2 ** min(-odds, 1000)), tuple(agreements))
