"""The settings the embedded server starts with. They are given anew at every start, so that a
cluster fits the machine it finds itself on."""

import os
from pathlib import Path

from zhike.kernel.home import DATABASE_PORT

MEGABYTE = 2**20

CONTAINER_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
SHARED_MEMORY = Path("/dev/shm")

NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def server_settings(socket_folder: Path, *, durable: bool) -> dict[str, str]:
    quoted_folder = '"{}"'.format(str(socket_folder).replace('"', '""'))
    return {
        "listen_addresses": "",
        "unix_socket_directories": quoted_folder,
        "unix_socket_permissions": "0700",
        "port": str(DATABASE_PORT),
        "max_connections": "60" if durable else "100",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
        "jit": "off",
        # The log must not become a second copy of customers' data: no statements, no values.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_checkpoints": "off",
        "dynamic_shared_memory_type": "posix" if _has_shared_memory() else "mmap",
        **memory_settings(machine_memory()),
        **({} if durable else NOT_DURABLE),
    }


def memory_settings(memory: int) -> dict[str, str]:
    """What PostgreSQL may take of so many bytes of memory, shared with the web server, the worker
    and DuckDB. The buffers are only filled as the data grows."""
    return {
        "shared_buffers": _between(64, memory // 8, 1024),
        "effective_cache_size": _between(256, memory // 2, 65536),
        "work_mem": _between(8, memory // 512, 64),
        "maintenance_work_mem": _between(64, memory // 32, 512),
    }


def machine_memory() -> int:
    """Bytes of memory of the machine or of the container, whichever is less."""
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limits = [path.read_text().strip() for path in CONTAINER_LIMITS if path.exists()]
    return min([physical, *(int(limit) for limit in limits if limit.isdigit())])


def _between(least: int, wanted: int, most: int) -> str:
    return f"{min(max(wanted // MEGABYTE, least), most)}MB"


def _has_shared_memory() -> bool:
    """Containers often get 64 MB, which one large parallel query would exhaust."""
    if not SHARED_MEMORY.exists():
        return True  # not Linux: PostgreSQL's own way is right
    room = os.statvfs(SHARED_MEMORY)
    return room.f_blocks * room.f_frsize >= 256 * MEGABYTE
