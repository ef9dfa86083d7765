"""Handing a person what is known of them: one file, made while it is sent and kept nowhere."""

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.customers.queries import attachments
from zhike.customers.telling import Section, sections
from zhike.events.actions import Draft, record
from zhike.kernel.errors import Conflict, Invalid, NotAllowed
from zhike.privacy.actions.erasing import family
from zhike.privacy.dossier import Dossier, dossier_of
from zhike.records.queries import get, require_reach


def preview_disclosure(viewer: Viewer, party_id: UUID) -> list[Section]:
    """What the file would hold. Changes nothing."""
    return sections(family(_disclosable(viewer, party_id).pk))


@transaction.atomic
def disclose_customer(viewer: Viewer, party_id: UUID, *, language: str = "") -> Dossier:
    """Everything known of a customer and of files merged into it, for that person alone."""
    language = language or settings.LANGUAGE_CODE
    if language not in dict(settings.LANGUAGES):
        raise Invalid.field("language", "unknown_choice", _("Choose one of the languages."))
    party = _disclosable(viewer, party_id)
    ids = family(party.pk)
    with override(language):
        made = dossier_of(party, ids, sections(ids), attachments(party), language)
    data = {"rows": made.row_count, "files": len(made.files), "language": language}
    record(
        Draft("customer.disclosed", "customer", party.pk, party.pk, data=data),
        origin=viewer.origin(),
    )
    return made


def _disclosable(viewer: Viewer, party_id: UUID):
    require(viewer, "administer")
    if viewer.limits:
        message = _("Whoever may not see every field can't hand over everything known.")
        raise NotAllowed("limited", message)
    party = get(CUSTOMER, viewer, CUSTOMER.stand_ins([party_id]).get(party_id, party_id))
    require_reach(CUSTOMER, viewer, party.pk)
    if party.erased_at is not None:
        raise Conflict("erased", _("This customer was erased. That can't be undone."))
    return party
