"""Survival without assumptions: Kaplan-Meier, Nelson-Aalen, restricted mean, log-rank test.

Kaplan & Meier 1958, JASA 53, 457-481; intervals on the log-log scale: Kalbfleisch & Prentice 2002,
The Statistical Analysis of Failure Time Data, §1.4; log-rank: Mantel 1966, Cancer Chemother. Rep.
50, 163-170.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from .errors import InvalidInput, NotEnoughData
from .grouping import key_codes
from .survival_times import check_survival, normal_quantile

SCALES = ("log-log", "plain")


class KaplanMeier:
    """The share still there after each duration, with Greenwood's error.

    With d_k events among the n_k at risk at the distinct times t_k::

        S(t) = prod_{t_k <= t} (1 - d_k / n_k)
        Var S(t) = S(t)^2 sum_{t_k <= t} d_k / (n_k (n_k - d_k))          (Greenwood)
        H(t) = sum_{t_k <= t} d_k / n_k                                   (Nelson-Aalen)

    Assumes that those not yet observed to leave would leave like the others (independent
    censoring). Whoever is censored at t counts as at risk at t. The unit is that of the durations.

    The first leukaemia trial (Freireich et al. 1963), weeks of remission with 6-MP:

    >>> weeks = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    >>> remission = KaplanMeier().fit(weeks, [1] * 9 + [0] * 12)
    >>> remission.predict([5, 6, 23]).round(4).tolist()
    [1.0, 0.8571, 0.4482]
    >>> low, high = remission.interval([23])
    >>> low.round(3).tolist(), high.round(3).tolist(), remission.median_
    ([0.188], [0.68], 23.0)

    Attributes
    ----------
    time_ : (K,) distinct times of events, ascending
    at_risk_, events_ : (K,) int64
    survival_, standard_errors_, cumulative_hazard_ : (K,) float64
    median_ : float, first time at which at most half are left; infinity if not reached
    last_ : float, the longest duration seen: nothing is known beyond it
    """

    time_: np.ndarray
    at_risk_: np.ndarray
    events_: np.ndarray
    survival_: np.ndarray
    standard_errors_: np.ndarray
    cumulative_hazard_: np.ndarray
    median_: float
    last_: float

    def fit(self, duration, event, entry=None) -> "KaplanMeier":
        """From durations (n,) and events (n,), 1 where the end was seen.

        entry : (n,) durations at which the observation of each began (customers known only from
            some day on); default 0. Must lie below the duration.

        Refuses what :func:`check_survival` refuses.
        """
        times = check_survival(duration, event)
        self.time_, self.events_ = np.unique(times.duration[times.event], return_counts=True)
        left = np.searchsorted(np.sort(times.duration), self.time_, side="left")
        entered = len(times.duration) - _not_entered(entry, times.duration, self.time_)
        self.at_risk_ = entered - left
        self.last_ = float(times.duration.max())
        died, present = self.events_.astype(float), self.at_risk_.astype(float)
        self.survival_ = np.cumprod((present - died) / present)
        self.cumulative_hazard_ = np.cumsum(died / present)
        with np.errstate(divide="ignore"):
            self._relative_variance = np.cumsum(died / (present * (present - died)))
        # Where nobody is left the product 0 * infinity is 0: it is certain that nobody is left.
        with np.errstate(invalid="ignore"):
            self.standard_errors_ = np.nan_to_num(
                self.survival_ * np.sqrt(self._relative_variance), nan=0.0
            )
        self.median_ = self.quantile(0.5)
        return self

    def predict(self, t) -> np.ndarray:
        """S(t), shape of ``t``. Refuses (``beyond_the_data``) times after the longest duration,
        unless everybody has left by then."""
        return np.concatenate(([1.0], self.survival_))[self._place(t)]

    def interval(self, t, level: float = 0.95, scale: str = "log-log"):
        """Limits of S(t), two arrays of the shape of ``t``.

        ``log-log`` stays between 0 and 1 and is fit for small groups; ``plain`` is S ± z · error,
        cut there.
        """
        if scale not in SCALES:
            raise InvalidInput("unknown_scale", f"scale must be one of {SCALES}", scale=scale)
        place = self._place(t)
        survival = np.concatenate(([1.0], self.survival_))[place]
        error = np.concatenate(([0.0], self.standard_errors_))[place]
        z = normal_quantile(level)
        if scale == "plain":
            return np.clip(survival - z * error, 0, 1), np.clip(survival + z * error, 0, 1)
        return log_log_limits(survival, error, z)

    def quantile(self, share: float = 0.5) -> float:
        """First time at which at most 1 - ``share`` are left; infinity if not reached."""
        return _first_at_most(self.time_, self.survival_, 1 - share)

    def quantile_interval(self, share: float = 0.5, level: float = 0.95) -> tuple[float, float]:
        """Limits of the quantile: times at which the log-log band crosses 1 - ``share``
        (Brookmeyer & Crowley 1982, Biometrics 38, 29-41); the upper one may be infinite."""
        low, high = self.interval(self.time_, level)
        return (
            _first_at_most(self.time_, low, 1 - share),
            _first_at_most(self.time_, high, 1 - share),
        )

    def restricted_mean(self, horizon: float, level: float = 0.95) -> "RestrictedMean":
        """Mean time until the event or ``horizon``, whichever is first: the area under S.

        Var = sum_k (area from t_k to the horizon)^2 d_k / (n_k (n_k - d_k)) (Klein & Moeschberger
        2003, Survival Analysis, §4.5). Unlike the mean it needs no guess about those still there.
        Refuses (``beyond_the_data``) a horizon after the longest duration, unless everybody has
        left by then; ``InvalidInput("impossible_horizon")`` if it is not above 0.
        """
        if not horizon > 0:
            raise InvalidInput("impossible_horizon", "horizon must be above 0", horizon=horizon)
        self._place(horizon)
        within = self.time_ < horizon
        edges = np.concatenate(([0.0], self.time_[within], [float(horizon)]))
        area = np.diff(edges) * np.concatenate(([1.0], self.survival_[within]))
        after = np.cumsum(area[::-1])[::-1][1:]
        died, present = self.events_[within], self.at_risk_[within]
        left = np.maximum(present - died, 1)  # where nobody is left the area after is 0
        error = float(np.sqrt(np.sum(after**2 * died / (present * left))))
        mean, z = float(area.sum()), normal_quantile(level)
        return RestrictedMean(
            float(horizon), mean, error, max(mean - z * error, 0.0), min(mean + z * error, horizon)
        )

    def summary(self) -> str:
        """The table of survival at the times of events, as text for a notebook."""
        low, high = self.interval(self.time_)
        head = ("time", "at risk", "events", "survival", "std. error", "low", "high")
        lines = ["".join(f"{word:>12}" for word in head)]
        table = (self.survival_, self.standard_errors_, low, high)
        for place, time in enumerate(self.time_.tolist()):
            values = "".join(f"{column[place]:>12.4f}" for column in table)
            lines.append(f"{time:>12g}{self.at_risk_[place]:>12}{self.events_[place]:>12}{values}")
        return "\n".join(lines)

    def _place(self, t):
        t = np.asarray(t, dtype=np.float64)
        if self.survival_[-1] > 0 and np.any(~(t <= self.last_)):
            raise NotEnoughData(
                "beyond_the_data",
                f"nobody was observed longer than {self.last_:g}",
                last=self.last_,
                asked=float(np.max(t)),
            )
        return np.searchsorted(self.time_, t, side="right")


@dataclass(frozen=True)
class RestrictedMean:
    """Mean time until the event or the horizon, with its standard error and limits."""

    horizon: float
    mean: float
    standard_error: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class LogRank:
    """Whether groups leave at one rate.

    groups : (G,) their keys, ascending
    observed, expected : (G,) events seen, and to be seen if all groups were alike
    statistic, degrees, p_value : chi-square with G - 1 degrees of freedom
    """

    groups: np.ndarray
    observed: np.ndarray
    expected: np.ndarray
    statistic: float
    degrees: int
    p_value: float


def log_rank(duration, event, group, strata=None) -> LogRank:
    """The log-rank (Mantel-Haenszel) test of two or more groups.

    At each time of events the number in group g is hypergeometric under equality; observed minus
    expected and the covariances are summed over times (and over ``strata``, within which alone is
    compared). Refuses: what :func:`check_survival` refuses; ``NotEnoughData``: ``one_group``,
    ``no_comparison`` (a group is never at risk together with others at an event).

    >>> test = log_rank([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 0, 1], ["a", "a", "a", "b", "b", "b"])
    >>> test.observed.tolist(), test.expected.round(2).tolist(), round(test.p_value, 3)
    ([3, 2], [1.15, 3.85], 0.025)
    """
    times = check_survival(duration, event)
    groups, codes = key_codes(np.asarray(group))
    if len(codes) != len(times.event):
        raise InvalidInput("unequal_lengths", "group must have the length of duration")
    if len(groups) < 2:
        raise NotEnoughData("one_group", "there is one group only", groups=len(groups))
    _, stratum = key_codes(np.zeros(len(codes)) if strata is None else np.asarray(strata))
    if len(stratum) != len(codes):
        raise InvalidInput("unequal_lengths", "strata must have the length of duration")
    expected, covariance = np.zeros(len(groups)), np.zeros((len(groups), len(groups)))
    for number in range(int(stratum.max()) + 1):
        inside = stratum == number
        part = _expected_events(
            times.duration[inside], times.event[inside], codes[inside], len(groups)
        )
        expected, covariance = expected + part[0], covariance + part[1]
    observed = np.bincount(codes[times.event], minlength=len(groups))
    excess = (observed - expected)[:-1]
    variance = covariance[:-1, :-1]
    if np.linalg.matrix_rank(variance, hermitian=True) < len(excess):
        raise NotEnoughData("no_comparison", "a group was never at risk together with others")
    statistic = float(excess @ np.linalg.solve(variance, excess))
    degrees = len(excess)
    return LogRank(
        groups, observed, expected, statistic, degrees, float(chdtrc(degrees, statistic))
    )


def log_log_limits(survival, error, z):
    """exp(-exp(log(-log S) ± z · error / (S |log S|))): limits that stay between 0 and 1.

    A survival of exactly 0 or 1 is its own limit.
    """
    inner = (survival > 0) & (survival < 1)
    inside = np.where(inner, survival, 0.5)
    factor = np.exp(z * error / (inside * -np.log(inside)))
    low = np.where(inner, inside**factor, survival)
    high = np.where(inner, inside ** (1 / factor), survival)
    return low, high


def _not_entered(entry, duration, time):
    """How many have not come under observation before each ``time``."""
    if entry is None:
        return np.zeros(len(time), dtype=np.int64)
    entry = np.asarray(entry, dtype=np.float64)
    if entry.shape != duration.shape or not np.all((entry >= 0) & (entry < duration)):
        raise InvalidInput("impossible_entry", "entry must lie between 0 and the duration")
    return len(entry) - np.searchsorted(np.sort(entry), time, side="left")


def _first_at_most(time, values, share):
    # Half of an even number may come out a rounding error above one half.
    reached = np.flatnonzero(values <= share + 1e-12)
    return float(time[reached[0]]) if len(reached) else float("inf")


def _expected_events(duration, event, codes, groups):
    """Expected events per group and their covariance, in one stratum."""
    time, died = np.unique(duration[event], return_counts=True)
    at_risk = np.stack(
        [
            np.sum(codes == group) - np.searchsorted(np.sort(duration[codes == group]), time)
            for group in range(groups)
        ],
        axis=1,
    ).astype(float)
    present = at_risk.sum(axis=1)
    share = at_risk / present[:, None]
    spread = died * (present - died) / np.maximum(present - 1, 1)
    expected = np.sum(died[:, None] * share, axis=0)
    covariance = np.diag(np.sum(spread[:, None] * share, axis=0))
    covariance -= np.einsum("ki,kj->ij", spread[:, None] * share, share)
    return expected, covariance
