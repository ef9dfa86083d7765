"""Maximum likelihood in log-parameters: the part that all purchase models share.

Every parameter here is positive, so the search runs over logarithms: no bounds to hit, and steps
that mean the same at .003 and at 300. The objective is divided by the number of customers; without
that, the stopping rule of a quasi-Newton search depends on how many customers there are, and on a
million of them it stops early with wrong parameters.
"""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

from .errors import InvalidInput, NotIdentified

# exp(±14) is far outside anything a business can show: a search that ends here found no maximum.
FENCE = 14.0
FARTHEST_POINT = np.log(7.0)
HESSIAN_STEP = 1e-4
NEWTON_STEPS = 3

LogLikelihood = Callable[[np.ndarray], tuple[float, np.ndarray]]


def maximise(
    log_likelihood: LogLikelihood, start, scale: float, exact: bool = True
) -> tuple[np.ndarray, bool]:
    """The log-parameters that maximise ``log_likelihood``, and whether they are an inner maximum.

    ``log_likelihood`` returns its value and gradient; ``scale`` is the number of customers. BFGS
    finds the hill, a few Newton steps its exact top: the printed digits then do not hang on a
    stopping rule. Without ``exact`` the Newton steps are left out.
    """

    def mean_loss(point):
        inner = np.clip(point, -FENCE, FENCE)
        value, gradient = log_likelihood(inner)
        # Outside the fence the loss rises, so that a search that runs away stays near it.
        beyond = point - inner
        loss = -value / scale + 0.5 * np.sum(beyond**2)
        return loss, np.where(beyond == 0, -gradient / scale, beyond)

    # Not L-BFGS-B: SciPy's calls threaded LAPACK on 4 x 4 matrices, and its threads wait for each
    # other a millisecond per step as soon as the machine has anything else to do.
    found = minimize(mean_loss, start, jac=True, method="BFGS", options={"gtol": 1e-7})
    point = np.clip(found.x, -FENCE, FENCE)
    inside = np.all(np.abs(point) < FENCE - 0.01)
    if inside and exact:
        for _ in range(NEWTON_STEPS):
            value, gradient = log_likelihood(point)
            information = -hessian(log_likelihood, point)
            if not is_positive_definite(information):
                return point, False
            step = np.linalg.solve(information, gradient)
            if np.max(np.abs(step)) > 1 or log_likelihood(point + step)[0] < value:
                break
            point = point + step
            if np.max(np.abs(step)) < 1e-9:
                break
    gradient = log_likelihood(point)[1] / scale
    return point, bool(inside and np.max(np.abs(gradient)) < 1e-5)


def total(weight: np.ndarray, values: np.ndarray) -> float:
    """Sum of ``weight`` times ``values``, the same for any number of threads.

    A matrix product would be summed by BLAS, in an order that depends on the machine.

    >>> total(np.array([1, 2]), np.array([0.5, 0.25]))
    1.0
    """
    return float(np.sum(weight * values))


def hessian(log_likelihood: LogLikelihood, point: np.ndarray) -> np.ndarray:
    """Second derivatives at ``point``: central differences of the gradient, made symmetric."""
    steps = HESSIAN_STEP * np.eye(len(point))
    rows = [
        (log_likelihood(point + step)[1] - log_likelihood(point - step)[1]) / (2 * HESSIAN_STEP)
        for step in steps
    ]
    matrix = np.array(rows)
    return (matrix + matrix.T) / 2


def is_positive_definite(matrix: np.ndarray) -> bool:
    values = np.linalg.eigvalsh(matrix) if np.all(np.isfinite(matrix)) else np.array([-1.0])
    return bool(values[0] > 1e-10 * max(values[-1], 1.0))


