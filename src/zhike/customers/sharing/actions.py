"""Sharing one customer with a person or a team who would not see it, and taking that back.

The shares stand in rows of their own. Those in force are kept in two columns of the customer, so
that sight is decided from the row itself and lists stay as fast as they are.
"""

from collections.abc import Sequence
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
from zhike.kernel import clock
from zhike.kernel.errors import Invalid
from zhike.records.queries import get, require_reach


@transaction.atomic
def share_customer(
    party_id: UUID,
    *,
    with_id: UUID,
    viewer: Viewer,
    level: str = Share.Level.READ,
    until: date | None = None,
) -> Share:
    """Shows a customer to a person or a team, up to and including a day. Done again for the same
    ones, it changes how."""
    require(viewer, "change")
    party = _locked(party_id, viewer)
    name, is_team = _named(with_id)
    if level not in Share.Level.values:
        raise Invalid.field("level", "unknown_choice", _("Choose one of: %(known)s.")
                            % {"known": ", ".join(Share.Level.values)})  # fmt: skip
    if until is not None and until < clock.today():
        raise Invalid.field("until", "in_past", _("This day has passed."))
    share, _is_new = Share.objects.update_or_create(
        party=party,
        with_id=with_id,
        defaults={"level": level, "until": until, "is_team": is_team},
        create_defaults={
            "level": level, "until": until, "is_team": is_team, "shared_by": viewer.user_id,
            "created_at": clock.now(),
        },
    )  # fmt: skip
    refresh_shares([party.pk])
    _tell("customer.shared", share, name, viewer)
    return share


@transaction.atomic
def stop_sharing(party_id: UUID, *, with_id: UUID, viewer: Viewer) -> None:
    """Takes a share back; once is enough."""
    require(viewer, "change")
    party = _locked(party_id, viewer)
    share = Share.objects.filter(party=party, with_id=with_id).first()
    if share is None:
        return
    name = {**active_user_names(), **team_names()}.get(str(with_id), "–")
    _tell("customer.unshared", share, name, viewer)
    share.delete()
    refresh_shares([party.pk])


@transaction.atomic
def end_shares(viewer: Viewer) -> int:
    """Ends the shares whose day has passed; how many they were."""
    over = list(Share.objects.filter(until__lt=clock.today()).select_for_update()[:5_000])
    names = {**active_user_names(), **team_names()}
    for share in over:
        _tell("customer.unshared", share, names.get(str(share.with_id), "–"), viewer)
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
        _tell("customer.shared", share, name, viewer)
    ids = [one.party_id for one in passed]
    refresh_shares(ids)
    return ids


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


def _tell(event: str, share: Share, name: str, viewer: Viewer) -> None:
    data = {"with": name, "with_id": share.with_id, "level": share.level, "until": share.until}
    draft = Draft(event, "customer", share.party_id, share.party_id, data=data)
    record(draft, origin=viewer.origin())
