"""Questions about scores, suggestions and the base of customers as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _

from zhike.access.policies import require, sees_all
from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.customers.queries import count_tasks_due
from zhike.events.queries import COLLECTION
from zhike.filters import All, Any, Node, Test
from zhike.insight.explaining import hides, money, reason_words
from zhike.insight.models import ScoreRun, Standing, Suggestion
from zhike.insight.words import ADVICE
from zhike.kernel import clock
from zhike.kernel.paging import Count, Page
from zhike.kernel.reading import once
from zhike.records import queries as records
from zhike.records.limits import is_limited, limits

if TYPE_CHECKING:
    from zhike.customers.models import Party


@dataclass(frozen=True, slots=True)
class Proposal:
    """A line of today's list."""

    party: "Party"
    suggestion: Suggestion
    standing: Standing | None
    reason: str
    advice: str
    amount: str
    limits: str
    last_contact: object


def last_run(viewer: Viewer) -> ScoreRun | None:
    """The newest complete computation."""
    done = ScoreRun.objects.filter(state=ScoreRun.State.DONE).order_by("-requested_at")
    return next((_as_told(run, viewer) for run in done[:1]), None)


def runs(viewer: Viewer, limit: int = 20) -> list[ScoreRun]:
    require(viewer, "view")
    return [_as_told(run, viewer) for run in ScoreRun.objects.order_by("-requested_at")[:limit]]


def _as_told(run: ScoreRun, viewer: Viewer) -> ScoreRun:
    """How many customers and orders were read is told to those who see all of them."""
    if not sees_all(viewer) and run.customers:
        run.customers = run.orders = None  # type: ignore[assignment]
    return run


def running() -> ScoreRun | None:
    active = (ScoreRun.State.WAITING, ScoreRun.State.RUNNING)
    return ScoreRun.objects.filter(state__in=active).order_by("-requested_at").first()


# What stands in a standing beside the facts, by the fact that it would tell.
_BESIDE = {
    "orders.count": ("orders",),
    "value_12": ("value_12_low", "value_12_high"),
    "orders_12": ("orders_3", "orders_6"),
    "alive": ("overdue",),
    "next_on": ("next_spread",),
    "stage": ("evidence",),
}


def standings(viewer: Viewer, ids: Sequence[UUID]) -> dict[UUID, Standing]:
    """Scores by customer, for customers whom the viewer has been shown already; without those that
    they may not see."""
    found = Standing.objects.select_related("run").in_bulk(list(ids))
    hidden = limits(CUSTOMER, viewer)
    if hidden:
        own = {field.attname for field in Standing._meta.concrete_fields}
        for standing in found.values():
            for name in hidden:
                for column in own.intersection((name, *_BESIDE.get(name, ()))):
                    standing.__dict__[column] = None
    return found


def suggestion_of(viewer: Viewer, party: "Party") -> Proposal | None:
    """The open suggestion for a customer whom the viewer has been shown."""
    found = Suggestion.objects.filter(party_id=party.pk, state=Suggestion.State.OPEN).first()
    return _proposal(viewer, party, found, standing_of(viewer, party), None) if found else None


def today(viewer: Viewer, *, limit: int = 30, cursor: str | None = None) -> Page[Proposal]:
    """Today's list: what is on the viewer's own plate, the largest amount first."""
    page = records.find(
        CUSTOMER, viewer, where=_on_my_plate(viewer), sort=_today_sort(viewer), limit=limit,
        cursor=cursor,
    )  # fmt: skip
    ids = [party.pk for party in page.items]
    suggestions = Suggestion.objects.in_bulk(ids)
    found = standings(viewer, ids)
    contacts = _last_contacts(ids)
    proposals = [
        _proposal(viewer, party, suggestions[party.pk], found.get(party.pk), contacts.get(party.pk))
        for party in page.items
    ]
    return Page(proposals, page.next_cursor)


def _today_sort(viewer: Viewer) -> str:
    """Who may not see the amounts doesn't learn from the order which is the largest."""
    return "id" if is_limited(CUSTOMER, viewer, "suggestion.value") else "-suggestion.value"


@once
def today_count(viewer: Viewer) -> Count:
    return records.count(CUSTOMER, viewer, where=_on_my_plate(viewer))


def waiting(viewer: Viewer) -> Count:
    """What waits for the viewer today: suggestions on the plate and tasks that are due."""
    suggested, due = today_count(viewer), count_tasks_due(viewer, clock.today())
    return Count(suggested.value + due.value, exact=suggested.exact and due.exact)


def done_today(viewer: Viewer) -> int:
    """How many the viewer has worked off today."""
    start = clock.start_of_day(clock.today())
    resolved = Suggestion.objects.filter(resolved_by=viewer.user_id, resolved_at__gte=start)
    return resolved.count()


def _on_my_plate(viewer: Viewer) -> Node:
    """Open suggestions, and those put off until today. Staff see those of their own customers,
    of unowned ones and what was handed to them; managers everything in their sight."""
    is_due = Any(
        (
            Test("suggestion.state", "eq", "open"),
            All(
                (
                    Test("suggestion.state", "eq", "snoozed"),
                    Test("suggestion.until", "between", (date(2000, 1, 1), clock.today())),
                )
            ),
        )
    )
    if viewer.role in ("manager", "administrator"):
        return is_due
    mine = Any(
        (
            Test("suggestion.assignee", "eq", viewer.user_id),
            All(
                (
                    Test("suggestion.assignee", "is_empty"),
                    Any((Test("owner", "eq", viewer.user_id), Test("owner", "is_empty"))),
                )
            ),
        )
    )
    return All((is_due, mine))


def _last_contacts(ids: Sequence[UUID]) -> dict[UUID, object]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT party_id, max(happened_at) FROM {COLLECTION.table} "
            "WHERE party_id = ANY(%s) AND type = 'contact.logged' GROUP BY party_id",
            [list(ids)],
        )
        return dict(cursor.fetchall())


# The facts that the reasons of suggestions tell.
_REASONED = ("alive", "recency_days", "usual_gap", "next_on", "orders.count", "orders.total")


def _proposal(
    viewer: Viewer, party: "Party", suggestion: Suggestion, standing, last_contact
) -> Proposal:
    if is_limited(CUSTOMER, viewer, "suggestion.value"):
        suggestion.value = None  # type: ignore[assignment]
        suggestion.facts = {}
    low, high = (suggestion.facts.get(f"value_12_{end}") for end in ("low", "high"))
    limits = ""
    if low is not None and high is not None:
        ahead = standing.value_12 if standing else None
        limits = _("expected in 12 months %(value)s (%(low)s – %(high)s)") % {
            "value": money(ahead),
            "low": money(low),
            "high": money(high),
        }
    return Proposal(
        party,
        suggestion,
        standing,
        "" if hides(viewer, _REASONED) else reason_words(suggestion),
        str(ADVICE[suggestion.reason]),
        money(suggestion.value),
        limits,
        last_contact,
    )


def standing_of(viewer: Viewer, party: "Party") -> Standing | None:
    """The scores of a customer whom the viewer has been shown."""
    return standings(viewer, [party.pk]).get(party.pk)
