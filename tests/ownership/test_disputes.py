"""Disputes 撞单: what the claimant learns, what is proposed and why, what a decision does."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import product

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from ownership.conftest import again, pooled
from zhike.access.actions import change_user
from zhike.customers.actions import change_customer, create_customer, log_contact
from zhike.customers.collisions import held_elsewhere
from zhike.customers.facts import CUSTOMER
from zhike.customers.merging.actions import merge_customers
from zhike.customers.models import Party, Task
from zhike.customers.queries import shares_of
from zhike.customers.sharing.actions import share_customer
from zhike.events.models import Event
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from zhike.ownership.actions import (
    assign_customers,
    change_pool,
    claim_customer,
    claim_customers,
    protect_customer,
)
from zhike.ownership.disputes.actions import (
    answer_dispute,
    decide_dispute,
    give_way,
    open_dispute,
    withdraw_dispute,
)
from zhike.ownership.disputes.evidence import Evidence
from zhike.ownership.disputes.judging import OF_DAYS, holds
from zhike.ownership.disputes.queries import dispute, disputes, hearing, waiting_for
from zhike.ownership.disputes.rules import create_dispute_rule
from zhike.ownership.models import Dispute, DisputeRule
from zhike.records.actions import limit_fact, undo_batch
from zhike.records.queries import get

PHONE = {"phones": "138 0013 8821"}


def claims(cast, **options) -> Dispute:
    """Zhao of the west types the phone number of Li's tea house."""
    given = {"sign": "phone", "values": PHONE, "claim": "I met them at the fair.", **options}
    return open_dispute(cast.zhao, **given)


def owner_of(party) -> object:
    return Party.objects.get(pk=party.pk).owner_id


def test_the_claimant_is_told_nothing_of_the_customer(cast):
    opened = claims(cast)

    shown = dispute(cast.zhao, opened.pk)

    assert opened.party_id == cast.yunqi.pk
    assert shown.party is None
    assert shown.owner_id is None
    assert hearing(cast.zhao, shown) is None
    with pytest.raises(NotFound):
        get(CUSTOMER, cast.zhao, cast.yunqi.pk)


def test_a_dispute_is_the_business_of_who_sees_the_customer(cast):
    opened = claims(cast)

    assert [one.dispute.pk for one in disputes(cast.li).items] == [opened.pk]
    assert dispute(cast.han, opened.pk).party.name == "杭州云栖茶舍"
    chen = open_dispute(cast.li, claim="Mine", sign="phone", values={"phones": "13912345678"})
    with pytest.raises(NotFound):
        dispute(cast.wang, chen.pk)


def test_the_owner_finds_a_task(cast):
    claims(cast)

    task = Task.objects.get(party_id=cast.yunqi.pk)

    assert task.assignee_id == cast.li.user_id
    assert "Zhao" in task.title


@pytest.mark.parametrize(
    ("values", "code"),
    [({"phones": "13700000000"}, "nobody"), ({"name": "杭州云栖茶舍"}, "nobody")],
)
def test_nothing_follows_from_what_no_colleague_has(cast, values, code):
    with pytest.raises(Invalid) as refused:
        open_dispute(cast.zhao, claim="Mine", sign="phone", values=values)

    assert refused.value.errors[0].code == code
    assert not Dispute.objects.exists()


def test_one_dispute_of_a_claimant_about_a_customer(cast):
    claims(cast)
    with pytest.raises(Conflict):
        claims(cast)


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_open_one_dispute(cast):
    def click(_number):
        try:
            return claims(cast)
        except Conflict:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        opened = [one for one in pool.map(click, range(4)) if one]

    assert len(opened) == 1
    assert Dispute.objects.count() == 1


def test_neither_of_the_two_decides(cast):
    opened = open_dispute(cast.mei, claim="Mine", about=cast.yunqi.pk)

    with pytest.raises(Conflict):
        decide_dispute(cast.mei, opened.pk, verdict="give", reason="Because")
    assign_customers([cast.lin.pk], owner_id=cast.han.user_id, viewer=cast.mei)
    other = open_dispute(cast.mei, claim="Mine", about=cast.lin.pk)
    with pytest.raises(Conflict):
        decide_dispute(cast.han, other.pk, verdict="keep", reason="Because")


def test_deciding_is_for_those_who_may_assign(cast):
    opened = open_dispute(cast.mei, claim="Mine", about=cast.yunqi.pk)
    with pytest.raises(NotAllowed):
        decide_dispute(cast.li, opened.pk, verdict="keep", reason="Because")


