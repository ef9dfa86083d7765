"""BG/NBD: repeat purchases until an unseen drop-out.

Fader, Hardie & Lee 2005, "Counting your customers the easy way", Marketing Science 24(2), 275-284.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import (
    chdtrc,
    chdtri,
    digamma,
    expit,
    gammaln,
    hyp2f1,
    log_expit,
    polygamma,
)

from .errors import InvalidInput
from .gamma_poisson import GammaPoisson
from .likelihood import FENCE, distinct_rows, maximise, total
from .purchase_model import Histories, PurchaseModel, check_histories, refuse_too_few

SMALLEST_DROPOUT = 0.01
SIGNIFICANCE = 0.05
LIMIT_ROOT = np.sqrt(chdtri(1, SIGNIFICANCE))  # 1.96
# Drop-out at one in ten thousand purchases: a profile still flat there has no limit.
FLAT_LOGIT = 9.0


@dataclass(frozen=True, eq=False)
class Identifiability:
    """Whether the data can tell drop-out from slow buying.

    identified : bool
    code : ``identified``, ``no_dropout_seen`` (the model without drop-out explains the data as
        well), ``dropout_negligible`` (drop-out per purchase below one per cent),
        ``no_inner_maximum`` (a or b runs away) or ``dropout_open`` (the profile likelihood does not
        bound it from below)
    likelihood_ratio : 2 (log-likelihood BG/NBD - Gamma-Poisson)
    p_value : of that ratio against chi-square with two degrees of freedom. Without drop-out a sits
        on its edge and b is free, so the true distribution lies below this one: the verdict errs
        towards refusal.
    dropout : mean drop-out probability per purchase, a / (a + b)
    dropout_low, dropout_high : its 95 % limits by profile likelihood (0 or 1 where the profile
        stays flat)
    """

    identified: bool
    code: str
    likelihood_ratio: float
    p_value: float
    dropout: float
    dropout_low: float
    dropout_high: float


class BetaGeo(PurchaseModel):
    """Gamma-Poisson purchases until a drop-out that may follow each of them.

    Rates are Gamma(r, alpha) over customers (shape, rate); after each repeat purchase the customer
    is gone with a personal probability, Beta(a, b) over customers. Likelihood of one customer
    (their equation 6), with d = 1 if x > 0 and G the gamma function::

        L = G(r + x) alpha^r / G(r) · G(a + b) G(b + x) / (G(b) G(a + b + x))
            · [(alpha + T)^-(r + x) + d a / (b + x - 1) · (alpha + t_x)^-(r + x)]

    Assumes a constant rate while alive, drop-out only right after a purchase, rate and drop-out
    independent. A customer who never came back counts as alive, for certain: the model has no
    drop-out before the first repeat. Refuses (``NotEnoughData``) fewer than ten repeat customers;
    whether drop-out can be seen at all, ask :meth:`identifiability`.

    Cost: customers with one history share one computation; a million customers fit in some two
    seconds.

    The printed parameters of CDNOW, in weeks:

    >>> model = BetaGeo.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426)
    >>> model.expected_purchases(39, frequency=[2], recency=[30.43], age=[38.86]).round(3).tolist()
    [1.226]
    >>> model.probability_alive([2], [30.43], [38.86]).round(3).tolist()
    [0.727]
    """

    parameter_names = ("r", "alpha", "a", "b")
    title = "BG/NBD"

    def fit(self, frequency, recency, age, weights=None) -> "BetaGeo":
        """Maximum likelihood; ``weights`` counts customers per row (default one each)."""
        histories = check_histories(frequency, recency, age, weights)
        refuse_too_few(histories)
        self._unit = float(np.average(histories.age, weights=histories.weight))
        self._histories = histories
        self._log_likelihood = _log_likelihood(histories, self._unit)
        purchases = total(histories.weight, histories.frequency)
        return self._fit(
            self._log_likelihood,
            np.log([0.5, 0.25, 0.7, 2.0]),
            histories.weight.sum(),
            np.array([0.0, np.log(self._unit), 0.0, 0.0]),
            -purchases * np.log(self._unit),
        )

    def expected_purchases(self, t, frequency, recency, age) -> np.ndarray:
        """Expected purchases in the next ``t`` (equation 10); see :func:`_expected_if_alive`."""
        histories = check_histories(frequency, recency, age)
        first, cell = distinct_rows(histories.frequency, histories.age)
        if_alive = _expected_if_alive(
            self.params_, t, histories.frequency[first], histories.age[first]
        )
        alive = self._alive(self.params_, histories.frequency, histories.recency, histories.age)
        return (if_alive[cell] * alive)[histories.which]

    def expected_purchases_new(self, t) -> np.ndarray:
        """Expected repeat purchases in the first ``t`` after the first purchase (equation 9)."""
        return _expected_if_alive(self.params_, t, 0.0, 0.0)

    def probability_alive(self, frequency, recency, age) -> np.ndarray:
        """1 / (1 + d a / (b + x - 1) · ((alpha + T) / (alpha + t_x))^(r + x)), in logarithms."""
        histories = check_histories(frequency, recency, age)
        alive = self._alive(self.params_, histories.frequency, histories.recency, histories.age)
        return alive[histories.which]

    def identifiability(self) -> Identifiability:
        """Can these data see drop-out?

        Compares with the model without it and bounds drop-out by its profile likelihood. Needs a
        model that was fitted here (not one from ``from_params``). Online Retail (12 months, a near
        .003) is refused, CDNOW accepted.
        """
        if not hasattr(self, "_histories"):
            raise InvalidInput("not_fitted", "identifiability needs the data: call fit first")
        plain = GammaPoisson().fit_histories(self._histories)
        ratio = max(2 * (self.log_likelihood_ - plain.log_likelihood_), 0.0)
        p_value = float(chdtrc(2, ratio))
        a, b = self.params_["a"], self.params_["b"]
        dropout = a / (a + b)
        low, high = self._profile_limits(dropout)
        if p_value > SIGNIFICANCE:
            code = "no_dropout_seen"
        elif dropout < SMALLEST_DROPOUT:
            code = "dropout_negligible"
        elif not self.converged_:
            code = "no_inner_maximum"
        elif low <= 0:
            code = "dropout_open"
        else:
            code = "identified"
        return Identifiability(
            code == "identified", code, float(ratio), p_value, dropout, low, high
        )

    def _alive(self, params, frequency, recency, age):
        return expit(-_log_odds_gone(params, frequency, recency, age))

    def _survival_step(self, params, frequency, k):
        stayed = params["b"] + frequency + k - 1
        return stayed / (params["a"] + stayed)

    def _profile_limits(self, dropout):
        """95 % limits of a / (a + b) by profile likelihood.

        They lie where the log-likelihood, best over everything else, has fallen by 1.92. The
        square root of twice the fall is close to a straight line in the logit (it is one for a
        normal likelihood), so a step in proportion lands on the limit after two or three profiles.
        """
        top_point = self._scaled_log_params()
        top = self._log_likelihood(top_point)[0]
        together = np.log(self.params_["a"] + self.params_["b"])
        centre = np.log(dropout / (1 - dropout))
        limits = []
        for direction in (-1.0, 1.0):
            others = np.clip([top_point[0], top_point[1], together], -FENCE, FENCE)
            distance = 0.5
            for _ in range(12):
                value, others = self._profile(centre + direction * distance, others)
                root = np.sqrt(2 * max(top - value, 0.0))
                if abs(root - LIMIT_ROOT) < 0.01:
                    break
                distance *= min(LIMIT_ROOT / max(root, 1e-9), 3.0)
                if abs(centre + direction * distance) > FLAT_LOGIT:
                    distance = np.inf
                    break
            limits.append(float(expit(centre + direction * distance)))
        return tuple(limits)

    def _scaled_log_params(self):
        return self._log_params() - np.array([0.0, np.log(self._unit), 0.0, 0.0])

    def _profile(self, logit, start):
        """Best log-likelihood over r, alpha and a + b, with a / (a + b) held at expit(logit)."""
        log_shares = log_expit(logit), log_expit(-logit)

        def log_likelihood(point):
            log_a, log_b = point[2] + log_shares[0], point[2] + log_shares[1]
            value, slope = self._log_likelihood(np.array([point[0], point[1], log_a, log_b]))
            return value, np.array([slope[0], slope[1], slope[2] + slope[3]])

        point, _ = maximise(log_likelihood, start, self.customers_, exact=False)
        return log_likelihood(point)[0], point


def choose_purchase_model(frequency, recency, age, weights=None):
    """BG/NBD where the data can see drop-out, else the plain Gamma-Poisson rule.

    Returns (model, ``Identifiability``). A product shows the verdict's code beside every number of
    the plain rule.

    >>> model, verdict = choose_purchase_model([0, 1, 2, 3] * 10, [0, 20, 40, 55] * 10, [60] * 40)
    >>> type(model).__name__, verdict.code
    ('GammaPoisson', 'no_dropout_seen')
    """
    model = BetaGeo().fit(frequency, recency, age, weights)
    verdict = model.identifiability()
    if verdict.identified:
        return model, verdict
    return GammaPoisson().fit_histories(model._histories), verdict


def _log_likelihood(histories: Histories, unit: float):
    """Log-likelihood and gradient in log-parameters, time counted in ``unit``.

    The gamma functions depend on x alone and are computed once per distinct x; the rest needs two
    logarithms and one exponential per history.
    """
    weight = histories.weight
    counts, place = np.unique(histories.frequency, return_inverse=True)
    count_weight = np.bincount(place, weights=weight)
    customers = weight.sum()
    x = histories.frequency
    recency, age = histories.recency / unit, histories.age / unit
    repeated = x > 0

    def log_likelihood(point):
        r, alpha, a, b = np.exp(point)
        log_alpha, log_a = point[1], point[2]
        value = total(
            count_weight, gammaln(r + counts) + gammaln(b + counts) - gammaln(a + b + counts)
        ) + customers * (gammaln(a + b) - gammaln(r) - gammaln(b) + r * log_alpha)

        log_age, log_recency = np.log(alpha + age), np.log(alpha + recency)
        shape = r + x
        log_odds = np.where(
            repeated,
            log_a - np.log(np.where(repeated, b + (x - 1), 1.0)) + shape * (log_age - log_recency),
            -np.inf,
        )
        value += total(weight, -shape * log_age - log_expit(-log_odds))

        gone = expit(log_odds)
        weight_gone = weight * gone
        slope_r = (
            total(count_weight, digamma(r + counts))
            + customers * (log_alpha - digamma(r))
            - total(weight, log_age)
            + total(weight_gone, log_age - log_recency)
        )
        slope_alpha = customers * r / alpha - total(weight - weight_gone, shape / (alpha + age))
        slope_alpha -= total(weight_gone, shape / (alpha + recency))
        both = customers * digamma(a + b) - total(count_weight, digamma(a + b + counts))
        slope_a = both + weight_gone.sum() / a
        slope_b = both + total(count_weight, digamma(b + counts)) - customers * digamma(b)
        slope_b -= total(weight_gone[repeated], 1 / (b + (x[repeated] - 1)))
        return value, np.array([r * slope_r, alpha * slope_alpha, a * slope_a, b * slope_b])

    return log_likelihood


def _log_odds_gone(params, frequency, recency, age):
    """log((1 - P(alive)) / P(alive)); minus infinity for those who never came back."""
    r, alpha, a, b = (params[name] for name in BetaGeo.parameter_names)
    repeated = frequency > 0
    ratio = np.log((alpha + age) / (alpha + recency))
    odds = (
        np.log(a) - np.log(np.where(repeated, b + (frequency - 1), 1.0)) + (r + frequency) * ratio
    )
    return np.where(repeated, odds, -np.inf)


def _expected_if_alive(params, t, frequency, age):
    """E[Y(t) | alive, x, T]: equation 10 without its denominator, in a form that cannot overflow.

    Printed, with c = a + b + x - 1 and z = t / (alpha + T + t)::

        c / (a - 1) · [1 - ((alpha + T) / (alpha + T + t))^(r + x) 2F1(r + x, b + x; c; z)]

    For heavy buyers the power vanishes while 2F1 explodes. The power is (1 - z)^(r + x), and
    Euler's transformation takes it into the function, where x is left in c alone::

        (1 - z)^(r + x) 2F1(r + x, b + x; c; z) = (1 - z)^(a - 1) 2F1(a - 1, a + b - 1 - r; c; z)

    At a = 1 (and at c = 0, new customers) both factors meet a removable 0 / 0; the parameter is
    moved by 1e-6 there, an error of the same relative size.
    """
    r, alpha, a, b = (params[name] for name in BetaGeo.parameter_names)
    t, frequency, age = (np.asarray(array, dtype=float) for array in (t, frequency, age))
    if abs(a - 1) < 1e-6:
        a = 1 + 1e-6
    third = a + b + frequency - 1
    third = np.where(np.abs(third) < 1e-6, 1e-6, third)
    z = t / (alpha + age + t)
    with np.errstate(invalid="ignore", over="ignore"):
        lost = np.exp((a - 1) * np.log1p(-z)) * hyp2f1(a - 1, a + b - 1 - r, third, z)
    expected = np.atleast_1d(third / (a - 1) * (1 - lost))
    # With a in the tens and a far horizon the power vanishes and the function overflows after all.
    failed = ~np.isfinite(expected)
    if failed.any():
        t, frequency, age = (
            np.broadcast_to(array, z.shape).reshape(-1)[failed.reshape(-1)]
            for array in (t, frequency, age)
        )
        expected[failed] = _expected_by_quadrature(params, t, frequency, age)
    return expected.reshape(np.shape(z))


def _expected_by_quadrature(params, t, frequency, age):
    """E[Y(t) | alive] as the mean over p ~ Beta(a, b + x) of the expectation given p.

    That expectation is (1 - (1 + p t / (alpha + T))^-(r + x)) / p. The trapezoidal rule in the
    logit of p, where the density is smooth with exponential tails, converges geometrically.
    """
    r, alpha, a, b = (params[name] for name in BetaGeo.parameter_names)
    b = (b + frequency)[:, None]
    spread = np.sqrt(polygamma(1, a) + polygamma(1, b))
    logit = digamma(a) - digamma(b) + spread * np.linspace(-40, 40, 801)
    log_density = a * log_expit(logit) + b * log_expit(-logit)
    density = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    p = expit(logit)
    growth = np.log1p(p * (t / (alpha + age))[:, None])
    given = -np.expm1(-(r + frequency)[:, None] * growth) / np.maximum(p, 1e-300)
    return np.sum(density * given, axis=1) / np.sum(density, axis=1)
