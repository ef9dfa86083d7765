"""What customers agree to, and withdraw: appended to the ledger, never changed."""

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.customers.queries import attachment
from zhike.events.actions import Draft, record
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid
from zhike.privacy import queries
from zhike.privacy.models import Basis, Consent, ConsentText, Purpose
from zhike.privacy.words import CHANNELS
from zhike.records.queries import get, require_reach


@transaction.atomic
def record_consent(
    party_id: UUID,
    *,
    purpose: str,
    is_given: bool,
    source: str,
    viewer: Viewer,
    channel: str = "",
    is_separate: bool = False,
    text_version: int | None = None,
    at: datetime | None = None,
    proof: UUID | None = None,
    note: str = "",
) -> Consent:
    """Writes down that a customer agreed to a purpose, or no longer does. Without a channel it
    holds for all of them. The text shown is the newest unless a version is named."""
    require(viewer, "change")
    party_id = CUSTOMER.stand_ins([party_id]).get(party_id, party_id)
    party = get(CUSTOMER, viewer, party_id)
    require_reach(CUSTOMER, viewer, party.pk)
    if party.erased_at is not None:
        raise Conflict("erased", _("This customer was erased. That can't be undone."))
    declared = Purpose.objects.filter(key=purpose, is_enabled=True).first()
    if declared is None:
        raise Invalid.field("purpose", "unknown_choice", _("There is no such purpose."))
    if channel and channel not in queries.channels_of(declared):
        raise Invalid.field("channel", "unknown_choice", _("There is no such channel."))
    if source not in Consent.Source.values:
        raise Invalid.field("source", "unknown_choice", _("Say where it comes from."))
    if at is not None and at > clock.now():
        raise Invalid.field("at", "in_future", _("This has not happened yet."))
    if proof is not None and attachment(viewer, proof).party_id != party.pk:
        raise Invalid.field("proof", "unknown_link", _("This file isn't kept with the customer."))
    line = Consent.objects.create(
        party_id=party.pk, purpose=declared, channel=channel, is_given=is_given,
        is_separate=is_separate, text=_text(declared, text_version), at=at or clock.now(),
        source=source, proof_id=proof, note=note.strip()[:400], recorded_by=viewer.user_id,
        recorded_at=clock.now(),
    )  # fmt: skip
    refresh_consents([party.pk])
    verb = "consent.given" if is_given else "consent.withdrawn"
    data = {"purpose": declared.key, "name": declared.name, "channel": channel, "source": source}
    record(Draft(verb, "customer", party.pk, party.pk, line.at, data), origin=viewer.origin())
    return line


def _text(purpose: Purpose, version: int | None) -> ConsentText | None:
    texts = purpose.texts.order_by("-version")
    if version is None:
        return texts.first()
    found = texts.filter(version=version).first()
    if found is None:
        raise Invalid.field("text_version", "unknown_choice", _("There is no such text."))
    return found


def refresh_consents(ids: Sequence[UUID]) -> None:
    """Keeps what the ledger says now in the customers' rows, where filters find it; nothing while
    a restriction is in force."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE customers_party p SET consents = coalesce((
                SELECT array_agg(s.item ORDER BY s.item) FROM (
                    SELECT DISTINCT ON (u.key, c.channel) e.is_given,
                        u.key || CASE c.channel WHEN '' THEN '' ELSE ':' || c.channel END AS item
                    FROM privacy_consent e
                    JOIN privacy_purpose u ON u.id = e.purpose_id AND u.is_enabled
                    CROSS JOIN LATERAL unnest(CASE WHEN u.is_by_channel AND e.channel = ''
                        THEN %s::text[] ELSE ARRAY[e.channel::text] END) c(channel)
                    WHERE e.party_id = p.id AND NOT EXISTS (
                        SELECT 1 FROM privacy_subjectrequest r WHERE r.party_id = p.id
                        AND r.kind = 'restriction' AND r.state = 'fulfilled'
                        AND r.lifted_on IS NULL)
                    ORDER BY u.key, c.channel, e.at DESC, e.id DESC
                ) s WHERE s.is_given
            ), '{}') WHERE p.id = ANY(%s)
            """,
            [list(CHANNELS), list(ids)],
        )


@transaction.atomic
def keep_purpose(
    viewer: Viewer,
    key: str,
    *,
    name: str = "",
    pipl: str = Basis.CONSENT,
    gdpr: str = Basis.CONSENT,
    is_by_channel: bool = False,
    is_separate: bool = False,
) -> Purpose:
    """A purpose of the firm's own, or other bases for one that is there."""
    require(viewer, "administer")
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,29}", key):
        message = _("2 to 30 small letters, digits and _, such as newsletter.")
        raise Invalid.field("key", "not_a_key", message)
    for law, basis in (("pipl", pipl), ("gdpr", gdpr)):
        if basis not in Basis.values or (law == "pipl" and basis == Basis.INTERESTS):
            message = _("This law knows no such basis.")
            raise Invalid.field(law, "unknown_choice", message)
    values = {
        "name": name.strip()[:80], "pipl": pipl, "gdpr": gdpr, "is_separate": is_separate,
    }  # fmt: skip
    kept, is_new = Purpose.objects.update_or_create(
        key=key,
        defaults=values,
        create_defaults={
            **values, "is_by_channel": is_by_channel, "position": Purpose.objects.count(),
        },
    )  # fmt: skip
    record(
        Draft("purpose.kept", "purpose", kept.pk, data={"purpose": key, "is_new": is_new}),
        origin=viewer.origin(),
    )
    return kept


@transaction.atomic
def add_text(viewer: Viewer, key: str, *, chinese: str, english: str = "") -> ConsentText:
    """The next version of what people are asked to agree to."""
    require(viewer, "administer")
    purpose = Purpose.objects.select_for_update().filter(key=key).first()
    if purpose is None:
        raise Invalid.field("purpose", "unknown_choice", _("There is no such purpose."))
    if not chinese.strip() and not english.strip():
        raise Invalid.field("chinese", "missing", _("Write something first."))
    last = purpose.texts.order_by("-version").first()
    text = ConsentText.objects.create(
        purpose=purpose, version=last.version + 1 if last else 1, chinese=chinese.strip(),
        english=english.strip(), created_at=clock.now(), created_by=viewer.user_id,
    )  # fmt: skip
    record(
        Draft("consent_text.added", "purpose", purpose.pk,
              data={"purpose": key, "version": text.version}),
        origin=viewer.origin(),
    )  # fmt: skip
    return text
