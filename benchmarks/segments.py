"""Counting a segment over orders and scores. Target at a million customers: half a second.

The peer is PostgreSQL counting the same from its rows.
"""

import machine

FILTER = {
    "all": [
        {"fact": "orders.total", "op": "gte", "value": 5000},
        {"fact": "stage", "op": "in", "value": ["stability", "decline"]},
    ]
}
REPETITIONS = 3


def main() -> None:
    options = machine.arguments(__doc__)
    with machine.base(options.customers):
        from zhike.access.viewer import SYSTEM
        from zhike.customers.facts import CUSTOMER
        from zhike.filters import check, parse
        from zhike.insight import lake
        from zhike.records import queries as records
        from zhike.segments.queries import count_exactly, preview

        lake.refresh()
        tree = check(parse(FILTER), CUSTOMER.schema, currency=records.firm().currency)

        def in_rows() -> int:
            return records.count(CUSTOMER, SYSTEM, where=tree, exact=True).value

        machine.headline("Counting a segment", options.customers)
        print(f"{in_rows():,} customers in rows, {count_exactly(SYSTEM, FILTER):,} in columns")
        peer = machine.measure(in_rows, REPETITIONS, warm_up=1)
        machine.row("PostgreSQL", peer)
        measured = machine.measure(lambda: count_exactly(SYSTEM, FILTER), REPETITIONS, warm_up=1)
        machine.row("count", measured, peer)
        shown = machine.measure(lambda: preview(SYSTEM, FILTER), REPETITIONS, warm_up=1)
        machine.row("preview, with a sample", shown, peer)


if __name__ == "__main__":
    main()
