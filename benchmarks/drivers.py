"""What drives an outcome, on a million rows and eight drivers: linear, logistic and ordinal fits,
and shares of importance with 500 resamples of 2,000 rows. The yardstick is the machine: the product
of the drivers' matrix with itself, which every fit needs at least once."""

import machine
import numpy as np

ROWS = 1_000_000


def main() -> None:
    from zhike.analytics import DriverRegression

    rows = machine.arguments(__doc__, rows=ROWS).rows
    random = np.random.default_rng(0)
    drivers = random.standard_normal((rows, 8))
    latent = drivers @ np.linspace(-0.5, 0.5, 8) + random.logistic(size=rows)
    names = [f"driver {number}" for number in range(8)]
    table = dict(zip(names, drivers.T, strict=True))
    outcomes = {"linear": latent, "logistic": latent > 0, "ordinal": np.digitize(latent, [-1, 1])}
    physical = machine.timed("product alone", lambda: drivers.T @ drivers)
    for kind, outcome in outcomes.items():
        model = DriverRegression("outcome", names, kind=kind)
        machine.timed(f"{kind} fit", lambda: model.fit(table | {"outcome": outcome}), physical)  # noqa: B023
    sample = {name: values[:2000] for name, values in (table | {"outcome": latent}).items()}
    model = DriverRegression("outcome", names).fit(sample)
    machine.timed("importance, limits", lambda: model.importance(samples=500), physical)
    print(f"{rows:,} rows, peak memory {machine.peak_memory():.0f} MiB")


if __name__ == "__main__":
    main()
