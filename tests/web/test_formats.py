from datetime import date
from decimal import Decimal

import time_machine
from django.utils.translation import override

from zhike.web import formats


def test_money():
    assert formats.money(9630000, "CNY") == "¥96,300"
    assert formats.money(1250, "CNY") == "¥12.50"
    assert formats.money(-1250, "CNY") == "−¥12.50"
    assert formats.money(9630055, "CNY", exact=True) == "¥96,300.55"
    assert formats.money(500, "JPY") == "JP¥500"
    assert formats.money(None, "CNY") == "–"


def test_money_at_a_glance_in_either_language():
    with override("zh-hans"):
        assert formats.compact_money(128_400_000, "CNY") == "¥128.4 万"
        assert formats.compact_money(100_000_000, "CNY") == "¥100 万"
    with override("en"):
        assert formats.compact_money(128_400_000, "CNY") == "¥1.3 M"


def test_numbers_and_shares():
    assert formats.number(1234567) == "1,234,567"
    assert formats.number(Decimal("2.5000")) == "2.5"
    assert formats.price(Decimal("2.1")) == "2.10"
    assert formats.percent(0.385) == "38%"
    assert formats.percent(0.385, 1) == "38.5%"


@time_machine.travel("2026-11-22 10:00+08:00")
def test_days():
    with override("en"):
        assert formats.day(date(2026, 10, 6)) == "6 Oct"
        assert formats.day(date(2025, 10, 6)) == "6 Oct 2025"
        assert formats.ago(date(2026, 11, 9)) == "13 days ago"
        assert formats.ago(date(2025, 11, 22)) == "12 months ago"
    with override("zh-hans"):
        assert formats.day(date(2026, 10, 6)) == "10月6日"
