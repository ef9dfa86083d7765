"""The segments that every firm starts with."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from zhike.filters.schema import Words


@dataclass(frozen=True, slots=True)
class Shipped:
    name: Words
    description: Words
    filter: dict


def _test(fact: str, op: str, value: object = None) -> dict:
    return {"fact": fact, "op": op, **({} if value is None else {"value": value})}


SHIPPED = {
    "vip": Shipped(
        _("VIP"),
        _("They bring the first four fifths of sales and are in good standing."),
        {"all": [_test("abc", "eq", "A"), _test("stage", "in", ["build_up", "stability"])]},
    ),
    "slipping": Shipped(
        _("Slipping away"),
        _("Valuable customers who buy less or later than they used to."),
        {"all": [_test("abc", "in", ["A", "B"]), _test("stage", "eq", "decline")]},
    ),
    "lost_valuable": Shipped(
        _("Lost, but once valuable"),
        _("Customers of grade A who have stayed away far longer than they used to."),
        {"all": [_test("abc", "eq", "A"), _test("stage", "eq", "lost")]},
    ),
    "new": Shipped(
        _("New in the last 30 days"),
        _("First order within the last 30 days."),
        {"all": [_test("first_on", "within", "30d")]},
    ),
    "silent": Shipped(
        _("Silent"),
        _("No order for at least two and a half of their usual intervals, not yet given up."),
        {"all": [_test("relation", "eq", "silent"), _test("stage", "ne", "lost")]},
    ),
    "due": Shipped(
        _("Due this week"),
        _("The next order is expected within seven days."),
        {"all": [_test("next_on", "within", "+7d")]},
    ),
    "key": Shipped(
        _("Key customers"),
        _("They bring the first four fifths of sales."),
        {"all": [_test("tier", "eq", "key")]},
    ),
    "potential": Shipped(
        _("Potential customers"),
        _("Not yet key customers, but expected to bring as much in the next twelve months."),
        {"all": [_test("tier", "eq", "potential")]},
    ),
    "ordinary": Shipped(
        _("Ordinary customers"), _("All other buyers."), {"all": [_test("tier", "eq", "ordinary")]}
    ),
    "champions": Shipped(
        _("Champions"),
        _("Bought lately, often and much (RFM)."),
        {"all": [_test("rfm_group", "eq", "champions")]},
    ),
    "prospects": Shipped(
        _("Prospects"), _("On file, but no order yet."), {"all": [_test("stage", "eq", "prospect")]}
    ),
}
