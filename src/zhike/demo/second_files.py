"""Customers written down a second time, as it happens: with slips, other scripts, other phones.

Each second file says in `custom` whose it is (`second_file_of`), which is the truth that a search
for duplicates is measured against; nothing that looks for duplicates reads it.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from zhike.demo.profiles import Profiles
from zhike.demo.staff import SELLERS_BY_TEAM
from zhike.identity import readings

TRUTH = "second_file_of"


@dataclass(frozen=True)
class SecondFiles:
    """One entry a second file, in order of time."""

    of: np.ndarray  # the customer whose file it is
    arrived: np.ndarray  # int64, local seconds
    name: list[str]
    phone: list[str]  # "" where it was left out
    email: list[str]
    keeps_birthday: np.ndarray
    owner: np.ndarray  # place in COLLEAGUES, or NOBODY


def draw_second_files(
    random: np.random.Generator, profiles: Profiles, arrived: np.ndarray, end: int, share: float
) -> SecondFiles:
    """Second files for a share of all customers (0 to 1), opened between the first one and `end`,
    local seconds."""
    count = len(arrived)
    of = random.choice(count, int(count * share), replace=False)
    when = arrived[of] + (random.random(len(of)) * (end - arrived[of])).astype(np.int64)
    order = np.argsort(when, kind="stable")
    of, when = of[order], when[order]
    others = np.concatenate([np.asarray(sellers) for sellers in SELLERS_BY_TEAM.values()])
    is_other = random.random(len(of)) < 0.5
    return SecondFiles(
        of=of,
        arrived=when,
        name=[_name(random, profiles, n) for n in of],
        phone=[_phone(random, str(profiles.phone[n] or "")) for n in of],
        email=np.where(random.random(len(of)) < 0.6, profiles.email[of], "").tolist(),
        keeps_birthday=random.random(len(of)) < 0.7,
        owner=np.where(is_other, random.choice(others, len(of)), profiles.owner[of]),
    )


def _phone(random: np.random.Generator, phone: str) -> str:
    """The same, with a digit wrong, another one, or none."""
    drawn = random.random()
    if not phone or drawn < 0.1:
        return ""
    if drawn < 0.7:
        return phone
    digits = list(phone)
    for place in [random.integers(3, 11)] if drawn < 0.85 else range(3, 11):
        digits[place] = str(random.integers(10))
    return "".join(digits)


def _name(random: np.random.Generator, profiles: Profiles, number: int) -> str:
    name, drawn = profiles.name[number], random.random()
    is_latin = name.isascii()
    if drawn < 0.4:
        return name
    if profiles.is_shop[number]:
        if is_latin:
            return f"{name} Co., Ltd."
        return f"{name}有限公司" if drawn < 0.75 else _traditional(f"{name}有限公司")
    if is_latin:
        return " ".join(reversed(name.split()))
    if drawn < 0.6:
        return _traditional(name)
    if drawn < 0.8:
        return _pinyin(name)
    if drawn < 0.9:
        return name + ("女士" if profiles.is_female[number] else "先生")
    return name[:-1] + name[0] if len(name) == 2 else name[0] + name[2] + name[1] + name[3:]


def _traditional(name: str) -> str:
    return _converter().convert(name)


@lru_cache(maxsize=1)
def _converter():
    from opencc import OpenCC

    return OpenCC("s2t")


def _pinyin(name: str) -> str:
    family, *given = (next(iter(readings(character)), character) for character in name)
    return f"{''.join(given)} {family}".title()
