"""What drives an outcome, on a million rows and eight drivers: linear, logistic and ordinal fits,
and shares of importance with 500 resamples of 2,000 rows. The yardstick is the machine: the product
of the drivers' matrix with itself, which every fit needs at least once."""

import time

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
    physical = timed("product alone", lambda: drivers.T @ drivers)
    for kind, outcome in outcomes.items():
        model = DriverRegression("outcome", names, kind=kind)
        timed(f"{kind} fit", lambda: model.fit(table | {"outcome": outcome}), physical)  # noqa: B023
    sample = {name: values[:2000] for name, values in (table | {"outcome": latent}).items()}
    model = DriverRegression("outcome", names).fit(sample)
    timed("importance, limits", lambda: model.importance(samples=500), physical)
    print(f"{rows:,} rows, peak memory {machine.peak_memory():.0f} MiB")


def timed(label, run, physical=None):
    best = None
    for _ in range(2):
        begun, cpu = time.perf_counter(), time.process_time()
        run()
        spent = time.perf_counter() - begun, time.process_time() - cpu
        best = spent if best is None else min(best, spent)
    ratio = "" if physical is None else f"{best[0] / physical:10.1f}x"
    print(f"{label:20} {best[0]:8.4f} s   cpu {best[1]:8.4f} s{ratio}", flush=True)
    return best[0]


if __name__ == "__main__":
    main()
