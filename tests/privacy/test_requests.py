"""What people ask concerning their data: in time, with an answer, and with its effect."""

from datetime import timedelta

import pytest

from privacy.test_consents import agree, asked
from zhike.access.queries import active_user
from zhike.customers.actions import create_customer
from zhike.customers.merging.actions import merge_customers, unmerge_customers
from zhike.customers.models import Party
from zhike.events.models import Event
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from zhike.privacy import queries
from zhike.privacy.actions import (
    answer_request,
    change_request,
    lift_restriction,
    open_request,
    reopen_request,
    set_policy,
)
from zhike.privacy.models import Consent, SubjectRequest


def restrict(cast, party):
    wanted = open_request(cast.mei, kind="restriction", customer=party.pk)
    return answer_request(cast.mei, wanted.pk, is_fulfilled=True)


def test_the_time_to_answer_begins_when_it_came(cast):
    day = clock.today() - timedelta(days=10)
    first = open_request(cast.mei, kind="access", customer=cast.chen.pk, received_on=day)
    set_policy(cast.mei, answer_days=30)
    later = open_request(cast.mei, kind="copy", described="某女士, 139…", received_on=day)
    overdue = open_request(
        cast.mei, kind="access", described="X", received_on=day - timedelta(days=40)
    )

    assert (first.due_on, later.due_on) == (day + timedelta(15), day + timedelta(30))
    assert [one.pk for one in queries.open_requests(cast.mei)] == [overdue.pk, first.pk, later.pk]
    assert (overdue.is_overdue, first.is_overdue) == (True, False)
    assert active_user(str(cast.mei.user_id)).requests_due == 2


def test_a_refusal_needs_its_reason(cast):
    wanted = open_request(cast.mei, kind="access", described="Somebody")
    with pytest.raises(Invalid):
        answer_request(cast.mei, wanted.pk, is_fulfilled=False)
    with pytest.raises(Invalid):
        answer_request(cast.mei, wanted.pk, is_fulfilled=True)  # nobody knows who it is

    answer_request(cast.mei, wanted.pk, is_fulfilled=False, reason="Not found by any sign")

    assert queries.open_requests(cast.mei) == []
    assert [one.reason for one in queries.closed_requests(cast.mei)] == ["Not found by any sign"]
    with pytest.raises(Conflict):
        answer_request(cast.mei, wanted.pk, is_fulfilled=False, reason="twice")


def test_whoever_is_found_is_noted(cast):
    wanted = open_request(cast.mei, kind="access", described="陈女士 139…")
    change_request(cast.mei, wanted.pk, customer=cast.chen.pk, responsible=cast.han.user_id,
                   due_on=wanted.received_on + timedelta(days=60))  # fmt: skip
    found = queries.request(cast.mei, wanted.pk)
    assert (found.party_id, found.responsible_id) == (cast.chen.pk, cast.han.user_id)
    with pytest.raises(Invalid):
        change_request(cast.mei, wanted.pk, due_on=wanted.received_on + timedelta(days=93))
    told = Event.objects.filter(party_id=cast.chen.pk, type="request.changed")
    assert told.get().data == {"kind": "access", "state": "open", "number": wanted.number}


def test_under_a_restriction_nobody_is_contacted(cast):
    agree(cast, cast.chen)
    granted = restrict(cast, cast.chen)

    assert asked(cast, cast.chen).code == "restricted"
    assert asked(cast, cast.chen, "service").code == "restricted"
    assert Party.objects.get(pk=cast.chen.pk).consents == []

    lift_restriction(cast.mei, granted.pk)
    assert asked(cast, cast.chen).is_allowed
    assert Party.objects.get(pk=cast.chen.pk).consents == ["marketing:email"]
    with pytest.raises(Conflict):
        lift_restriction(cast.mei, granted.pk)


def test_an_answer_taken_back_ends_the_restriction(cast):
    agree(cast, cast.chen)
    granted = restrict(cast, cast.chen)
    reopen_request(cast.mei, granted.pk)
    assert asked(cast, cast.chen).is_allowed
    with pytest.raises(Conflict):
        reopen_request(cast.mei, granted.pk)


def test_an_objection_withdraws_in_the_ledger(cast):
    agree(cast, cast.chen)
    wanted = open_request(cast.mei, kind="objection", customer=cast.chen.pk, way="paper")
    assert asked(cast, cast.chen).is_allowed
    answer_request(cast.mei, wanted.pk, is_fulfilled=True)

    line = Consent.objects.filter(party_id=cast.chen.pk).latest("pk")
    assert (line.is_given, line.channel, line.source) == (False, "", "paper")
    assert line.note == wanted.number
    assert asked(cast, cast.chen).code == "withdrawn"


def test_an_erasure_is_not_said_before_it_is_done(cast):
    wanted = open_request(cast.mei, kind="erasure", customer=cast.chen.pk)
    with pytest.raises(Conflict):
        answer_request(cast.mei, wanted.pk, is_fulfilled=True)
    assert queries.request(cast.mei, wanted.pk).is_open


def test_a_merge_takes_a_restriction_along(cast):
    double = create_customer({"name": "陈家怡", "phones": "13912345678"}, viewer=cast.zhao)
    restrict(cast, double)
    batch = merge_customers(cast.mei, cast.chen.pk, double.pk)
    assert queries.is_restricted(cast.chen.pk)
    unmerge_customers(cast.mei, batch.pk)
    assert not queries.is_restricted(cast.chen.pk)


def test_the_register_is_the_administrators(cast):
    wanted = open_request(cast.mei, kind="access", customer=cast.chen.pk)
    for viewer in (cast.han, cast.zhao, cast.guest):
        for attempt in (
            lambda v: open_request(v, kind="access", described="X"),
            lambda v: answer_request(v, wanted.pk, is_fulfilled=True),
            lambda v: change_request(v, wanted.pk, responsible=cast.li.user_id),
            lambda v: reopen_request(v, wanted.pk),
            queries.open_requests,
            lambda v: queries.requests_of(v, cast.chen.pk),
        ):
            with pytest.raises((NotAllowed, NotFound)):
                attempt(viewer)
    assert SubjectRequest.objects.count() == 1
    assert SubjectRequest.objects.get().is_open
