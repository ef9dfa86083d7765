from zhike.customers.facts import CUSTOMER
from zhike.records.queries import find


def test_sight(cast):
    names = {p.name for p in find(CUSTOMER, cast.li).items}
    assert names == {"杭州云栖茶舍"}
    assert len(find(CUSTOMER, cast.wang).items) == 2
    assert len(find(CUSTOMER, cast.han).items) == 3
