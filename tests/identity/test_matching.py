"""Two files compared: how probable it is that they are of one customer, and why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhike.identity import SIGNS, USUAL, Profile, compare

BASE = 100_000
CHEN = Profile(
    "person", name="陈嘉怡", phones=("13912345678",), emails=("chen@qq.com",), city="杭州",
    birthday="1988-03-05",
)  # fmt: skip
YUNQI = Profile(
    "company", name="杭州云栖茶舍有限公司", registration_no="91440300708461136T",
    phones=("0571-88886666",), website="www.yunqi.cn", city="杭州",
)  # fmt: skip


def probability(one: Profile, other: Profile) -> float:
    return compare(one, other, base=BASE).probability


@pytest.mark.parametrize(
    "other",
    [
        Profile("person", name="Chen Jiayi", phones=("+86 139-1234-5678",)),
        Profile("person", name="陳嘉怡", emails=("CHEN@qq.com",)),
        Profile("person", name="陈嘉怡", birthday="1988-03-05", city="杭州"),
        Profile("person", name="陈佳怡", phones=("13912345678",), emails=("chen@qq.com",)),
    ],
)
def test_the_same_person_is_recognised(other):
    assert probability(CHEN, other) > 0.9
    assert CHEN.keys() & other.keys()


@pytest.mark.parametrize(
    "other",
    [
        Profile("person", name="陈嘉怡"),  # a name that others bear too
        Profile("person", name="陈嘉怡", city="北京", phones=("13800000000",)),
        Profile("person", name="刘洋", city="杭州"),
        Profile("person", name="陈嘉怡", birthday="1999-12-31", phones=("13800000000",)),
        Profile("company", name="陈嘉怡", phones=("13912345678",)),
    ],
)
def test_another_person_is_not(other):
    assert probability(CHEN, other) < 0.5


@pytest.mark.parametrize(
    "other",
    [
        Profile("company", name="云栖茶舍（杭州）有限公司", phones=("0571 8888 6666",)),
        Profile("company", name="雲棲茶舍", emails=("info@yunqi.cn",)),
        Profile("company", name="云栖", registration_no="9144 0300 7084 6113 6T"),
    ],
)
def test_the_same_company_is_recognised(other):
    assert probability(YUNQI, other) > 0.9
    assert YUNQI.keys() & other.keys()


@pytest.mark.parametrize(
    "other",
    [
        Profile("company", name="云栖科技有限公司", city="深圳"),
        Profile("company", name="杭州龙井茶舍有限公司", city="杭州"),
        Profile("company", name="云栖茶舍有限公司", registration_no="91330100799655058B"),
    ],
)
def test_another_company_is_not(other):
    assert probability(YUNQI, other) < 0.5


def test_the_reasons_are_said_strongest_first():
    other = Profile("person", name="Chen Jiayi", phones=("13912345678",), city="杭州")
    reasons = compare(CHEN, other, base=BASE).reasons
    assert [(one.sign, one.level) for one in reasons] == [
        ("phone", "same"), ("name", "sounds"), ("city", "same"),
    ]  # fmt: skip


def test_the_larger_the_base_the_less_a_name_says():
    other = Profile("person", name="陈嘉怡", birthday="1988-03-05")
    small, large = (compare(CHEN, other, base=base).probability for base in (500, 5_000_000))
    assert small > large


numbers = st.sampled_from(["13912345678", "13912345679", "0571-1"])
texts = st.sampled_from(["", "王伟", "Wang Wei", "杭州云栖有限公司", "云栖（杭州）", "李娜"])
profiles = st.builds(
    Profile,
    kind=st.sampled_from(["person", "company"]),
    name=texts,
    phones=st.lists(st.sampled_from(["13912345678", "13912345679", "0571-1"]), max_size=2).map(
        tuple
    ),
    emails=st.lists(st.sampled_from(["a@b.cn", "c@qq.com"]), max_size=2).map(tuple),
    birthday=st.sampled_from(["", "1988-03-05", "1988-03-06"]),
    city=st.sampled_from(["", "杭州", "杭州市"]),
)


@given(profiles, profiles)
def test_comparing_is_the_same_both_ways_and_a_probability(one, other):
    match = compare(one, other, base=BASE)
    assert match == compare(other, one, base=BASE)
    assert 0 <= match.probability <= 1


def test_every_level_has_a_weight():
    for sign in SIGNS:
        for kind in sign.kinds:
            shares = USUAL[sign.name, kind]
            assert len(shares) == len(sign.levels)
            assert sum(same for same, _other in shares) == pytest.approx(1)
            assert sum(other for _same, other in shares) == pytest.approx(1, abs=0.001)
