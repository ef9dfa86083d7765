"""Discrete-time hazard: the risk of leaving in the coming period, from facts that change.

Logistic regression on customer-periods: Cox 1972, JRSS B 34, §6; Allison 1982, Sociological
Methodology 13, 61-98. L2 penalty: le Cessie & van Houwelingen 1992, Applied Statistics 41,
191-201. Recalibration by intercept and slope: Cox 1958, Biometrika 45, 562-565.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit

from .back_test import capture
from .design_matrix import DesignMatrix, cross_product, named
from .errors import InvalidInput, NotEnoughData, NotIdentified
from .grouping import key_codes
from .risk_quality import area_under_curve, calibration_error
from .survival_times import check_survival, normal_quantile
from .tables import columns

DURATION = "duration"
PENALTIES = (1000.0, 300.0, 100.0, 30.0, 10.0, 3.0, 1.0, 0.3)
FEWEST_OF_EACH = 20
# The penalty is chosen on at most so many rows, of customers drawn by the seed.
ROWS_TO_CHOOSE = 40_000
NEWTON_STEPS = 50
# Newton's last step is taken when it is as small; its error is about the square of that.
EXACT, GOOD_ENOUGH_TO_CHOOSE = 1e-6, 1e-2
SURELY = 1.64  # one-sided 95 %


@dataclass(frozen=True, eq=False)
class PersonPeriods:
    """One row per customer and period begun: ``row`` of the customer in the table of customers,
    ``duration`` in whole periods at its beginning (0, 1, …), ``event`` in that period."""

    row: np.ndarray
    duration: np.ndarray
    event: np.ndarray


def person_periods(duration, event) -> PersonPeriods:
    """Takes durations apart into periods, for facts that never change.

    duration : (n,) whole periods, at least 1; event : (n,), 1 if the last of them ended in leaving

    >>> rows = person_periods([2, 1], [1, 0])
    >>> rows.row.tolist(), rows.duration.tolist(), rows.event.tolist()
    ([0, 0, 1], [0, 1, 0], [False, True, False])
    """
    times = check_survival(duration, event)
    periods = times.duration.astype(np.int64)
    if not np.array_equal(periods, times.duration):
        raise InvalidInput("not_whole", "durations must be whole periods")
    row = np.repeat(np.arange(len(periods)), periods)
    begun = np.arange(len(row)) - np.repeat(np.cumsum(periods) - periods, periods)
    return PersonPeriods(row, begun, times.event[row] & (begun == periods[row] - 1))


@dataclass(frozen=True, eq=False)
class Reasons:
    """The log-odds of leaving, taken apart: ``base + parts.sum(axis=1)`` is ``log_odds``, exactly
    (summed in this order).

    base : float, the log-odds at the average of every column
    facts : names, F of them; parts : (n, F), what each fact adds to or takes from the base
    log_odds, risk : (n,)
    """

    base: float
    facts: tuple[str, ...]
    parts: np.ndarray
    log_odds: np.ndarray
    risk: np.ndarray


@dataclass(frozen=True)
class HazardRecord:
    """The model on customers it had not seen (cross-validation by customer, on at most 40,000
    rows).

    rows, events : int; base_rate : float
    auc : chance that a leaver had the higher risk; capture : share of leavers in the top tenth
    calibration_error : mean distance of risk from what came, ten groups
    log_loss, base_log_loss : mean, of the model and of the base rate for everybody
    slope : what the log-odds had to be multiplied with to be as wide as they say
    """

    rows: int
    events: int
    base_rate: float
    auc: float
    capture: float
    calibration_error: float
    log_loss: float
    base_log_loss: float
    slope: float


class HazardModel:
    """logit P(leaves in this period | still there) = base + sum of what each fact adds.

    One row per customer and period begun, with the facts as known at its beginning: they may
    change from row to row. The duration so far is a fact too, as a smooth curve. Rows of one
    customer need no correction: the likelihood of a life is the product over its periods.

    The L2 penalty is chosen by cross-validation over customers; the out-of-fold log-odds then set
    intercept and slope, so that a risk of 20 % means that 20 of 100 leave.

    Assumes that log-odds add up (no interactions but those given as facts). Refuses:
    ``NotEnoughData("too_few_events")``: fewer than 20 rows with, or without, the event;
    ``NotIdentified("no_better_than_base_rate")``: on customers not seen before the model is not
    surely better than the base rate for everybody. Take the base rate then (in ``details``).

    Parameters
    ----------
    curved : names of number facts that get a smooth curve as the duration does
    penalty : the L2 penalty on standardised columns; None: chosen
    folds : parts of the cross-validation; seed : how customers are dealt to them

    >>> import numpy as np
    >>> random = np.random.default_rng(1)
    >>> calls, months = random.poisson(1.0, 4000), random.integers(0, 24, 4000)
    >>> left = random.random(4000) < 1 / (1 + np.exp(3 - 0.8 * calls + 0.03 * months))
    >>> model = HazardModel().fit({"calls": calls}, months, left)
    >>> why = model.reasons({"calls": [0, 4]}, [6, 6])
    >>> why.facts, why.risk.round(1).tolist()
    (('calls', 'duration'), [0.0, 0.5])
    >>> bool((why.base + why.parts.sum(axis=1) == why.log_odds).all())
    True

    Attributes
    ----------
    params_ : dict, column to float: log-odds per unit, after calibration
    standard_errors_ : dict, from the penalised likelihood (a posterior spread: smaller than that of
        an estimate without penalty, as the penalty is knowledge)
    penalty_ : float; record_ : :class:`HazardRecord`; customers_, events_ : int
    """

    params_: dict[str, float]
    standard_errors_: dict[str, float]
    penalty_: float
    record_: HazardRecord
    customers_: int
    events_: int

    def __init__(
        self,
        *,
        curved: Sequence[str] = (),
        penalty: float | None = None,
        folds: int = 5,
        seed: int = 0,
    ):
        self.curved, self.penalty, self.folds, self.seed = tuple(curved), penalty, folds, seed

    def fit(self, facts, duration, event, customer=None) -> "HazardModel":
        """From customer-periods.

        facts : columns by name, or an array (n, columns), as known when the period began
        duration : (n,) periods with us when it began, from 0 on
        event : (n,), 1 if the customer left in this period
        customer : (n,) keys; default: every row is another customer
        """
        table = _with_duration(facts, duration)
        self._design = DesignMatrix((*self.curved, DURATION)).fit(table)
        matrix = self._design.transform(table)
        outcome = _check_outcome(event, len(matrix))
        keys, who = key_codes(np.arange(len(matrix)) if customer is None else np.asarray(customer))
        if len(who) != len(matrix):
            raise InvalidInput("unequal_lengths", "customer must have the length of duration")
        self.customers_, self.events_ = len(keys), int(outcome.sum())
        self._mean, spread = matrix.mean(axis=0), matrix.std(axis=0)
        self._spread = np.where(spread > 1e-12 * np.maximum(np.abs(self._mean), 1.0), spread, 1.0)
        scaled = (matrix - self._mean) / self._spread
        self._calibrate(scaled, outcome, who)
        fitted = _penalised_logistic(scaled, outcome, self.penalty_)
        self._keep(fitted, scaled)
        return self

    def reasons(self, facts, duration) -> Reasons:
        """What each fact adds to each customer's log-odds, against the average; see
        :class:`Reasons`. A fact that cannot be changed is a reason all the same; a product may sort
        by size and show the first few with the rest as one."""
        scaled = self._scaled(facts, duration)
        by_column = scaled * self._coefficients
        owners = self._design.fact_
        names = tuple(dict.fromkeys(owners))
        parts = np.column_stack(
            [by_column[:, [owner == name for owner in owners]].sum(axis=1) for name in names]
        )
        log_odds = self._base + parts.sum(axis=1)
        return Reasons(self._base, names, parts, log_odds, expit(log_odds))

    def predict(self, facts, duration) -> np.ndarray:
        """Risk of leaving in the coming period, (n,)."""
        return self.reasons(facts, duration).risk

    def interval(self, facts, duration, level: float = 0.95):
        """Limits of the risk (of the probability, not of the outcome), two arrays (n,)."""
        scaled = self._scaled(facts, duration)
        rows = np.column_stack((np.ones(len(scaled)), scaled))
        error = np.sqrt(np.einsum("ni,ij,nj->n", rows, self._covariance, rows))
        log_odds, z = self.reasons(facts, duration).log_odds, normal_quantile(level)
        return expit(log_odds - z * error), expit(log_odds + z * error)

    def predict_survival(self, facts, duration, periods: int) -> np.ndarray:
        """Chance of being there after 1, 2, … ``periods`` more, shape (n, periods), if no fact but
        the duration changes. Beyond the longest duration of the fit the curve runs on straight."""
        duration = np.asarray(duration, dtype=np.float64)
        stay = [1 - self.predict(facts, duration + ahead) for ahead in range(periods)]
        return np.cumprod(np.stack(stay, axis=1), axis=1)

    def summary(self) -> str:
        """The record and the columns by weight, as text for a notebook."""
        record = self.record_
        width = max(map(len, self.params_)) + 2
        lines = [
            f"Hazard: {self.customers_:,} customers, {record.rows:,} periods, {self.events_:,}"
            f" events, penalty {self.penalty_:g}",
            f"On customers not seen: AUC {record.auc:.3f}, top tenth holds {record.capture:.1%},"
            f" calibration error {record.calibration_error:.3f},"
            f" log-loss {record.log_loss:.4f} (base rate {record.base_log_loss:.4f})",
            f"{'':>{width}}{'log-odds':>12}{'std. error':>12}",
        ]
        for name, value in self.params_.items():
            lines.append(f"{name:>{width}}{value:>12.4f}{self.standard_errors_[name]:>12.4f}")
        return "\n".join(lines)

    def _calibrate(self, scaled, outcome, who):
        """Penalty, intercept and slope from predictions for customers not seen."""
        shuffled = np.random.default_rng(self.seed).permutation(self.customers_)[who]
        chosen = shuffled < self.customers_ * min(1.0, ROWS_TO_CHOOSE / len(who))
        scaled, outcome, fold = scaled[chosen], outcome[chosen], shuffled[chosen] % self.folds
        penalties = PENALTIES if self.penalty is None else (self.penalty,)
        log_odds = np.empty((len(penalties), len(outcome)))
        for number in range(self.folds):
            inside, start = fold != number, None
            _refuse_too_few(outcome[inside])
            seen, known = scaled[inside], outcome[inside]
            for place, penalty in enumerate(penalties):
                start, _ = _penalised_logistic(seen, known, penalty, start, GOOD_ENOUGH_TO_CHOOSE)
                log_odds[place, ~inside] = start[0] + scaled[~inside] @ start[1:]
        loss = [_losses(candidate, outcome).mean() for candidate in log_odds]
        best = int(np.argmin(loss))
        self.penalty_ = float(penalties[best])
        line, _ = _penalised_logistic(log_odds[best][:, None], outcome, 0.0)
        self._intercept, self._slope = line.tolist()
        self.record_ = _record(line[0] + line[1] * log_odds[best], outcome, self._slope)

    def _keep(self, fitted, scaled):
        point, information = fitted
        self._base = self._intercept + self._slope * float(point[0])
        self._coefficients = self._slope * point[1:]
        self._covariance = self._slope**2 * np.linalg.inv(information)
        errors = np.sqrt(np.diag(self._covariance))[1:] / self._spread
        names = self._design.names_
        weights = self._coefficients / self._spread
        self.params_ = dict(zip(names, weights.tolist(), strict=True))
        self.standard_errors_ = dict(zip(names, errors.tolist(), strict=True))

    def _scaled(self, facts, duration):
        matrix = self._design.transform(_with_duration(facts, duration))
        return (matrix - self._mean) / self._spread


def _with_duration(facts, duration):
    facts = named(facts)
    if DURATION in facts:
        raise InvalidInput("duration_twice", "duration is given by itself, not among the facts")
    duration = np.asarray(duration, dtype=np.float64)
    if duration.ndim != 1 or not np.all(np.isfinite(duration) & (duration >= 0)):
        raise InvalidInput("impossible_duration", "durations must be numbers from 0 on")
    names = list(facts)
    return dict(zip(names, columns(facts, *names), strict=True)) | {DURATION: duration}


def _check_outcome(event, rows):
    outcome = np.asarray(event)
    if outcome.shape != (rows,):
        raise InvalidInput("unequal_lengths", "event must have the length of duration")
    if not np.isin(outcome, (0, 1)).all():
        raise InvalidInput("not_zero_or_one", "event must be 0 or 1")
    outcome = outcome.astype(np.float64)
    _refuse_too_few(outcome)
    return outcome


def _refuse_too_few(outcome):
    events = int(outcome.sum())
    if min(events, len(outcome) - events) < FEWEST_OF_EACH:
        raise NotEnoughData(
            "too_few_events",
            f"{events} events in {len(outcome)} periods cannot teach a risk",
            events=events,
            rows=len(outcome),
            needed=FEWEST_OF_EACH,
        )


def _penalised_logistic(matrix, outcome, penalty, start=None, tolerance=EXACT):
    """Point (intercept first) and information of the penalised likelihood, by Newton's method."""
    rows = np.column_stack((np.ones(len(matrix)), matrix))
    ridge = np.full(rows.shape[1], penalty)
    ridge[0] = 0.0
    point = np.zeros(rows.shape[1]) if start is None else start
    if start is None:
        share = outcome.mean()
        point[0] = np.log(share / (1 - share))
    value = _penalised_loss(rows, outcome, ridge, point)
    for _ in range(NEWTON_STEPS):
        risk = expit(rows @ point)
        gradient = np.einsum("n,nc->c", outcome - risk, rows) - ridge * point
        information = cross_product(rows, risk * (1 - risk)) + np.diag(ridge)
        try:
            step = np.linalg.solve(information, gradient)
        except np.linalg.LinAlgError as error:
            raise NotIdentified("separation", "the facts tell without exception") from error
        if np.max(np.abs(step)) < tolerance:
            return point + step, information
        for _ in range(30):
            further = _penalised_loss(rows, outcome, ridge, point + step)
            if further <= value + 1e-12 * abs(value):
                break
            step = step / 2
        point, value = point + step, further
    raise NotIdentified("not_converged", "the likelihood has no clear maximum")


def _penalised_loss(rows, outcome, ridge, point):
    return _losses(rows @ point, outcome).sum() + 0.5 * np.sum(ridge * point**2)


def _losses(log_odds, outcome):
    return -log_expit(np.where(outcome == 1, log_odds, -log_odds))


def _record(log_odds, outcome, slope):
    share = float(outcome.mean())
    loss = _losses(log_odds, outcome)
    base = _losses(np.full(len(outcome), np.log(share / (1 - share))), outcome)
    gain = base - loss
    sure = gain.mean() > SURELY * gain.std() / np.sqrt(len(gain))
    if slope <= 0 or not sure:
        raise NotIdentified(
            "no_better_than_base_rate",
            "on customers not seen the facts are not surely better than the base rate",
            base_rate=share,
            log_loss=float(loss.mean()),
            base_log_loss=float(base.mean()),
        )
    risk = expit(log_odds)
    return HazardRecord(
        rows=len(outcome),
        events=int(outcome.sum()),
        base_rate=share,
        auc=area_under_curve(risk, outcome),
        capture=capture(risk, outcome),
        calibration_error=calibration_error(risk, outcome),
        log_loss=float(loss.mean()),
        base_log_loss=float(base.mean()),
        slope=slope,
    )
