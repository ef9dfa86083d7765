"""Offers and baskets on real purchases. Targets: EASE on Online Retail nDCG@10 of .29 at random,
with the figure by time beside it; the 410 rules of Groceries in under half a second. Against
mlxtend, if it is there: `uv run --with mlxtend python benchmarks/recommendation.py`."""

import time
from argparse import ArgumentParser
from pathlib import Path

import machine
import numpy as np

from zhike.analytics import (
    EASE,
    ItemNeighbours,
    association_rules,
    frequent_itemsets,
    k_core,
    random_split,
    recommendation_record,
    time_split,
)
from zhike.analytics.basket_proofs import groceries

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SEEDS = (0, 1, 2, 3, 42)


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder with the two files")
    folder = parser.parse_args().data
    if not folder.exists():
        print(f"no data at {folder}")
        return
    baskets(*groceries(folder / "groceries.csv.gz"))
    offers(*online_retail(folder / "uci_online_retail.parquet"))


def baskets(basket, item) -> None:
    print("# Groceries: 9,835 baskets, 169 items")
    for support, confidence in ((0.01, 0.5), (0.006, 0.25), (0.001, 0.8)):
        rules, seconds = measured(
            f"rules, support {support}, confidence {confidence}",
            lambda: association_rules(
                frequent_itemsets(basket, item, support=support),  # noqa: B023
                confidence=confidence,  # noqa: B023
            ),
        )
        print(f"  {len(rules)} rules of {rules.tested:,} tested")
        against_mlxtend(basket, item, support, confidence, seconds)


def against_mlxtend(basket, item, support, confidence, seconds) -> None:
    try:
        import pandas
        from mlxtend import frequent_patterns
    except ModuleNotFoundError:
        return
    table = pandas.crosstab(basket, item) > 0
    rules, theirs = measured(
        "  mlxtend, fpgrowth",
        lambda: frequent_patterns.association_rules(
            frequent_patterns.fpgrowth(table, min_support=support, use_colnames=True),
            min_threshold=confidence,
        ),
    )
    print(f"  {int((rules.consequents.map(len) == 1).sum())} rules, {theirs / seconds:.1f} x")


def offers(customer, item, day) -> None:
    kept = k_core(customer, item)
    customer, item, day = customer[kept], item[kept], day[kept]
    print(
        f"# Online Retail: {len(np.unique(customer)):,} customers, {len(np.unique(item)):,} items"
    )
    model, _ = measured("EASE, fit", lambda: EASE().fit(customer, item))
    measured("ten offers for everybody", lambda: model.recommend_all(10))
    measured("offers for one, with reasons", lambda: model.recommend(customer[0]))
    later = np.sort(day)[int(0.8 * len(day))]
    records = [
        (f"by time, from {later}", time_split(customer, item, day, later)),
        *((f"at random, seed {seed}", random_split(customer, item, seed=seed)) for seed in SEEDS),
    ]
    models = [(name, model, split) for name, split in records for model in (EASE, ItemNeighbours)]
    for name, kind, split in models:
        record = recommendation_record(kind(), split)
        low, high = record.interval
        print(
            f"{kind.__name__:15} {name:25} nDCG@10 {record.ndcg:.4f} ({low:.4f} to {high:.4f})"
            f"  recall@20 {record.recall:.4f}"
            f"  popular {record.popular_ndcg:.4f}, {record.popular_recall:.4f}",
            flush=True,
        )


def online_retail(path):
    import duckdb

    columns = (
        duckdb.connect()
        .sql(f"""
        select cast(CustomerID as bigint) as customer, upper(StockCode) as item,
               cast(cast(InvoiceDate as timestamp) as date) as day
        from '{path}'
        where CustomerID is not null and Quantity > 0 and UnitPrice > 0
          and StockCode similar to '[0-9]{{5}}.*'
    """)
        .fetchnumpy()
    )
    day = columns["day"].astype("datetime64[D]")
    return columns["customer"], columns["item"].astype(str), day


def measured(label, run):
    machine.forget_peak()
    cpu, begun = time.process_time(), time.perf_counter()
    result = run()
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    print(
        f"{label:40} {seconds:8.3f} s  cpu {cpu:8.3f} s  peak {machine.peak_memory():6.0f} MiB",
        flush=True,
    )
    return result, seconds


if __name__ == "__main__":
    main()
