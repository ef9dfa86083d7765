"""Questions about erasures."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.kernel.errors import Invalid, NotFound
from zhike.privacy.digests import digest, digests_of
from zhike.privacy.models import ErasedKey, Erasure, Policy


def policy() -> Policy:
    return Policy.objects.filter(pk=1).first() or Policy()


def erasures(viewer: Viewer, limit: int = 100) -> list[Erasure]:
    """The newest first."""
    require(viewer, "administer")
    return list(Erasure.objects.order_by("-requested_at", "-pk")[:limit])


def erasure(viewer: Viewer, erasure_id: UUID) -> Erasure:
    require(viewer, "administer")
    found = Erasure.objects.filter(pk=erasure_id).first()
    if found is None:
        raise NotFound("not_found", _("There is no such certificate."))
    return found


def erasures_of(viewer: Viewer, text: str) -> list[Erasure]:
    """The erasures of whoever had a phone, an e-mail address or a customer number."""
    require(viewer, "administer")
    wanted = [digest("code", text.strip())]
    cleaned: Any
    for kind in ("phones", "emails"):
        try:
            cleaned = CUSTOMER.field_by_name[kind].clean(text)
        except Invalid:
            continue  # it is none of this kind
        wanted += [digest(kind, str(value)) for value in cleaned or ()]
    found = Erasure.objects.filter(keys__digest__in=wanted, state=Erasure.State.DONE)
    return list(found.distinct().order_by("-requested_at"))


def were_erased(described: Sequence[Mapping]) -> list[bool]:
    if not ErasedKey.objects.exists():
        return [False] * len(described)
    digests = [set(digests_of(values)) for values in described]
    asked = set().union(*digests)
    known = set(ErasedKey.objects.filter(digest__in=asked).values_list("digest", flat=True))
    return [bool(one & known) for one in digests]
