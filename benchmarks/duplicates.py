"""Duplicates: the check while somebody types, and the nightly scan of the whole base.

The base is the demo company with 3 % of its customers on file twice (slips, other scripts, other
phones). What is found is held against what the simulator wrote down: a pair is right when both are
files of one customer. Target at a million customers: 50 ms for a check.
"""

import itertools

import machine

SHARE = 0.03
CHECKS = 200


def typed_values() -> list[dict]:
    """What people type who are about to write second files down: with phone, and name alone."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, name, phones, emails, city FROM customers_party"
            " WHERE custom ? 'second_file_of' ORDER BY id LIMIT %s",
            [CHECKS],
        )
        return [
            {"kind": kind, "name": name, "phones": phones, "emails": emails, "city": city}
            for kind, name, phones, emails, city in cursor.fetchall()
        ]


def measure_typing() -> None:
    from zhike.access.queries import user_ids_by_word, viewer_by_id
    from zhike.access.viewer import SYSTEM
    from zhike.customers.duplicates import possible_duplicates

    seller = viewer_by_id(user_ids_by_word()["顾清和"], source="page")
    typed = typed_values()
    names = [{"kind": one["kind"], "name": one["name"]} for one in typed]
    for label, viewer, values in (
        ("a whole form", SYSTEM, typed),
        ("a name alone", SYSTEM, names),
        ("a whole form, one seller", seller, typed),
        ("王伟 and a city", SYSTEM, [{"name": "王伟", "city": "杭州"}]),
    ):
        turn = itertools.cycle(values)
        check = lambda viewer=viewer, turn=turn: possible_duplicates(viewer, next(turn))  # noqa: E731
        machine.row(label, machine.measure(check, CHECKS))


def measure_scan() -> None:
    from zhike.access.viewer import SYSTEM
    from zhike.insight.actions import scan_duplicates

    machine.forget_peak()
    result = scan_duplicates(SYSTEM)
    print(
        f"scan: {result['seconds'] / 60:.1f} min, {machine.peak_memory():,.0f} MiB at most,"
        f" {result['compared']:,} pairs compared, {result['open']:,} found,"
        f" weights learnt for {', '.join(result['learnt']) or 'none'}"
    )


def compare_with_truth() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "WITH truth AS (SELECT (custom ->> 'second_file_of')::uuid AS party_id, id AS other_id"
            "  FROM customers_party WHERE custom ? 'second_file_of')"
            " SELECT (SELECT count(*) FROM truth), (SELECT count(*) FROM customers_duplicate),"
            "  (SELECT count(*) FROM truth t JOIN customers_duplicate d"
            "    ON least(t.party_id, t.other_id) = d.party_id"
            "    AND greatest(t.party_id, t.other_id) = d.other_id)"
        )
        true, found, right = cursor.fetchone()
    print(
        f"of {true:,} second files {right:,} found ({right / true:.1%}),"
        f" of {found:,} pairs {right / max(found, 1):.1%} right"
    )


if __name__ == "__main__":
    wanted = machine.arguments(__doc__)
    with machine.base(wanted.customers, duplicates=SHARE):
        machine.headline("duplicates", wanted.customers)
        measure_scan()
        compare_with_truth()
        measure_typing()
