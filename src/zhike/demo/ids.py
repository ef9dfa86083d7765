"""Ids by the hundred thousand.

`zhike.kernel.ids` makes one id for one row written now. These are UUIDv7 as well (RFC 9562 §5.7),
with the milliseconds at which the row says it was made, so that rows written in order of time
append to their index.
"""

import os
from datetime import UTC, datetime
from typing import Any

import numpy as np

ID_BYTES = 16


def new_ids(instants: np.ndarray) -> np.ndarray:
    """An id for each instant (seconds since 1970, UTC); uint8, shape (ids, 16)."""
    ids = np.frombuffer(os.urandom(ID_BYTES * len(instants)), dtype=np.uint8)
    ids = ids.reshape(-1, ID_BYTES).copy()
    milliseconds = (instants * 1000).astype(">u8")
    ids[:, :6] = milliseconds.view(np.uint8).reshape(-1, 8)[:, 2:]
    ids[:, 6] = 0x70 | ids[:, 6] & 0x0F
    ids[:, 8] = 0x80 | ids[:, 8] & 0x3F
    return ids


def as_texts(ids: np.ndarray) -> list[Any]:
    """32 hexadecimal digits each. PostgreSQL reads them like any id, so they may stand (and are
    typed to stand) wherever a UUID is only passed on to it; that saves making the objects."""
    digits = ids.tobytes().hex()
    return [digits[start : start + 32] for start in range(0, len(digits), 32)]


def as_moments(instants: np.ndarray) -> list[datetime]:
    """Aware times of seconds since 1970, UTC."""
    return [datetime.fromtimestamp(second, UTC) for second in instants.tolist()]
