"""Curves, Cox regression with ties, and the risk of leaving: targets for 100,000 customers: one
second for Cox, three for the risk. Against lifelines and scikit-learn if they are there:
`uv run --with lifelines,scikit-learn python benchmarks/survival.py`."""

import time

import machine
import numpy as np

from zhike.analytics import Cox, HazardModel, KaplanMeier

FACTS = 8


def main() -> None:
    options = machine.arguments(__doc__)
    facts, duration, event = world(options.customers)
    print(f"# {options.customers:,} customers, {event.sum():,} left, {FACTS} facts, days as ties")
    ours = measured("Kaplan-Meier", lambda: KaplanMeier().fit(duration, event))
    theirs = lifelines_curve(duration, event)
    compare("lifelines, curve", theirs, ours)
    ours = measured("Cox with concordance", lambda: Cox().fit(facts, duration, event))
    theirs = lifelines_cox(facts, duration, event)
    compare("lifelines, Cox", theirs, ours)
    months, left = np.floor(duration / 30), event
    table = {f"fact {place}": column for place, column in enumerate(facts.T)}
    ours = measured("Hazard, penalty chosen", lambda: HazardModel().fit(table, months, left))
    compare("scikit-learn, the same", scikit_learn(facts, months, left), ours)


def world(customers: int):
    random = np.random.default_rng(1)
    facts = random.standard_normal((customers, FACTS))
    life = random.exponential(900 * np.exp(-facts @ np.linspace(-0.4, 0.4, FACTS)))
    seen = random.uniform(1, 1500, customers)
    return facts, np.ceil(np.minimum(life, seen)) + 1, life <= seen


def measured(label: str, run) -> float:
    run()
    machine.forget_peak()
    cpu, begun = time.process_time(), time.perf_counter()
    run()
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    print(f"{label:28} {seconds:8.3f} s  cpu {cpu:8.3f} s  peak {machine.peak_memory():6.0f} MiB")
    return cpu


def compare(label: str, run, ours: float) -> None:
    if run is None:
        print(f"{label:28} not installed")
        return
    theirs = measured(label, run)
    print(f"{'':28} {theirs / ours:8.1f}x the processor time")


def lifelines_curve(duration, event):
    try:
        from lifelines import KaplanMeierFitter
    except ImportError:
        return None
    return lambda: KaplanMeierFitter().fit(duration, event)


def scikit_learn(facts, months, left):
    """Logistic regression with L2, the penalty by cross-validation over as many values."""
    try:
        from sklearn.linear_model import LogisticRegressionCV
    except ImportError:
        return None
    table = np.column_stack((facts, months, months**2, months**3))
    table = (table - table.mean(axis=0)) / table.std(axis=0)
    return lambda: LogisticRegressionCV(Cs=8, cv=5, scoring="neg_log_loss").fit(table, left)


def lifelines_cox(facts, duration, event):
    try:
        import pandas
        from lifelines import CoxPHFitter
    except ImportError:
        return None
    table = pandas.DataFrame(facts).assign(duration=duration, event=event)
    table.columns = table.columns.astype(str)

    def run():
        model = CoxPHFitter().fit(table, "duration", "event")
        return model.concordance_index_

    return run


if __name__ == "__main__":
    main()
