"""Item sets and rules on the baskets that the literature mines."""

import csv
import gzip
from pathlib import Path

import numpy as np

from .association_rules import association_rules
from .item_sets import frequent_itemsets

HAHSLER = "Hahsler, Hornik & Reutterer 2006; R package arules"
LANTZ = "Lantz 2013, Machine Learning with R, chapter 8"


def groceries(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Basket and item of each line."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return np.array([int(row["basket"]) for row in rows]), np.array([row["item"] for row in rows])


def _groceries(path: Path) -> list[float]:
    basket, item = groceries(path)
    common, usual, rare = (
        frequent_itemsets(basket, item, support=support) for support in (0.01, 0.006, 0.001)
    )
    strong, many, sure = (
        association_rules(found, confidence=confidence, correction="none")
        for found, confidence in ((common, 0.5), (usual, 0.25), (rare, 0.8))
    )
    return [
        common.baskets,
        len(common.items),
        *(len(part) for part in (common, strong, usual, many, rare, sure)),
        strong.confidence[0],
        *(part.lift[0] for part in (strong, many, sure)),
    ]


def _count(quantity, source, number):
    return ("item sets and rules, Groceries", quantity, source, number, 0)


def _best(quantity, source, value):
    return ("item sets and rules, Groceries", quantity, source, value, 4)


PROOFS = (
    (
        "groceries.csv.gz",
        [
            _count("baskets", HAHSLER, 9835),
            _count("items", HAHSLER, 169),
            _count("item sets, support .01", HAHSLER, 333),
            _count("rules, support .01, confidence .5", HAHSLER, 15),
            _count("item sets, support .006", LANTZ, 747),
            _count("rules, support .006, confidence .25", LANTZ, 463),
            _count("item sets, support .001", HAHSLER, 13492),
            _count("rules, support .001, confidence .8", HAHSLER, 410),
            _best("confidence of the best of 15", HAHSLER, 0.5862),
            _best("lift of the best of 15", HAHSLER, 3.0296),
            _best("lift of the best of 463", LANTZ, 3.9565),
            _best("lift of the best of 410", HAHSLER, 11.2353),
        ],
        _groceries,
    ),
)
