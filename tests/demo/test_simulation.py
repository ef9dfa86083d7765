"""The simulated world: the same every time, consistent, and true to its stated laws."""

from dataclasses import fields, is_dataclass
from datetime import date

import numpy as np
import pytest

from zhike.analytics import BetaGeo
from zhike.demo.catalogue import CATEGORIES, products
from zhike.demo.profiles import NOBODY
from zhike.demo.purchases import PERSONS, SHOPS
from zhike.demo.seasons import FOR_PERSONS, MID_AUTUMN, NEW_YEAR, Clock, demand
from zhike.demo.simulation import DAY, simulate

UNTIL = date(2026, 6, 1)


@pytest.fixture(scope="module")
def world():
    return simulate(2_000, 7, UNTIL)


def arrays(thing):
    """All arrays of a world, with their names."""
    for field in fields(thing):
        value = getattr(thing, field.name)
        if is_dataclass(value):
            yield from ((f"{field.name}.{name}", array) for name, array in arrays(value))
        elif isinstance(value, np.ndarray):
            yield field.name, value


def first_and_last(orders, customers):
    """Instants of each customer's first and last sale, and their number."""
    sale = ~orders.is_return
    first, last = np.full(customers, np.iinfo(np.int64).max), np.zeros(customers, dtype=np.int64)
    np.minimum.at(first, orders.customer[sale], orders.placed[sale])
    np.maximum.at(last, orders.customer[sale], orders.placed[sale])
    return first, last, np.bincount(orders.customer[sale], minlength=customers)


def test_same_seed_same_world_bit_for_bit(world):
    again = dict(arrays(simulate(2_000, 7, UNTIL)))
    assert len(again) > 30
    for name, array in arrays(world):
        assert array.dtype == again[name].dtype, name
        equal_nan = array.dtype.kind in "fM"
        assert np.array_equal(array, again[name], equal_nan=equal_nan), name


def test_another_seed_another_world(world):
    other = simulate(2_000, 8, UNTIL)
    assert not np.array_equal(world.arrived, other.arrived)
    assert not np.array_equal(world.profiles.name, other.profiles.name)


def test_totals_are_the_sums_of_the_lines(world):
    sums = np.zeros(world.orders.count, dtype=np.int64)
    np.add.at(sums, world.lines.document, world.lines.amount)
    assert np.array_equal(sums, world.orders.total)
    sizes = np.diff(world.orders.first_line)
    assert np.array_equal(sizes, np.bincount(world.lines.document))
    assert sizes.min() == 1
    assert sizes.max() == 4


def test_sales_are_positive_and_returns_negative(world):
    is_return = world.orders.is_return
    assert 0 < is_return.sum() < 0.05 * world.orders.count
    assert (world.orders.total[~is_return] > 0).all()
    assert (world.orders.total[is_return] < 0).all()
    assert np.array_equal(world.lines.quantity < 0, is_return[world.lines.document])


def test_no_more_comes_back_than_was_bought(world):
    orders, lines = world.orders, world.lines
    sale = np.where(orders.is_return, orders.returns, np.arange(orders.count))
    left = np.zeros((orders.count, len(products())), dtype=np.int64)
    np.add.at(left, (sale[lines.document], lines.product), lines.quantity)
    assert left.min() == 0
    returned = np.flatnonzero(orders.is_return)
    after = orders.placed[returned] - orders.placed[orders.returns[returned]]
    assert after.min() >= DAY
    assert after.max() <= 30 * DAY
    assert np.array_equal(orders.customer[returned], orders.customer[orders.returns[returned]])


def test_customers_come_before_they_buy_and_nothing_happens_later_than_the_end(world):
    first, _last, count = first_and_last(world.orders, world.customers)
    assert (np.diff(world.arrived) >= 0).all()
    assert (world.arrived <= first)[count > 0].all()
    assert (np.diff(world.orders.placed) >= 0).all()
    end = (UNTIL - date(1970, 1, 1)).days * DAY
    for instants in (world.orders.placed, world.payments.at, world.contacts.at, world.tasks.at):
        assert instants.max() < end
    assert (world.payments.at >= world.orders.placed[world.payments.order]).all()


