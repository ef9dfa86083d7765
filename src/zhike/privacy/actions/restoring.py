"""After an older backup was restored: whoever was erased since is erased again."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.dateparse import parse_datetime

from zhike.kernel import clock
from zhike.kernel.ids import new_id
from zhike.privacy.actions.erasing import family
from zhike.privacy.journal import noted
from zhike.privacy.models import ErasedKey, Erasure


@transaction.atomic
def erase_again() -> int:
    """Marks those whom the database knows once more; whoever carries erasures on erases them. Of
    the others at least the digests come back, so that no old list lets them in. How many were
    marked."""
    marked = 0
    known = set(Erasure.objects.exclude(state="waiting").values_list("pk", flat=True))
    for line in noted():
        if UUID(line["erasure"]) not in known:
            marked += _mark(line)
    return marked


def _mark(line: Mapping[str, Any]) -> int:
    back = _unerased([UUID(pk) for pk in line["ids"]])
    if not back:
        _keep_certificate(line)
        return 0
    erasure_id, marked = UUID(line["erasure"]), 0
    while back:
        # What was merged when it was erased may be several files in the backup.
        party_id = UUID(line["customer"]) if UUID(line["customer"]) in back else back[0]
        _request(line, erasure_id, party_id)
        together = set(family(party_id))
        back = [pk for pk in back if pk not in together]
        erasure_id, marked = new_id(), marked + 1
    return marked


def _unerased(ids: Sequence[UUID]) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM customers_party WHERE id = ANY(%s) AND erased_at IS NULL "
            "ORDER BY merged_into_id NULLS FIRST, id",
            [list(ids)],
        )
        return [row[0] for row in cursor.fetchall()]


def _request(line: Mapping[str, Any], erasure_id: UUID, party_id: UUID) -> None:
    Erasure.objects.exclude(state="done").get_or_create(
        party_id=party_id,
        defaults={
            "id": erasure_id, "ground": line["ground"], "reference": line["reference"],
            "requested_at": parse_datetime(line["requested_at"]) or clock.now(),
        },
    )  # fmt: skip


def _keep_certificate(line: Mapping[str, Any]) -> None:
    at = parse_datetime(line["requested_at"]) or clock.now()
    run, is_new = Erasure.objects.get_or_create(
        pk=UUID(line["erasure"]),
        defaults={
            "party_id": UUID(line["customer"]), "ids": line["ids"], "ground": line["ground"],
            "reference": line["reference"], "requested_at": at, "finished_at": at, "state": "done",
            "report": {"rows": {}, "mentions": {}, "attachments": 0, "uploads": 0},
        },
    )  # fmt: skip
    if is_new:
        ErasedKey.objects.bulk_create(
            ErasedKey(erasure=run, digest=digest) for digest in line["digests"]
        )