def test_who_has_only_one_side_in_sight_does_not_decide(cast):
    opened = claims(cast)
    east = again(change_user_team(cast, cast.han, cast.li.team_id))

    assert not dispute(east, opened.pk).may_decide
    with pytest.raises(Conflict):
        decide_dispute(east, opened.pk, verdict="keep", reason="Because")
    assert waiting_for(east) == 0
    assert waiting_for(cast.mei) == 1


def change_user_team(cast, person, team_id):
    change_user(cast.mei, person.user_id, team_id=team_id)
    return person


def test_given_to_the_claimant(cast):
    opened = claims(cast)

    decided = decide_dispute(cast.han, opened.pk, verdict="give", reason="Li has not called.")

    assert owner_of(cast.yunqi) == cast.zhao.user_id
    assert dispute(cast.zhao, opened.pk).party.name == "杭州云栖茶舍"
    told = Event.objects.get(type="dispute.decided")
    assert (told.party_id, told.batch_id) == (cast.yunqi.pk, decided.batch_id)
    with pytest.raises(Conflict):
        decide_dispute(cast.han, opened.pk, verdict="keep", reason="No")


def test_both_work_on_it(cast):
    opened = claims(cast)

    decide_dispute(cast.han, opened.pk, verdict="share", reason="Two shops.")

    assert owner_of(cast.yunqi) == cast.li.user_id
    change_customer(cast.yunqi.pk, {"city": "宁波"}, viewer=again(cast.zhao))


@pytest.mark.parametrize("verdict", ["give", "share", "keep"])
def test_a_decision_is_undone_and_made_again(cast, verdict):
    opened = claims(cast)
    decided = decide_dispute(cast.han, opened.pk, verdict=verdict, reason="So.")
    seen = get_or_none(again(cast.zhao), cast.yunqi.pk)

    undo, _done, left = undo_batch(cast.han, decided.batch_id)

    assert left == 0
    assert owner_of(cast.yunqi) == cast.li.user_id
    assert get_or_none(again(cast.zhao), cast.yunqi.pk) is None
    assert dispute(cast.han, opened.pk).dispute.state == "open"
    undo_batch(cast.han, undo.pk)
    assert dispute(cast.han, opened.pk).dispute.state == "decided"
    assert (get_or_none(again(cast.zhao), cast.yunqi.pk) is None) == (seen is None)


def get_or_none(viewer, party_id):
    try:
        return get(CUSTOMER, viewer, party_id)
    except NotFound:
        return None


def test_a_decision_stands_once_the_customer_has_changed_hands(cast):
    opened = claims(cast)
    decided = decide_dispute(cast.han, opened.pk, verdict="give", reason="So.")
    assign_customers([cast.yunqi.pk], owner_id=cast.wang.user_id, viewer=cast.mei)

    _undo, done, left = undo_batch(cast.han, decided.batch_id)

    assert (done, left) == (0, 1)
    assert owner_of(cast.yunqi) == cast.wang.user_id
    assert Dispute.objects.get().state == "decided"


def test_the_owner_answers_and_gives_way(cast):
    opened = claims(cast)
    answer_dispute(cast.li, opened.pk, answer="We meet every week.")

    assert dispute(cast.zhao, opened.pk).dispute.answer == "We meet every week."
    give_way(cast.li, opened.pk)

    assert owner_of(cast.yunqi) == cast.zhao.user_id
    assert Dispute.objects.get().decided_by == cast.li.user_id


def test_nobody_else_answers_for_the_owner(cast):
    opened = claims(cast)
    for somebody in (cast.wang, cast.zhao, cast.han):
        with pytest.raises((Conflict, NotAllowed, NotFound)):
            answer_dispute(somebody, opened.pk, answer="x")
        with pytest.raises((Conflict, NotAllowed, NotFound)):
            give_way(somebody, opened.pk)


def test_the_claimant_steps_back(cast):
    opened = claims(cast)
    with pytest.raises(Conflict):
        withdraw_dispute(cast.li, opened.pk)
    withdraw_dispute(cast.zhao, opened.pk)
    claims(cast)

    assert sorted(Dispute.objects.values_list("state", flat=True)) == ["open", "withdrawn"]


def test_nothing_is_given_to_who_has_left(cast):
    opened = claims(cast)
    assign_customers([cast.chen.pk], owner_id=cast.wang.user_id, viewer=cast.mei)
    change_user(cast.mei, cast.zhao.user_id, is_active=False)

    with pytest.raises(Conflict):
        decide_dispute(cast.mei, opened.pk, verdict="give", reason="So.")
    decide_dispute(cast.mei, opened.pk, verdict="keep", reason="They left.")


