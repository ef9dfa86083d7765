"""Simulated worlds whose truth is known."""

import numpy as np


def purchases(customers, *, r, alpha, a=None, b=None, age, horizon=0.0, seed):
    """The BG/NBD story played out: x, t_x, T and the purchases in the ``horizon`` after T.

    Without ``a`` and ``b`` nobody drops out.
    """
    random = np.random.default_rng(seed)
    rate = random.gamma(r, 1 / alpha, customers)
    dropout = np.zeros(customers) if a is None else random.beta(a, b, customers)
    age = np.broadcast_to(np.asarray(age, dtype=float), customers)
    frequency, future = np.zeros(customers, dtype=int), np.zeros(customers, dtype=int)
    recency, now = np.zeros(customers), np.zeros(customers)
    active = np.arange(customers)
    while len(active):
        now[active] += random.exponential(1 / rate[active])
        active = active[now[active] <= age[active] + horizon]
        seen = now[active] <= age[active]
        frequency[active] += seen
        future[active] += ~seen
        recency[active] = np.where(seen, now[active], recency[active])
        active = active[random.random(len(active)) >= dropout[active]]
    return frequency, recency, age, future


def spend(frequency, future, *, p, q, v, seed):
    """The Gamma-Gamma story: mean spend per repeat purchase (0 without one), future total."""
    random = np.random.default_rng(seed)
    scale = 1 / random.gamma(q, 1 / v, len(frequency))

    def total(count):
        return np.where(count > 0, random.gamma(p * np.maximum(count, 1), scale), 0.0)

    return total(frequency) / np.maximum(frequency, 1), total(future)
