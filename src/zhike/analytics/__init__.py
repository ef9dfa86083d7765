"""Analytics of customers: pure functions and small estimators on NumPy and SciPy.

Usable alone, from a notebook:

>>> from zhike.analytics import customer_base, rfm
>>> orders = {"customer": [1, 1, 2], "day": [0, 9, 3], "amount": [500, 700, 300]}
>>> base = customer_base(orders, until=10)
>>> rfm(base).score.tolist()
[333, 111]
"""

from .back_test import BackTest, backtest, calibration, capture
from .base_table import CustomerBase, customer_base, purchase_days_between
from .beta_geo import BetaGeo, Identifiability, choose_purchase_model
from .cohort_table import Cohorts, cohorts
from .concentration import abc, gini, pareto_curve
from .data_weights import DataWeights, critic_weights, entropy_weights
from .driver_regression import Coefficient, DriverRegression, Importance, Reading
from .errors import AnalyticsError, InvalidInput, NotEnoughData, NotIdentified
from .gamma_gamma import GammaGamma
from .gamma_poisson import GammaPoisson
from .grading import RFM, SEGMENTS, grade, rfm
from .life_stages import RELATIONS, RULES, STAGES, LifeCycle, lifecycle
from .lifetime_value import LifetimeValue, customer_lifetime_value
from .linking import (
    Comparison,
    FellegiSunter,
    Links,
    candidate_pairs,
    link_pairs,
    link_records,
    similar_names,
    similar_numbers,
)
from .next_purchase import NextPurchase, expected_next_day
from .pairwise_comparison import (
    AHP,
    Change,
    GroupAHP,
    Repair,
    aggregate_judgements,
    ahp,
    ahp_group,
    repair,
)
from .path_modelling import (
    ECSI_PATHS,
    Difference,
    Estimate,
    GroupComparison,
    Invariance,
    PathBootstrap,
    PathModel,
    PublishedSample,
    Reliability,
    ecsi_sample,
)
from .prove import Check, prove
from .purchase_model import FuturePurchases
from .value_index import ValueIndex

__all__ = [
    "AHP",
    "ECSI_PATHS",
    "RELATIONS",
    "RFM",
    "RULES",
    "SEGMENTS",
    "STAGES",
    "AnalyticsError",
    "BackTest",
    "BetaGeo",
    "Change",
    "Check",
    "Coefficient",
    "Cohorts",
    "Comparison",
    "CustomerBase",
    "DataWeights",
    "Difference",
    "DriverRegression",
    "Estimate",
    "FellegiSunter",
    "FuturePurchases",
    "GammaGamma",
    "GammaPoisson",
    "GroupAHP",
    "GroupComparison",
    "Identifiability",
    "Importance",
    "InvalidInput",
    "Invariance",
    "LifeCycle",
    "LifetimeValue",
    "Links",
    "NextPurchase",
    "NotEnoughData",
    "NotIdentified",
    "PathBootstrap",
    "PathModel",
    "PublishedSample",
    "Reading",
    "Reliability",
    "Repair",
    "ValueIndex",
    "abc",
    "aggregate_judgements",
    "ahp",
    "ahp_group",
    "backtest",
    "calibration",
    "candidate_pairs",
    "capture",
    "choose_purchase_model",
    "cohorts",
    "critic_weights",
    "customer_base",
    "customer_lifetime_value",
    "ecsi_sample",
    "entropy_weights",
    "expected_next_day",
    "gini",
    "grade",
    "lifecycle",
    "link_pairs",
    "link_records",
    "pareto_curve",
    "prove",
    "purchase_days_between",
    "repair",
    "rfm",
    "similar_names",
    "similar_numbers",
]
