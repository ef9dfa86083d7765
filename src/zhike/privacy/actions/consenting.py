"""What customers agree to, and withdraw: appended to the ledger, never changed."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.viewer import Viewer
from zhike.customers.actions import add_attachment
from zhike.customers.facts import CUSTOMER
from zhike.customers.queries import attachment
from zhike.events.actions import Draft, record, record_many
from zhike.jobs import later
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid
from zhike.privacy import queries
from zhike.privacy.models import Basis, Consent, ConsentText, Purpose
from zhike.privacy.queries.consents import COUNTS
from zhike.privacy.words import CHANNELS
from zhike.records.actions import takes_back_beside
from zhike.records.limits import refuse_unwritable
from zhike.records.queries import get, reach, require_reach

REFRESHED_AT_ONCE = 5_000


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
    upload: Any = None,
    note: str = "",
    batch: Any = None,
) -> Consent:
    """Writes down that a customer agreed to a purpose, or no longer does. Without a channel it
    holds for all of them. The text shown is the newest unless a version is named. Proof is a file
    that is kept with the customer, or one that is uploaded with it."""
    require(viewer, "change")
    refuse_unwritable(CUSTOMER, viewer, ["consents"])
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
    text = _text(declared, text_version)
    if upload is not None:
        proof = add_attachment(party.pk, upload=upload, viewer=viewer).pk
    line = Consent.objects.create(
        party_id=party.pk, purpose=declared, channel=channel, is_given=is_given,
        is_separate=is_separate, text=text, at=at or clock.now(),
        source=source, proof_id=proof, note=note.strip()[:400], recorded_by=viewer.user_id,
        recorded_at=clock.now(), batch_id=batch.pk if batch else None,
    )  # fmt: skip
    refresh_consents([party.pk])
    told = _told(party.pk, declared, channel, is_given, at=line.at, source=source)
    record(told, origin=viewer.origin(line.batch_id))
    return line


def _told(
    party_id: UUID, purpose: Purpose, channel: str, is_given: bool, *, at: datetime, source: str
) -> Draft:
    verb = "consent.given" if is_given else "consent.withdrawn"
    data = {"purpose": purpose.key, "name": purpose.name, "channel": channel, "source": source}
    return Draft(verb, "customer", party_id, party_id, at, data)


def _text(purpose: Purpose, version: int | None) -> ConsentText | None:
    texts = purpose.texts.order_by("-version")
    if version is None:
        return texts.first()
    found = texts.filter(version=version).first()
    if found is None:
        raise Invalid.field("text_version", "unknown_choice", _("There is no such text."))
    return found


@transaction.atomic
def keep_consents(
    viewer: Viewer,
    party_id: UUID,
    wanted: Sequence[str] | Mapping[str, bool],
    *,
    source: str = "api",
    batch: Any = None,
) -> None:
    """What a customer agrees to: as a whole, so that what is missing is withdrawn
    (`["marketing:email"]`), or in part (`{"marketing:sms": false}`). Only what differs from what
    stands is written down."""
    standing = {one.item: one.line for one in queries.states(viewer, party_id)}
    said = wanted
    if not isinstance(wanted, Mapping):
        given = {name for name, line in standing.items() if line is not None and line.is_given}
        said = dict.fromkeys(sorted(given - set(wanted)), False) | dict.fromkeys(wanted, True)
    for name, is_given in said.items():  # type: ignore[union-attr]
        lines = [line for item, line in standing.items() if name in (item, item.split(":")[0])]
        if not lines or any(line is None or line.is_given is not is_given for line in lines):
            purpose, _colon, channel = name.partition(":")
            record_consent(
                party_id, purpose=purpose, channel=channel, is_given=is_given, source=source,
                viewer=viewer, batch=batch,
            )  # fmt: skip


Wanted = tuple[UUID, str, str, bool]  # customer, purpose, channel, whether it is given


@transaction.atomic
def record_consents(
    viewer: Viewer,
    wanted: Sequence[Wanted],
    *,
    source: str,
    batch: Any,
    at: datetime | None = None,
    text_version: int | None = None,
    is_separate: bool = False,
) -> set[UUID]:
    """Writes down what many customers said, those whom the caller has locked; of which of them a
    line was written. What stands already under the same text is not said again."""
    require(viewer, "import")
    refuse_unwritable(CUSTOMER, viewer, ["consents"])
    purposes = {one.key: one for one in queries.purposes()}
    if not wanted:
        return set()
    texts = {
        key: _text(purposes[key], text_version) for key in {key for _id, key, *_rest in wanted}
    }
    ids, keys, channels, given = zip(*wanted, strict=True)
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH wanted AS (
                SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::boolean[], %s::uuid[])
                    WITH ORDINALITY w(party_id, purpose_id, channel, is_given, text_id, number)
            ), known AS MATERIALIZED (
                SELECT e.* FROM privacy_consent e WHERE e.party_id = ANY(%s) AND {COUNTS}
            ), standing AS (
                SELECT DISTINCT ON (w.number) w.*, e.text_id AS standing_text,
                    CASE WHEN e.channel IN ('', w.channel) THEN e.is_given END AS standing
                FROM wanted w LEFT JOIN known e
                    ON e.party_id = w.party_id AND e.purpose_id = w.purpose_id
                    AND (e.channel IN ('', w.channel) OR w.channel = '')
                ORDER BY w.number, e.at DESC, e.id DESC
            )
            INSERT INTO privacy_consent (party_id, purpose_id, channel, is_given, is_separate,
                text_id, at, source, note, recorded_by, recorded_at, batch_id)
            SELECT party_id, purpose_id, channel, is_given, %s, text_id, %s, %s, '', %s, %s, %s
            FROM standing
            WHERE (is_given, text_id) IS DISTINCT FROM (standing, standing_text)
            ORDER BY number
            RETURNING party_id, purpose_id, channel, is_given
            """,
            [
                list(ids), [purposes[key].pk for key in keys], list(channels), list(given),
                [getattr(texts[key], "pk", None) for key in keys], list(set(ids)),
                is_separate, at or now, source, viewer.user_id, now, batch.pk,
            ],
        )  # fmt: skip
        found = cursor.fetchall()
    _tell_all(viewer, batch, found, at or now, source)
    return {row[0] for row in found}


