"""Who the customers are: names, places, contact data, who looks after them, who knows whom.

Phone numbers begin with 154, which no operator has been given (the plan of the Ministry of
Industry and Information Technology leaves it out, and so do number checkers); no two customers
share one. E-mail addresses end in `.example`, which nobody can own (RFC 2606).
"""

from dataclasses import dataclass

import numpy as np

from zhike.demo import names
from zhike.demo.names import choose
from zhike.demo.places import ALL_PLACES, PLACES, PORTS
from zhike.demo.staff import SELLERS_BY_TEAM

LATIN_SHARE = 0.06
FIRST_PHONE = 154_0000_0000
PHONES = 10**8
GOLDEN_STEP = 61_803_399  # coprime to PHONES: consecutive customers get scattered numbers, once
NOBODY = -1

MAIL_HOSTS = ("mail.example", "post.example", "xinxiang.example", "inbox.example")
SOURCES_OF_PERSONS = ("门店", "小程序", "电商", "朋友推荐", "茶会", "展会")
SOURCES_OF_SHOPS = ("展会", "上门拜访", "客户推荐", "电话", "官网", "老客户")
JOB_TITLES = ("店长", "采购", "老板", "经理", "行政", "Buyer")
TAGS_OF_PERSONS = ((), (), (), ("会员",), ("送礼",), ("会员", "自饮"), ("团购",), ("茶会",))
TAGS_OF_SHOPS = (
    (),
    ("批发",),
    ("批发", "月结"),
    ("礼盒",),
    ("连锁",),
    ("茶馆", "月结"),
    ("企业礼品",),
)


@dataclass(frozen=True)
class Profiles:
    """One entry a customer, in the order in which they came. Links are places in these arrays."""

    is_shop: np.ndarray
    is_female: np.ndarray  # of persons
    name: np.ndarray
    email: np.ndarray  # "" where unknown
    phone: np.ndarray  # 0 where unknown
    place: np.ndarray  # in ALL_PLACES
    birthday: np.ndarray  # datetime64[D], NaT where unknown
    industry: np.ndarray
    tags: np.ndarray
    source: np.ndarray
    owner: np.ndarray  # in COLLEAGUES, or NOBODY
    employer: np.ndarray  # the shop where a person works, or NOBODY
    job_title: np.ndarray
    parent: np.ndarray  # the shop that a shop is a branch of, or NOBODY
    referrer: np.ndarray  # the person who brought a person, or NOBODY


def draw_profiles(random: np.random.Generator, is_shop: np.ndarray) -> Profiles:
    count = len(is_shop)
    is_female = random.random(count) < 0.55
    is_latin = random.random(count) < LATIN_SHARE
    place = _places(random, is_latin)
    name, account, industry = _names(random, is_shop, is_female, is_latin, place)
    employer = _links(random, ~is_shop, is_shop, share=0.06)
    return Profiles(
        is_shop=is_shop,
        is_female=is_female,
        name=name,
        email=_emails(random, account, is_shop),
        phone=_phones(random, count),
        place=place,
        birthday=_birthdays(random, is_shop),
        industry=industry,
        tags=_tags(random, is_shop),
        source=np.where(
            is_shop,
            choose(random, SOURCES_OF_SHOPS, count, (4, 3, 3, 2, 2, 1)),
            choose(random, SOURCES_OF_PERSONS, count, (5, 5, 4, 3, 1, 1)),
        ),
        owner=_owners(random, is_shop, place),
        employer=employer,
        job_title=np.where(employer >= 0, choose(random, JOB_TITLES, count), ""),
        parent=_links(random, is_shop, is_shop, share=0.05),
        referrer=_links(random, ~is_shop, ~is_shop, share=0.05),
    )


def _places(random: np.random.Generator, is_latin: np.ndarray) -> np.ndarray:
    def draw(places):
        weights = np.array([place.weight for place in places])
        return random.choice(len(places), len(is_latin), p=weights / weights.sum())

    return np.where(is_latin, len(PLACES) + draw(PORTS), draw(PLACES)).astype(np.int16)


