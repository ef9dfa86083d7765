"""Opening a customer file, one at a time, each committed to disk.

The peer is the physical limit: one INSERT of one small row, committed. Target: 15 ms.
"""

import itertools

import machine

REPETITIONS = 300


def main() -> None:
    options = machine.arguments(__doc__)
    with machine.base(options.customers):
        from django.db import connection

        from zhike.access.queries import user_ids_by_word, viewer_by_id
        from zhike.access.viewer import SYSTEM
        from zhike.customers.actions import create_customer
        from zhike.records.actions import open_batch

        machine.headline("Opening a file", options.customers)
        seller = viewer_by_id(user_ids_by_word()["陆云帆"], source="page")
        batch = open_batch(SYSTEM, kind="edit", label="benchmark")
        number = itertools.count(1)

        def create():
            n = next(number)
            values = {
                "name": "杭州云栖茶舍",
                "kind": "company",
                "code": f"BENCH-{n}",
                "phones": f"154{n:08d}",
                "emails": f"bench-{n}@yunqi.example",
                "city": "杭州",
                "tags": ["批发", "礼盒"],
            }
            create_customer(values, viewer=seller, batch=batch)

        def insert():
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO bench_row VALUES (%s)", [next(number)])

        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS bench_row (n bigint PRIMARY KEY)")
            cursor.execute("TRUNCATE bench_row")
        peer = machine.measure(insert, REPETITIONS)
        machine.row("plain INSERT, committed", peer)
        machine.row("create_customer", machine.measure(create, REPETITIONS), peer)
        machine.forget_batch(batch.pk)


if __name__ == "__main__":
    main()
