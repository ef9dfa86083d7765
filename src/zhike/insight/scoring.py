"""From orders to scores: which method answers which question, and what it refuses.

Pure computation over arrays; what is read and written stands in `actions`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from zhike import analytics
from zhike.analytics import AnalyticsError, CustomerBase

HORIZONS = {3: 91.0, 6: 182.0, 12: 365.0}
TOP_SHARE, MIDDLE_SHARE = 0.80, 0.95
BACKTEST_SHARE = 1 / 4
LONGEST_BACKTEST = 182
SHORTEST_HISTORY = 90
LEVEL = 0.9


@dataclass
class Scores:
    """One row a buyer, in the order of `base.customer`; NaN where a number can't be had."""

    base: CustomerBase
    columns: dict[str, np.ndarray]
    report: dict = field(default_factory=dict)


Report = Callable[[str, int], None]


def compute(transactions: dict[str, np.ndarray], *, until: int, report: Report) -> Scores:
    """All scores of all customers from their transactions up to a day (epoch days).

    `transactions`: arrays `customer` (whole numbers), `day`, `amount` (minor units).
    """
    report("base", 20)
    base = analytics.customer_base(transactions, until=until)
    scores = Scores(base, {}, {"customers": len(base), "verdict": "no_purchase"})
    if len(base) == 0:
        return scores
    _grade(scores)
    report("models", 30)
    model = _purchase_model(scores)
    report("value", 45)
    spend = _spend_model(scores)
    _predict(scores, model, spend)
    _next(scores, model)
    report("stages", 70)
    _stages(scores)
    _tiers(scores)
    report("backtest", 75)
    scores.report["backtest"] = _backtest(transactions, base, until)
    return scores


def _grade(scores: Scores) -> None:
    base = scores.base
    grades = analytics.rfm(base)
    average = np.where(base.orders > 0, base.value / np.maximum(base.orders, 1), np.nan)
    scores.columns |= {
        "recency_grade": grades.recency,
        "frequency_grade": grades.frequency,
        "money_grade": grades.monetary,
        "rfm_group": grades.segment,
        "average": np.rint(average),
    }
    try:
        scores.columns["abc"] = analytics.abc(base.value, (TOP_SHARE, MIDDLE_SHARE))
        scores.report["gini"] = float(analytics.gini(base.value))
    except AnalyticsError as refusal:
        scores.columns["abc"] = np.full(len(base), "C")
        scores.report["abc_refused"] = refusal.code


def _purchase_model(scores: Scores):
    base = scores.base
    try:
        model, verdict = analytics.choose_purchase_model(base.frequency, base.recency, base.age)
    except AnalyticsError as refusal:
        scores.report |= {"verdict": refusal.code, "refused": _plain(refusal.details)}
        return None
    scores.report |= {
        "verdict": verdict.code,
        "model": type(model).__name__,
        "parameters": _plain(model.params_),
        "standard_errors": _plain(model.standard_errors_),
        "log_likelihood": float(model.log_likelihood_),
        "dropout": [verdict.dropout, verdict.dropout_low, verdict.dropout_high],
        "likelihood_ratio": verdict.likelihood_ratio,
    }
    if verdict.identified:
        alive = model.probability_alive(base.frequency, base.recency, base.age)
        # BG/NBD lets nobody leave before the second purchase: of those who bought once its
        # probability is 1 by construction, which is no finding.
        scores.columns["alive"] = np.where(base.frequency > 0, alive, np.nan)
    return model


def _spend_model(scores: Scores):
    base = scores.base
    repeaters = (base.frequency > 0) & (base.repeat_value > 0)
    try:
        spend = analytics.GammaGamma().fit(base.frequency[repeaters], base.repeat_value[repeaters])
        spend.expected_mean_value([1], [1000.0])
    except AnalyticsError as refusal:
        scores.report["spend_refused"] = refusal.code
        return None
    scores.report["spend"] = _plain(spend.params_)
    independence = spend.independence_
    scores.report["independence"] = _plain(independence)
    return spend


def _predict(scores: Scores, model, spend) -> None:
    """Expected orders and value ahead. Where the spend model is refused, the customer's own mean
    purchase stands in and no limits are given."""
    base = scores.base
    history = {"frequency": base.frequency, "recency": base.recency, "age": base.age}
    if model is None:
        return
    mean_spend = _own_mean(base)
    for months, days in HORIZONS.items():
        if spend is None:
            orders = model.expected_purchases(days, **history)
            value = orders * mean_spend
        else:
            usable = np.nan_to_num(base.repeat_value, nan=0.0)
            future = None
            if months == 12:
                future = _with_limits(scores, model, spend, history, usable, days)
            if future is None:
                orders = model.expected_purchases(days, **history)
                mean_spend = spend.expected_mean_value(base.frequency, usable)
                value = orders * mean_spend
            else:
                orders, value, mean_spend = future
        scores.columns[f"orders_{months}"] = orders
        scores.columns[f"value_{months}"] = np.rint(value)
    scores.columns["spend"] = mean_spend


