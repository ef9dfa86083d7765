"""The published tables of weights, for :func:`zhike.analytics.prove`."""

import numpy as np

from .data_weights import critic_weights
from .pairwise_comparison import ahp
from .value_index import ValueIndex

SAATY = "Saaty 1990, EJOR 48(1)"
SAATY_1977 = "Saaty 1977, Journal of Mathematical Psychology 15(3)"
DIAKOULAKI = "Diakoulaki et al. 1995, Computers & OR 22(7); digits of scikit-criteria"

CRITERIA = ("size", "bus", "neighbourhood", "age", "yard", "facilities", "condition", "financing")
# Which house to buy: how many times as important is the criterion of the row?
HOUSE = (
    (1, 5, 3, 7, 6, 6, 1 / 3, 1 / 4),
    (1 / 5, 1, 1 / 3, 5, 3, 3, 1 / 5, 1 / 7),
    (1 / 3, 3, 1, 6, 3, 4, 6, 1 / 5),
    (1 / 7, 1 / 5, 1 / 6, 1, 1 / 3, 1 / 4, 1 / 7, 1 / 8),
    (1 / 6, 1 / 3, 1 / 3, 3, 1, 1 / 2, 1 / 5, 1 / 6),
    (1 / 6, 1 / 3, 1 / 4, 4, 2, 1, 1 / 5, 1 / 6),
    (3, 5, 1 / 6, 7, 5, 5, 1, 1 / 2),
    (4, 7, 5, 8, 6, 6, 2, 1),
)
HOUSE_WEIGHTS = (0.173, 0.054, 0.188, 0.018, 0.031, 0.036, 0.167, 0.333)
# Three houses compared by each criterion: A over B, A over C, B over C.
HOUSES = {
    "size": (6, 8, 4),
    "bus": (7, 1 / 5, 1 / 8),
    "neighbourhood": (8, 6, 1 / 4),
    "age": (1, 1, 1),
    "yard": (5, 4, 1 / 3),
    "facilities": (8, 6, 1 / 5),
    "condition": (1 / 2, 1 / 2, 1),
    "financing": (1 / 7, 1 / 5, 3),
}
HOUSE_SCORES = (0.396, 0.341, 0.263)
# The wealth of seven nations: United States, Soviet Union, China, France, Britain, Japan, Germany.
NATIONS = (
    (1, 4, 9, 6, 6, 5, 5),
    (1 / 4, 1, 7, 5, 5, 3, 4),
    (1 / 9, 1 / 7, 1, 1 / 5, 1 / 5, 1 / 7, 1 / 5),
    (1 / 6, 1 / 5, 5, 1, 1, 1 / 3, 1 / 3),
    (1 / 6, 1 / 5, 5, 1, 1, 1 / 3, 1 / 3),
    (1 / 5, 1 / 3, 7, 3, 3, 1, 2),
    (1 / 5, 1 / 4, 5, 3, 3, 1 / 2, 1),
)
FIRMS = (
    (61, 1.08, 4.33),
    (20.7, 0.26, 4.34),
    (16.3, 1.98, 2.53),
    (9.0, 3.29, 1.65),
    (5.4, 2.77, 2.33),
    (4.0, 4.12, 1.21),
    (-6.1, 3.52, 2.10),
    (-34.6, 3.31, 0.98),
)
FIRM_WEIGHTS = (0.20222554, 0.48090173, 0.31687273)


def compared(pairs) -> np.ndarray:
    """Weights of three things from their three comparisons."""
    judgements = np.full((3, 3), np.nan)
    judgements[np.triu_indices(3, 1)] = pairs
    return ahp(judgements).weights


def house_index(weights) -> tuple[ValueIndex, dict]:
    """The choice as an index of value over three houses, criteria weighed by ``weights``."""
    table = {name: compared(pairs) for name, pairs in HOUSES.items()}
    ranges = dict.fromkeys(CRITERIA, (0, 1))
    index = ValueIndex({"house": list(CRITERIA)}, weights={"house": weights}, ranges=ranges)
    return index.fit(table), table


def _house(_) -> list[float]:
    found = ahp(HOUSE)
    index, table = house_index(found.weights)
    return [
        *found.weights,
        found.lambda_max,
        found.consistency_index,
        found.consistency_ratio,
        *(index.score(table) / 100),
    ]


def _others(_) -> list[float]:
    nations = ahp(NATIONS)
    return [nations.lambda_max, *critic_weights(FIRMS).weights]


PROOFS = (
    (
        None,
        [
            *(
                ("AHP, choosing a house", f"weight, {name}", SAATY, value, 3)
                for name, value in zip(CRITERIA, HOUSE_WEIGHTS, strict=True)
            ),
            ("AHP, choosing a house", "lambda max", SAATY, 9.669, 3),
            ("AHP, choosing a house", "consistency index", SAATY, 0.238, 3),
            ("AHP, choosing a house", "consistency ratio", SAATY, 0.169, 3),
            *(
                ("value index", f"house {name}", SAATY, value, 3)
                for name, value in zip("ABC", HOUSE_SCORES, strict=True)
            ),
        ],
        _house,
    ),
    (
        None,
        [
            ("AHP, wealth of nations", "lambda max", SAATY_1977, 7.61, 2),
            *(
                ("CRITIC", f"weight, {name}", DIAKOULAKI, value, 8)
                for name, value in zip(
                    ("profit", "market share", "productivity"), FIRM_WEIGHTS, strict=True
                )
            ),
        ],
        _others,
    ),
)
