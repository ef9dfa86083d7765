"""What changes the customer file beyond its plain fields, which the record service writes."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb

from zhike.access.policies import require
from zhike.access.queries import team_of_user
from zhike.access.viewer import Viewer
from zhike.customers.duplicates import (
    PossibleDuplicate,
    ProbablePair,
    possible_duplicates,
    visible_pair,
)
from zhike.customers.events import CHANNELS, OUTCOMES, RELATIONS
from zhike.customers.facts import CUSTOMER, TASK
from zhike.customers.models import Attachment, Duplicate, LearntWeights, Party, Relation, Task
from zhike.events import queries as events
from zhike.events.actions import Draft, record
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid, NotFound, TooLarge
from zhike.kernel.home import files_folder
from zhike.kernel.ids import new_id
from zhike.records.actions import change_record, create_record
from zhike.records.models import Batch
from zhike.records.queries import get, require_reach

LARGEST_ATTACHMENT = 25 * 2**20
REFUSED_SUFFIXES = {
    *(".exe", ".bat", ".cmd", ".com", ".scr", ".msi", ".js", ".vbs", ".ps1", ".sh", ".jar"),
    *(".html", ".htm", ".svg", ".xhtml", ".hta", ".dll", ".lnk"),
}


def create_customer(
    values: Mapping, *, viewer: Viewer, batch: Batch | None = None, on_duplicate: str = "create"
) -> Party:
    """Opens a file. It belongs to whoever opens it, and to their team, unless said otherwise.

    Who sees only some customers can't open one that belongs to nobody: it would be out of sight.
    Raises PossibleDuplicate when `on_duplicate` is "refuse" and the customer is probably there.
    """
    if on_duplicate == "refuse":
        found = possible_duplicates(viewer, values)
        if found.is_clear:
            raise PossibleDuplicate(found)
    given = values.keys()
    values = {"kind": "person", **values}
    is_free = "owner" in values and viewer.sight == "all"
    if not values.get("owner") and not is_free and viewer.kind != "system":
        values["owner"] = viewer.user_id
    values = _with_team(values)
    filled = values.keys() - given
    return create_record(CUSTOMER, values, viewer=viewer, batch=batch, filled=filled)


def _with_team(values: Mapping) -> Mapping:
    """A new owner brings their team along, unless a team is named."""
    if "team" in values or not values.get("owner"):
        return values
    owner = CUSTOMER.field_by_name["owner"].clean(values["owner"])
    return {**values, "team": team_of_user(UUID(str(owner)))}


def change_customer(
    party_id: UUID,
    values: Mapping,
    *,
    viewer: Viewer,
    version: int | None = None,
    batch: Batch | None = None,
) -> Party:
    """Changes fields. A new owner brings their team along."""
    given, values = values.keys(), _with_team(values)
    if values.get("company") and str(_current(values["company"])) == str(party_id):
        raise Invalid.field("company", "own_company", _("A customer can't work at itself."))
    return change_record(
        CUSTOMER, party_id, values, viewer=viewer, version=version, batch=batch,
        filled=values.keys() - given,
    )  # fmt: skip


def add_tags(party_id: UUID, text: str, *, viewer: Viewer) -> Party:
    """Puts tags on a customer, several with commas between them. Those that are there stay once."""
    party = get(CUSTOMER, viewer, party_id)
    tags = CUSTOMER.field_by_name["tags"].clean([*party.tags, *_tags(text)])
    return change_customer(party_id, {"tags": tags}, viewer=viewer, version=party.version)


def remove_tag(party_id: UUID, tag: str, *, viewer: Viewer) -> Party:
    party = get(CUSTOMER, viewer, party_id)
    tags = [one for one in party.tags if one != tag]
    return change_customer(party_id, {"tags": tags}, viewer=viewer, version=party.version)


def _tags(text: str) -> list[str]:
    tags = CUSTOMER.field_by_name["tags"]
    found: Any = tags.clean(text)
    if not found:
        raise tags.wrong("missing", _("Write a tag first."))
    return found


@transaction.atomic
def add_note(party_id: UUID, *, text: str, viewer: Viewer) -> int:
    require(viewer, "note")
    party = _current_customer(viewer, party_id)
    draft = Draft("note.added", "customer", party.pk, party.pk, data={"text": _needed(text)})
    event_id = record(draft, origin=viewer.origin())
    _credit_event(event_id, party, party_id)
    return event_id


@transaction.atomic
def log_contact(
    party_id: UUID,
    *,
    channel: str,
    viewer: Viewer,
    outcome: str = "",
    text: str = "",
    next_on: date | None = None,
    next_step: str = "",
    happened_at: datetime | None = None,
) -> int:
    """Writes down a contact with a customer; with a next date, a task for it as well."""
    require(viewer, "note")
    party = _current_customer(viewer, party_id)
    if channel not in CHANNELS:
        raise Invalid.field("channel", "unknown_choice", _("There is no such channel."))
    if outcome and outcome not in OUTCOMES:
        raise Invalid.field("outcome", "unknown_choice", _("There is no such outcome."))
    if happened_at is not None and happened_at > clock.now():
        raise Invalid.field("happened_at", "in_future", _("This has not happened yet."))
    data = {"channel": channel, "outcome": outcome, "text": text.strip()[:20_000]}
    event_id = record(
        Draft("contact.logged", "customer", party.pk, party.pk, happened_at, data),
        origin=viewer.origin(),
    )
    _credit_event(event_id, party, party_id)
    if next_on is not None:
        title = next_step.strip() or str(CHANNELS[channel])
        create_task(party_id, title=title, due_on=next_on, viewer=viewer)
    return event_id


def _current(party_id: object) -> object:
    """Whoever stands in for a customer that was merged away; else the customer."""
    try:
        known = party_id if isinstance(party_id, UUID) else UUID(str(party_id))
    except ValueError:
        return party_id
    return CUSTOMER.stand_ins([known]).get(known, known)


def _current_customer(viewer: Viewer, party_id: UUID) -> Party:
    """The customer about whom something is written down. It can't be merged away before that."""
    party = get(CUSTOMER, viewer, str(_current(party_id)))
    require_reach(CUSTOMER, viewer, party.pk)
    return party


