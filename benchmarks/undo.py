"""Taking back 200,000 rows: a bulk edit of customers, and an import of order lines. Target: 60
seconds each.

The peer is what is taken back: undoing ought to be cheaper than doing. What a bulk edit costs is
held against one plain UPDATE of the same rows, rolled back.
"""

import time

import machine
from import_orders import import_file, write_file


def main() -> None:
    options = machine.arguments(__doc__, lines=200_000)
    with machine.base(options.customers):
        machine.headline("Undo", options.customers)
        machine.limit_statements(seconds=300)
        measure_bulk_edit(options.lines)
        measure_import(options.customers, options.lines)


def measure_bulk_edit(wanted: int) -> None:
    from zhike.access.viewer import SYSTEM
    from zhike.customers.facts import CUSTOMER
    from zhike.records.actions import change_many, undo_batch

    ids, plainly = _ids_and_plain_update(wanted)
    machine.forget_peak()
    trade = {"industry": f"T{time.time():.0f}"}  # nobody's yet, also after a run that was cut off
    seconds, swept, batch = _committed(lambda: change_many(CUSTOMER, ids, trade, viewer=SYSTEM))
    print(
        f"{len(ids):,} customers edited in {seconds:.1f} s, {machine.peak_memory():,.0f} MiB at "
        f"most: {seconds / plainly:.1f}x a plain UPDATE ({plainly:.1f} s);"
        f" words swept into the search index in {swept:.1f} s after it"
    )
    back, swept, (undo, done, left) = _committed(lambda: undo_batch(SYSTEM, batch.pk))
    print(
        f"{done:,} taken back in {back:.1f} s: {back / seconds:.2f}x the edit; {left} left;"
        f" swept in {swept:.1f} s"
    )
    again, swept, (redo, done, _left) = _committed(lambda: undo_batch(SYSTEM, undo.pk))
    print(f"{done:,} done again in {again:.1f} s; swept in {swept:.1f} s")
    undo_batch(SYSTEM, redo.pk)


def measure_import(customers: int, lines: int) -> None:
    from zhike.access.viewer import SYSTEM
    from zhike.records.actions import undo_batch

    imported, run = _timed(lambda: import_file(write_file(customers, lines)))
    seconds, (undo, done, left) = _timed(lambda: undo_batch(SYSTEM, run.batch_id))
    print(f"{run.rows:,} lines in {done:,} records taken back in {seconds:.1f} s; {left} left")
    print(f"{seconds / imported:.2f}x the import ({imported:.1f} s)")
    machine.forget_batch(run.batch_id)
    machine.forget_batch(undo.pk)


def _ids_and_plain_update(wanted: int) -> tuple[list, float]:
    """Customers from all over the base, and what the database takes to write them once."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM customers_party WHERE archived_at IS NULL"
            " ORDER BY md5(id::text) LIMIT %s",
            [wanted],
        )
        ids = [row[0] for row in cursor.fetchall()]
        seconds, _result = _timed(
            lambda: cursor.execute(
                "UPDATE customers_party SET industry = '茶', batch_id = gen_random_uuid(),"
                " version = version + 1, updated_at = now() WHERE id = ANY(%s)",
                [ids],
            )
        )
        transaction.set_rollback(True)
    return ids, seconds


def _committed(work):
    """Seconds until it is there for everybody, and those that the index then takes."""
    from django.db import transaction

    done: list[float] = []
    begun = time.perf_counter()
    with transaction.atomic():
        transaction.on_commit(lambda: done.append(time.perf_counter()))
        result = work()
    return done[0] - begun, time.perf_counter() - done[0], result


def _timed(work):
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result


if __name__ == "__main__":
    main()
