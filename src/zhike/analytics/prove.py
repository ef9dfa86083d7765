"""Every method on its published table, digit by digit, in the installation at hand."""

import csv
import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .back_test import backtest
from .base_table import customer_base
from .basket_proofs import PROOFS as BASKET_PROOFS
from .beta_geo import BetaGeo
from .cox import Cox
from .driver_proofs import PROOFS as DRIVER_PROOFS
from .forecast_errors import smape
from .gamma_gamma import GammaGamma
from .grading import rfm
from .kaplan_meier import KaplanMeier, log_rank
from .path_modelling import proof as path_modelling
from .theta import Theta
from .weight_proofs import PROOFS as WEIGHT_PROOFS

FADER_2005 = "Fader, Hardie & Lee 2005, Marketing Science 24(2)"
FADER_2013 = "Fader & Hardie 2013, The Gamma-Gamma model of monetary value"
HEBBALI = "Hebbali, R package rfm, README"
FREIREICH = "Freireich et al. 1963, Blood 21(6); Kleinbaum & Klein, Survival Analysis"
MASS = "Venables & Ripley, Modern Applied Statistics with S, data gehan"
ALLISON = "Allison 1995, Survival Analysis Using SAS"
M3 = "Makridakis & Hibon 2000, Int. J. Forecasting 16; its forecasts as filed"
FOX = "Fox & Weisberg, Cox Proportional-Hazards Regression in R"


@dataclass(frozen=True)
class Check:
    """One printed number against ours.

    ``ok`` is True if ``computed``, rounded to the ``digits`` printed, is the ``published`` number;
    None if the check was skipped because ``file`` is not there.
    """

    method: str
    quantity: str
    source: str
    published: float
    digits: int
    computed: float | None
    ok: bool | None
    file: str | None = None


def prove(data_folder=None) -> list[Check]:
    """All checks, in the order of ``PROOFS``.

    Those on data that we may not ship need ``data_folder``; without it they are listed as skipped.

    >>> all(check.ok for check in prove() if check.ok is not None)
    True
    >>> first = next(check for check in prove() if check.ok is not None)
    >>> first.quantity, first.ok
    ('E[Y(39) | x=2, t_x=30.43, T=38.86], printed parameters', True)
    """
    folder = None if data_folder is None else Path(data_folder)
    results = []
    for file, expectations, compute in PROOFS:
        path = None if file is None or folder is None else folder / file
        there = file is None or (path is not None and path.exists())
        computed = _computed(compute, path) if there else None
        for place, (method, quantity, source, published, digits) in enumerate(expectations):
            value = None if computed is None else float(computed[place])
            # Compared as printed text: rounding noise in the last bit must not decide.
            ok = None if value is None else f"{value:.{digits}f}" == f"{published:.{digits}f}"
            results.append(Check(method, quantity, source, published, digits, value, ok, file))
    return results


def _computed(compute, path):
    try:
        return compute(path)
    except ModuleNotFoundError:
        # Parquet, and nothing here that reads it: skipped like a file that is not there.
        return None


def _printed_parameters(_) -> np.ndarray:
    model = BetaGeo.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426)
    return model.expected_purchases(39, [2], [30.43], [38.86])


def _cdnow_models(path: Path) -> list[float]:
    rows = _read(path)
    x, recency, age, spend = (
        np.array([float(row[name]) for row in rows]) for name in ("x", "t_x", "T", "zbar")
    )
    purchases, spending = BetaGeo().fit(x, recency, age), GammaGamma().fit(x, spend)
    example = [2], [30.43], [38.86]
    return [
        *purchases.params_.values(),
        purchases.log_likelihood_,
        purchases.expected_purchases(39, *example)[0],
        purchases.probability_alive(*example)[0],
        purchases.expected_purchases(39, x, recency, age).sum(),
        *spending.params_.values(),
        spending.log_likelihood_,
        spending.expected_mean_value([2], [22.35])[0],
    ]


