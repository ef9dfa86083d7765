"""Who deserves a contact today, why, and what is at stake. Pure computation over arrays.

Each reason has a condition and an amount; a customer is suggested for the reason with the largest
amount. Amounts are expected values in minor units over twelve months, so that reasons compare.
"""

from dataclasses import dataclass

import numpy as np

from zhike.insight.scoring import Scores

# A silence that only one in seven of this customer's usual intervals would outlast.
UNUSUAL = 0.15
LEAST_ALIVE = 0.05  # below this a customer counts as hardly less likely to be there
DUE_BEFORE, DUE_AFTER = 3, 7
SECOND_FROM, SECOND_UNTIL = 5, 60
LOST_UNTIL = 730
MOST = 5_000
PLATE = 25  # suggestions a person gets a day; what is left comes tomorrow
REASONS = ("overdue", "due", "second", "fell", "lost")


@dataclass(frozen=True)
class Suggestions:
    """Arrays of equal length, the largest amount first: position in the base, reason, amount."""

    position: np.ndarray
    reason: np.ndarray
    amount: np.ndarray


def _loss(ahead: np.ndarray, alive: np.ndarray | None, overdue: np.ndarray) -> np.ndarray:
    """What is lost in twelve months if the customer is gone, compared with what is expected now.

    The expectation is P(active) times what an active customer brings, so the difference is
    expectation × (1 - P) / P. Without a probability the plain rule stands in: the expectation
    times one minus the chance that such a pause is usual.
    """
    plain = ahead * (1 - overdue)
    if alive is None:
        return plain
    odds = (1 - alive) / np.maximum(alive, LEAST_ALIVE)
    return np.where(np.isnan(alive), plain, ahead * np.nan_to_num(odds))


def suggest(scores: Scores, *, until: int) -> Suggestions:
    base, columns = scores.base, scores.columns
    size = len(base)
    if size == 0:
        return Suggestions(*(np.zeros(0, dtype=kind) for kind in (np.int64, "U8", np.int64)))
    nothing = np.zeros(size)
    stage, gap = columns["stage"], columns["gap"]
    spend = np.nan_to_num(columns.get("spend", columns["average"]))
    overdue = columns.get("overdue", np.ones(size))
    alive = columns.get("alive")
    is_live = (stage != "lost") & (stage != "prospect")
    repeats = base.frequency > 0
    ahead = np.nan_to_num(columns.get("value_12", nothing))
    if "value_12" not in columns:
        # Without a model: what a year brings by the customer's own rhythm.
        ahead = spend * np.minimum(365.0 / np.maximum(columns["usual_gap"], 1.0), 365.0)
    days_to_next = np.nan_to_num(columns.get("next_day", nothing + 1e9), nan=1e9) - until
    is_silent = (overdue < UNUSUAL) | (columns["rule"] == "silent_for_long")
    is_overdue = is_live & repeats & is_silent
    amounts = {
        "overdue": np.where(is_overdue, _loss(ahead, alive, overdue), 0),
        "due": np.where(
            is_live
            & ~is_overdue
            & (base.frequency >= 3)
            & (days_to_next >= -DUE_BEFORE)
            & (days_to_next <= DUE_AFTER),
            spend,
            0,
        ),
        "second": np.where(
            is_live & ~repeats & (gap >= SECOND_FROM) & (gap <= SECOND_UNTIL), ahead, 0
        ),
        "fell": np.where(
            (columns["rule"] == "spending_fell") & ~is_overdue,
            2.0 * np.maximum(base.previous_value - base.recent_value, 0),
            0,
        ),
        "lost": np.where((stage == "lost") & (gap <= LOST_UNTIL) & (base.frequency >= 2), ahead, 0),
    }
    table = np.vstack([amounts[reason] for reason in REASONS])
    best = table.argmax(axis=0)
    amount = np.rint(table.max(axis=0)).astype(np.int64)
    # Ties are broken by the customer's position, so that a run can be repeated to the row.
    order = np.lexsort((np.arange(size), -amount))[:MOST]
    order = order[amount[order] > 0]
    return Suggestions(order, np.array(REASONS)[best[order]], amount[order])
