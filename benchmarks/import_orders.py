"""Order lines from a CSV file: read, checked, matched with customers and products, written.

The peer is the physical limit: the same file into one table of text by COPY. Target: 5,000 lines a
second.
"""

import csv
import time
from pathlib import Path

import machine

HEADINGS = ("订单号", "下单时间", "客户编号", "商品编号", "数量", "单价")


def write_file(customers: int, lines: int) -> Path:
    """Lines of another history of the same customers and products, with new order numbers."""
    from datetime import datetime

    from zhike.demo.catalogue import products
    from zhike.demo.simulation import simulate
    from zhike.kernel import clock

    path = Path(f"/tmp/zhike-bench-{customers}/orders-{lines}.csv")
    world = simulate(max(customers, lines // 8), 2, clock.today())
    codes = [product.code for product in products()]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for n in range(lines):
            document = world.lines.document[n]
            moment = datetime.fromtimestamp(int(world.orders.placed[document]), clock.UTC)
            writer.writerow(
                (
                    f"IM{document:08d}",
                    f"{moment:%Y-%m-%d %H:%M:%S}",
                    f"C{world.orders.customer[document] % customers + 1:07d}",
                    codes[world.lines.product[n]],
                    world.lines.quantity[n],
                    f"{world.lines.unit_price[n] / 100:.2f}",
                )
            )
    return path


def import_file(path: Path):
    from zhike.access.viewer import SYSTEM
    from zhike.records.imports.actions import import_now, prepare_import

    run = prepare_import(SYSTEM, type="order", path=path, name=path.name)
    run = import_now(SYSTEM, run.pk, is_dry_run=False)
    assert run.state == "done", run.error
    assert run.refused == 0
    return run


def copy_plainly(path: Path) -> float:
    """Seconds of COPY into a table of text, committed."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_line")
        cursor.execute("CREATE TABLE bench_line (a text, b text, c text, d text, e text, f text)")
        begun = time.perf_counter()
        with cursor.copy("COPY bench_line FROM STDIN (FORMAT csv, HEADER)") as copy:
            with path.open("rb") as file:
                while block := file.read(2**20):
                    copy.write(block)
        seconds = time.perf_counter() - begun
        cursor.execute("DROP TABLE bench_line")
    return seconds


def main() -> None:
    options = machine.arguments(__doc__, lines=200_000)
    with machine.base(options.customers):
        machine.headline("Import of order lines", options.customers)
        path = write_file(options.customers, options.lines)
        plain = copy_plainly(path)
        machine.forget_peak()
        before = machine.peak_memory()
        begun = time.perf_counter()
        run = import_file(path)
        seconds = time.perf_counter() - begun
        print(f"{run.rows:,} lines, {run.created:,} orders in {seconds:.1f} s")
        print(f"{run.rows / seconds:,.0f} lines a second; {seconds / plain:.0f}x a plain COPY")
        print(f"peak memory {machine.peak_memory():.0f} MiB, before the import {before:.0f}")
        machine.forget_batch(run.batch_id)


if __name__ == "__main__":
    main()
