"""The demo company's world as arrays: customers, orders, payments, and the truth behind them.

Instants are seconds since 1970-01-01 00:00 of the firm's local time, money is in minor units,
links are places in other arrays (`NOBODY` for none).
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from zhike.demo.baskets import Lines
from zhike.demo.dealings import Contacts, Tasks
from zhike.demo.profiles import NOBODY, Profiles

METHODS = ("微信", "支付宝", "银行卡", "现金", "银行转账")


@dataclass(frozen=True)
class Orders:
    """Sales and returns in order of time; shape (orders,)."""

    customer: np.ndarray  # int32
    placed: np.ndarray  # int64
    returns: np.ndarray  # int32: the sale whose goods come back, NOBODY for a sale
    total: np.ndarray  # int64: the sum of the lines, negative for a return
    first_line: np.ndarray  # int64, shape (orders + 1,): the lines of order k are [k] to [k + 1]

    @property
    def is_return(self) -> np.ndarray:
        return self.returns != NOBODY

    @property
    def count(self) -> int:
        return len(self.customer)


@dataclass(frozen=True)
class Payments:
    """In order of time; shape (payments,)."""

    order: np.ndarray  # int32
    at: np.ndarray  # int64
    amount: np.ndarray  # int64, negative for a refund
    method: np.ndarray  # int8, place in METHODS


@dataclass(frozen=True)
class Truth:
    """What no data show: how each customer was made; shape (customers,).

    Rates count per day of the customer's own clock, which the season speeds up and slows down.
    """

    rate: np.ndarray
    dropout: np.ndarray  # probability to be gone after a repeat purchase
    is_active: np.ndarray  # may still come back
    spend: np.ndarray  # mean of what orders aim at
    taste: np.ndarray  # shape (customers, categories)


@dataclass(frozen=True)
class World:
    first: date
    until: date  # the first day that is not in it any more
    arrived: np.ndarray  # int64: when each customer's file was opened, in order of time
    profiles: Profiles
    orders: Orders
    lines: Lines
    payments: Payments
    contacts: Contacts
    tasks: Tasks
    truth: Truth

    @property
    def customers(self) -> int:
        return len(self.arrived)