def _credit_event(event_id: int, party: Party, asked_for: UUID) -> None:
    if party.pk != asked_for:
        CUSTOMER.credit(asked_for, f"{events.COLLECTION.table}.party_id", event_id)


def create_task(
    party_id: UUID,
    *,
    title: str,
    viewer: Viewer,
    due_on: date | None = None,
    assignee: UUID | None = None,
) -> Task:
    values = {
        "title": title,
        "customer": party_id,
        "due_on": due_on,
        "assignee": assignee or viewer.user_id,
    }
    return create_record(TASK, values, viewer=viewer)


@transaction.atomic
def complete_task(task_id: UUID, *, viewer: Viewer) -> Task:
    """Marks a task as done; once is enough."""
    require(viewer, "work")
    get(TASK, viewer, task_id)
    require_reach(TASK, viewer, task_id)
    task = Task.objects.select_for_update().get(pk=task_id)
    if task.done_at is not None:
        return task
    task.done_at = clock.now()
    task.version += 1
    task.updated_at = task.done_at
    task.save()
    record(
        Draft("task.done", "task", task.pk, task.party_id, data={"title": task.title}),
        origin=viewer.origin(),
    )
    return task


@transaction.atomic
def add_relation(party_id: UUID, *, kind: str, other_id: UUID, viewer: Viewer) -> Relation:
    require(viewer, "change")
    party, other = (_current_customer(viewer, pk) for pk in (party_id, other_id))
    if kind not in RELATIONS:
        raise Invalid.field("kind", "unknown_choice", _("There is no such relation."))
    if party.pk == other.pk:
        raise Invalid.field("other", "same", _("A customer has no relation to itself."))
    try:
        with transaction.atomic():
            relation = Relation.objects.create(
                kind=kind, party=party, other=other, created_at=clock.now()
            )
    except IntegrityError:
        raise Conflict("taken", _("They have this relation already.")) from None
    for column, asked_for in (("party_id", party_id), ("other_id", other_id)):
        if getattr(relation, column) != asked_for:
            CUSTOMER.credit(asked_for, f"customers_relation.{column}", relation.pk)
    _tell_relation("relation.added", relation, viewer)
    return relation


@transaction.atomic
def remove_relation(relation_id: UUID, *, viewer: Viewer) -> None:
    require(viewer, "change")
    relation = Relation.objects.select_related("party", "other").filter(pk=relation_id).first()
    if relation is None:
        raise NotFound("not_found", _("There is no such relation."))
    for pk in (relation.party_id, relation.other_id):
        get(CUSTOMER, viewer, pk)
        require_reach(CUSTOMER, viewer, pk)
    _tell_relation("relation.removed", relation, viewer)
    relation.delete()


def _tell_relation(event: str, relation: Relation, viewer: Viewer) -> None:
    # As it is on file: what the viewer was handed may be masked.
    name = Party.objects.values_list("name", flat=True).get(pk=relation.other_id)
    data = {"kind": relation.kind, "other": name, "other_id": relation.other_id}
    record(
        Draft(event, "customer", relation.party_id, relation.party_id, data=data),
        origin=viewer.origin(),
    )