def test_the_rules_propose_and_say_why(cast):
    log_contact(cast.yunqi.pk, channel="call", viewer=cast.li)
    create_dispute_rule(cast.mei, name="Protected", when="protected", verdict="keep")
    create_dispute_rule(cast.mei, name="Cared for", when="contact", days=30, verdict="share")
    create_dispute_rule(cast.mei, name="Else", when="always", verdict="give")
    opened = claims(cast)

    proposal = hearing(cast.han, dispute(cast.han, opened.pk)).proposal

    assert (proposal.verdict, proposal.rule.name) == ("share", "Cared for")
    assert [(step.holds, step.words) for step in proposal.steps] == [
        (False, "Not protected."),
        (True, "Last contact: today."),
    ]


def test_a_rule_is_about_some_customers(cast):
    chengdu = {"fact": "city", "op": "eq", "value": "成都"}
    create_dispute_rule(cast.mei, name="West", filter=chengdu, when="always", verdict="give")
    opened = claims(cast)

    proposal = hearing(cast.han, dispute(cast.han, opened.pk)).proposal

    assert proposal.rule is None
    assert proposal.verdict == ""
    assert proposal.steps[0].words == "The rule is about other customers."


def test_a_rule_that_cannot_be_asked_ends_it(cast):
    gone = create_dispute_rule(cast.mei, name="Old", verdict="give")
    DisputeRule.objects.filter(pk=gone.pk).update(filter={"fact": "gone", "op": "eq", "value": 1})
    create_dispute_rule(cast.mei, name="Else", verdict="keep")
    opened = claims(cast)

    proposal = hearing(cast.han, dispute(cast.han, opened.pk)).proposal

    assert proposal.rule is None
    assert proposal.paused == "There is no such fact."


@pytest.mark.parametrize(
    "values",
    [
        {"name": ""},
        {"name": "A", "when": "contact"},
        {"name": "A", "when": "contact", "days": 0},
        {"name": "A", "when": "maybe"},
        {"name": "A", "verdict": "split"},
        {"name": "A", "filter": {"fact": "nothing", "op": "eq", "value": 1}},
        {"name": "A", "colour": "red"},
    ],
)
def test_a_rule_that_says_nothing_is_refused(cast, values):
    with pytest.raises(Invalid):
        create_dispute_rule(cast.mei, **values)
    assert not DisputeRule.objects.exists()


def test_decisions_become_precedents(cast):
    first = claims(cast)
    decide_dispute(cast.han, first.pk, verdict="keep", reason="Li was first.")
    again_asked = claims(cast)

    precedents = hearing(cast.han, dispute(cast.han, again_asked.pk)).precedents

    assert [one.dispute.reason for one in precedents] == ["Li was first."]


days = st.one_of(st.none(), st.integers(0, 400))


@given(days, days, st.integers(1, 300))
def test_neglected_is_exactly_what_neither_contact_nor_order_is(contact, order, limit):
    of = Evidence(True, contact_days=contact, order_days=order)

    def ask(when):
        return holds(DisputeRule(when=when, days=limit), of)

    assert ask("neglected") == (not ask("contact") and not ask("order"))


@given(st.sampled_from(sorted(OF_DAYS)), days, st.integers(1, 300), st.integers(0, 100))
def test_more_days_never_let_go_of_what_was_within_fewer(when, past, limit, more):
    of = Evidence(True, held_days=past, contact_days=past, order_days=past,
                  rival_contact_days=past, rival_order_days=past)  # fmt: skip
    few = holds(DisputeRule(when=when, days=limit), of)
    many = holds(DisputeRule(when=when, days=limit + more), of)

    assert few <= many or when in ("neglected", "held")
    assert many <= few or when not in ("neglected", "held")


def test_the_claimants_own_file_is_evidence(cast):
    own = create_customer({"name": "Yunqi", "kind": "company", **PHONE}, viewer=cast.zhao)
    log_contact(own.pk, channel="visit", viewer=cast.zhao)
    create_dispute_rule(cast.mei, name="Works on it", when="rival_contact", days=7, verdict="give")

    assert [one.sign for one in held_elsewhere(cast.zhao, [own])[own.pk]] == ["phone"]
    opened = claims(cast, values=None, rival=own.pk)

    shown = hearing(cast.han, dispute(cast.han, opened.pk))
    assert opened.party_id == cast.yunqi.pk
    assert shown.evidence.is_rival_first is False
    assert shown.proposal.verdict == "give"


def test_merging_both_files_takes_the_dispute_along(cast):
    own = create_customer({"name": "Yunqi", "kind": "company", **PHONE}, viewer=cast.zhao)
    opened = claims(cast, values=None, rival=own.pk)

    merge_customers(cast.mei, own.pk, cast.yunqi.pk)

    kept = Dispute.objects.get(pk=opened.pk)
    assert kept.party_id == own.pk == kept.rival_id
    decide_dispute(cast.mei, opened.pk, verdict="keep", reason="One file now.")


