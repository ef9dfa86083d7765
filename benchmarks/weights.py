"""Weights and the index of value: a repair of Saaty's house in one and in several judgements, and a
four-level index over a million customers. The yardstick of the index is the machine: one product
of the customers' matrix with a vector, which no scoring can beat."""

import time

import machine
import numpy as np

CUSTOMERS = 1_000_000
HIERARCHY = {
    "value": {
        "economic": {"revenue": ["sales", "margin"], "growth": ["rise"]},
        "bond": {"length": ["years"], "warmth": ["visits", "praise", "advice"]},
    }
}


def main() -> None:
    from zhike.analytics import ValueIndex, repair
    from zhike.analytics.weight_proofs import HOUSE

    rows = machine.arguments(__doc__, rows=CUSTOMERS).rows
    timed("repair below .10", lambda: repair(HOUSE))
    timed("repair below .05", lambda: repair(HOUSE, limit=0.05))
    random = np.random.default_rng(0)
    names = ("sales", "margin", "rise", "years", "visits", "praise", "advice")
    table = {name: random.gamma(2, 10, rows) for name in names}
    values, vector = np.stack(list(table.values()), axis=1), np.ones(len(names))
    index = ValueIndex(HIERARCHY, weights={"value": [2, 1], "economic": "entropy"})
    physical = timed("product alone", lambda: values @ vector)
    timed("fit", lambda: index.fit(table), physical)
    timed("score", lambda: index.score(table), physical)
    timed("contributions", lambda: index.contributions(table), physical)
    print(f"{rows:,} customers, peak memory {machine.peak_memory():.0f} MiB")


def timed(label, run, physical=None):
    best = None
    for _ in range(3):
        begun, cpu = time.perf_counter(), time.process_time()
        run()
        spent = time.perf_counter() - begun, time.process_time() - cpu
        best = spent if best is None else min(best, spent)
    ratio = "" if physical is None else f"{best[0] / physical:10.1f}x"
    print(f"{label:20} {best[0]:8.4f} s   cpu {best[1]:8.4f} s{ratio}", flush=True)
    return best[0]


if __name__ == "__main__":
    main()
