"""What `identity` is told of a customer, and the keys by which customers who may be one are found.

A key is kept as a number: 64 bits of its BLAKE2b digest. Two keys of a million customers fall
together by chance about once in four million bases, and then only cost a comparison.
"""

from collections.abc import Collection, Iterable
from hashlib import blake2b

from zhike.identity import Profile

# Keys that few share. The others, names and domains, may be borne by thousands.
_SCARCE = ("registration ", "phone ", "email ")

# The facts of a customer that a sign in common tells of.
FACTS_OF_SIGN = {
    "registration_no": ("registration_no",),
    "phone": ("phones",),
    "email": ("emails",),
    "name": ("name",),
    "birthday": ("birthday",),
    "company": ("company",),
    "domain": ("website", "emails"),
    "city": ("city", "name"),  # of a company that says no city, its name may
    "street": ("street",),
}


def signs_of_facts(facts: Collection[str]) -> set[str]:
    """The signs that tell of any of some facts."""
    if not facts:
        return set()
    return {sign for sign, told in FACTS_OF_SIGN.items() if not set(told).isdisjoint(facts)}


def profile_of(party, *, employer: str = "") -> Profile:
    """A customer (anything with a party's attributes) as identity reads it; `employer` is the name
    of the company that a person works at."""
    return Profile(
        party.kind,
        name=party.name,
        code=party.code,
        registration_no=party.registration_no,
        phones=tuple(party.phones),
        emails=tuple(party.emails),
        website=party.website,
        birthday=str(party.birthday or ""),
        company=employer,
        city=party.city,
        street=party.street,
    )


def keys_of(profile: Profile) -> list[int]:
    return _numbers(profile.keys())


def keys_by_scarcity(profile: Profile) -> tuple[list[int], list[int]]:
    """The keys that few customers share, and the others."""
    keys = profile.keys()
    scarce = {key for key in keys if key.startswith(_SCARCE)}
    return _numbers(scarce), _numbers(keys - scarce)


def _numbers(keys: Iterable[str]) -> list[int]:
    digests = (blake2b(key.encode(), digest_size=8).digest() for key in keys)
    return sorted(int.from_bytes(digest, signed=True) for digest in digests)
