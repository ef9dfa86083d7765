"""The 3,003 series of the M3 competition. Target: sMAPE at most 13.2 in under 2 seconds. Against
statsforecast, on the monthly ones, if it is there: `uv run --with statsforecast python
benchmarks/forecasts.py`."""

import time
from argparse import ArgumentParser
from pathlib import Path

import machine
import numpy as np

from zhike.analytics import ExponentialSmoothing, Theta, forecast, smape
from zhike.analytics.prove import M3_SEASONS, _over_all, _series_of_m3

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
MONTHLY = 12


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder with m3_all.parquet")
    file = parser.parse_args().data / "m3_all.parquet"
    if not file.exists():
        print(f"no data at {file}")
        return
    series = _series_of_m3(file)
    print("# M3: 645 yearly, 756 quarterly, 1,428 monthly, 174 other series; one process")
    for kind in ("dynamic", "standard"):
        everything(series, f"Theta, {kind}", lambda rows, ahead, season, kind=kind: (
            Theta(season, kind).fit(rows).predict(ahead)
        ))  # fmt: skip
    everything(series, "exponential smoothing, AICc", lambda rows, ahead, season: (
        ExponentialSmoothing(season).fit(rows).predict(ahead)
    ))  # fmt: skip
    everything(series, "chosen by rolling origin", lambda rows, ahead, season: (
        forecast(rows, ahead, season=season).mean
    ))  # fmt: skip
    against_statsforecast(*series["MONTHLY"][1:])


def everything(series, label, predict) -> None:
    def run():
        parts = []
        for period, season in M3_SEASONS:
            _, history, actual = series[period]
            parts.append(smape(actual, predict(history, actual.shape[1], season)))
        return _over_all(parts, [series[period][2].shape[1] for period, _ in M3_SEASONS])

    measured(label, run)


def measured(label, run) -> float:
    machine.forget_peak()
    cpu, begun = time.process_time(), time.perf_counter()
    error = run()
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    print(
        f"{label:30} sMAPE {error:6.2f}  {seconds:8.2f} s  cpu {cpu:8.2f} s"
        f"  peak {machine.peak_memory():6.0f} MiB",
        flush=True,
    )
    return cpu


def against_statsforecast(history, actual) -> None:
    try:
        from statsforecast.models import AutoETS
        from statsforecast.models import Theta as TheirTheta
    except ImportError:
        print("statsforecast: not installed")
        return
    horizon = actual.shape[1]
    print(f"# the {len(history):,} monthly series")
    for label, ours, theirs in (
        ("Theta", lambda: Theta(MONTHLY), lambda: TheirTheta(season_length=MONTHLY)),
        (
            "ETS",
            lambda: ExponentialSmoothing(MONTHLY),
            lambda: AutoETS(season_length=MONTHLY),
        ),
    ):
        mine = measured(
            label, lambda make=ours: smape(actual, make().fit(history).predict(horizon)).mean()
        )
        other = measured(
            f"statsforecast {label}",
            lambda make=theirs: smape(
                actual,
                np.array([make().forecast(row, horizon)["mean"] for row in history]),
            ).mean(),
        )
        print(f"{'':30} {other / mine:6.1f}x the processor time")


if __name__ == "__main__":
    main()
