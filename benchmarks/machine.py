"""What the benchmarks share: the base they measure on, the machine, times and percentiles.

Every benchmark runs on the demo company in an installation of its own, `/tmp/zhike-bench-<n>`,
which is made at the first run and kept. Run one with `python benchmarks/<name>.py --customers N`.
"""

import os
import platform
import statistics
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CUSTOMERS = 100_000
TICK = os.sysconf("SC_CLK_TCK")


def arguments(description: str, **further: int) -> Namespace:
    """The arguments of a benchmark: --customers, and further whole numbers with their defaults."""
    parser = ArgumentParser(description=description)
    for name, default in {"customers": CUSTOMERS, **further}.items():
        parser.add_argument(f"--{name}", type=int, default=default, help="default: %(default)s")
    return parser.parse_args()


@contextmanager
def base(customers: int, *, duplicates: float = 0) -> Iterator[None]:
    """Django on the demo company of so many customers, which is made when it isn't there yet; with
    a share of them on file twice, in a home of its own."""
    use_home(customers, "-twice" if duplicates else "")
    from zhike.cli.installation import application

    with application():
        from zhike.demo.actions import load_demo

        begun = time.monotonic()
        if load_demo(customers, duplicates=duplicates):
            _settle()
            print(f"Made {customers:,} customers in {time.monotonic() - begun:.0f} s.")
        yield


def use_home(customers: int, suffix: str = "") -> Path:
    home = Path(f"/tmp/zhike-bench-{customers}{suffix}")
    home.mkdir(exist_ok=True)
    home.chmod(0o755)
    os.environ["ZHIKE_HOME"] = str(home)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhike.config.settings")
    os.environ.pop("ZHIKE_DATABASE_URL", None)
    return home


def _settle() -> None:
    """What autovacuum would do within minutes, so that all runs measure the same state."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


def forget_batch(batch_id: object) -> None:
    """Deletes what a benchmark wrote, so that the next run finds the base as it was."""
    from django.db import connection

    with connection.cursor() as cursor:
        for statement in (
            "DELETE FROM commerce_line WHERE order_id IN"
            " (SELECT subject_id FROM events_event WHERE batch_id = %s AND subject_type = 'order')",
            "DELETE FROM commerce_order WHERE id IN"
            " (SELECT subject_id FROM events_event WHERE batch_id = %s AND subject_type = 'order')",
            "DELETE FROM customers_party WHERE batch_id = %s",
            "DELETE FROM events_event WHERE batch_id = %s",
        ):
            cursor.execute(statement, [batch_id])
    _settle()


def limit_statements(seconds: int) -> None:
    """A statement that takes longer fails: a wrong plan shall end a benchmark, not hang it."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = '{seconds}s'")


def headline(title: str, customers: int) -> None:
    import django
    import numpy
    import psycopg
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM commerce_order")
        orders = cursor.fetchone()[0]
        cursor.execute("SHOW server_version")
        server = cursor.fetchone()[0]
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    print(f"# {title}: {customers:,} customers, {orders:,} orders")
    print(f"# {_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}")
    print(
        f"# Python {platform.python_version()}, Django {django.__version__}, NumPy"
        f" {numpy.__version__}, psycopg {psycopg.__version__}, PostgreSQL {server}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(": ")[1] for line in lines if line.startswith("model name")), "?")


@dataclass(frozen=True)
class Timing:
    """Seconds of each run, and the processor time that all runs took together."""

    seconds: Sequence[float]
    python_cpu: float
    server_cpu: float

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def p95(self) -> float:
        return percentile(self.seconds, 0.95)

    @property
    def cpu(self) -> float:
        """Processor time of one run, here and in PostgreSQL."""
        return (self.python_cpu + self.server_cpu) / len(self.seconds)


def measure(run: Callable[[], object], repetitions: int, *, warm_up: int = 3) -> Timing:
    for _ in range(warm_up):
        run()
    seconds = []
    python_before, server_before = time.process_time(), server_cpu()
    for _ in range(repetitions):
        begun = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - begun)
    return Timing(seconds, time.process_time() - python_before, server_cpu() - server_before)


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def server_cpu() -> float:
    """Processor seconds of the embedded PostgreSQL: the postmaster and its living children."""
    from zhike.cli.postgres.cluster import data_folder
    from zhike.kernel.home import home

    postmaster = (data_folder(home()) / "postmaster.pid").read_text().splitlines()[0]
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name in brackets may hold anything; what follows it is numbers.
            words = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if stat.parent.name == postmaster or words[1] == postmaster:
            ticks += int(words[11]) + int(words[12])
    return ticks / TICK


def forget_peak() -> None:
    """Lets `peak_memory` count from now on."""
    Path("/proc/self/clear_refs").write_text("5")


def peak_memory() -> float:
    """The most memory that this process had at once, MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1024


def row(label: str, timing: Timing, peer: Timing | None = None) -> None:
    ratio = f"{timing.median / peer.median:8.1f}x" if peer else ""
    print(
        f"{label:34} cpu {timing.cpu * 1000:7.2f} ms  median {timing.median * 1000:7.2f} ms"
        f"  p95 {timing.p95 * 1000:7.2f} ms{ratio}",
        flush=True,
    )


def timed(
    label: str, run: Callable[[], object], physical: float | None = None, *, repetitions: int = 3
) -> float:
    """Seconds of the best of some runs, told with those of the processor and the ratio to what is
    physically needed."""
    spent = []
    for _ in range(repetitions):
        begun, cpu = time.perf_counter(), time.process_time()
        run()
        spent.append((time.perf_counter() - begun, time.process_time() - cpu))
    wall, cpu = min(spent)
    ratio = "" if physical is None else f"{wall / physical:10.1f}x"
    print(f"{label:20} {wall:8.4f} s   cpu {cpu:8.4f} s{ratio}", flush=True)
    return wall
