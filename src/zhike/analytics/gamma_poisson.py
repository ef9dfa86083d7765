"""Gamma-Poisson (NBD) with each customer's own time: repeat purchases without drop-out."""

import numpy as np
from scipy.special import digamma, gammaln

from .likelihood import total
from .purchase_model import Histories, PurchaseModel, check_histories, refuse_too_few

EQUAL_RATES_FROM = 1e3


class GammaPoisson(PurchaseModel):
    """Purchases at a constant personal rate for ever: the plain rule where drop-out cannot be seen.

    Rates are Gamma(r, alpha) (shape, rate) over customers, purchases Poisson given the rate
    (Ehrenberg 1959). The likelihood is that of the purchase *times*, so that it compares with
    BG/NBD, of which it is the limit a -> 0: Gamma(r + x) alpha^r / (Gamma(r) (alpha + T)^(r + x)).

    If purchases vary no more than chance makes them, the best r is infinite: everybody buys at one
    rate. This edge is a sound answer, not a failure; ``equal_rates_`` says so, and the only
    uncertainty left is that of the common rate.

    Assumes stationarity and no drop-out, so it expects too much from customers who have left: label
    what it says. Refuses (``NotEnoughData``) fewer than ten repeat customers.

    >>> model = GammaPoisson.from_params(r=0.5, alpha=10.0)
    >>> model.expected_purchases(20.0, frequency=[0, 3], recency=[0, 25], age=[30, 30]).tolist()
    [0.25, 1.75]
    """

    parameter_names = ("r", "alpha")
    title = "Gamma-Poisson (no drop-out)"

    equal_rates_: bool

    def fit(self, frequency, recency, age, weights=None) -> "GammaPoisson":
        histories = check_histories(frequency, recency, age, weights)
        refuse_too_few(histories)
        return self.fit_histories(histories)

    def fit_histories(self, histories: Histories) -> "GammaPoisson":
        """``fit`` on histories that are already distinct and checked."""
        x, weight = histories.frequency, histories.weight
        customers = weight.sum()
        unit = float(np.average(histories.age, weights=weight))
        age = histories.age / unit
        purchases = total(weight, x)

        def log_likelihood(point):
            r, alpha = np.exp(point)
            log_rate = np.log(alpha + age)
            value = total(weight, gammaln(r + x) - (r + x) * log_rate)
            value += customers * (r * point[1] - gammaln(r))
            slope_r = total(weight, digamma(r + x) - log_rate) + customers * (point[1] - digamma(r))
            slope_alpha = customers * r / alpha - total(weight, (r + x) / (alpha + age))
            return value, np.array([r * slope_r, alpha * slope_alpha])

        start = np.log([1.0, customers / purchases])
        self._fit(
            log_likelihood,
            start,
            customers,
            np.array([0.0, np.log(unit)]),
            -purchases * np.log(unit),
        )
        self.equal_rates_ = not self.converged_ and self.params_["r"] > EQUAL_RATES_FROM
        if self.equal_rates_:
            self._keep(
                self._log_params(),
                log_likelihood=self.log_likelihood_,
                # r is fixed; the common rate r / alpha rests on all purchases together.
                covariance=np.diag([1e-16, 1 / purchases]),
                converged=True,
                customers=customers,
            )
        return self

    def expected_purchases(self, t, frequency, recency, age) -> np.ndarray:
        """(r + x) / (alpha + T) · t."""
        frequency, age = np.asarray(frequency, dtype=float), np.asarray(age, dtype=float)
        return (self.params_["r"] + frequency) / (self.params_["alpha"] + age) * t

    def expected_purchases_new(self, t) -> np.ndarray:
        """Expected repeat purchases in the first ``t`` after the first purchase: r t / alpha."""
        return self.params_["r"] / self.params_["alpha"] * np.asarray(t, dtype=float)

    def probability_alive(self, frequency, recency, age) -> np.ndarray:
        """One: this model knows no drop-out."""
        return np.ones(np.shape(frequency))

    def _alive(self, params, frequency, recency, age):
        return np.ones(np.broadcast_shapes(np.shape(params["r"]), np.shape(frequency)))

    def _survival_step(self, params, frequency, k):
        return 1.0