def _with_limits(scores: Scores, model, spend, history, mean_value, days: float):
    try:
        ahead = analytics.customer_lifetime_value(
            model, spend, **history, mean_value=mean_value, horizon=days,
            annual_discount_rate=0.0, level=LEVEL,
        )  # fmt: skip
    except AnalyticsError as refusal:
        # The spread of order values can't be had: the limits then come from the number of orders
        # alone, and the report says so.
        scores.report["limits_refused"] = refusal.code
        return _with_limits_of_orders(scores, model, spend, history, mean_value, days)
    scores.columns["value_12_low"] = np.rint(ahead.low)
    scores.columns["value_12_high"] = np.rint(ahead.high)
    return ahead.purchases, ahead.expected, ahead.mean_value


def _with_limits_of_orders(scores: Scores, model, spend, history, mean_value, days: float):
    try:
        low, high = model.interval(days, **history, level=LEVEL)
    except AnalyticsError:
        return None
    mean_spend = spend.expected_mean_value(history["frequency"], mean_value)
    orders = model.expected_purchases(days, **history)
    scores.columns["value_12_low"] = np.rint(low * mean_spend)
    scores.columns["value_12_high"] = np.rint(high * mean_spend)
    return orders, orders * mean_spend, mean_spend


def _own_mean(base: CustomerBase) -> np.ndarray:
    own = np.where(base.orders > 0, base.value / np.maximum(base.orders, 1), 0.0)
    return np.where(np.isnan(base.repeat_value), own, base.repeat_value)


def _next(scores: Scores, model) -> None:
    if model is None:
        return
    due = analytics.expected_next_day(model, scores.base)
    foreseen = np.where(due.foreseeable, due.day, np.nan)
    scores.columns |= {
        "next_day": foreseen,
        "next_spread": np.where(due.foreseeable, np.rint(np.minimum(due.spread, 9999)), np.nan),
        "overdue": due.overdue_probability,
    }


def _stages(scores: Scores) -> None:
    try:
        cycle = analytics.lifecycle(scores.base)
    except AnalyticsError as refusal:
        # Nobody has come back yet: a month is taken for the usual interval, and said so.
        scores.report["rhythm_refused"] = refusal.code
        cycle = analytics.lifecycle(scores.base, typical_interval=30.0)
    scores.columns |= {
        "stage": cycle.stage,
        "relation": cycle.relation,
        "rule": cycle.rule,
        "gap": cycle.gap,
        "usual_gap": cycle.usual_interval,
        "trend": cycle.trend,
    }


def _tiers(scores: Scores) -> None:
    """Key: grade A by sales so far. Potential: not yet, but expected to bring in the next twelve
    months what the smallest key customer brings in a year. Ordinary: everybody else."""
    base, columns = scores.base, scores.columns
    is_key = columns["abc"] == "A"
    years = np.maximum(base.age, 365) / 365
    tier = np.where(is_key, "key", "ordinary").astype("U12")
    ahead = columns.get("value_12")
    if ahead is not None and is_key.any():
        threshold = float(np.median((base.value / years)[is_key]))
        tier[~is_key & (ahead >= threshold)] = "potential"
        scores.report["potential_from"] = int(threshold)
    columns["tier"] = tier


def _backtest(transactions: dict, base: CustomerBase, until: int) -> dict:
    """How well the same models, fitted on the past alone, foresaw the latest part of it."""
    first = int(base.first_day.min())
    length = min(int((until - first) * BACKTEST_SHARE), LONGEST_BACKTEST)
    if until - first < SHORTEST_HISTORY:
        return {"refused": "no_holdout_purchases"}
    try:
        record = analytics.backtest(transactions, split=until - length, until=until)
    except AnalyticsError as refusal:
        return {"refused": refusal.code}
    return {
        "days": length,
        "customers": record.customers,
        "expected": record.expected_total,
        "observed": record.observed_total,
        "correlation": record.correlation,
        "capture": record.capture,
        "naive_capture": record.naive_capture,
        "coverage": record.coverage,
        "calibration": {name: _plain(array) for name, array in record.calibration.items()},
    }


def _plain(value):
    """Numbers as JSON knows them."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.integer | int) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, np.floating | float):
        return float(value) if np.isfinite(value) else None
    return value