def test_links_lead_to_customers_of_the_right_kind_who_came_before(world):
    profiles = world.profiles
    for link, is_shop in (
        (profiles.employer, True),
        (profiles.parent, True),
        (profiles.referrer, False),
    ):
        having = np.flatnonzero(link != NOBODY)
        assert len(having) > 10
        assert (link[having] < having).all()
        assert (profiles.is_shop[link[having]] == is_shop).all()


def test_contact_data_belong_to_nobody(world):
    phones = world.profiles.phone[world.profiles.phone > 0]
    assert len(set(phones.tolist())) == len(phones)
    assert set((phones // 10**8).tolist()) == {154}
    emails = [email for email in world.profiles.email if email]
    assert len(set(emails)) == len(emails)
    assert all(email.endswith(".example") and email.isascii() for email in emails)


def test_about_five_orders_a_customer():
    world = simulate(20_000, 3, UNTIL)
    assert world.orders.count / world.customers == pytest.approx(5.0, abs=0.3)
    assert np.diff(world.orders.first_line).mean() == pytest.approx(2.0, abs=0.2)


def test_orders_are_worth_what_customers_mean_to_spend():
    """Each total misses its aim by the rounding to whole pieces; their averages hardly do."""
    world = simulate(20_000, 3, UNTIL)
    sale = ~world.orders.is_return
    spend = world.truth.spend[world.orders.customer[sale]]
    assert world.orders.total[sale].mean() == pytest.approx(spend.mean(), rel=0.04)


def test_the_season_moves_orders_to_before_the_feasts(world):
    first, days = world.first, (world.until - world.first).days
    speed = demand(first, days, FOR_PERSONS)
    day = [(date(2026, *NEW_YEAR[2026]) - first).days, (date(2025, *MID_AUTUMN[2025]) - first).days]
    assert speed[day[0] - 10] > 2
    assert speed[day[0] + 7] < 0.8
    assert speed[day[1] - 8] > 1.8
    clock = Clock(first, days, FOR_PERSONS)
    times = np.linspace(0, days, 1_000)
    assert clock.days(clock.season_days(times)) == pytest.approx(times)
    assert clock.season_days(np.array([days]))[0] == pytest.approx(days)


def test_gift_boxes_sell_before_the_feasts():
    world = simulate(5_000, 5, UNTIL)
    lines, boxes = world.lines, CATEGORIES.index("礼盒")
    shelf = np.array([CATEGORIES.index(product.category) for product in products()])
    is_box = shelf[lines.product] == boxes
    day = world.orders.placed[lines.document] // DAY
    feast = (date(2026, *NEW_YEAR[2026]) - date(1970, 1, 1)).days
    is_before = (day >= feast - 21) & (day < feast)
    assert is_box[is_before].mean() > 1.5 * is_box.mean()


@pytest.mark.parametrize(("is_shop", "temper"), [(False, PERSONS), (True, SHOPS)])
def test_beta_geo_recovers_the_truth(is_shop, temper):
    """Without season and returns the world is BG/NBD: the fit finds the parameters again."""
    world = simulate(60_000, 11, UNTIL, has_season=False, has_returns=False)
    first, last, count = first_and_last(world.orders, world.customers)
    chosen = (count > 0) & (world.profiles.is_shop == is_shop)
    end = (UNTIL - date(1970, 1, 1)).days * DAY
    model = BetaGeo().fit(
        count[chosen] - 1, (last - first)[chosen] / DAY, (end - first)[chosen] / DAY
    )
    assert model.params_["r"] == pytest.approx(temper.r, rel=0.08)
    assert model.params_["alpha"] == pytest.approx(temper.alpha, rel=0.10)
    found = model.params_["a"] / (model.params_["a"] + model.params_["b"])
    assert found == pytest.approx(temper.a / (temper.a + temper.b), rel=0.08)
    alive = model.probability_alive(
        count[chosen] - 1, (last - first)[chosen] / DAY, (end - first)[chosen] / DAY
    )
    assert alive.mean() == pytest.approx(world.truth.is_active[chosen].mean(), abs=0.02)
