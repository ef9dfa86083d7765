"""Every method on its published table, digit by digit, in the installation at hand."""

import csv
import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .back_test import backtest
from .base_table import customer_base
from .beta_geo import BetaGeo
from .driver_proofs import PROOFS as DRIVER_PROOFS
from .gamma_gamma import GammaGamma
from .grading import rfm
from .path_modelling import proof as path_modelling
from .weight_proofs import PROOFS as WEIGHT_PROOFS

FADER_2005 = "Fader, Hardie & Lee 2005, Marketing Science 24(2)"
FADER_2013 = "Fader & Hardie 2013, The Gamma-Gamma model of monetary value"
HEBBALI = "Hebbali, R package rfm, README"


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
    """
    folder = None if data_folder is None else Path(data_folder)
    results = []
    for file, expectations, compute in PROOFS:
        path = None if file is None or folder is None else folder / file
        there = file is None or (path is not None and path.exists())
        computed = compute(path) if there else None
        for place, (method, quantity, source, published, digits) in enumerate(expectations):
            value = None if computed is None else float(computed[place])
            # Compared as printed text: rounding noise in the last bit must not decide.
            ok = None if value is None else f"{value:.{digits}f}" == f"{published:.{digits}f}"
            results.append(Check(method, quantity, source, published, digits, value, ok, file))
    return results


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
)