def _names(random, is_shop, is_female, is_latin, place):
    """Names, words for the e-mail address and, of shops, industries."""
    count = len(is_shop)
    name, account, industry = (np.full(count, "", dtype=object) for _ in range(3))
    cities = np.array([place.city for place in ALL_PLACES], dtype=object)[place]
    at = np.flatnonzero(~is_shop & ~is_latin)
    name[at], account[at] = names.person_names(random, is_female[at])
    at = np.flatnonzero(~is_shop & is_latin)
    name[at], account[at] = names.latin_person_names(random, is_female[at])
    at = np.flatnonzero(is_shop & ~is_latin)
    name[at], account[at], industry[at] = names.shop_names(random, cities[at])
    at = np.flatnonzero(is_shop & is_latin)
    name[at], account[at], industry[at] = names.latin_shop_names(random, len(at))
    return name, account, industry


def _emails(random: np.random.Generator, account: np.ndarray, is_shop: np.ndarray) -> np.ndarray:
    """`wang.fang.12@mail.example`, `tea@yunqi-7.example`: the customer's number makes it unique."""
    count = len(account)
    number = np.array([str(n) for n in range(1, count + 1)], dtype=object)
    host = choose(random, MAIL_HOSTS, count)
    of_person = account + "." + number + "@" + host
    of_shop = "tea@" + account + "-" + number + ".example"
    is_known = random.random(count) < np.where(is_shop, 0.7, 0.45)
    return np.where(is_known, np.where(is_shop, of_shop, of_person), "")


def _phones(random: np.random.Generator, count: int) -> np.ndarray:
    start = random.integers(PHONES)
    numbers = FIRST_PHONE + (start + np.arange(count, dtype=np.int64) * GOLDEN_STEP) % PHONES
    return np.where(random.random(count) < 0.94, numbers, 0)


def _birthdays(random: np.random.Generator, is_shop: np.ndarray) -> np.ndarray:
    count = len(is_shop)
    days = random.integers(0, 55 * 365, count)
    birthdays = np.datetime64("1950-01-01") + days.astype("timedelta64[D]")
    is_known = ~is_shop & (random.random(count) < 0.6)
    return np.where(is_known, birthdays, np.datetime64("NaT"))


def _tags(random: np.random.Generator, is_shop: np.ndarray) -> np.ndarray:
    def draw(choices):
        table = np.empty(len(choices), dtype=object)
        table[:] = choices
        return table[random.integers(0, len(choices), len(is_shop))]

    return np.where(is_shop, draw(TAGS_OF_SHOPS), draw(TAGS_OF_PERSONS))


def _owners(random: np.random.Generator, is_shop: np.ndarray, place: np.ndarray) -> np.ndarray:
    """A seller of the team that looks after the city. Most shops have one, many persons none."""
    owner = np.full(len(is_shop), NOBODY, dtype=np.int8)
    team = np.array([place.team for place in ALL_PLACES])[place]
    for name, sellers in SELLERS_BY_TEAM.items():
        at = np.flatnonzero(team == name)
        owner[at] = random.choice(sellers, len(at))
    is_looked_after = random.random(len(is_shop)) < np.where(is_shop, 0.95, 0.55)
    return np.where(is_looked_after, owner, NOBODY).astype(np.int8)


def _links(
    random: np.random.Generator, may_have: np.ndarray, may_be: np.ndarray, *, share: float
) -> np.ndarray:
    """For some of those who may have one: one of those who may be it and came before; int32."""
    link = np.full(len(may_have), NOBODY, dtype=np.int32)
    candidates = np.flatnonzero(may_be)
    having = np.flatnonzero(may_have & (random.random(len(may_have)) < share))
    before = np.searchsorted(candidates, having)
    having, before = having[before > 0], before[before > 0]
    link[having] = candidates[(random.random(len(having)) * before).astype(np.intp)]
    return link
