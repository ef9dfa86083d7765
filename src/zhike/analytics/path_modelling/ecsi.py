"""The European customer satisfaction model, and the published sample of it as sums."""

import json
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

# Image, expectation, perceived quality, perceived value, satisfaction, complaints, loyalty:
# Tenenhaus et al. 2005, figure 1.
ECSI_PATHS = (
    ("image", "expectation"),
    ("expectation", "quality"),
    ("expectation", "value"),
    ("quality", "value"),
    ("image", "satisfaction"),
    ("expectation", "satisfaction"),
    ("quality", "satisfaction"),
    ("value", "satisfaction"),
    ("satisfaction", "complaints"),
    ("image", "loyalty"),
    ("satisfaction", "loyalty"),
    ("complaints", "loyalty"),
)


@dataclass(frozen=True, eq=False)
class PublishedSample:
    """Means and covariances of the 24 items of 250 customers of a mobile phone provider.

    outer : the items of each construct; ``means`` (24,) and ``covariance`` (24, 24) in their order
    """

    outer: dict[str, tuple[str, ...]]
    rows: int
    means: np.ndarray
    covariance: np.ndarray


def ecsi_sample() -> PublishedSample:
    """The sample of Tenenhaus et al. 2005: exact sums of answers (1 to 10), no single answer.

    >>> sample = ecsi_sample()
    >>> sample.rows, sample.outer["satisfaction"]
    (250, ('CUSA1', 'CUSA2', 'CUSA3'))
    """
    text = files(__package__).joinpath("ecsi_sample.json").read_text("utf-8")
    stored = json.loads(text)
    rows, sums = stored["rows"], np.array(stored["sums"])
    products = np.zeros((len(sums), len(sums)))
    products[np.triu_indices(len(sums))] = stored["products"]
    products = np.maximum(products, products.T)
    # Whole numbers until the last division, so that nothing is lost.
    covariance = (rows * products - np.outer(sums, sums)) / (rows * (rows - 1))
    outer = {name: tuple(items) for name, items in stored["outer"].items()}
    return PublishedSample(outer, rows, sums / rows, covariance)