def add_attachment(party_id: UUID, *, upload, viewer: Viewer) -> Attachment:
    """Keeps an uploaded file (name, size, chunks()) with a customer.

    The bytes are on disk before the row is committed; a kill in between leaves a file that nobody
    sees, never a row without its file.
    """
    require(viewer, "change")
    _current_customer(viewer, party_id)
    name = Path(upload.name.replace("\\", "/")).name[-200:]
    if upload.size > LARGEST_ATTACHMENT:
        raise TooLarge("too_large", _("Files up to 25 MB can be attached."))
    if Path(name).suffix.lower() in REFUSED_SUFFIXES:
        raise Invalid.field("file", "refused_type", _("Files of this type can't be attached."))
    attachment_id = new_id()
    path = attachment_path(attachment_id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("xb") as file:
        for chunk in upload.chunks():
            file.write(chunk)
    with transaction.atomic():
        party = _current_customer(viewer, party_id)
        attachment = Attachment.objects.create(
            id=attachment_id,
            party=party,
            name=name,
            size=path.stat().st_size,
            content_type=(upload.content_type or "application/octet-stream")[:100],
            created_at=clock.now(),
            user_id=viewer.user_id,
        )
        if party.pk != party_id:
            CUSTOMER.credit(party_id, "customers_attachment.party_id", attachment.pk)
        record(
            Draft("attachment.added", "customer", party.pk, party.pk, data={"name": name}),
            origin=viewer.origin(),
        )
    return attachment


@transaction.atomic
def remove_attachment(attachment_id: UUID, *, viewer: Viewer) -> None:
    require(viewer, "change")
    attachment = Attachment.objects.filter(pk=attachment_id, removed_at=None).first()
    if attachment is None:
        raise NotFound("not_found", _("There is no such file."))
    party = get(CUSTOMER, viewer, attachment.party_id)
    require_reach(CUSTOMER, viewer, party.pk)
    Attachment.objects.filter(pk=attachment_id).update(removed_at=clock.now())
    record(
        Draft("attachment.removed", "customer", party.pk, party.pk, data={"name": attachment.name}),
        origin=viewer.origin(),
    )


def attachment_path(attachment_id: UUID) -> Path:
    return files_folder() / attachment_id.hex[-2:] / attachment_id.hex


def _needed(text: str) -> str:
    text = text.strip()
    if not text:
        raise Invalid.field("text", "missing", _("Write something first."))
    return text[:20_000]


@transaction.atomic
def keep_duplicates(
    pairs: Sequence[ProbablePair], *, learnt: Mapping[str, Mapping], viewer: Viewer
) -> dict[str, int]:
    """Puts what a scan found into the queue, and the weights by kind that it learnt where the next
    customer is written down.

    Pairs that are decided stay decided; open ones that were not found again are closed. Returns how
    many are open, new and closed.
    """
    require(viewer, "score")
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE found_pair (id uuid, party_id uuid, other_id uuid, "
            "probability float8, reasons jsonb) ON COMMIT DROP"
        )
        with cursor.copy("COPY found_pair FROM STDIN") as copy:
            for pair in pairs:
                reasons = Jsonb(list(pair.reasons))
                copy.write_row((new_id(), pair.one, pair.other, pair.probability, reasons))
        cursor.execute(
            "DELETE FROM customers_duplicate d WHERE state = %s AND NOT EXISTS (SELECT FROM "
            "found_pair f WHERE f.party_id = d.party_id AND f.other_id = d.other_id)",
            [Duplicate.State.OPEN],
        )
        closed = cursor.rowcount
        cursor.execute(
            "UPDATE customers_duplicate d SET probability = f.probability, reasons = f.reasons "
            "FROM found_pair f WHERE f.party_id = d.party_id AND f.other_id = d.other_id "
            "AND d.state = %s",
            [Duplicate.State.OPEN],
        )
        cursor.execute(
            "INSERT INTO customers_duplicate (id, party_id, other_id, probability, reasons, state, "
            "found_at) SELECT f.id, f.party_id, f.other_id, f.probability, f.reasons, %s, %s "
            "FROM found_pair f ON CONFLICT (party_id, other_id) DO NOTHING",
            [Duplicate.State.OPEN, now],
        )
        new = cursor.rowcount
    for kind, signs in learnt.items():
        LearntWeights.objects.filter(kind=kind).delete()
        if signs:
            LearntWeights.objects.create(kind=kind, signs=signs, learnt_at=now)
    open_ = Duplicate.objects.filter(state=Duplicate.State.OPEN).count()
    counts = {"open": open_, "new": new, "closed": closed}
    record(Draft("duplicates.scanned", "scan", new_id(), data=counts), origin=viewer.origin())
    return counts


@transaction.atomic
def decide_duplicate(pair_id: UUID, *, verdict: str, viewer: Viewer) -> Duplicate:
    """Says of a pair that both are the same customer or different ones; "open" takes that back.

    Merging (`customers/merging.py`) begins where the verdict is "same".
    """
    require(viewer, "change")
    visible_pair(viewer, pair_id)
    if verdict not in Duplicate.State.values:
        raise Invalid.field("verdict", "unknown_choice", _("There is no such verdict."))
    pair = Duplicate.objects.select_for_update().select_related("party", "other").get(pk=pair_id)
    if pair.state == verdict:
        return pair
    is_open = verdict == Duplicate.State.OPEN
    pair.state = verdict
    pair.decided_at = None if is_open else clock.now()
    pair.decided_by = None if is_open else viewer.user_id
    pair.save()
    data = {"verdict": verdict, "other": pair.other.name, "other_id": pair.other_id}
    draft = Draft("duplicate.decided", "customer", pair.party_id, pair.party_id, data=data)
    record(draft, origin=viewer.origin())
    return pair