def _tell_all(viewer: Viewer, batch: Any, found: Sequence[tuple], at: datetime, source: str):
    """Refreshes the rows of those whose lines were written, and tells each line."""
    if not found:
        return
    refresh_consents(list({row[0] for row in found}))
    known = {one.pk: one for one in Purpose.objects.all()}
    drafts = (
        _told(party_id, known[purpose_id], channel, is_given, at=at, source=source)
        for party_id, purpose_id, channel, is_given in found
    )
    record_many(drafts, origin=viewer.origin(batch.pk))


@takes_back_beside
def _take_back(viewer: Viewer, batch: Any, undo: Any) -> None:
    """Lines that a batch wrote are taken back by lines that say so; what an undo took back is
    written again."""
    within, parameters = reach(CUSTOMER, batch, viewer)
    copied = (
        "party_id, purpose_id, channel, is_given, is_separate, text_id, at, source, proof_id, note"
    )
    of_line = ", ".join(f"e.{name}" for name in copied.split(", "))
    again = ", ".join(f"b.{name}" for name in copied.split(", "))
    into = f"INSERT INTO privacy_consent ({copied}, recorded_by, recorded_at, batch_id"
    told = "RETURNING party_id, purpose_id, channel, is_given"
    values = [viewer.user_id, clock.now(), undo.pk, batch.pk, *parameters]
    with connection.cursor() as cursor:
        cursor.execute(
            f"{into}, takes_back_id) SELECT {of_line}, %s, %s, %s, e.id FROM privacy_consent e "
            f"JOIN customers_party r ON r.id = e.party_id "
            f"WHERE e.batch_id = %s AND {COUNTS} AND {within} {told}",
            values,
        )
        mistaken = cursor.fetchall()
        cursor.execute(
            f"{into}) SELECT {again}, %s, %s, %s FROM privacy_consent e "
            f"JOIN privacy_consent b ON b.id = e.takes_back_id "
            f"JOIN customers_party r ON r.id = e.party_id AND r.erased_at IS NULL "
            f"WHERE e.batch_id = %s AND {within} {told}",
            values,
        )
        written = cursor.fetchall()
    if mistaken:
        refresh_consents(list({row[0] for row in mistaken}))
        record_many(_taken_back(mistaken), origin=viewer.origin(undo.pk))
    _tell_all(viewer, undo, written, clock.now(), "")


def _taken_back(found: Sequence[tuple]) -> list[Draft]:
    known = {one.pk: {"purpose": one.key, "name": one.name} for one in Purpose.objects.all()}
    return [
        Draft("consent.taken_back", "customer", party_id, party_id,
              data=known[purpose_id] | {"channel": channel})
        for party_id, purpose_id, channel, _is_given in found
    ]  # fmt: skip