def _cdnow_holdout(path: Path) -> list[float]:
    rows = _read(path)
    transactions = {
        "customer": np.array([int(row["sample_id"]) for row in rows]),
        "day": np.array([_iso(row["date"]) for row in rows], dtype="datetime64[D]"),
        # Eight first orders cost nothing; the paper counts them as purchases, so they weigh one
        # cent here.
        "amount": np.array([max(round(100 * float(row["amount"])), 1) for row in rows]),
    }
    base = customer_base(transactions, until="1997-09-30")
    record = backtest(transactions, split="1997-09-30", until="1998-06-30")
    return [
        len(base),
        base.frequency.sum(),
        record.observed_total,
        record.expected_total,
        record.correlation,
        100 * record.capture,
    ]


def _rfm_scores(path: Path) -> list[float]:
    rows = _read(path)
    orders = {
        "customer": np.array([row["customer_id"] for row in rows]),
        "day": np.array([row["order_date"] for row in rows], dtype="datetime64[D]"),
        "amount": np.array([int(row["revenue"]) for row in rows]),
    }
    base = customer_base(orders, until="2006-12-31")
    scores = rfm(base).score
    return [scores[np.searchsorted(base.customer, name)] for name, _ in RFM_SCORES]


def _remission(_) -> list[float]:
    treated = KaplanMeier().fit(WEEKS[:21], REMISSION_ENDED[:21])
    low, high = treated.interval([6, 23])
    drug = np.repeat([0, 1], 21)
    test = log_rank(WEEKS, REMISSION_ENDED, drug)
    cox = Cox().fit({"placebo": drug}, WEEKS, REMISSION_ENDED)
    return [
        *treated.survival_,
        *treated.standard_errors_,
        *(low[0], high[0], low[1], high[1]),
        treated.median_,
        test.expected[0],
        test.statistic,
        cox.params_["placebo"],
        cox.standard_errors_["placebo"],
    ]


def _recidivism(path: Path) -> list[float]:
    rows = _read(path)
    week, arrest, *others = (np.array([float(row[name]) for row in rows]) for name in ROSSI)
    facts = dict(zip(ROSSI[2:], others, strict=True))
    cox = Cox().fit(facts, week, arrest)
    three = {name: facts[name] for name in ("fin", "age", "prio")}
    check = Cox().fit(three, week, arrest).proportional_hazards()
    return [
        *cox.params_.values(),
        cox.log_likelihood_,
        cox.concordance_,
        *check.statistic.values(),
        check.together,
    ]


def _contracts(path: Path) -> list[float]:
    rows = _read(path)
    months = np.array([int(row["tenure"]) for row in rows])
    churned = np.array([row["Churn"] == "Yes" for row in rows])
    # Eleven customers of their first, unfinished month: nothing has been observed of them yet.
    begun = months > 0
    curve = KaplanMeier().fit(months[begun], churned[begun])
    return [churned.sum(), months.sum(), *curve.predict([12, 24, 48, 72])]


def _competition(path: Path) -> list[float]:
    """Errors of two methods of M3 from their own forecasts, per kind of series and over all
    forecasts, then of ours."""
    filed = path.parent / "m3_published_forecasts.parquet"
    rows = _series_of_m3(path)
    entries = [_errors_as_filed(filed, method, rows) for method in ("THETA", "NAIVE2")]
    ours = [np.empty(0)] * len(M3_SEASONS)
    for place, (period, season) in enumerate(M3_SEASONS):
        histories, actual = rows[period][1:]
        theta = Theta(season).fit(histories)
        ours[place] = smape(actual, theta.predict(actual.shape[1]))
    horizons = [rows[period][2].shape[1] for period, _ in M3_SEASONS]
    return [
        number
        for errors in (*entries, ours)
        for number in (*(error.mean() for error in errors), _over_all(errors, horizons))
    ]


def _over_all(errors, horizons):
    weights = np.repeat(horizons, [len(error) for error in errors])
    return float(np.average(np.concatenate(errors), weights=weights))


def _series_of_m3(path: Path) -> dict:
    """Names, histories and what came, by kind of series."""
    columns = _parquet(path, "series, period, is_test, value", "series, is_test, t")
    names, begin = np.unique(columns["series"].astype(str), return_index=True)
    ends = np.append(begin[1:], len(columns["value"]))
    result: dict = {period: ([], [], []) for period, _ in M3_SEASONS}
    for name, first, last in zip(names.tolist(), begin, ends, strict=True):
        kept = result[str(columns["period"][first])]
        values, test = columns["value"][first:last], columns["is_test"][first:last]
        for part, thing in zip(kept, (name, values[~test], values[test]), strict=True):
            part.append(thing)
    return {period: (*parts[:2], np.array(parts[2])) for period, parts in result.items()}


