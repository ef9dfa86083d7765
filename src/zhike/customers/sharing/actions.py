"""Sharing one customer with a person or a team who would not see it, and taking that back.

The shares stand in rows of their own. Those in force are kept in two columns of the customer, so
that sight is decided from the row itself and lists stay as fast as they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.queries import active_user_names, team_names
from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.customers.models import Party, Share
from zhike.events.actions import Draft, record
from zhike.events.queries import events_of_batch
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid
from zhike.records.actions import open_batch, takes_back
from zhike.records.models import Batch
from zhike.records.queries import get, require_reach

_SHARED, _UNSHARED = "customer.shared", "customer.unshared"


@dataclass(frozen=True, slots=True)
class Terms:
    """How a customer is shared with somebody."""

    level: str
    until: date | None = None

    @property
    def is_over(self) -> bool:
        return self.until is not None and self.until < clock.today()


@transaction.atomic
def share_customer(
    party_id: UUID,
    *,
    with_id: UUID,
    viewer: Viewer,
    level: str = Share.Level.READ,
    until: date | None = None,
) -> tuple[Share, Batch]:
    """Shows a customer to a person or a team, up to and including a day, as one batch. Done again
    for the same ones, it changes how."""
    require(viewer, "change")
    party = _locked(party_id, viewer)
    batch = open_batch(viewer, kind=Batch.Kind.SHARE, label=party.name)
    return _put(party, with_id, Terms(level, until), viewer, batch), batch


@transaction.atomic
def stop_sharing(party_id: UUID, *, with_id: UUID, viewer: Viewer) -> Batch | None:
    """Takes a share back, as one batch; None where there is nothing to take back."""
    require(viewer, "change")
    party = _locked(party_id, viewer)
    share = _share_of(party, with_id)
    if share is None:
        return None
    batch = open_batch(viewer, kind=Batch.Kind.SHARE, label=party.name)
    _drop(share, viewer, batch)
    return batch


@transaction.atomic
def put_share(
    party_id: UUID, *, with_id: UUID, viewer: Viewer, level: str, until: date | None = None
) -> Share:
    """Shares as part of other work, which also takes it back."""
    require(viewer, "change")
    return _put(_locked(party_id, viewer), with_id, Terms(level, until), viewer)


@transaction.atomic
def drop_share(party_id: UUID, *, with_id: UUID, viewer: Viewer) -> None:
    """Takes a share back as part of other work; once is enough."""
    require(viewer, "change")
    share = _share_of(_locked(party_id, viewer), with_id)
    if share is not None:
        _drop(share, viewer)


@transaction.atomic
def end_shares(viewer: Viewer) -> int:
    """Ends the shares whose day has passed; how many they were."""
    over = list(Share.objects.filter(until__lt=clock.today()).select_for_update()[:5_000])
    names = {**active_user_names(), **team_names()}
    for share in over:
        _tell(_UNSHARED, share, names.get(str(share.with_id), "–"), viewer)
    Share.objects.filter(pk__in=[share.pk for share in over]).delete()
    refresh_shares([share.party_id for share in over])
    return len(over)


def refresh_shares(party_ids: Sequence[UUID]) -> None:
    """Writes into customers whom they are shared with, from their shares."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE customers_party p SET
                readers = ARRAY(SELECT s.with_id::text FROM customers_share s
                    WHERE s.party_id = p.id ORDER BY 1),
                writers = ARRAY(SELECT s.with_id::text FROM customers_share s
                    WHERE s.party_id = p.id AND s.level = 'write' ORDER BY 1)
            WHERE p.id = ANY(%s)
            """,
            [list(party_ids)],
        )


@transaction.atomic
def pass_shares_on(former: UUID, to: UUID, party_ids: Sequence[UUID], viewer: Viewer) -> list[UUID]:
    """Lets somebody have what is shared with another person of some customers, unless it is shared
    with them already. Those customers whose share went over; done the other way round with them,
    it is undone."""
    require(viewer, "administer")
    has = Share.objects.filter(with_id=to).values("party_id")
    shares = Share.objects.filter(with_id=former, is_team=False, party_id__in=party_ids)
    passed = list(shares.exclude(party_id__in=has).select_for_update().order_by("party_id"))
    name = active_user_names().get(str(to), "–")
    Share.objects.filter(pk__in=[one.pk for one in passed]).update(with_id=to)
    for share in passed:
        share.with_id = to
        _tell(_SHARED, share, name, viewer)
    ids = [one.party_id for one in passed]
    refresh_shares(ids)
    return ids


@takes_back("share")
def _take_back(viewer: Viewer, batch: Batch) -> tuple[Batch, int, int]:
    """Undoes sharing, or the undo of it: with whom the customer was shared then, it is shared as it
    was before, unless that has changed since or the day has passed."""
    require(viewer, "change")
    told = events_of_batch(batch.pk).filter(type__in=(_SHARED, _UNSHARED)).first()
    if told is None or "with_id" not in told.data:
        raise Conflict("erased", _("This customer was erased. That can't be undone."))
    party = _locked(told.party_id, viewer)
    with_id = UUID(told.data["with_id"])
    share = _share_of(party, with_id)
    before, after = _terms_told(told.data.get("before")), None
    if told.type == _SHARED:
        after = _terms_told(told.data)
    stands = _terms(share) == after and not (before and before.is_over)
    undo = open_batch(viewer, kind=Batch.Kind.UNDO, label=batch.label, undoes=batch)
    if stands and before is not None:
        _put(party, with_id, before, viewer, undo)
    elif stands and share is not None:
        _drop(share, viewer, undo)
    Batch.objects.filter(pk=batch.pk).update(undone_at=clock.now())
    done = int(stands)
    data = {"label": batch.label, "kind": batch.kind, "done": done, "left": 1 - done}
    record(Draft("batch.undone", "batch", batch.pk, data=data), origin=viewer.origin(undo.pk))
    return undo, done, 1 - done


def _put(
    party: Party, with_id: UUID, terms: Terms, viewer: Viewer, batch: Batch | None = None
) -> Share:
    name, is_team = _named(with_id)
    if terms.level not in Share.Level.values:
        raise Invalid.field("level", "unknown_choice", _("Choose one of: %(known)s.")
                            % {"known": ", ".join(Share.Level.values)})  # fmt: skip
    if terms.is_over:
        raise Invalid.field("until", "in_past", _("This day has passed."))
    before = _terms(_share_of(party, with_id))
    values = {"level": terms.level, "until": terms.until, "is_team": is_team}
    share, _is_new = Share.objects.update_or_create(
        party=party, with_id=with_id, defaults=values,
        create_defaults={**values, "shared_by": viewer.user_id, "created_at": clock.now()},
    )  # fmt: skip
    refresh_shares([party.pk])
    _tell(_SHARED, share, name, viewer, batch, before)
    return share


def _drop(share: Share, viewer: Viewer, batch: Batch | None = None) -> None:
    name = {**active_user_names(), **team_names()}.get(str(share.with_id), "–")
    _tell(_UNSHARED, share, name, viewer, batch, _terms(share))
    share.delete()
    refresh_shares([share.party_id])


def _share_of(party: Party, with_id: UUID) -> Share | None:
    return Share.objects.filter(party=party, with_id=with_id).first()


def _terms(share: Share | None) -> Terms | None:
    return Terms(share.level, share.until) if share else None


def _terms_told(data: Mapping | None) -> Terms | None:
    if data is None:
        return None
    until = data["until"]
    return Terms(data["level"], date.fromisoformat(until) if until else None)


def _locked(party_id: UUID, viewer: Viewer) -> Party:
    get(CUSTOMER, viewer, party_id)
    require_reach(CUSTOMER, viewer, party_id)
    return Party.objects.select_for_update().get(pk=party_id)


def _named(with_id: UUID) -> tuple[str, bool]:
    """Who that is, and whether it is a team."""
    teams = team_names()
    if str(with_id) in teams:
        return teams[str(with_id)], True
    people = active_user_names()
    if str(with_id) in people:
        return people[str(with_id)], False
    raise Invalid.field("with", "unknown_link", _("There is no such person or team."))


def _tell(
    event: str,
    share: Share,
    name: str,
    viewer: Viewer,
    batch: Batch | None = None,
    before: Terms | None = None,
) -> None:
    data = {"with": name, "with_id": share.with_id, "level": share.level, "until": share.until,
            "before": asdict(before) if before else None}  # fmt: skip
    draft = Draft(event, "customer", share.party_id, share.party_id, data=data)
    record(draft, origin=viewer.origin(batch.pk if batch else None))
