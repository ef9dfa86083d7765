"""Cox regression: how facts raise or lower the rate of leaving.

Cox 1972, JRSS B 34, 187-220; ties: Efron 1977, JASA 72, 557-565; check of proportional hazards:
Grambsch & Therneau 1994, Biometrika 81, 515-526; concordance: Harrell et al. 1996, Statistics in
Medicine 15, 361-387; refusal with few events: Vittinghoff & McCulloch 2007, Am. J. Epidemiology
165, 710-718.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, ndtr

from .design_matrix import DesignMatrix, cross_product, standardise
from .errors import InvalidInput, NotEnoughData, NotIdentified
from .grouping import key_codes, ranks
from .kaplan_meier import KaplanMeier, log_log_limits
from .likelihood import is_positive_definite
from .survival_times import check_survival, normal_quantile

EVENTS_PER_FACT = 5
FEWEST_EVENTS = 10
NEWTON_STEPS = 50
# exp(15): hazards three million times apart between the extremes of one fact.
RUNAWAY = 15.0


class Cox:
    """Proportional hazards, h(t | x) = h0(t) exp(x b), by partial likelihood with Efron's ties.

    At a time with events E (d of them) among those at risk R, with w = exp(x b)::

        log L = sum_{i in E} x_i b - sum_{l=0}^{d-1} log(sum_{j in R} w_j - l/d sum_{j in E} w_j)

    Assumes that hazard ratios do not change with duration (ask :meth:`proportional_hazards`) and
    independent censoring. Strata have baselines of their own and share the coefficients.

    Refuses: what :func:`check_survival` refuses; ``NotEnoughData("too_few_events")``: fewer than
    ten events, or than five per column; ``NotIdentified``: ``no_variation``, ``collinear``,
    ``separation`` (a fact tells without exception who leaves first, so its coefficient runs away),
    ``not_converged``.

    Remission of leukaemia under 6-MP (Freireich et al. 1963); the coefficient of treatment is
    printed as 1.57 with error .41:

    >>> treated = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    >>> placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    >>> event = [1] * 9 + [0] * 12 + [1] * 21
    >>> cox = Cox().fit({"placebo": [0] * 21 + [1] * 21}, treated + placebo, event)
    >>> round(cox.params_["placebo"], 2), round(cox.standard_errors_["placebo"], 2)
    (1.57, 0.41)

    Attributes
    ----------
    params_, standard_errors_, p_values_ : dict, column to float (log hazard ratio; Wald)
    covariance_ : (C, C), in the order of ``params_``
    log_likelihood_, null_log_likelihood_ : float, partial, with and without the facts
    concordance_ : float, Harrell's C on the data of the fit
    events_, customers_ : int
    baseline_ : dict, stratum to :class:`Baseline` (key None without strata)
    """

    params_: dict[str, float]
    standard_errors_: dict[str, float]
    p_values_: dict[str, float]
    covariance_: np.ndarray
    log_likelihood_: float
    null_log_likelihood_: float
    concordance_: float
    events_: int
    customers_: int
    baseline_: dict

    def fit(self, facts, duration, event, *, strata=None) -> "Cox":
        """Maximum partial likelihood.

        facts : columns by name (numbers, booleans, text) or an array (n, columns)
        duration, event : (n,); event is 1 where the end was seen
        strata : (n,) keys of groups with baselines of their own
        """
        times = check_survival(duration, event)
        self._design = DesignMatrix().fit(facts)
        matrix = self._design.transform(facts)
        names = self._design.names_
        keys, stratum = _strata(strata, len(times.event))
        if len(matrix) != len(times.event):
            raise InvalidInput("unequal_lengths", "facts must have the length of duration")
        self._refuse_too_few(int(times.event.sum()), len(names))
        scaled, mean, spread = standardise(matrix, names)
        order = np.lexsort((~times.event, times.duration, stratum))
        risk = _RiskSets(times.duration[order], times.event[order], stratum[order], scaled[order])
        coefficients, value, information = _newton(risk, names)
        self._mean, self._risk, self._linear = mean, risk, scaled[order] @ coefficients
        self._scaled_information, self._spread = information, spread
        coefficients = coefficients / spread
        self.covariance_ = np.linalg.inv(information) / np.outer(spread, spread)
        errors = np.sqrt(np.diag(self.covariance_))
        p_values = 2 * ndtr(-np.abs(coefficients / errors))
        self.params_, self.standard_errors_, self.p_values_ = (
            dict(zip(names, array.tolist(), strict=True))
            for array in (coefficients, errors, p_values)
        )
        self.log_likelihood_ = value
        self.null_log_likelihood_ = risk.log_likelihood(np.zeros(len(names)))[0]
        self.events_, self.customers_ = int(times.event.sum()), len(times.event)
        self.concordance_ = concordance(times.duration, times.event, matrix @ coefficients, stratum)
        self.baseline_ = _baselines(risk, self._linear, keys)
        return self

    def hazard_ratios(self, level: float = 0.95) -> dict[str, tuple[float, float, float]]:
        """exp(b) with its limits, by column: (ratio, low, high)."""
        z = normal_quantile(level)
        ratios = {}
        for name, value in self.params_.items():
            reach = z * self.standard_errors_[name]
            low, ratio, high = np.exp([value - reach, value, value + reach]).tolist()
            ratios[name] = (ratio, low, high)
        return ratios

    def predict_hazard_ratio(self, facts) -> np.ndarray:
        """exp((x - mean) b), shape (n,): the rate of leaving against the average customer."""
        return np.exp((self._design.transform(facts) - self._mean) @ self._coefficients())

    def predict_survival(self, facts, t, *, strata=None) -> np.ndarray:
        """S(t | x) = exp(-H0(t) exp((x - mean) b)), shape (n, times); refuses
        (``beyond_the_data``) times after the longest duration of the stratum."""
        return self._survival(facts, t, strata)[0]

    def survival_interval(self, facts, t, *, strata=None, level: float = 0.95):
        """Limits of :meth:`predict_survival` on the log-log scale, two arrays (n, times).

        The variance of H(t | x) is that of the coefficients and of the baseline together (Tsiatis
        1981, Annals of Statistics 9, 93-108).
        """
        survival, error = self._survival(facts, t, strata)
        return log_log_limits(survival, error, normal_quantile(level))

    def proportional_hazards(self, transform: str = "km") -> "ProportionalHazards":
        """Do the hazard ratios stay the same over time?

        Correlates the scaled Schoenfeld residuals with a function g of time: ``km`` (1 minus
        Kaplan-Meier just before), ``rank`` or ``identity`` of the times of events. With r the
        residuals, V the covariance, D events and g centred::

            column c:  (sum_k g_k (D V r_k)_c)^2 / (D V_cc sum g^2)        1 degree of freedom
            together:  (sum_k g_k r_k)' D V (sum_k g_k r_k) / sum g^2      C degrees

        A small p-value says: the effect of that fact grows or fades; put it into strata, or use
        :class:`HazardModel`.
        """
        duration = self._risk.duration[self._risk.event]
        g = _transformed(transform, self._risk, duration)
        g = g - g.mean()
        residuals = self._risk.schoenfeld(self._linear)
        covariance = np.linalg.inv(self._scaled_information)
        spread = np.sum(g**2)
        if spread <= 0:
            raise NotEnoughData("one_time", "all events happened at one time")
        weighted = np.einsum("k,kc->c", g, residuals)
        scaled = covariance @ weighted
        statistic = self.events_ * scaled**2 / (np.diag(covariance) * spread)
        together = float(self.events_ * (weighted @ scaled) / spread)
        names = list(self.params_)
        return ProportionalHazards(
            dict(zip(names, statistic.tolist(), strict=True)),
            dict(zip(names, chdtrc(1, statistic).tolist(), strict=True)),
            together,
            float(chdtrc(len(names), together)),
        )

    def summary(self) -> str:
        """Coefficients, hazard ratios and limits, as text for a notebook."""
        width = max(map(len, self.params_), default=0) + 2
        lines = [
            f"Cox: {self.customers_:,} customers, {self.events_:,} events, log-likelihood"
            f" {self.log_likelihood_:,.3f} (without facts {self.null_log_likelihood_:,.3f}),"
            f" concordance {self.concordance_:.3f}",
            f"{'':>{width}}{'coef.':>12}{'std. error':>12}{'p':>8}"
            f"{'ratio':>10}{'low':>10}{'high':>10}",
        ]
        for name, (ratio, low, high) in self.hazard_ratios().items():
            lines.append(
                f"{name:>{width}}{self.params_[name]:>12.4f}{self.standard_errors_[name]:>12.4f}"
                f"{self.p_values_[name]:>8.4f}{ratio:>10.3f}{low:>10.3f}{high:>10.3f}"
            )
        return "\n".join(lines)

    def _refuse_too_few(self, events, facts):
        needed = max(FEWEST_EVENTS, EVENTS_PER_FACT * facts)
        if events < needed:
            raise NotEnoughData(
                "too_few_events",
                f"{events} events cannot tell {facts} facts apart; {needed} are needed",
                events=events,
                needed=needed,
            )

    def _coefficients(self):
        return np.array(list(self.params_.values()))

    def _survival(self, facts, t, strata):
        t = np.atleast_1d(np.asarray(t, dtype=np.float64))
        scaled = (self._design.transform(facts) - self._mean) / self._spread
        ratio = np.exp(scaled @ (self._coefficients() * self._spread))
        covariance = np.linalg.inv(self._scaled_information)
        survival, error = np.empty((2, len(scaled), len(t)))
        for key, rows in self._rows_by_stratum(strata, len(scaled)):
            baseline = self.baseline_[key]
            place = baseline.place(t)
            hazard = np.concatenate(([0.0], baseline.cumulative_hazard))[place]
            variance = np.concatenate(([0.0], baseline.variance))[place]
            drift = np.vstack((np.zeros((1, scaled.shape[1])), baseline.drift))[place]
            gap = hazard[None, :, None] * scaled[rows, None, :] - drift[None]
            doubt = variance + np.einsum("nti,ij,ntj->nt", gap, covariance, gap)
            survival[rows] = np.exp(-hazard * ratio[rows, None])
            error[rows] = survival[rows] * ratio[rows, None] * np.sqrt(doubt)
        return survival, error

    def _rows_by_stratum(self, strata, rows):
        if strata is None:
            if None not in self.baseline_:
                raise InvalidInput("strata_needed", "the model has strata: say which each is in")
            return [(None, np.arange(rows))]
        strata = np.asarray(strata)
        keys = [key.item() if hasattr(key, "item") else key for key in np.unique(strata)]
        unknown = [key for key in keys if key not in self.baseline_]
        if unknown or len(strata) != rows:
            raise InvalidInput("unknown_stratum", "strata must be those of the fit, one per row")
        return [(key, np.flatnonzero(strata == key)) for key in keys]


@dataclass(frozen=True, eq=False)
class Baseline:
    """Hazard of the average customer of one stratum (Efron's estimate).

    time : (K,) distinct times of events; cumulative_hazard : (K,); last : longest duration;
    variance, drift : (K,), (K, C) what the interval needs
    """

    time: np.ndarray
    cumulative_hazard: np.ndarray
    last: float
    variance: np.ndarray
    drift: np.ndarray

    def place(self, t):
        if np.any(~(t <= self.last)):
            raise NotEnoughData(
                "beyond_the_data",
                f"nobody was observed longer than {self.last:g}",
                last=self.last,
                asked=float(np.max(t)),
            )
        return np.searchsorted(self.time, t, side="right")


@dataclass(frozen=True)
class ProportionalHazards:
    """statistic, p_value : dict, by column (chi-square, one degree of freedom)
    together, together_p_value : float, of all columns at once"""

    statistic: dict[str, float]
    p_value: dict[str, float]
    together: float
    together_p_value: float


def concordance(duration, event, risk, stratum=None) -> float:
    """Harrell's C: of all pairs of which it is known who left first, the share in which that one
    had the higher ``risk``; equal risk counts one half. 0.5 is chance.

    Two events at one time are no pair; an event and a censoring at one time are. Counted in
    O(n log n). Refuses ``NotEnoughData("no_pair")``.

    >>> concordance([1, 2, 3, 4], [1, 1, 0, 1], [9, 5, 7, 1])
    0.8
    """
    times = check_survival(duration, event)
    _, risk = np.unique(np.asarray(risk, dtype=np.float64), return_inverse=True)
    stratum = np.zeros(len(risk), dtype=np.int64) if stratum is None else np.asarray(stratum)
    # Two who left at one time stand in the order of their risk, so that neither counts as after
    # and lower.
    order = np.lexsort((risk, ~times.event, times.duration, stratum))
    event, risk, stratum = times.event[order], risk[order], stratum[order]
    size = len(risk)
    starts = _starts(stratum, times.duration[order], event)
    end_of_ties = np.repeat(np.append(starts[1:], size), np.diff(np.append(starts, size)))
    end_of_stratum = np.searchsorted(stratum, stratum, side="right")
    pairs = np.sum((end_of_stratum - end_of_ties)[event])
    if pairs == 0:
        raise NotEnoughData("no_pair", "of no two customers is it known who left first")
    # Strata are compared within: later strata get ranks above all of this one.
    key = stratum * (int(risk.max()) + 1) + risk
    lower = _later_and_lower(key)
    equal = _later_and_equal(key, end_of_ties)
    return float((np.sum(lower[event]) + 0.5 * np.sum(equal[event])) / pairs)


class _RiskSets:
    """Sorted by stratum and duration; sums over those at risk are cumulative sums from the end."""

    def __init__(self, duration, event, stratum, matrix):
        self.duration, self.event, self.stratum = duration, event, stratum
        self.matrix = matrix
        size = len(duration)
        death = np.flatnonzero(event)
        first = _starts(stratum[death], duration[death])
        self.first = death[first]  # first event of each distinct time
        self.deaths = np.diff(np.append(first, len(death)))
        # Within a tie events stand before censorings, so those at risk begin at the first event.
        self.end = np.searchsorted(stratum, stratum[self.first], side="right")
        self.which = np.repeat(np.arange(len(first)), self.deaths)
        step = np.arange(len(death)) - np.repeat(first, self.deaths)
        self.fraction = step / self.deaths[self.which]
        self.death = death
        # Last time of events at or before each row, in its stratum; -1 before the first.
        last = np.cumsum(np.isin(np.arange(size), self.first)) - 1
        before = (last < 0) | (stratum[self.first[np.maximum(last, 0)]] != stratum)
        self.last = np.where(before, -1, last)
        self.opening = np.searchsorted(stratum[self.first], stratum[self.first], side="left")

    def log_likelihood(self, coefficients):
        """Value, gradient and information (minus the second derivatives)."""
        linear = self.matrix @ coefficients
        shift = linear.max()
        weight = np.exp(linear - shift)
        terms = _Terms(self, weight)
        value = np.sum(linear[self.death]) - np.sum(np.log(terms.denominator) + shift)
        rows = weight * self._hazard_met(terms)
        gradient = np.sum(self.matrix[self.death], axis=0) - np.einsum("n,nc->c", rows, self.matrix)
        information = cross_product(self.matrix, rows) - terms.outer_products()
        return float(value), gradient, information

    def _hazard_met(self, terms):
        """How often each row stands in a denominator, each time divided by it."""
        growth = np.cumsum(terms.single)
        opening = (growth - terms.single)[self.opening]
        met = np.where(self.last >= 0, (growth - opening)[self.last], 0.0)
        met[self.death] -= terms.single_part[self.which]
        return met

    def schoenfeld(self, linear):
        """Columns of each event minus their mean among those at risk; (D, C)."""
        terms = _Terms(self, np.exp(linear - linear.max()))
        mean = (
            terms.single[:, None] * terms.at_risk_x - terms.single_part[:, None] * terms.died_x
        ) / self.deaths[:, None]
        return self.matrix[self.death] - mean[self.which]


class _Terms:
    """Efron's denominators, and the sums over those at risk and those who left at each time."""

    def __init__(self, risk: _RiskSets, weight):
        weighted = np.column_stack((weight, weight[:, None] * risk.matrix))
        at_risk = _sums_to_the_end(weighted, risk.first, risk.end)
        died = np.add.reduceat(weighted[risk.death], _tie_starts(risk.deaths), axis=0)
        self.at_risk_x, self.died_x = at_risk[:, 1:], died[:, 1:]
        self.denominator = at_risk[risk.which, 0] - risk.fraction * died[risk.which, 0]
        inverse, size = 1 / self.denominator, len(risk.first)

        def summed(values):
            return np.bincount(risk.which, weights=values, minlength=size)

        self.single, self.single_part = summed(inverse), summed(risk.fraction * inverse)
        self.double = summed(inverse**2)
        self.double_part = summed(risk.fraction * inverse**2)
        self.double_part_part = summed(risk.fraction**2 * inverse**2)

    def outer_products(self):
        """Sum over denominators of the outer product of the mean at risk with itself."""
        mixed = np.einsum("k,ki,kj->ij", self.double_part, self.at_risk_x, self.died_x)
        return (
            cross_product(self.at_risk_x, self.double)
            - (mixed + mixed.T)
            + cross_product(self.died_x, self.double_part_part)
        )

    def drift(self):
        return self.double[:, None] * self.at_risk_x - self.double_part[:, None] * self.died_x


def _newton(risk, names):
    """Coefficients, log-likelihood, information; steps are halved until the likelihood rises."""
    point = np.zeros(risk.matrix.shape[1])
    value, gradient, information = risk.log_likelihood(point)
    for _ in range(NEWTON_STEPS):
        if not is_positive_definite(information):
            break
        step = np.linalg.solve(information, gradient)
        if np.max(np.abs(step)) < 1e-9:
            return point, value, information
        for _ in range(30):
            further = risk.log_likelihood(point + step)
            if further[0] >= value - 1e-12 * abs(value):
                break
            step = step / 2
        point = point + step
        value, gradient, information = further
    raise _no_maximum(point, risk.matrix, names)


def _no_maximum(point, matrix, names):
    reach = np.abs(point) * np.ptp(matrix, axis=0)
    if np.max(reach) > RUNAWAY:
        name = names[int(np.argmax(reach))]
        return NotIdentified(
            "separation", f"{name} tells without exception who leaves first", column=name
        )
    return NotIdentified("not_converged", "the partial likelihood has no clear maximum")


def _baselines(risk, linear, keys):
    shift = linear.max()
    terms = _Terms(risk, np.exp(linear - shift))
    scale = np.exp(-shift)
    owner = risk.stratum[risk.first]
    result = {}
    for place, key in enumerate(keys):
        inside, rows = owner == place, risk.stratum == place
        result[key] = Baseline(
            time=risk.duration[risk.first][inside],
            cumulative_hazard=np.cumsum(terms.single[inside]) * scale,
            last=float(risk.duration[rows].max()),
            variance=np.cumsum(terms.double[inside]) * scale**2,
            drift=np.cumsum(terms.drift()[inside], axis=0) * scale,
        )
    return result


def _transformed(transform, risk, duration):
    if transform == "identity":
        return duration
    if transform == "rank":
        return ranks(duration)
    if transform == "km":
        curve = KaplanMeier().fit(risk.duration, risk.event)
        before = np.concatenate(([1.0], curve.survival_))
        return 1 - before[np.searchsorted(curve.time_, duration, side="left")]
    raise InvalidInput("unknown_transform", "transform must be km, rank or identity")


def _strata(strata, rows):
    if strata is None:
        return [None], np.zeros(rows, dtype=np.int64)
    keys, stratum = key_codes(np.asarray(strata))
    if len(stratum) != rows:
        raise InvalidInput("unequal_lengths", "strata must have the length of duration")
    return keys.tolist(), stratum


def _starts(*arrays):
    """Positions at which any of the sorted columns changes, the first included."""
    changed = np.ones(len(arrays[0]), dtype=bool)
    changed[1:] = np.any([array[1:] != array[:-1] for array in arrays], axis=0)
    return np.flatnonzero(changed)


def _tie_starts(deaths):
    return np.cumsum(deaths) - deaths


def _sums_to_the_end(values, first, end):
    """Sum of rows ``first`` to ``end`` - 1 for each pair; ``end`` is the end of a stratum."""
    from_here = np.cumsum(values[::-1], axis=0)[::-1]
    from_here = np.vstack((from_here, np.zeros((1, values.shape[1]))))
    return from_here[first] - from_here[end]


def _later_and_lower(rank):
    """For each row, how many later rows have a lower rank.

    Two different ranks first differ at one bit: per bit, rows with equal higher bits are looked at
    together, and a row with the bit set counts the later rows without it.
    """
    lower = np.zeros(len(rank), dtype=np.int64)
    for bit in range(int(rank.max()).bit_length()):
        block = rank >> (bit + 1)
        order = np.argsort(block, kind="stable")
        clear = ((rank[order] >> bit) & 1) == 0
        so_far = np.cumsum(clear)
        end = np.searchsorted(block[order], block[order], side="right") - 1
        lower[order] += np.where(clear, 0, so_far[end] - so_far)
    return lower


def _later_and_equal(key, from_row):
    """For each row, how many rows from ``from_row`` on have the same key."""
    order = np.argsort(key, kind="stable")
    width = len(key) + 1
    places = key[order] * width + order
    return np.searchsorted(places, (key + 1) * width) - np.searchsorted(
        places, key * width + from_row
    )
