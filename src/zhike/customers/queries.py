"""Questions about the customer file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from zhike.access.viewer import Viewer
from zhike.customers.events import RELATIONS
from zhike.customers.facts import CUSTOMER, TASK
from zhike.customers.models import Attachment, Party, Relation, Share, Task
from zhike.events import queries as events
from zhike.filters import All, Node, Test
from zhike.kernel.errors import Invalid, NotFound
from zhike.kernel.paging import Count, Page
from zhike.records.limits import conceal_events, is_limited
from zhike.records.queries import (
    LARGEST_PAGE,
    concealed,
    count,
    find,
    get,
    is_seen,
    visible_ids,
)

if TYPE_CHECKING:
    from zhike.events.models import Event


# Whoever was merged into another is still found by what is known from outside.
_LIVE_OR_MERGED = Q(archived_at=None) | Q(merged_into__isnull=False)


@dataclass(frozen=True, slots=True)
class RelatedParty:
    relation_id: UUID
    label: str
    party: Party


def customer(viewer: Viewer, party_id: UUID | str) -> Party:
    return get(CUSTOMER, viewer, party_id)


def related_parties(viewer: Viewer, party: Party) -> list[RelatedParty]:
    """Those related to a customer that the viewer may see, from both ends."""
    table = Relation._meta.db_table
    sees_both = (is_seen(CUSTOMER, viewer, f"{table}.{end}_id") for end in ("party", "other"))
    relations = Relation.objects.select_related("party", "other").filter(
        Q(party=party) | Q(other=party), *sees_both
    )
    found = []
    for relation in relations:
        is_outward = relation.party_id == party.pk
        label = str(RELATIONS[relation.kind])
        other = relation.other if is_outward else relation.party
        found.append(RelatedParty(relation.pk, label if is_outward else f"← {label}", other))
    concealed(CUSTOMER, viewer, [one.party for one in found])
    return found


def people_of(viewer: Viewer, party: Party, limit: int = 20) -> list[Party]:
    """Who works at a company."""
    if is_limited(CUSTOMER, viewer, "company"):
        return []
    where = Test("company", "eq", party.pk)
    return find(CUSTOMER, viewer, where=where, limit=limit).items


def timeline(
    viewer: Viewer, party: Party, *, group: str | None = None, cursor: str | None = None
) -> "Page[Event]":
    """What happened to a customer, newest first. Events that name another customer whom the viewer
    may not see are left out."""
    page = events.timeline(party.pk, group=group, cursor=cursor)
    named = {event.pk: UUID(event.data["other_id"]) for event in page.items if _names(event)}
    seen = visible_ids(CUSTOMER, viewer, list(named.values())) if named else set()
    shown = [e for e in page.items if e.pk not in named or named[e.pk] in seen]
    conceal_events(viewer, shown)
    return Page(shown, page.next_cursor)


def _names(event: "Event") -> bool:
    return event.data.get("other_id") is not None


def attachments(party: Party) -> list[Attachment]:
    return list(party.attachments.filter(removed_at=None).order_by("-created_at"))


def shares_of(party_id: UUID) -> list[Share]:
    """With whom a customer is shared, whom the viewer has been shown already."""
    return list(Share.objects.filter(party_id=party_id).order_by("created_at", "pk"))


def attachment(viewer: Viewer, attachment_id: UUID) -> Attachment:
    """One file, for whoever may see its customer."""
    found = Attachment.objects.filter(pk=attachment_id, removed_at=None).first()
    if found is None or not visible_ids(CUSTOMER, viewer, [found.party_id]):
        raise NotFound("not_found", _("There is no such file."))
    return found


def open_tasks(viewer: Viewer, party_id: UUID) -> list[Task]:
    """What is still to be done for a customer, soonest first; what has no day stands last."""
    where = All((Test("customer", "eq", party_id), Test("done_at", "is_empty")))
    tasks = find(TASK, viewer, where=where, sort="id", limit=LARGEST_PAGE).items
    return sorted(tasks, key=lambda task: task.due_on or date.max)


def tasks_due(viewer: Viewer, day: date, limit: int = 100) -> list[Task]:
    """Open tasks of the viewer due on or before a day, soonest first."""
    return find(TASK, viewer, where=_due(viewer, day), sort="due_on", limit=limit).items


def count_tasks_due(viewer: Viewer, day: date) -> Count:
    return count(TASK, viewer, where=_due(viewer, day))


def _due(viewer: Viewer, day: date) -> Node:
    return All(
        (
            Test("assignee", "eq", viewer.user_id),
            Test("done_at", "is_empty"),
            Test("due_on", "between", (date(1900, 1, 1), day)),
        )
    )


def parties_by_id(viewer: Viewer, ids: Sequence[UUID]) -> dict[UUID, Party]:
    """Customers of whom the viewer has been shown something already."""
    found = Party.objects.in_bulk(list(ids))
    concealed(CUSTOMER, viewer, list(found.values()))
    return found


def customers_by_code(codes: Sequence[str]) -> dict[str, UUID]:
    """Customers by their number, or by one that they had before they were merged."""
    numbered = Party.objects.filter(code__in=codes).exclude(code="")
    merged = numbered.filter(merged_into__isnull=False).values_list("code", "merged_into_id")
    return dict(merged) | dict(numbered.filter(archived_at=None).values_list("code", "pk"))


def customers_by_name(names: Sequence[str]) -> dict[str, UUID]:
    """Customers by their exact name, where it stands for one customer only."""
    if not names:
        return {}
    found: dict[str, set[UUID]] = {}
    parties = Party.objects.filter(_LIVE_OR_MERGED, name__in=names)
    for name, pk, stand_in in parties.values_list("name", "pk", "merged_into_id"):
        found.setdefault(name, set()).add(stand_in or pk)
    return {name: ids.pop() for name, ids in found.items() if len(ids) == 1}


def match(viewer: Viewer, values: Mapping, keys: Sequence[str]) -> UUID | None:
    """The one customer that shares a value with a description, by the keys in their order.

    Keys: code, email, phone. Only customers the viewer sees are found.
    """
    for key in keys:
        found = _matching(key, values)
        seen = visible_ids(CUSTOMER, viewer, found, archived=False)
        if len(seen) == 1:
            return seen.pop()
    return None


def _matching(key: str, values: Mapping) -> list[UUID]:
    fields = CUSTOMER.field_by_name
    parties = Party.objects.filter(_LIVE_OR_MERGED)
    if key == "code" and values.get("code"):
        # Each half has an index of its own.
        code = fields["code"].clean(values["code"])
        parties = Party.objects.exclude(code="").filter(
            Q(code=code, archived_at=None) | Q(code=code, merged_into__isnull=False)
        )
    elif key == "email" and values.get("emails"):
        parties = parties.filter(emails__overlap=fields["emails"].clean(values["emails"]))
    elif key == "phone" and values.get("phones"):
        parties = parties.filter(phones__overlap=fields["phones"].clean(values["phones"]))
    elif key in ("code", "email", "phone"):
        return []
    else:
        message = _("Customers are matched by code, email or phone.")
        raise Invalid.field("match_by", "unknown_key", message)
    found = parties.values_list("pk", "merged_into_id")[:50]
    return list({stand_in or pk for pk, stand_in in found})


def owners_of(ids: Sequence[UUID]) -> dict[UUID, UUID | None]:
    """Owners by customer, for work that concerns everybody's customers."""
    return dict(Party.objects.filter(pk__in=ids).values_list("pk", "owner_id"))
