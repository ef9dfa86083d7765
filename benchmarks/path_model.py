"""The ECSI model on the shape of its published sample (250 rows, 24 items): fit, 5,000 bootstrap
samples, 1,000 permutations of two groups. Target: 5,000 samples under 2 seconds.

No library that may be installed here does it (the one on PyPI is under GPL-3), so the yardstick is
the machine: the resampled covariances alone, as the one matrix product they are. Each step in
seconds, processor seconds, and its ratio to that product."""

import machine
import numpy as np

SAMPLES = 5000


def main() -> None:
    from zhike.analytics import ECSI_PATHS, PathModel, ecsi_sample

    machine.arguments(__doc__)
    table = answers(ecsi_sample())
    model = PathModel(ECSI_PATHS, ecsi_sample().outer, scale=(1, 10))
    model.fit(table)
    copies = np.ones((SAMPLES, 250))
    products = np.ones((250, 24 * 25 // 2 + 24))
    physical = machine.timed("product alone", lambda: copies @ products, None)
    machine.timed("fit", lambda: model.fit(table), physical)
    machine.timed(f"{SAMPLES:,} bootstraps", lambda: model.bootstrap(SAMPLES), physical)
    groups = np.arange(250) % 2
    machine.timed("1,000 permutations", lambda: model.compare_groups(table, groups), physical)
    print(f"peak memory {machine.peak_memory():.0f} MiB")


def answers(sample) -> dict[str, np.ndarray]:
    """Whole answers from 1 to 10 with about the published means and correlations."""
    random = np.random.default_rng(0)
    values = random.multivariate_normal(sample.means, sample.covariance, sample.rows)
    items = [item for items in sample.outer.values() for item in items]
    return dict(zip(items, np.clip(np.round(values), 1, 10).T, strict=True))


if __name__ == "__main__":
    main()
