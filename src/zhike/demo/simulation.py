"""Making the demo company's world by chance, from stated laws.

`simulate` is pure and deterministic: the same customers, seed and day give the same arrays, bit
for bit. Each part draws from a stream of its own, so that a change to one part leaves the others
as they were.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from zhike.demo import baskets, purchases
from zhike.demo.baskets import Lines
from zhike.demo.dealings import Contacts, Tasks, draw_contacts, draw_tasks
from zhike.demo.profiles import NOBODY, Profiles, draw_profiles
from zhike.demo.purchases import PERSONS, SHOPS, Temper
from zhike.demo.seasons import FOR_PERSONS, FOR_SHOPS, Clock
from zhike.demo.world import METHODS, Orders, Payments, Truth, World

DAY = 86_400
EPOCH = date(1970, 1, 1)
SHARE_OF_SHOPS = 0.18
# Customers come ever faster: the share that has come by a part t of the time is t^GROWTH.
GROWTH = 1.15
# The share of a day's orders that has come in by an hour of the day.
SHARES_OF_DAY = (0.0, 0.10, 0.35, 0.60, 0.85, 1.0)
HOURS_OF_DAY = (8.5, 10.0, 12.5, 16.0, 20.0, 21.9)
METHOD_WEIGHTS_OF_PERSONS = (0.55, 0.30, 0.10, 0.05, 0.0)
METHOD_WEIGHTS_OF_SHOPS = (0.15, 0.10, 0.0, 0.0, 0.75)
PAID = 0.97  # share of the orders that are paid sooner or later
DAYS_TO_PAY = 18.0  # of shops, on average; persons pay at once
ORDERS_AT_A_TIME = 500_000  # bounds memory, and is part of what a seed means


@dataclass(frozen=True, slots=True)
class Span:
    """The time that a world covers."""

    first: date
    until: date

    @property
    def days(self) -> int:
        return (self.until - self.first).days

    @property
    def end(self) -> int:
        """The instant at which it is over."""
        return (self.until - EPOCH).days * DAY

    def instants(self, days: np.ndarray) -> np.ndarray:
        """Seconds of days since the first one; their fractions fall into opening hours."""
        whole = np.floor(days)
        of_day = np.interp(days - whole, SHARES_OF_DAY, np.array(HOURS_OF_DAY) * 3600)
        first_day = (self.first - EPOCH).days
        return (first_day + whole.astype(np.int64)) * DAY + of_day.astype(np.int64)


@dataclass(frozen=True)
class _Purchases:
    """Sales as the purchase process tells them, customer by customer; shape (purchases,)."""

    customer: np.ndarray
    time: np.ndarray  # days since the first day of the span
    aim: np.ndarray  # what the customer means to spend


def simulate(
    customers: int,
    seed: int,
    until: date,
    *,
    years: int = 3,
    has_season: bool = True,
    has_returns: bool = True,
) -> World:
    """A world of so many customers whose history ends with the day before `until`.

    Customers open a file at some time, buy first a little later (some never) and then again and
    again until they drop out: see `purchases`. Without a season it is BG/NBD exactly.
    """
    streams = np.random.SeedSequence(seed).spawn(6)
    whose, coming, buying, filling, paying, dealing = map(np.random.default_rng, streams)
    span = Span(until - timedelta(days=round(years * 365.25)), until)
    clocks = [
        Clock(span.first, span.days, season if has_season else None)
        for season in (FOR_PERSONS, FOR_SHOPS)
    ]
    is_shop = whose.random(customers) < SHARE_OF_SHOPS
    profiles = draw_profiles(whose, is_shop)
    # Many come before the feasts, by the clock of persons.
    arrival = clocks[0].days(np.sort(coming.random(customers)) ** (1 / GROWTH) * span.days)
    sales, truth = _draw_sales(buying, is_shop, arrival, clocks, span)
    orders, lines = _draw_orders(filling, is_shop, sales, truth, span, has_season, has_returns)
    arrived = span.instants(arrival)
    payments = _draw_payments(paying, is_shop, orders, span)
    contacts, tasks = _draw_dealings(dealing, profiles, arrived, span)
    return World(
        span.first, until, arrived, profiles, orders, lines, payments, contacts, tasks, truth
    )


def _draw_sales(
    random: np.random.Generator,
    is_shop: np.ndarray,
    arrival: np.ndarray,
    clocks: list[Clock],
    span: Span,
) -> tuple[_Purchases, Truth]:
    count = len(is_shop)
    rate, dropout, spend = np.empty(count), np.empty(count), np.empty(count)
    is_active = np.empty(count, dtype=bool)
    customers, times = [], []
    for kind, (temper, clock) in enumerate(zip((PERSONS, SHOPS), clocks, strict=True)):
        at = np.flatnonzero(is_shop == bool(kind))
        rate[at] = purchases.draw_rates(random, temper, len(at))
        dropout[at] = purchases.draw_dropouts(random, temper, len(at))
        spend[at] = purchases.draw_spends(random, temper, len(at))
        first = _draw_first(random, temper, clock.season_days(arrival[at]))
        customer, time, is_active[at] = purchases.draw_purchases(
            random, rate[at], dropout[at], first, span.days
        )
        customers.append(at[customer])
        times.append(clock.days(time))
    customer, time = np.concatenate(customers), np.concatenate(times)
    shape = np.where(is_shop, SHOPS.p, PERSONS.p)
    aim = purchases.draw_values(random, shape[customer], spend[customer])
    truth = Truth(rate, dropout, is_active, spend, baskets.draw_tastes(random, count))
    return _Purchases(customer, time, aim), truth


def _draw_first(random: np.random.Generator, temper: Temper, arrival: np.ndarray) -> np.ndarray:
    """Time of the first purchase, infinite for those who never buy."""
    first = arrival + random.exponential(temper.hesitation, len(arrival))
    return np.where(random.random(len(arrival)) < temper.never, np.inf, first)


def _draw_orders(
    random: np.random.Generator,
    is_shop: np.ndarray,
    sales: _Purchases,
    truth: Truth,
    span: Span,
    has_season: bool,
    has_returns: bool,
) -> tuple[Orders, Lines]:
    sold = _fill(random, is_shop, sales, truth, span, has_season)
    customer, placed = sales.customer.astype(np.int32), span.instants(sales.time)
    returned, back = baskets.draw_returns(random, sold, is_shop[customer])
    after = random.uniform(1, baskets.LONGEST_RETURN, len(returned)) * DAY
    # Goods come back in opening hours: at the hour at which they were bought.
    back_at = placed[returned] + (after // DAY).astype(np.int64) * DAY
    in_time = (back_at < span.end) & has_returns
    sale_count, place = len(customer), np.cumsum(in_time) - 1
    back = back.take(np.flatnonzero(in_time[back.document]))
    back = Lines(
        (sale_count + place[back.document]).astype(np.int32),
        back.product,
        back.quantity,
        back.unit_price,
    )
    returned = returned[in_time]
    return _in_order_of_time(
        np.concatenate([customer, customer[returned]]),
        np.concatenate([placed, back_at[in_time]]),
        np.concatenate([np.full(sale_count, NOBODY), returned]),
        baskets.join([sold, back]),
    )


def _fill(random, is_shop, sales: _Purchases, truth: Truth, span: Span, has_season) -> Lines:
    appetite = baskets.seasonal_appetite(span.first, span.days)
    if not has_season:
        appetite[:] = 1
    parts = []
    for start in range(0, len(sales.customer), ORDERS_AT_A_TIME):
        at = slice(start, start + ORDERS_AT_A_TIME)
        customer, day = sales.customer[at], sales.time[at].astype(np.intp)
        part = baskets.fill(
            random, sales.aim[at], is_shop[customer], truth.taste[customer], appetite[day]
        )
        part.document[:] += start
        parts.append(part)
    return baskets.join(parts)


def _in_order_of_time(
    customer: np.ndarray, placed: np.ndarray, returns: np.ndarray, lines: Lines
) -> tuple[Orders, Lines]:
    """Orders sorted by time; lines, and links from returns to sales, follow them."""
    in_order = np.argsort(placed, kind="stable")
    new_place = np.empty(len(placed), dtype=np.int32)
    new_place[in_order] = np.arange(len(placed), dtype=np.int32)
    document = new_place[lines.document]
    line_order = np.argsort(document, kind="stable")
    lines = Lines(document, lines.product, lines.quantity, lines.unit_price).take(line_order)
    returns = returns[in_order]
    first_line = np.concatenate([[0], np.cumsum(np.bincount(document, minlength=len(placed)))])
    # Sums of integers, which floating-point weights would round beyond 2^53.
    total = np.add.reduceat(lines.amount, first_line[:-1]) if len(placed) else lines.amount
    orders = Orders(
        customer[in_order],
        placed[in_order],
        np.where(returns == NOBODY, NOBODY, new_place[returns]).astype(np.int32),
        total,
        first_line,
    )
    return orders, lines


def _draw_payments(
    random: np.random.Generator, is_shop: np.ndarray, orders: Orders, span: Span
) -> Payments:
    """Persons pay at once, shops on account; goods that come back are paid back the same way."""
    order_of_shop = is_shop[orders.customer]
    delay = np.where(
        order_of_shop,
        random.exponential(DAYS_TO_PAY * DAY, orders.count),
        random.uniform(5, 300, orders.count),
    ).astype(np.int64)
    at = orders.placed + delay
    method = np.where(
        order_of_shop,
        random.choice(len(METHODS), orders.count, p=METHOD_WEIGHTS_OF_SHOPS),
        random.choice(len(METHODS), orders.count, p=METHOD_WEIGHTS_OF_PERSONS),
    ).astype(np.int8)
    order = np.flatnonzero((random.random(orders.count) < PAID) & (at < span.end))
    order = order[np.argsort(at[order], kind="stable")].astype(np.int32)
    return Payments(order, at[order], orders.total[order], method[order])


def _draw_dealings(
    random: np.random.Generator, profiles: Profiles, arrived: np.ndarray, span: Span
) -> tuple[Contacts, Tasks]:
    owned = np.flatnonzero(profiles.owner != NOBODY)
    contacts = draw_contacts(random, profiles.is_shop[owned], arrived[owned], span.end)
    tasks = draw_tasks(random, arrived[owned], span.end)
    return contacts.among(owned), tasks.among(owned)
