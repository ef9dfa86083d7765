"""Gamma-Gamma: what a customer spends per purchase.

Fader & Hardie 2013, "The Gamma-Gamma model of monetary value".
"""

import numpy as np
from scipy.special import digamma, gammaln

from .errors import InvalidInput, NotEnoughData, NotIdentified
from .likelihood import MaximumLikelihood, distinct_rows, total
from .purchase_model import FEWEST_REPEATERS

LARGEST_CORRELATION = 0.3


class GammaGamma(MaximumLikelihood):
    """Spend per purchase is Gamma(p, nu) around a personal mean; nu is Gamma(q, v) over customers.

    Likelihood of a mean spend z over x repeat purchases (their equation 1a), G the gamma function::

        G(p x + q) / (G(p x) G(q)) · v^q z^(p x - 1) x^(p x) / (v + x z)^(p x + q)

    Assumes that spend does not depend on how often one buys; ``independence_`` measures it:
    ``correlation`` (Pearson, of frequency and mean spend), ``low`` and ``high`` (95 % limits,
    Fisher's z), ``acceptable`` (absolute correlation up to 0.3).

    ``v`` has the unit of the money given (minor units or not; the search runs on money divided by
    its mean). Refuses: ``NotEnoughData("too_few_repeaters")`` below ten repeat customers;
    ``NotIdentified("equal_spend")`` if all spend the same; predictions with
    ``NotIdentified("mean_spend_infinite")`` if q <= 1.

    >>> model = GammaGamma.from_params(p=6.25, q=3.74, v=15.45)  # as printed for CDNOW, in dollars
    >>> model.expected_mean_value(frequency=[0, 2], mean_value=[0, 22.35]).round(2).tolist()
    [35.24, 24.67]
    """

    parameter_names = ("p", "q", "v")
    title = "Gamma-Gamma"

    independence_: dict[str, float | bool]

    def fit(self, frequency, mean_value, weights=None) -> "GammaGamma":
        """Maximum likelihood over those who bought again.

        frequency : repeat purchases, shape (customers,); rows with 0 are left out
        mean_value : mean spend per repeat purchase, positive where ``frequency`` is; ignored (may
            be NaN) elsewhere
        """
        x, z = np.asarray(frequency, dtype=float), np.asarray(mean_value, dtype=float)
        weight = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
        repeated = x > 0
        # Distinct rows come out sorted, so that every sum below, and the result, is the same for
        # any order of rows.
        first, which = distinct_rows(x[repeated], z[repeated])
        weight = np.bincount(which, weights=weight[repeated], minlength=len(first))
        x, z = x[repeated][first], z[repeated][first]
        customers = weight.sum()
        if customers < FEWEST_REPEATERS:
            raise NotEnoughData(
                "too_few_repeaters",
                f"{customers:.0f} customers bought again, at least {FEWEST_REPEATERS} are needed",
                repeaters=float(customers),
                needed=FEWEST_REPEATERS,
            )
        if not (z > 0).all():
            raise InvalidInput(
                "spend_not_positive", "mean spend must be positive where frequency is"
            )
        unit = float(np.average(z, weights=weight))
        if np.ptp(z) <= 1e-12 * unit:
            raise NotIdentified("equal_spend", "all customers spend the same", mean_value=unit)
        self.independence_ = _independence(x, z, weight)
        scaled = z / unit
        log_mean, log_count = np.log(scaled), np.log(x)

        def log_likelihood(point):
            p, q, v = np.exp(point)
            shape = p * x
            log_rate = np.log(v + x * scaled)
            value = total(
                weight,
                gammaln(shape + q)
                - gammaln(shape)
                + (shape - 1) * log_mean
                + shape * log_count
                - (shape + q) * log_rate,
            )
            value += customers * (q * point[2] - gammaln(q))
            both = digamma(shape + q)
            slope_p = total(weight, x * (both - digamma(shape) + log_mean + log_count - log_rate))
            slope_q = total(weight, both - log_rate) + customers * (point[2] - digamma(q))
            slope_v = customers * q / v - total(weight, (shape + q) / (v + x * scaled))
            return float(value), np.array([p * slope_p, q * slope_q, v * slope_v])

        start = np.log([5.0, 4.0, 0.6])
        return self._fit(
            log_likelihood,
            start,
            customers,
            np.array([0.0, 0.0, np.log(unit)]),
            -customers * np.log(unit),
        )

    def expected_mean_value(self, frequency, mean_value) -> np.ndarray:
        """E[mean spend | x, z] = p (v + x z) / (p x + q - 1); float64, shape (customers,).

        The customer's own mean is drawn towards everybody's, the less the more is known; with
        frequency 0 it is everybody's mean, p v / (q - 1).
        """
        return self._inverse_scale_moments(self.params_, frequency, mean_value)[0]

    def spend_moments(self, frequency, mean_value) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Moments of each customer's future spend per purchase, with parameter uncertainty.

        Returns E[mean], E[mean squared], E[variance around the mean], each of shape (customers,).
        Refuses with ``NotIdentified("spend_variance_infinite")`` where q + p x <= 2.
        """
        points = {name: values[:, None] for name, values in self.parameter_points().items()}
        return tuple(
            moment.mean(axis=0)
            for moment in self._inverse_scale_moments(points, frequency, mean_value, second=True)
        )

    def _inverse_scale_moments(self, params, frequency, mean_value, second=False):
        p, q, v = (params[name] for name in self.parameter_names)
        x = np.asarray(frequency, dtype=float)
        spent = x * np.where(x > 0, np.asarray(mean_value, dtype=float), 0.0)
        # Given the data, nu is Gamma(shape, rate), and the personal mean is p / nu.
        shape, rate = q + p * x, v + spent
        if np.any(shape <= 1):
            raise NotIdentified(
                "mean_spend_infinite", "q is at most 1: spend has no mean", **self.params_
            )
        mean = p * rate / (shape - 1)
        if not second:
            return (mean,)
        if np.any(shape <= 2):
            raise NotIdentified(
                "spend_variance_infinite", "q is at most 2: spend has no variance", **self.params_
            )
        inverse_square = rate**2 / ((shape - 1) * (shape - 2))
        return mean, p**2 * inverse_square, p * inverse_square


def _independence(x, z, weight):
    """Weighted Pearson correlation with limits by Fisher's z."""
    x, z = x - np.average(x, weights=weight), z - np.average(z, weights=weight)
    spread = np.sqrt(total(weight, x**2) * total(weight, z**2))
    correlation = float(total(weight, x * z) / spread) if spread > 0 else 0.0
    centre = np.arctanh(np.clip(correlation, -1 + 1e-12, 1 - 1e-12))
    half = 1.959964 / np.sqrt(max(weight.sum() - 3, 1.0))
    return {
        "correlation": correlation,
        "low": float(np.tanh(centre - half)),
        "high": float(np.tanh(centre + half)),
        "acceptable": abs(correlation) <= LARGEST_CORRELATION,
    }
