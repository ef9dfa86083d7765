"""Who was erased, beside the database, so that an older backup doesn't bring them back: ids and
keyed digests, line by line, without a word about anybody."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from zhike.kernel.home import home
from zhike.privacy.models import Erasure


def journal() -> Path:
    return home() / "erased.jsonl"


def note(run: Erasure, digests: Sequence[str]) -> None:
    """On disk before the rows are gone: at worst somebody is noted whose erasure is still to come,
    and nobody is erased without being noted."""
    line = {
        "erasure": str(run.pk), "customer": str(run.party_id), "ids": [str(pk) for pk in run.ids],
        "ground": run.ground, "reference": run.reference,
        "requested_at": run.requested_at.isoformat(), "digests": list(digests),
    }  # fmt: skip
    with open(journal(), "a", encoding="utf-8", opener=_private) as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


def noted() -> Iterator[Mapping[str, Any]]:
    """Every erasure once. A last line that a crash cut off is of an erasure that didn't happen."""
    if not journal().exists():
        return
    found: dict[str, Mapping[str, Any]] = {}
    for line in journal().read_text(encoding="utf-8").splitlines():
        try:
            one = json.loads(line)
        except ValueError:
            continue
        found[one["erasure"]] = one
    yield from found.values()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
