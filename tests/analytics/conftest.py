"""Real data for the published tables; skipped, visibly, where the folder is absent."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def data_folder():
    if not DATA.exists():
        pytest.skip(f"no real data at {DATA}")
    return DATA


@pytest.fixture(scope="session")
def cdnow_summary(data_folder):
    """x, t_x, T (weeks) and mean spend (dollars) of 2,357 customers."""
    rows = read(data_folder / "cdnow_sample_summary.csv.gz")
    return tuple(np.array([float(row[name]) for row in rows]) for name in ("x", "t_x", "T", "zbar"))


@pytest.fixture(scope="session")
def cdnow_transactions(data_folder):
    rows = read(data_folder / "cdnow_sample.csv.gz")
    iso = [f"{row['date'][:4]}-{row['date'][4:6]}-{row['date'][6:]}" for row in rows]
    return {
        "customer": np.array([int(row["sample_id"]) for row in rows]),
        "day": np.array(iso, dtype="datetime64[D]"),
        # Eight first orders cost nothing; the paper counts them as purchases, so they weigh one
        # cent here.
        "amount": np.array([max(round(100 * float(row["amount"])), 1) for row in rows]),
    }


@pytest.fixture(scope="session")
def rfm_orders(data_folder):
    rows = read(data_folder / "rfm_orders.csv.gz")
    return {
        "customer": np.array([row["customer_id"] for row in rows]),
        "day": np.array([row["order_date"] for row in rows], dtype="datetime64[D]"),
        "amount": np.array([int(row["revenue"]) for row in rows]),
    }


@pytest.fixture(scope="session")
def online_retail(data_folder):
    """UCI Online Retail after the usual cleaning, as a DuckDB relation with cents and dates."""
    duckdb = pytest.importorskip("duckdb")
    return duckdb.connect().sql(f"""
        select cast(CustomerID as bigint) as customer,
               cast(cast(InvoiceDate as timestamp) as date) as day,
               cast(round(Quantity * UnitPrice * 100) as bigint) as amount
        from '{data_folder}/uci_online_retail.parquet'
        where CustomerID is not null and Quantity > 0 and UnitPrice > 0
    """)


def read(path):
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
