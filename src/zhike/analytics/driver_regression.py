"""What drives an outcome: regression with limits, shares of importance, and a reading of it."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtr, ndtri, stdtr, stdtrit

from .errors import InvalidInput, NotEnoughData, NotIdentified
from .moments import Sums
from .ordinal_likelihood import OrdinalFit, fit_ordinal, level_probabilities
from .path_modelling.bootstrap import Estimate
from .relative_importance import complete_dominance, explained_by_subsets, share_out, subsets
from .tables import columns

KINDS = ("linear", "logistic", "ordinal")
# Linear: Austin & Steyerberg 2015 find two enough for the coefficients; their limits want more.
ROWS_PER_DRIVER = 5
# Peduzzi, Concato, Kemper, Holford & Feinstein 1996, Journal of Clinical Epidemiology 49(12).
CASES_PER_DRIVER = 10
LARGEST_INFLATION = 1e6
CAREFUL_INFLATION = 5.0
MOST_REFITTED = 10
# Shares of what is explained, for the words of a reading.
MAIN_SHARE, MINOR_SHARE = 0.25, 0.05


@dataclass(frozen=True)
class Coefficient:
    """A coefficient with standard error, limits and p-value (of 0).

    Linear: change of the outcome per unit of the driver. Logistic and ordinal: change of the log
    odds of a higher outcome; ``exp`` of it is the odds ratio.
    """

    value: float
    standard_error: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True)
class Importance:
    """A driver's share of R² (McFadden's for logistic and ordinal).

    share : Shapley value; all shares sum to R²
    low, high : limits by resampling rows; None for logistic and ordinal, and from moments
    alone : R² of the driver by itself; ``last``: what is lost without it
    dominates : drivers that it beats in every company (complete dominance)
    """

    share: float
    low: float | None
    high: float | None
    alone: float
    last: float
    dominates: tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """What may be said of a driver, in codes that a product words.

    direction : "raises", "lowers" or "unclear" (limits hold 0)
    strength : "main" (a quarter or more of what is explained), "part", "minor" (below a twentieth)
    rank : by share, from 1
    effect, low, high : of one unit more, on the outcome (linear, ordinal: in its levels) or on its
        probability (logistic), averaged over the rows
    cautions : "goes_with_others" (variance inflation above 5), "sign_turns" (alone it points the
        other way: it may carry what another driver does)
    """

    driver: str
    direction: str
    strength: str
    rank: int
    effect: float
    low: float
    high: float
    cautions: tuple[str, ...]


class DriverRegression:
    """Linear, logistic (0/1) or ordinal (proportional odds, McCullagh 1980) regression.

    outcome, drivers : column names; drivers are numbers (0/1 for yes or no)
    kind : "linear", "logistic" or "ordinal"; ordinal outcomes are whole numbers in order

    Assumes independent rows and additive effects; linear: equal spread of errors unless
    ``robust=True`` (HC3, MacKinnon & White 1985); ordinal: one effect at every level. What is found
    are associations: a driver that stands for another isn't a lever.

    Fitted attributes
    -----------------
    coefficients_ : dict of :class:`Coefficient`; ``intercepts_``: list of them (ordinal:
        thresholds, P(outcome <= level) = expit(threshold - effects))
    r_squared_ (linear R², else McFadden's), log_likelihood_ (None if linear), rows_
    inflation_ : dict of variance inflation factors

    Refuses: ``NotEnoughData`` with ``too_few_rows`` below five rows per driver and
    ``too_few_cases`` below ten of the rarer outcome per driver; ``NotIdentified`` with
    ``no_variation``, ``collinear_drivers``, ``separated`` (drivers tell the outcome without error:
    no coefficient is finite).

    >>> snoring = {"score": [0, 2, 4, 5] * 2, "ill": [1] * 4 + [0] * 4}
    >>> people = [24, 35, 21, 30, 1355, 603, 192, 224]
    >>> model = DriverRegression("ill", ["score"], kind="logistic").fit(snoring, people)
    >>> round(model.coefficients_["score"].value, 4), model.read()[0].direction
    (0.3973, 'raises')
    """

    coefficients_: dict[str, Coefficient]
    intercepts_: list[Coefficient]
    r_squared_: float
    log_likelihood_: float | None
    inflation_: dict[str, float]
    rows_: float
    _rows: np.ndarray

    def __init__(
        self, outcome: str, drivers, *, kind: str = "linear", robust: bool = False, level=0.95
    ):
        self.outcome, self.drivers = outcome, tuple(drivers)
        if kind not in KINDS or not 0 < level < 1 or (robust and kind != "linear"):
            raise InvalidInput("unknown_option", f"kind is one of {KINDS}; robust is for linear")
        if not self.drivers or len({outcome, *self.drivers}) <= len(self.drivers):
            raise InvalidInput("name_twice", "outcome and drivers must be different columns")
        self.kind, self.robust, self.level = kind, robust, level

    def fit(self, table, weights=None) -> "DriverRegression":
        """``weights`` counts how often each row stands (default once)."""
        arrays = columns(table, *self.drivers, self.outcome)
        try:
            values = np.stack([np.asarray(array, dtype=float) for array in arrays], axis=1)
        except (TypeError, ValueError) as error:
            raise InvalidInput("not_numbers", "columns must hold numbers") from error
        if not np.isfinite(values).all():
            raise InvalidInput("not_numbers", "columns must hold finite numbers")
        counts = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=float)
        if counts.shape != (len(values),) or not (counts >= 0).all():
            raise InvalidInput("wrong_weights", "one count per row is needed")
        values, counts = values[counts > 0], counts[counts > 0]
        if not len(values):
            raise NotEnoughData("too_few_rows", "there are no rows", rows=0.0)
        self._rows, self._outcome = values[:, :-1], values[:, -1]
        self._counts = counts
        self._check_outcome()
        means = (counts @ values) / counts.sum()
        centred = values - means
        covariance = centred.T @ (centred * counts[:, None]) / max(counts.sum() - 1, 1)
        self._prepare(covariance, means, counts.sum())
        if self.kind == "linear":
            self._keep_linear()
        else:
            self._keep_ordinal()
        return self

    def fit_moments(self, covariance, rows: int, means) -> "DriverRegression":
        """Linear only: covariances and means of drivers, then outcome; for published tables."""
        if self.kind != "linear" or self.robust:
            raise InvalidInput("needs_rows", "only plain linear regression needs no rows")
        self._rows = np.empty((0, len(self.drivers)))
        self._prepare(np.asarray(covariance, dtype=float), np.asarray(means, dtype=float), rows)
        self._keep_linear()
        return self

    def predict(self, table) -> np.ndarray:
        """Linear: expected outcome; logistic: probability of 1; ordinal: expected level. (rows,)"""
        effects = np.stack(columns(table, *self.drivers), axis=1).astype(float) @ self._slopes
        if self.kind == "linear":
            return self.intercepts_[0].value + effects
        if self.kind == "logistic":
            return expit(self.intercepts_[0].value + effects)
        thresholds = np.array([found.value for found in self.intercepts_])
        return level_probabilities(thresholds, effects) @ self._levels

    def partial_effects(self) -> dict[str, Estimate]:
        """One unit more of a driver, others as they are, averaged over the rows, with limits.

        Logistic: change of the probability; ordinal: of the expected level. By the delta method.
        """
        if self.kind == "linear":
            return {
                name: Estimate(found.value, found.standard_error, found.low, found.high)
                for name, found in self.coefficients_.items()
            }
        values, slopes = self._average_effects(self._fit.parameters)
        errors = np.sqrt(np.einsum("ij,jk,ik->i", slopes, self._fit.covariance, slopes))
        reach = ndtri((1 + self.level) / 2) * errors
        numbers = np.stack([values, errors, values - reach, values + reach], axis=1).tolist()
        return {name: Estimate(*row) for name, row in zip(self.drivers, numbers, strict=True)}

    def importance(self, *, samples: int = 500, seed: int = 0) -> dict[str, Importance]:
        """Shares of R²: Shapley values (LMG), with limits by resampling rows if linear.

        Logistic and ordinal models are fitted anew for every subset of at most ten drivers.
        """
        low = high = None
        if self.kind == "linear":
            explained = explained_by_subsets(self._covariance[None])
            if len(self._rows):
                low, high = self._resampled_shares(samples, seed)
        else:
            explained = self._explained_by_refits()
        shares, dominant = share_out(explained), complete_dominance(explained[0])
        found = {}
        for place, name in enumerate(self.drivers):
            beaten = np.flatnonzero(dominant[place])
            found[name] = Importance(
                float(shares.shapley[0, place]),
                None if low is None else float(low[place]),
                None if high is None else float(high[place]),
                float(shares.alone[0, place]),
                float(shares.last[0, place]),
                tuple(self.drivers[other] for other in beaten),
            )
        return found

    def read(self) -> list[Reading]:
        """What may be said of each driver, most important first; codes, not text."""
        shares = {name: found.share for name, found in self.importance(samples=0).items()}
        ranked = sorted(self.drivers, key=lambda name: (-shares[name], name))
        total, effects = sum(shares.values()), self.partial_effects()
        readings = []
        for rank, name in enumerate(ranked, 1):
            found, place = self.coefficients_[name], self.drivers.index(name)
            direction = "raises" if found.low > 0 else "lowers" if found.high < 0 else "unclear"
            share = shares[name] / total if total > 0 else 0.0
            strength = "main" if share >= MAIN_SHARE else "minor" if share < MINOR_SHARE else "part"
            cautions = []
            if self.inflation_[name] > CAREFUL_INFLATION:
                cautions.append("goes_with_others")
            if self._covariance[place, -1] * found.value < 0 and direction != "unclear":
                cautions.append("sign_turns")
            effect = effects[name]
            readings.append(
                Reading(
                    name,
                    direction,
                    strength,
                    rank,
                    effect.value,
                    effect.low,
                    effect.high,
                    tuple(cautions),
                )
            )
        return readings

    def _check_outcome(self):
        present = np.unique(self._outcome)
        if self.kind == "logistic" and not set(present.tolist()) <= {0.0, 1.0}:
            raise InvalidInput("not_binary", "the outcome of a logistic regression is 0 or 1")
        if self.kind == "ordinal" and not (present == np.round(present)).all():
            raise InvalidInput("not_ordered", "an ordinal outcome is a whole number")
        self._levels = present
        if len(present) < 2:
            raise NotIdentified("no_variation", "the outcome never varies", name=self.outcome)
        if self.kind != "linear":
            cases = [self._counts[self._outcome == level].sum() for level in present]
            # Of the rarer side: what a split at any level can tell.
            rarer = max(min(sum(cases[:cut]), sum(cases[cut:])) for cut in range(1, len(cases)))
            self._refuse_few("too_few_cases", rarer, CASES_PER_DRIVER)

    def _refuse_few(self, code, rows, per_driver):
        needed = per_driver * len(self.drivers)
        if rows < needed:
            raise NotEnoughData(
                code, f"{rows:.0f} rows that tell, {needed} needed", rows=float(rows), needed=needed
            )

    def _prepare(self, covariance, means, rows):
        self._covariance, self._means, self.rows_ = covariance, means, float(rows)
        self._refuse_few("too_few_rows", rows, ROWS_PER_DRIVER)
        variance = np.diagonal(covariance)
        for name, spread, mean in zip((*self.drivers, self.outcome), variance, means, strict=True):
            if not spread > 1e-12 * max(mean**2, 1e-12):
                raise NotIdentified("no_variation", f"{name} never varies", name=name)
        deviation = np.sqrt(variance[:-1])
        correlations = covariance[:-1, :-1] / np.outer(deviation, deviation)
        if np.linalg.cond(correlations) > LARGEST_INFLATION:
            raise NotIdentified("collinear_drivers", "drivers determine each other")
        inflation = np.diagonal(np.linalg.inv(correlations)).tolist()
        self.inflation_ = dict(zip(self.drivers, inflation, strict=True))

    def _keep_linear(self):
        rows, count = self.rows_, len(self.drivers)
        inverse = np.linalg.inv(self._covariance[:-1, :-1])
        slopes = inverse @ self._covariance[:-1, -1]
        unexplained = self._covariance[-1, -1] - slopes @ self._covariance[:-1, -1]
        self.r_squared_ = float(1 - unexplained / self._covariance[-1, -1])
        self.log_likelihood_ = None
        freedom = rows - count - 1
        if self.robust:
            spread = self._robust_covariance(slopes, inverse)
        else:
            variance = unexplained * (rows - 1) / freedom
            mean = self._means[:-1]
            spread = np.empty((count + 1, count + 1))
            spread[1:, 1:] = variance * inverse / (rows - 1)
            spread[0, 1:] = spread[1:, 0] = -spread[1:, 1:] @ mean
            spread[0, 0] = variance / rows + mean @ spread[1:, 1:] @ mean
        intercept = self._means[-1] - slopes @ self._means[:-1]
        found = self._coefficients(np.r_[intercept, slopes], spread, freedom)
        self.intercepts_, self._slopes = found[:1], slopes
        self.coefficients_ = dict(zip(self.drivers, found[1:], strict=True))

    def _robust_covariance(self, slopes, inverse):
        """HC3: residuals over 1 - leverage, between two inverses."""
        centred = self._rows - self._means[:-1]
        residuals = self._outcome - self._means[-1] - centred @ slopes
        pull = np.einsum("ij,jk,ik->i", centred, inverse, centred) / (self.rows_ - 1)
        pull += 1 / self.rows_
        design = np.column_stack([np.ones(len(centred)), centred])
        scaled = design * (residuals / np.maximum(1 - pull, 1e-9))[:, None]
        meat = (scaled * self._counts[:, None]).T @ scaled
        bread = np.zeros_like(meat)
        bread[0, 0], bread[1:, 1:] = 1 / self.rows_, inverse / (self.rows_ - 1)
        # From the centred intercept back to the one at 0.
        back = np.eye(len(meat))
        back[0, 1:] = -self._means[:-1]
        return back @ bread @ meat @ bread @ back.T

    def _keep_ordinal(self):
        self._fit = self._fitted(np.arange(len(self.drivers)))
        self.log_likelihood_ = self._fit.log_likelihood
        self.r_squared_ = float(1 - self._fit.log_likelihood / self._fit.null_log_likelihood)
        cuts = len(self._levels) - 1
        found = self._coefficients(self._fit.parameters, self._fit.covariance, np.inf)
        self.intercepts_ = found[:cuts]
        if self.kind == "logistic":
            # As it is usually written: P(1) = expit(intercept + effects).
            turned = found[0]
            self.intercepts_ = [
                Coefficient(
                    -turned.value, turned.standard_error, -turned.high, -turned.low, turned.p_value
                )
            ]
        self._slopes = self._fit.parameters[cuts:]
        self.coefficients_ = dict(zip(self.drivers, found[cuts:], strict=True))

    def _fitted(self, drivers) -> OrdinalFit:
        level = np.searchsorted(self._levels, self._outcome)
        return fit_ordinal(self._rows[:, drivers], level, self._counts, len(self._levels))

    def _coefficients(self, values, covariance, freedom) -> list[Coefficient]:
        errors = np.sqrt(np.diagonal(covariance))
        share = (1 + self.level) / 2
        reach = ndtri(share) if np.isinf(freedom) else stdtrit(freedom, share)
        ratio = -np.abs(values / errors)
        p_values = 2 * (ndtr(ratio) if np.isinf(freedom) else stdtr(freedom, ratio))
        numbers = [values, errors, values - reach * errors, values + reach * errors, p_values]
        return [Coefficient(*row) for row in np.stack(numbers, axis=1).tolist()]

    def _average_effects(self, parameters):
        """Average effects (k,) and their slopes in the parameters (k, parameters).

        The expected level rises by the sum over thresholds of step · f(threshold - effects), times
        the coefficient; with one threshold this is the change of a probability.
        """
        cuts = len(self._levels) - 1
        slopes = parameters[cuts:]
        steps = np.diff(self._levels)
        share = self._counts / self._counts.sum()
        effects = self._rows @ slopes
        below = expit(parameters[:cuts][None] - effects[:, None])
        density = steps * below * (1 - below)
        bend = density * (1 - 2 * below)
        average = float(share @ density.sum(axis=1))
        by_threshold = share @ bend
        by_slope = -(share * bend.sum(axis=1)) @ self._rows
        gradient = np.outer(slopes, np.r_[by_threshold, by_slope])
        gradient[:, cuts:] += average * np.eye(len(slopes))
        return average * slopes, gradient

    def _resampled_shares(self, samples, seed):
        if samples < 1:
            return None, None
        parts = []
        random = np.random.default_rng(seed)
        chance = self._counts / self._counts.sum()
        sums = Sums(np.column_stack([self._rows, self._outcome]))
        for size in sums.batches(samples):
            copies = random.multinomial(int(round(self.rows_)), chance, size)
            moments = sums.moments(copies)
            parts.append(share_out(explained_by_subsets(moments.covariances)).shapley)
        share = (1 + self.level) / 2
        return np.quantile(np.concatenate(parts), [1 - share, share], axis=0)

    def _explained_by_refits(self):
        if len(self.drivers) > MOST_REFITTED:
            raise InvalidInput(
                "too_many_drivers",
                f"at most {MOST_REFITTED} drivers of a logistic or ordinal outcome",
                drivers=len(self.drivers),
            )
        null = self._fit.null_log_likelihood
        held = subsets(len(self.drivers))
        found = [self._fitted(np.flatnonzero(members)).log_likelihood for members in held[1:]]
        return np.r_[0.0, 1 - np.array(found) / null][None]
