"""How customers come and buy: the story of BG/NBD and Gamma-Gamma, played out.

Fader, Hardie & Lee (2005, *Marketing Science* 24(2)): a customer who is active buys at a personal
rate, Gamma(r, alpha) over customers; after each repeat purchase the customer is gone for good with
a personal probability, Beta(a, b) over customers. Fader & Hardie (2013): the values of a
customer's orders are Gamma(p, rate nu), with nu Gamma(q, rate v) over customers; so a customer's
mean is p / nu, and the mean over customers p v / (q - 1).
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Temper:
    """How one kind of customer buys. Rates per day, money in minor units."""

    r: float
    alpha: float
    a: float
    b: float
    p: float
    q: float
    v: float
    never: float  # share of those who open a file and never buy
    hesitation: float  # days from opening a file to the first order, on average


PERSONS = Temper(
    r=0.9, alpha=62.0, a=0.9, b=4.2, p=5.0, q=4.0, v=20_000.0, never=0.05, hesitation=4.0
)  # fmt: skip
SHOPS = Temper(
    r=1.6, alpha=62.0, a=0.7, b=8.0, p=6.0, q=4.0, v=140_000.0, never=0.12, hesitation=15.0
)  # fmt: skip


def draw_rates(random: np.random.Generator, temper: Temper, count: int) -> np.ndarray:
    """Purchases a day while active; shape (count,)."""
    return random.gamma(temper.r, 1 / temper.alpha, count)


def draw_dropouts(random: np.random.Generator, temper: Temper, count: int) -> np.ndarray:
    """Probability to be gone after a repeat purchase; shape (count,)."""
    return random.beta(temper.a, temper.b, count)


def draw_spends(random: np.random.Generator, temper: Temper, count: int) -> np.ndarray:
    """Mean order value in minor units; shape (count,)."""
    return temper.p / random.gamma(temper.q, 1 / temper.v, count)


def draw_values(random: np.random.Generator, shape: np.ndarray, spend: np.ndarray) -> np.ndarray:
    """The value that each order aims at, around its customer's mean; shape (orders,)."""
    return random.gamma(shape) * spend / shape


def draw_purchases(
    random: np.random.Generator,
    rate: np.ndarray,
    dropout: np.ndarray,
    first: np.ndarray,
    horizon: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who buys when before the horizon, the first purchase (at `first`, inf for never) included.

    Returns customers and times, shape (purchases,), customer by customer and in order of time, and
    whether each customer is still active, shape (customers,). One round a repeat purchase over
    those who are left, so the rounds are as many as the purchases of the busiest customer.
    """
    now = first.astype(float)
    active = np.flatnonzero(now < horizon)
    is_active = np.ones(len(now), dtype=bool)
    customers, times = [active], [now[active]]
    while len(active):
        at = now[active] + random.exponential(1 / rate[active])
        is_seen = at < horizon
        active, at = active[is_seen], at[is_seen]
        now[active] = at
        customers.append(active)
        times.append(at)
        stays = random.random(len(active)) >= dropout[active]
        is_active[active[~stays]] = False
        active = active[stays]
    customer, time = np.concatenate(customers), np.concatenate(times)
    in_order = np.lexsort((time, customer))
    return customer[in_order], time[in_order], is_active
