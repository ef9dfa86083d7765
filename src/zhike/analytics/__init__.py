"""Analytics of customers: pure functions and small estimators on NumPy and SciPy.

Usable alone, from a notebook:

>>> from zhike.analytics import customer_base, rfm
>>> orders = {"customer": [1, 1, 2], "day": [0, 9, 3], "amount": [500, 700, 300]}
>>> base = customer_base(orders, until=10)
>>> rfm(base).score.tolist()
[333, 111]
"""

from .association_rules import Rules, association_rules
from .back_test import BackTest, backtest, calibration, capture
from .base_table import CustomerBase, customer_base, purchase_days_between
from .beta_geo import BetaGeo, Identifiability, choose_purchase_model
from .cohort_table import Cohorts, cohorts
from .concentration import abc, gini, pareto_curve
from .cox import Baseline, Cox, ProportionalHazards, concordance
from .data_weights import DataWeights, critic_weights, entropy_weights
from .driver_regression import Coefficient, DriverRegression, Importance, Reading
from .ease import EASE
from .errors import AnalyticsError, InvalidInput, NotEnoughData, NotIdentified
from .exponential_smoothing import ExponentialSmoothing
from .forecast_errors import mase, naive_scale, smape
from .forecasting import Forecast, forecast
from .gamma_gamma import GammaGamma
from .gamma_poisson import GammaPoisson
from .grading import RFM, SEGMENTS, grade, rfm
from .hazard import HazardModel, HazardRecord, PersonPeriods, Reasons, person_periods
from .intermittent import Croston
from .item_model import Offer
from .item_neighbours import ItemNeighbours
from .item_sets import ItemSets, frequent_itemsets
from .kaplan_meier import KaplanMeier, LogRank, RestrictedMean, log_rank
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
from .recommendation_record import (
    HeldOut,
    RecommendationRecord,
    k_core,
    random_split,
    recommendation_record,
    time_split,
)
from .reconciliation import Hierarchy, hierarchy, reconcile, rolling_errors
from .risk_quality import (
    EarlyWarning,
    area_under_curve,
    calibration_error,
    early_warning,
    share_interval,
)
from .theta import Theta
from .value_index import ValueIndex

__all__ = [
    "AHP",
    "AnalyticsError",
    "BackTest",
    "Baseline",
    "BetaGeo",
    "Change",
    "Check",
    "Coefficient",
    "Cohorts",
    "Comparison",
    "Cox",
    "Croston",
    "CustomerBase",
    "DataWeights",
    "Difference",
    "DriverRegression",
    "EASE",
    "ECSI_PATHS",
    "EarlyWarning",
    "Estimate",
    "ExponentialSmoothing",
    "FellegiSunter",
    "Forecast",
    "FuturePurchases",
    "GammaGamma",
    "GammaPoisson",
    "GroupAHP",
    "GroupComparison",
    "HazardModel",
    "HazardRecord",
    "HeldOut",
    "Hierarchy",
    "Identifiability",
    "Importance",
    "InvalidInput",
    "Invariance",
    "ItemNeighbours",
    "ItemSets",
    "KaplanMeier",
    "LifeCycle",
    "LifetimeValue",
    "Links",
    "LogRank",
    "NextPurchase",
    "NotEnoughData",
    "NotIdentified",
    "Offer",
    "PathBootstrap",
    "PathModel",
    "PersonPeriods",
    "ProportionalHazards",
    "PublishedSample",
    "RELATIONS",
    "RFM",
    "RULES",
    "Reading",
    "Reasons",
    "RecommendationRecord",
    "Reliability",
    "Repair",
    "RestrictedMean",
    "Rules",
    "SEGMENTS",
    "STAGES",
    "Theta",
    "ValueIndex",
    "abc",
    "aggregate_judgements",
    "ahp",
    "ahp_group",
    "area_under_curve",
    "association_rules",
    "backtest",
    "calibration",
    "calibration_error",
    "candidate_pairs",
    "capture",
    "choose_purchase_model",
    "cohorts",
    "concordance",
    "critic_weights",
    "customer_base",
    "customer_lifetime_value",
    "early_warning",
    "ecsi_sample",
    "entropy_weights",
    "expected_next_day",
    "forecast",
    "frequent_itemsets",
    "gini",
    "grade",
    "hierarchy",
    "k_core",
    "lifecycle",
    "link_pairs",
    "link_records",
    "log_rank",
    "mase",
    "naive_scale",
    "pareto_curve",
    "person_periods",
    "prove",
    "purchase_days_between",
    "random_split",
    "recommendation_record",
    "reconcile",
    "repair",
    "rfm",
    "rolling_errors",
    "share_interval",
    "similar_names",
    "similar_numbers",
    "smape",
    "time_split",
]
