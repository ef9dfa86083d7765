"""Means and covariances of rows, of resampled rows and of groups of rows."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

# Rows times columns that one batch of resamples may hold: some 200 MB.
BATCH = 25_000_000


@dataclass(frozen=True, eq=False)
class Moments:
    """R sets of moments: ``means`` (R, P), ``covariances`` (R, P, P), divisor rows - 1."""

    means: np.ndarray
    covariances: np.ndarray

    def correlations(self) -> np.ndarray:
        deviation = np.sqrt(self.variances())
        return self.covariances / (deviation[:, :, None] * deviation[:, None, :])

    def variances(self) -> np.ndarray:
        return np.diagonal(self.covariances, axis1=1, axis2=2)

    def only(self, keep: np.ndarray) -> "Moments":
        return Moments(self.means[keep], self.covariances[keep])


class Sums:
    """Rows made ready to be summed with any whole numbers of copies.

    Ratings are whole numbers: shifted by a whole number, their sums and products are exact in
    floating point, in any order of summation, so that resamples are the same on every machine.
    """

    def __init__(self, values: np.ndarray):
        self.rows, self.items = values.shape
        whole = np.all(values == np.round(values))
        self._origin = np.round(values.mean(axis=0)) if whole else values.mean(axis=0)
        shifted = values - self._origin
        self._upper = np.triu_indices(self.items)
        products = shifted[:, self._upper[0]] * shifted[:, self._upper[1]]
        self._table = np.concatenate((shifted, products), axis=1)

    def moments(self, copies: np.ndarray) -> Moments:
        """``copies`` (R, rows): how often each row counts."""
        size = copies.sum(axis=1, dtype=np.float64)
        totals = copies.astype(np.float64) @ self._table
        first = totals[:, : self.items]
        products = np.empty((len(copies), self.items, self.items))
        products[:, self._upper[0], self._upper[1]] = totals[:, self.items :]
        products[:, self._upper[1], self._upper[0]] = totals[:, self.items :]
        mean = first / size[:, None]
        covariances = products - first[:, :, None] * mean[:, None, :]
        return Moments(mean + self._origin, covariances / (size - 1)[:, None, None])

    def whole(self) -> Moments:
        return self.moments(np.ones((1, self.rows)))

    def varied(self, moments: Moments) -> np.ndarray:
        """Whether every item varies in them as far as rounding can tell, shape (R,)."""
        return np.asarray((moments.variances() > 1e-9 * self.whole().variances()).all(axis=1))

    def resampled(self, samples: int, seed: int) -> Iterator[Moments]:
        """Moments of ``samples`` draws of as many rows with replacement, in batches."""
        for copies in self.copies(samples, seed):
            yield self.moments(copies)

    def copies(self, samples: int, seed: int) -> Iterator[np.ndarray]:
        """How often each row is drawn in each sample, (batch, rows)."""
        random = np.random.default_rng(seed)
        for size in self.batches(samples):
            drawn = random.integers(0, self.rows, (size, self.rows))
            drawn += self.rows * np.arange(size)[:, None]
            copies = np.bincount(drawn.reshape(-1), minlength=size * self.rows)
            yield copies.reshape(size, self.rows)

    def batches(self, samples: int) -> Iterator[int]:
        largest = max(BATCH // max(self.rows, 4 * self.items**2), 1)
        for done in range(0, samples, largest):
            yield min(largest, samples - done)
