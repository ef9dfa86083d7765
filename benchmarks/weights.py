"""Weights and the index of value: a repair of Saaty's house in one and in several judgements, and a
four-level index over a million customers. The yardstick of the index is the machine: one product
of the customers' matrix with a vector, which no scoring can beat."""

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
    machine.timed("repair below .10", lambda: repair(HOUSE))
    machine.timed("repair below .05", lambda: repair(HOUSE, limit=0.05))
    random = np.random.default_rng(0)
    names = ("sales", "margin", "rise", "years", "visits", "praise", "advice")
    table = {name: random.gamma(2, 10, rows) for name in names}
    values, vector = np.stack(list(table.values()), axis=1), np.ones(len(names))
    index = ValueIndex(HIERARCHY, weights={"value": [2, 1], "economic": "entropy"})
    physical = machine.timed("product alone", lambda: values @ vector)
    machine.timed("fit", lambda: index.fit(table), physical)
    machine.timed("score", lambda: index.score(table), physical)
    machine.timed("contributions", lambda: index.contributions(table), physical)
    print(f"{rows:,} customers, peak memory {machine.peak_memory():.0f} MiB")


if __name__ == "__main__":
    main()
