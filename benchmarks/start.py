"""`zhike serve` on a base that is there: seconds to the first page, and memory of what runs."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import machine

PATIENCE = 120


def main() -> None:
    options = machine.arguments(__doc__)
    with machine.base(options.customers):
        machine.headline("Start", options.customers)
    for attempt in ("first start", "second start", "third start"):
        seconds, memory = start()
        parts = ", ".join(f"{name} {size:.0f} MiB" for name, size in memory.items())
        print(f"{attempt}: first page after {seconds:.2f} s; {parts}", flush=True)


def start() -> tuple[float, dict[str, float]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "zhike.cli", "serve", "--no-browser", "--port", str(port)],
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for_page(f"http://127.0.0.1:{port}/", process)
        seconds = time.perf_counter() - begun
        time.sleep(3)  # the worker is still reading its tasks
        return seconds, memory_below(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def wait_for_page(address: str, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).read()
            return
        except OSError:
            time.sleep(0.02)
    raise SystemExit("zhike serve did not answer")


def memory_below(process_id: int) -> dict[str, float]:
    """MiB (shared pages divided among those who share them) of our processes, by command."""
    found: dict[str, float] = {}
    for child in [process_id, *descendants(process_id)]:
        words = Path(f"/proc/{child}/cmdline").read_text().split("\0")
        pages = Path(f"/proc/{child}/smaps_rollup").read_text().splitlines()
        size = next(int(line.split()[1]) for line in pages if line.startswith("Pss:")) / 1024
        is_ours = "zhike.cli" in words
        name = words[words.index("zhike.cli") + 1] if is_ours else "others"
        if os.path.basename(words[0]).startswith("postgres"):
            name = "postgres"
        found[name] = found.get(name, 0) + size
    return found


def descendants(process_id: int) -> list[int]:
    children = Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()
    return [one for child in map(int, children) for one in (child, *descendants(child))]


if __name__ == "__main__":
    main()