def test_a_pool_customer_like_a_protected_one_cannot_be_claimed(cast, east):
    change_pool(cast.mei, east.pk, lock_cap=1)
    party_id = pooled(cast, east, 1)[0]
    Party.objects.filter(pk=party_id).update(
        phones=["13800138821"], keys=Party.objects.get(pk=cast.yunqi.pk).keys
    )
    wang = again(cast.wang)

    until = clock.today() + timedelta(days=5)
    protect_customer(cast.yunqi.pk, until=until, reason="Deal", viewer=cast.li)
    with pytest.raises(Conflict) as refused:
        claim_customer(party_id, viewer=wang)

    assert "protects" in refused.value.message
    assert "云栖" not in refused.value.message
    assert (refused.value.party_id, refused.value.sign) == (party_id, "phone")
    opened = open_dispute(wang, claim="They wrote to me", waiting=party_id)
    assert (opened.party_id, opened.owner_id) == (cast.yunqi.pk, cast.li.user_id)
    assert "13800138821" not in opened.typed  # which the pool masks
    free = pooled(cast, east, 1)[0]
    claimed = claim_customers([party_id, free], viewer=again(cast.li))
    assert (claimed.ids, claimed.barred) == ([party_id, free], {})


def test_among_several_those_barred_are_named(cast, east):
    change_pool(cast.mei, east.pk, lock_cap=1)
    party_id, free = pooled(cast, east, 2)
    Party.objects.filter(pk=party_id).update(
        phones=["13800138821"], keys=Party.objects.get(pk=cast.yunqi.pk).keys
    )
    until = clock.today() + timedelta(days=5)
    protect_customer(cast.yunqi.pk, until=until, reason="Deal", viewer=cast.li)
    claimed = claim_customers([party_id, free], viewer=again(cast.wang))
    assert (claimed.ids, claimed.barred) == ([free], {party_id: "phone"})


def test_only_what_bars_a_claim_can_be_asked_for_by_it(cast, east):
    change_pool(cast.mei, east.pk, lock_cap=1)
    party_id = pooled(cast, east, 1)[0]
    wang = again(cast.wang)
    for viewer in (wang, again(cast.mei)):
        with pytest.raises(Invalid) as refused:
            open_dispute(viewer, claim="Mine", waiting=party_id)
        assert refused.value.errors[0].code == "not_barred"
    with pytest.raises(NotFound):
        open_dispute(cast.zhao, claim="Mine", waiting=party_id)
    assert not Dispute.objects.exists()


def test_who_claims_one_like_a_colleagues_is_told(cast, east):
    party_id = pooled(cast, east, 1)[0]
    Party.objects.filter(pk=party_id).update(
        phones=["13800138821"], keys=Party.objects.get(pk=cast.yunqi.pk).keys
    )

    claimed = claim_customer(party_id, viewer=again(cast.wang))

    assert claimed.ids == [party_id]
    assert "phone" in claimed.collides[party_id]


def test_list_takes_the_same_questions_however_many(cast, django_assert_max_num_queries):
    for sign, number in product(["phone"], range(5)):
        party = create_customer(
            {"name": f"N{number}", "phones": f"1370000000{number}"}, viewer=cast.li
        )
        open_dispute(cast.zhao, claim="Mine", sign=sign, values={"phones": party.phones[0]})

    with django_assert_max_num_queries(6):
        assert len(disputes(cast.han).items) == 5


def test_a_sign_that_is_masked_on_the_file_is_masked_in_the_dispute(cast):
    opened = claims(cast)
    limit_fact(cast.mei, CUSTOMER, role="manager", fact="phones", level="mask")

    assert dispute(again(cast.han), opened.pk).typed == ""
    assert dispute(cast.mei, opened.pk).typed
    assert dispute(cast.zhao, opened.pk).typed


def test_undoing_a_decision_leaves_what_was_shared_before(cast):
    until = clock.today() + timedelta(days=9)
    share_customer(cast.yunqi.pk, with_id=cast.zhao.user_id, viewer=cast.li, until=until)
    opened = open_dispute(again(cast.zhao), about=cast.yunqi.pk, claim="Mine")
    decided = decide_dispute(cast.han, opened.pk, verdict="share", reason="Both.")

    undo_batch(cast.han, decided.batch_id)

    (share,) = shares_of(cast.yunqi.pk)
    assert (share.with_id, share.level, share.until) == (cast.zhao.user_id, "read", until)
