"""Undoing an import of 200,000 order lines. Target: 60 seconds.

The peer is the import itself: taking back ought to be cheaper than bringing in.
"""

import time

import machine
from import_orders import import_file, write_file


def main() -> None:
    options = machine.arguments(__doc__, lines=200_000)
    with machine.base(options.customers):
        from zhike.access.viewer import SYSTEM
        from zhike.records.actions import undo_batch

        machine.headline("Undo of an import", options.customers)
        begun = time.perf_counter()
        run = import_file(write_file(options.customers, options.lines))
        imported = time.perf_counter() - begun
        machine.limit_statements(seconds=300)
        begun = time.perf_counter()
        undo, done, left = undo_batch(SYSTEM, run.batch_id)
        seconds = time.perf_counter() - begun
        print(f"{run.rows:,} lines in {done:,} records taken back in {seconds:.1f} s; {left} left")
        print(f"{seconds / imported:.2f}x the import ({imported:.1f} s)")
        machine.forget_batch(run.batch_id)
        machine.forget_batch(undo.pk)


if __name__ == "__main__":
    main()