def refresh_consents(ids: Sequence[UUID]) -> None:
    """Keeps what the ledger says now in the customers' rows, where filters find it; nothing while
    a restriction is in force. Rows that say so already are not written again."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH standing AS (
                SELECT DISTINCT ON (e.party_id, u.key, c.channel) e.party_id, e.is_given,
                    u.key || CASE c.channel WHEN '' THEN '' ELSE ':' || c.channel END AS item
                FROM privacy_consent e
                JOIN privacy_purpose u ON u.id = e.purpose_id AND u.is_enabled
                CROSS JOIN LATERAL unnest(CASE WHEN u.is_by_channel AND e.channel = ''
                    THEN %s::text[] ELSE ARRAY[e.channel::text] END) c(channel)
                WHERE e.party_id = ANY(%s) AND {COUNTS} AND NOT EXISTS (
                    SELECT 1 FROM privacy_subjectrequest r WHERE r.party_id = e.party_id
                    AND r.kind = 'restriction' AND r.state = 'fulfilled'
                    AND r.lifted_on IS NULL)
                ORDER BY e.party_id, u.key, c.channel, e.at DESC, e.id DESC
            ), told AS MATERIALIZED (
                SELECT party_id, array_agg(item ORDER BY item) AS items
                FROM standing WHERE is_given GROUP BY party_id
            )
            UPDATE customers_party p SET consents = coalesce(t.items, '{{}}')
            FROM unnest(%s::uuid[]) w(id) LEFT JOIN told t ON t.party_id = w.id
            WHERE p.id = w.id AND p.consents::text[] <> coalesce(t.items, '{{}}')
            """,
            [list(CHANNELS), list(ids), list(ids)],
        )


@transaction.atomic
def keep_purpose(
    viewer: Viewer,
    key: str,
    *,
    name: str = "",
    chinese_name: str = "",
    about: str = "",
    pipl: str = Basis.CONSENT,
    gdpr: str = Basis.CONSENT,
    is_by_channel: bool = False,
    is_separate: bool = False,
    is_enabled: bool | None = None,
    is_new: bool | None = None,
) -> Purpose:
    """A purpose of the firm's own, or other names and bases for one that is there; `is_new` says
    which of both is meant. One that isn't enabled is closed: nobody is asked for it or contacted
    for it any more, and what the ledger says of it stays."""
    require(viewer, "administer")
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,29}", key):
        message = _("2 to 30 small letters, digits and _, such as newsletter.")
        raise Invalid.field("key", "not_a_key", message)
    before = Purpose.objects.select_for_update().filter(key=key).first()
    if is_new and before is not None:
        raise Invalid.field("key", "taken", _("There is such a purpose already."))
    for law, basis in (("pipl", pipl), ("gdpr", gdpr)):
        if basis not in Basis.values or (law == "pipl" and basis == Basis.INTERESTS):
            message = _("This law knows no such basis.")
            raise Invalid.field(law, "unknown_choice", message)
    values: dict[str, Any] = {
        "name": name.strip()[:80], "chinese_name": chinese_name.strip()[:80],
        "about": about.strip()[:400], "pipl": pipl, "gdpr": gdpr, "is_separate": is_separate,
    }  # fmt: skip
    if is_enabled is not None:
        values["is_enabled"] = is_enabled
    kept, is_opened = Purpose.objects.update_or_create(
        key=key,
        defaults=values,
        create_defaults={
            **values, "is_by_channel": is_by_channel, "position": Purpose.objects.count(),
        },
    )  # fmt: skip
    record(
        Draft("purpose.kept", "purpose", kept.pk, data={"purpose": key, "is_new": is_opened}),
        origin=viewer.origin(),
    )
    if before is not None and before.is_enabled is not kept.is_enabled:
        _tell_of_use(viewer, kept)
    return kept


def _tell_of_use(viewer: Viewer, purpose: Purpose) -> None:
    from zhike.privacy.jobs import refresh_purpose as job

    verb = "purpose.reopened" if purpose.is_enabled else "purpose.closed"
    data = {"purpose": purpose.key}
    record(Draft(verb, "purpose", purpose.pk, data=data), origin=viewer.origin())
    later(job, key=purpose.key)


def refresh_purpose(key: str) -> int:
    """Refreshes the rows of all who ever said something of a purpose, which was closed or opened
    again; how many they are."""
    said = Consent.objects.filter(purpose__key=key).order_by("party_id")
    last, count = None, 0
    while True:
        behind = said if last is None else said.filter(party_id__gt=last)
        ids = list(behind.values_list("party_id", flat=True).distinct()[:REFRESHED_AT_ONCE])
        if not ids:
            return count
        refresh_consents(ids)
        last, count = ids[-1], count + len(ids)


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