def distinct_rows(*arrays: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A position of each distinct row of the columns, and for each row its distinct row.

    Purchase histories repeat: a million customers have some 190,000 distinct (x, t_x, T).
    Everything that depends on the history alone is computed once per distinct row.

    >>> first, which = distinct_rows(np.array([2, 0, 2]), np.array([5.0, 0.0, 5.0]))
    >>> first.tolist(), which.tolist()
    ([1, 0], [1, 0, 1])
    """
    code = np.zeros(len(arrays[0]), dtype=np.int64)
    for array in arrays:
        distinct, place = np.unique(array, return_inverse=True)
        code = code * len(distinct) + place
        # Numbered anew after each column, so that the product never leaves 64 bits.
        _, first, code = np.unique(code, return_index=True, return_inverse=True)
    return first, code


class MaximumLikelihood:
    """What a fitted model of positive parameters can do: errors, draws, summary, being rebuilt.

    Fitted attributes
    -----------------
    params_ : dict, name to value
    log_likelihood_ : float, the total, not the mean
    standard_errors_ : dict, by the delta method from the Hessian in log-parameters; NaN where the
        top is flat
    converged_ : bool, the search ended at an inner maximum
    log_covariance_ : (parameters, parameters) of the log-parameters, or None where the Hessian
        cannot be inverted
    customers_ : float, total weight of the rows used
    """

    parameter_names: tuple[str, ...] = ()
    title = ""

    params_: dict[str, float]
    log_likelihood_: float
    standard_errors_: dict[str, float]
    converged_: bool
    log_covariance_: np.ndarray | None
    customers_: float

    @classmethod
    def from_params(cls, log_covariance=None, **params: float):
        """A model with known parameters (from a paper or an earlier fit), ready to predict."""
        if set(params) != set(cls.parameter_names) or min(params.values()) <= 0:
            raise InvalidInput(
                "wrong_parameters",
                f"{cls.__name__} needs positive {', '.join(cls.parameter_names)}",
                needed=list(cls.parameter_names),
            )
        model = cls()
        model._keep(
            np.log([params[name] for name in cls.parameter_names]),
            log_likelihood=float("nan"),
            covariance=None if log_covariance is None else np.asarray(log_covariance, dtype=float),
            converged=log_covariance is not None,
            customers=float("nan"),
        )
        return model

    def sample_parameters(self, n: int, seed: int) -> dict[str, np.ndarray]:
        """``n`` draws of every parameter, each of shape (n,).

        They come from the asymptotic normal distribution of the logarithms. Refuses with
        ``NotIdentified("no_covariance")`` where the data leave the parameters open.
        """
        noise = np.random.default_rng(seed).standard_normal((n, len(self.parameter_names)))
        logs = self._log_params() + noise @ self._covariance_root().T
        draws = np.exp(np.clip(logs, -2 * FENCE, 2 * FENCE))
        return dict(zip(self.parameter_names, draws.T, strict=True))

    def parameter_points(self) -> dict[str, np.ndarray]:
        """A few points that carry mean and covariance of the log-parameters exactly.

        Each name has an array of shape (2 d,). This is the third-degree spherical cubature rule
        (Arasaratnam & Haykin 2009, IEEE TAC 54(6)): mean ± sqrt(d) times the columns of the
        covariance's root, equal weights. Averaging over them puts parameter uncertainty into a
        prediction at a fixed price and without randomness. A direction that the data leave wide
        open is cut at a factor of seven: the normal approximation says nothing so far away.
        """
        root = np.sqrt(len(self.parameter_names)) * self._covariance_root()
        root = root * np.minimum(1, FARTHEST_POINT / np.abs(root).max(axis=0))
        points = np.exp(self._log_params() + np.concatenate((root.T, -root.T)))
        return dict(zip(self.parameter_names, points.T, strict=True))

    def summary(self) -> str:
        """Parameters with standard errors and 95 % limits, as text for a notebook."""
        size = f"{self.customers_:,.0f} customers"
        lines = [f"{self.title}: {size}, log-likelihood {self.log_likelihood_:,.4f}"]
        lines.append(f"{'':>8}{'estimate':>14}{'std. error':>14}{'low':>14}{'high':>14}")
        for name in self.parameter_names:
            value, error = self.params_[name], self.standard_errors_[name]
            # On the log scale, where the normal approximation is made.
            factor = np.exp(1.959964 * error / value)
            limits = f"{value / factor:>14.6g}{value * factor:>14.6g}"
            lines.append(f"{name:>8}{value:>14.6g}{error:>14.4g}{limits}")
        if not self.converged_:
            lines.append("The search found no inner maximum: these parameters are not identified.")
        return "\n".join(lines)

    def _fit(
        self,
        log_likelihood: LogLikelihood,
        start,
        customers: float,
        shifts: np.ndarray,
        constant: float,
    ):
        """Search from ``start``.

        ``shifts`` and ``constant`` bring log-parameters and likelihood back to the caller's units.
        """
        point, converged = maximise(log_likelihood, start, customers)
        information = -hessian(log_likelihood, point)
        positive = converged and is_positive_definite(information)
        self._keep(
            point + shifts,
            log_likelihood=float(log_likelihood(point)[0] + constant),
            covariance=np.linalg.inv(information) if positive else None,
            converged=positive,
            customers=customers,
        )
        return self

    def _keep(self, log_params, *, log_likelihood, covariance, converged, customers):
        values = np.exp(log_params)
        errors = (
            np.full(len(values), np.nan)
            if covariance is None
            else values * np.sqrt(np.diag(covariance))
        )
        self.params_ = dict(zip(self.parameter_names, values.tolist(), strict=True))
        self.standard_errors_ = dict(zip(self.parameter_names, errors.tolist(), strict=True))
        self.log_likelihood_ = log_likelihood
        self.log_covariance_ = covariance
        self.converged_ = converged
        self.customers_ = float(customers)

    def _log_params(self):
        return np.log([self.params_[name] for name in self.parameter_names])

    def _covariance_root(self):
        if self.log_covariance_ is None:
            raise NotIdentified(
                "no_covariance",
                "the likelihood has no inner maximum: parameters without error or interval",
                **self.params_,
            )
        return np.linalg.cholesky(self.log_covariance_)
