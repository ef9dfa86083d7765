"""Path models of satisfaction by partial least squares: see :class:`PathModel`."""

from .bootstrap import Estimate, PathBootstrap
from .ecsi import ECSI_PATHS, PublishedSample, ecsi_sample
from .groups import Difference, GroupComparison, Invariance
from .measures import Reliability
from .model import PathModel

__all__ = [
    "ECSI_PATHS",
    "Difference",
    "Estimate",
    "GroupComparison",
    "Invariance",
    "PathBootstrap",
    "PathModel",
    "PublishedSample",
    "Reliability",
    "ecsi_sample",
]
