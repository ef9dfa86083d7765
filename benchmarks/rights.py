"""Lists under row and field rights against the same lists without: processor time and latency.

The seller sees their own customers, what is shared included; in the third column phones, e-mails
and what orders are worth are kept from them as well. Nothing is written. Target at a million
customers: 20 ms of processor time.
"""

from collections.abc import Callable
from dataclasses import replace

import machine

REPETITIONS = 60
LIMITS = frozenset(
    {("customer", "phones", "mask"), ("customer", "emails", "mask"), ("order", "value", "hide")}
)
COLUMNS = ("name", "owner", "city", "phones", "orders.total", "value_12")


def viewers() -> dict[str, object]:
    from zhike.access.queries import user_ids_by_word, viewer_by_id
    from zhike.access.viewer import SYSTEM

    seller = replace(viewer_by_id(user_ids_by_word()["顾清和"], source="page"), limits=frozenset())
    return {
        "sees all": SYSTEM,
        "own": seller,
        "own, limited": replace(seller, role="staff", limits=LIMITS),
        "all, limited": replace(seller, role="staff", sight="all", limits=LIMITS),
    }


def questions(viewer) -> dict[str, Callable[[], object]]:
    from zhike.customers.facts import CUSTOMER
    from zhike.filters import All, Test
    from zhike.records.queries import count, find, find_ids, values_of

    two = All((Test("city", "eq", "杭州"), Test("kind", "eq", "company")))

    def rows() -> object:
        ids = find_ids(CUSTOMER, viewer).items
        return values_of(CUSTOMER, viewer, ids, COLUMNS)

    return {
        "first page": lambda: find(CUSTOMER, viewer),
        "first page, six facts": rows,
        "two filters": lambda: find(CUSTOMER, viewer, where=two),
        "search 王伟": lambda: find(CUSTOMER, viewer, search="王伟"),
        "count": lambda: count(CUSTOMER, viewer),
    }


def main() -> None:
    options = machine.arguments(__doc__)
    with machine.base(options.customers):
        from zhike.kernel.reading import limit_statements

        machine.headline("Rights", options.customers)
        from django.db import connection

        limit_statements(connection)
        known = viewers()
        peers = {
            label: machine.measure(ask, REPETITIONS)
            for label, ask in questions(known["sees all"]).items()
        }
        for name, viewer in known.items():
            for label, ask in questions(viewer).items():
                machine.row(f"{label} ({name})", machine.measure(ask, REPETITIONS), peers[label])


if __name__ == "__main__":
    main()
