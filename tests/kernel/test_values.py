"""Time, money, text and identifiers: the small things that everything rests on."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import override_settings
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from zhike.kernel import clock, ids, paging, text
from zhike.kernel.errors import Invalid
from zhike.kernel.money import parse_decimal, to_major, to_minor
from zhike.records.fields import clean_phone, read_moment, to_instant


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "UTC"])
@given(day=st.dates(date(1971, 1, 1), date(2100, 1, 1)))
def test_a_day_begins_at_its_own_midnight(zone, day):
    with override_settings(TIME_ZONE=zone):
        begin = clock.start_of_day(day)
        assert clock.today(begin) == day
        assert clock.today(begin - timedelta(seconds=1)) == day - timedelta(days=1)
        assert clock.from_day_number(clock.day_number(day)) == day


def test_the_first_hour_is_the_firms():
    at = datetime(2026, 11, 22, 16, 10, tzinfo=UTC)
    with override_settings(TIME_ZONE="Asia/Shanghai"):
        assert clock.is_first_hour(at)
    with override_settings(TIME_ZONE="Europe/Berlin"):
        assert not clock.is_first_hour(at)


@given(st.integers(-(10**14), 10**14), st.sampled_from(["CNY", "JPY", "KWD", "USD"]))
def test_money_survives_the_way_to_people_and_back(minor, currency):
    assert to_minor(to_major(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("¥1,234.50", "1234.50"), ("１２３.５", "123.5"), ("(12.00)", "-12.00"), ("3.2万", "32000"),
        (" 1 234 ", "1234"), ("-7", "-7"), ("88元", "88"), ("1.5亿", "150000000"),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(written, value):
    assert parse_decimal(written) == Decimal(value)


@pytest.mark.parametrize("written", ["1.234,50", "many", "", "1e", "NaN", "Infinity", "--1"])
def test_what_is_no_number_is_refused(written):
    with pytest.raises(Invalid):
        parse_decimal(written)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-11-22", (2026, 11, 22)), ("2026/1/3", (2026, 1, 3)), ("2026年1月3日", (2026, 1, 3)),
        ("20260103", (2026, 1, 3)), ("12/1/2010 8:26", (2010, 12, 1)), ("31/1/2010", (2010, 1, 31)),
        ("3.1.2010", (2010, 1, 3)), ("２０２６－０１－０３", (2026, 1, 3)),
    ],
)  # fmt: skip
def test_dates_are_read_as_files_write_them(written, day):
    moment = read_moment(written)
    assert (moment.year, moment.month, moment.day) == day


@pytest.mark.parametrize("written", ["2026-13-01", "2026-02-30", "soon", "1/2", "99999999"])
def test_what_is_no_date_is_refused(written):
    with pytest.raises(ValueError):
        read_moment(written)


def test_a_local_time_is_the_firms():
    with override_settings(TIME_ZONE="Asia/Shanghai"):
        assert to_instant(datetime(2026, 1, 3, 10, 0)) == datetime(2026, 1, 3, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "written", ["138 0013 8000", "+86-13800138000", "0086 138 0013 8000", "１３８００１３８０００"]
)
def test_one_phone_has_one_form(written):
    assert clean_phone(written) == "13800138000"


@pytest.mark.parametrize("written", ["12", "call me", "1" * 30])
def test_what_is_no_phone_is_refused(written):
    with pytest.raises(Invalid):
        clean_phone(written)


@given(st.text())
def test_any_text_can_be_searched_for(words):
    query = text.search_query(words)
    assert query is None or "'" in query
    assert "\x00" not in text.normalise(words)


def test_polyphones_are_found_by_every_reading():
    assert {"chongqing", "zhongqing"} <= {t[:9] for t in text.name_tokens("重庆瑞和酒店")}
    assert {"shanxiongxin", "danxiongxin", "sxx"} <= text.name_tokens("单雄信")
    assert text.pinyin("王伟") < text.pinyin("张三")


def test_ids_are_version_7_and_ordered():
    made = [ids.new_id() for _ in range(50)]
    assert {one.version for one in made} == {7}
    assert [one.int >> 80 for one in made] == sorted(one.int >> 80 for one in made)


@given(st.lists(st.one_of(st.none(), st.text(), st.integers()), max_size=4))
def test_a_cursor_comes_back_whole(parts):
    assert paging.decode_cursor(paging.encode_cursor(*parts)) == parts


def test_names_are_listed_as_a_language_does():
    with override("en"):
        assert text.listed(["city", "phone"]) == "city, phone"
    with override("zh-hans"):
        assert text.listed(["城市", "电话"]) == "城市、电话"
