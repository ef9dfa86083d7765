"""Names, numbers and addresses read into one form."""

import csv
import doctest
import gzip
import importlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhike import identity
from zhike.identity import (
    check_character,
    fold,
    read_company_name,
    read_domain,
    read_email,
    read_person_name,
    read_phone,
    read_registration_no,
)

SHORT_NAMES = Path(__file__).resolve().parents[3] / "shared/data/zh_company_short_names_20k.csv.gz"
ROOMS = [path.stem for path in Path(identity.__file__).parent.glob("*.py")]
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.mark.parametrize(
    "room", [path.stem for path in Path(identity.__file__).parent.glob("*.py")]
)
def test_the_examples_hold(room):
    module = importlib.import_module(f"zhike.identity.{room}".removesuffix(".__init__"))
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("深圳市雲棲科技有限公司", "云栖科技（深圳）有限公司"),
        ("浙江省杭州市云栖茶舍有限责任公司", "杭州云栖茶舍"),
        ("云栖集团股份有限公司", "云栖（集团）有限公司"),
        ("ＡＢＣ贸易有限公司", "abc贸易公司"),
        ("Yunqi Tea Co., Ltd.", "YUNQI TEA COMPANY LIMITED"),
        ("Müller & Söhne GmbH", "Muller and Sohne"),
        ("Acme L.L.C.", "The Acme Group"),
    ],
)
def test_one_company_has_one_core(one, other):
    assert read_company_name(one).core == read_company_name(other).core


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("云栖科技有限公司", "云栖餐饮有限公司"),
        ("中山大学", "北京大学"),
        ("上海银行", "北京银行"),
    ],
)
def test_two_companies_are_not_the_same_whole(one, other):
    assert read_company_name(one).whole != read_company_name(other).whole


@pytest.mark.parametrize(
    "text", ["", "公司", "有限公司", "重庆有限公司", "上海", "()", "Ltd.", "&"]
)
def test_a_name_that_is_hardly_one_keeps_what_it_has(text):
    name = read_company_name(text)
    assert bool(name.core) == any(c.isalnum() for c in text)


def test_a_branch_is_told_from_its_company():
    name = read_company_name("青岛啤酒股份有限公司西安分公司")
    assert (name.core, name.place, name.branch) == ("啤酒", "青岛", "西安分公司")


@pytest.mark.skipif(not SHORT_NAMES.exists(), reason="the folder of real data is not there")
def test_the_brand_is_found_in_the_full_names_of_real_short_names():
    with gzip.open(SHORT_NAMES, "rt", encoding="utf-8") as file:
        brands = [row["company_short_name"] for row in csv.DictReader(file)][:5_000]
    patterns = (
        "深圳市{}贸易有限公司",
        "{}科技（上海）有限公司",
        "浙江{}股份有限公司",
        "{}有限责任公司",
    )
    found = total = 0
    for brand in brands:
        own = read_company_name(brand).brand
        for pattern in patterns:
            total += 1
            found += read_company_name(pattern.format(brand)).brand == own
    assert found / total >= 0.99


@given(st.text(max_size=30))
def test_reading_never_fails_and_folding_settles(text):
    assert fold(fold(text)) == fold(text)
    read_company_name(text), read_person_name(text), read_phone(text)
    read_email(text), read_domain(text), read_registration_no(text)


@given(st.text(alphabet=ALPHABET, min_size=17, max_size=17), st.integers(0, 16), st.data())
def test_the_check_character_notices_one_wrong_character(start, place, data):
    number = start + check_character(start)
    wrong = data.draw(st.sampled_from([c for c in ALPHABET if c != number[place]]))
    broken = number[:place] + wrong + number[place + 1 :]
    assert broken[17] != check_character(broken)


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("91440300708461136T", ""),
        ("9144 0300-7084 6113 6t", ""),
        ("91440300708461136X", "check"),
        ("914403007084611", "length"),
        ("91440300708461136O", "character"),
    ],
)
def test_registration_numbers(number, problem):
    assert read_registration_no(number).problem == problem


@pytest.mark.parametrize(
    ("text", "region", "read"),
    [
        ("138 0013 8000", "CN", "+8613800138000"),
        ("＋８６ 138-0013-8000", "CN", "+8613800138000"),
        ("0086 13800138000", "CN", "+8613800138000"),
        ("(0571) 8888 6666", "CN", "+8657188886666"),
        ("0571-88886666转8012", "CN", "+8657188886666"),
        ("6123 4567", "HK", "+85261234567"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("12", "CN", ""),
        ("无", "CN", ""),
    ],
)
def test_phones(text, region, read):
    assert read_phone(text, region) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("https://www.Yunqi-Tea.cn/shop?a=1", "yunqi-tea.cn"),
        ("yunqi-tea.cn", "yunqi-tea.cn"),
        ("sales@yunqi-tea.cn", "yunqi-tea.cn"),
        ("someone@qq.com", ""),
        ("http://[bad", ""),
        ("localhost", ""),
    ],
)
def test_domains(text, read):
    assert read_domain(text) == read


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("王伟", "Wang Wei"),
        ("王伟", "WEI WANG"),
        ("單雄", "Shan Xiong"),
        ("曾乐", "Zeng Yue"),
        ("曾乐", "Zeng Le"),
        ("欧阳娜娜", "Ouyang Nana"),
        ("任 盈盈 女士", "ren yingying"),
        ("Mr. John Smith", "smith john"),
    ],
)
def test_one_person_has_one_sound(one, other):
    assert read_person_name(one).sounds_like(read_person_name(other))


@pytest.mark.parametrize("start", ["130", "149", "170", "178", "179", "191", "199"])
def test_the_short_way_reads_mobile_numbers_as_the_long_way_does(start):
    plain, grouped = f"{start}01234567", f"{start} 0123-4567"

    assert read_phone(plain) == read_phone(f"＋86{plain}") or start == "179"
    assert read_phone(grouped) == read_phone(plain)
    assert read_phone(plain, region="GB") != f"+86{plain}"
