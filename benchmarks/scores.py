"""All scores of all customers, from the record store to the standings. Targets at a million
customers: 60 seconds, 4 GiB."""

import time

import machine


def main() -> None:
    options = machine.arguments(__doc__)
    with machine.base(options.customers):
        machine.headline("Scores", options.customers)
        for attempt in ("first run", "second run"):
            print(f"{attempt}: {timed_run()}, peak memory {machine.peak_memory():.0f} MiB")


def timed_run() -> str:
    from zhike.access.viewer import SYSTEM
    from zhike.insight.actions import run_scores

    steps: list[tuple[str, float]] = []
    begun, server = time.perf_counter(), machine.server_cpu()
    run_scores(SYSTEM, report=lambda run: steps.append((run.step, time.perf_counter())))
    seconds, server = time.perf_counter() - begun, machine.server_cpu() - server
    parts = ", ".join(
        f"{step} {after - at:.1f}"
        for (step, at), (_step, after) in zip(steps, steps[1:], strict=False)
    )
    return f"{seconds:.1f} s ({parts}; of it PostgreSQL {server:.1f} s of processor time)"


if __name__ == "__main__":
    main()