def _errors_as_filed(path: Path, method: str, rows: dict) -> list[np.ndarray]:
    columns = _parquet(path, "series, forecast", "series, t", f"method = '{method}'")
    names = columns["series"].astype(str)
    result = []
    for period, _ in M3_SEASONS:
        chosen = columns["forecast"][np.isin(names, rows[period][0])]
        result.append(smape(rows[period][2], chosen.reshape(rows[period][2].shape)))
    return result


def _parquet(path: Path, names: str, order: str, where: str = "true"):
    # Only here, and only where Parquet is to be read: the library itself does without.
    import duckdb

    query = f"select {names} from '{path}' where {where} order by {order}"
    return duckdb.connect().sql(query).fetchnumpy()


def _read(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _iso(compact: str) -> str:
    return f"{compact[:4]}-{compact[4:6]}-{compact[6:]}"


RFM_SCORES = (
    ("Abbey O'Reilly", 343),
    ("Add Senger", 412),
    ("Aden Lesch", 323),
    ("Aden Murphy", 544),
    ("Admiral Senger", 433),
)

# Weeks of remission of 21 patients with 6-MP, then of 21 with placebo.
WEEKS = (
    *(6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35),
    *(1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23),
)
REMISSION_ENDED = (*[1] * 9, *[0] * 12, *[1] * 21)
KAPLAN_MEIER = (
    (6, 0.8571, 0.0764),
    (7, 0.8067, 0.0869),
    (10, 0.7529, 0.0963),
    (13, 0.6902, 0.1068),
    (16, 0.6275, 0.1141),
    (22, 0.5378, 0.1282),
    (23, 0.4482, 0.1346),
)
M3_SEASONS = (("YEARLY", 1), ("QUARTERLY", 4), ("MONTHLY", 12), ("OTHER", 1))
M3_ERRORS = (
    ("THETA", M3, (16.97, 8.96, 13.89, 4.41, 13.05)),
    ("NAIVE2", M3, (17.88, 9.95, 16.89, 6.30, 15.46)),
    ("Theta, dynamic", "this library, first measured", (16.10, 9.37, 13.85, 4.59, 13.00)),
)
ROSSI = ("week", "arrest", "fin", "age", "race", "wexp", "mar", "paro", "prio")
ROSSI_COX = (-0.3794, -0.0574, 0.3139, -0.1498, -0.4337, -0.0849, 0.0915)

Expectation = tuple[str, str, str, float, int]
Proof = tuple[str | None, list[Expectation], Callable]

PROOFS: tuple[Proof, ...] = (
    (
        None,
        [
            (
                "BG/NBD",
                "E[Y(39) | x=2, t_x=30.43, T=38.86], printed parameters",
                FADER_2005,
                1.226,
                3,
            )
        ],
        _printed_parameters,
    ),
    (
        "cdnow_sample_summary.csv.gz",
        [
            ("BG/NBD", "r", FADER_2005, 0.243, 3),
            ("BG/NBD", "alpha", FADER_2005, 4.414, 3),
            ("BG/NBD", "a", FADER_2005, 0.793, 3),
            ("BG/NBD", "b", FADER_2005, 2.426, 3),
            ("BG/NBD", "log-likelihood", FADER_2005, -9582.4, 1),
            ("BG/NBD", "E[Y(39) | x=2, t_x=30.43, T=38.86]", FADER_2005, 1.226, 3),
            ("BG/NBD", "P(alive | x=2, t_x=30.43, T=38.86)", "lifetimes 0.11.3", 0.7266, 4),
            ("BG/NBD", "expected purchases, weeks 40-78", "independent computation", 1653, 0),
            ("Gamma-Gamma", "p", FADER_2013, 6.25, 2),
            ("Gamma-Gamma", "q", FADER_2013, 3.74, 2),
            ("Gamma-Gamma", "v", FADER_2013, 15.45, 2),
            ("Gamma-Gamma", "log-likelihood", FADER_2013, -4055.92, 2),
            ("Gamma-Gamma", "E[Z | x=2, z=22.35]", "lifetimes documentation", 24.6586, 4),
        ],
        _cdnow_models,
    ),
    (
        "cdnow_sample.csv.gz",
        [
            ("customer base", "customers", FADER_2005, 2357, 0),
            ("customer base", "repeat purchases, weeks 1-39", FADER_2005, 2457, 0),
            ("back-test", "purchases, weeks 40-78", FADER_2005, 1882, 0),
            ("back-test", "expected purchases, weeks 40-78", "independent computation", 1653, 0),
            ("back-test", "correlation per customer", FADER_2005, 0.626, 3),
            ("back-test", "capture in the top tenth, per cent", "independent computation", 47.0, 1),
        ],
        _cdnow_holdout,
    ),
    (
        "rfm_orders.csv.gz",
        [("RFM", f"score of {name}", HEBBALI, score, 0) for name, score in RFM_SCORES],
        _rfm_scores,
    ),
    *path_modelling.PROOFS,
    *WEIGHT_PROOFS,
    *DRIVER_PROOFS,
    (
        None,
        [
            *(("Kaplan-Meier", f"S({week})", FREIREICH, at, 4) for week, at, _ in KAPLAN_MEIER),
            *(
                ("Kaplan-Meier", f"Greenwood's error of S({week})", FREIREICH, error, 4)
                for week, _, error in KAPLAN_MEIER
            ),
            ("Kaplan-Meier", "S(6), log-log lower limit", FREIREICH, 0.6197, 4),
            ("Kaplan-Meier", "S(6), log-log upper limit", FREIREICH, 0.9516, 4),
            ("Kaplan-Meier", "S(23), log-log lower limit", FREIREICH, 0.1881, 4),
            ("Kaplan-Meier", "S(23), log-log upper limit", FREIREICH, 0.6801, 4),
            ("Kaplan-Meier", "median", FREIREICH, 23, 0),
            ("log-rank", "expected events with 6-MP", FREIREICH, 19.25, 2),
            ("log-rank", "chi-square", FREIREICH, 16.79, 2),
            ("Cox", "coefficient of placebo", MASS, 1.572, 3),
            ("Cox", "standard error", MASS, 0.412, 3),
        ],
        _remission,
    ),
    (
        "rossi.csv.gz",
        [
            *(
                ("Cox", f"coefficient of {name}", ALLISON, value, 4)
                for name, value in zip(ROSSI[2:], ROSSI_COX, strict=True)
            ),
            ("Cox", "log-likelihood", ALLISON, -658.748, 3),
            ("Cox", "concordance", FOX, 0.640, 3),
            ("Cox", "proportional hazards, fin", FOX, 0.00507, 5),
            ("Cox", "proportional hazards, age", FOX, 6.54147, 5),
            ("Cox", "proportional hazards, prio", FOX, 0.77288, 5),
            ("Cox", "proportional hazards, together", FOX, 7.13046, 5),
        ],
        _recidivism,
    ),
    (
        "telco_churn.csv.gz",
        [
            ("Kaplan-Meier", "events", "lifelines 0.30.3", 1869, 0),
            ("Kaplan-Meier", "customer-months", "lifelines 0.30.3", 227990, 0),
            ("Kaplan-Meier", "S(12)", "lifelines 0.30.3", 0.8432, 4),
            ("Kaplan-Meier", "S(24)", "lifelines 0.30.3", 0.7887, 4),
            ("Kaplan-Meier", "S(48)", "lifelines 0.30.3", 0.7088, 4),
            ("Kaplan-Meier", "S(72)", "lifelines 0.30.3", 0.5928, 4),
        ],
        _contracts,
    ),
    (
        "m3_all.parquet",
        [
            ("sMAPE of M3", f"{method}, {period.lower()}", source, value, 2)
            for method, source, values in M3_ERRORS
            for (period, _), value in zip((*M3_SEASONS, ("ALL", 0)), values, strict=True)
        ],
        _competition,
    ),
    *BASKET_PROOFS,
)
