"""Disputes as claimants, owners and deciders meet them: forms filled in as the page has them."""

import re
from datetime import timedelta

import pytest
from ownership.conftest import pooled

from zhike.customers.models import Party
from zhike.kernel import clock
from zhike.ownership.actions import Membership, create_pool, protect_customer, set_members
from zhike.ownership.models import Dispute, DisputeRule

_INPUT = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


def form_to(text: str, address: str) -> dict:
    """What a page sends along with the form to an address."""
    form = re.search(rf'<form[^>]*action="{address}".*?</form>', text, re.DOTALL)
    assert form is not None, address
    return dict(_INPUT.findall(form.group()))


@pytest.fixture
def asked(sign_in, cast):
    """Wang, who sees the customers of his team, asks for Li's on its page."""
    wang = sign_in("wang")
    page = wang.get(f"/customers/{cast.yunqi.pk}").text
    sent = {**form_to(page, "/disputes/ask"), "claim": "I opened the account"}
    wang.post("/disputes/ask", sent)
    return f"/disputes/{Dispute.objects.get().pk}"


def owner_of(party) -> object:
    return Party.objects.get(pk=party.pk).owner_id


def test_asked_answered_decided_and_undone(sign_in, li, mei, cast, asked):
    assert "I opened the account" in li.get(asked).text
    form_to(li.get(asked).text, f"{asked}/answer")
    li.post(f"{asked}/answer", {"answer": "I see them every week"})
    page = mei.get(asked).text
    assert "I see them every week" in page
    assert page.index("Proposal") < page.index("What happened")
    form_to(page, f"{asked}/decide")
    refused = mei.post(f"{asked}/decide", {"verdict": "give", "reason": ""})
    assert refused.status_code == 422
    assert owner_of(cast.yunqi) == cast.li.user_id

    decided = mei.post(f"{asked}/decide", {"verdict": "give", "reason": "First."}, follow=True)

    assert owner_of(cast.yunqi) == cast.wang.user_id
    undo = re.search(r"/history/[\w-]+/undo|/batches/[\w-]+/undo", decided.text)
    batch = Dispute.objects.get().batch_id
    assert undo is not None
    assert str(batch) in undo.group()
    mei.post(undo.group())
    assert owner_of(cast.yunqi) == cast.li.user_id
    assert Dispute.objects.get().state == "open"


def test_the_owner_gives_way(li, cast, asked):
    form_to(li.get(asked).text, f"{asked}/give-way")
    li.post(f"{asked}/give-way")
    assert owner_of(cast.yunqi) == cast.wang.user_id
    assert li.get(asked).status_code == 404


def test_the_claimant_steps_back(sign_in, cast, asked):
    wang = sign_in("wang")
    form_to(wang.get(asked).text, f"{asked}/withdraw")
    wang.post(f"{asked}/withdraw")
    assert Dispute.objects.get().state == "withdrawn"
    assert owner_of(cast.yunqi) == cast.li.user_id


def test_who_has_to_do_with_neither_finds_nothing(sign_in, guest, asked):
    zhao = sign_in("zhao")
    assert zhao.get(asked).status_code == 404
    assert zhao.post(f"{asked}/decide", {"verdict": "give", "reason": "x"}).status_code in (
        403,
        404,
    )
    assert guest.post(f"{asked}/decide", {"verdict": "give", "reason": "x"}).status_code == 403


def test_a_rule_is_made_and_changed_and_removed(mei, cast):
    rule = {"name": "Cared for", "when": "contact", "days": "30", "verdict": "keep",
            "is_enabled": "1", "filter": '{"all":[]}'}  # fmt: skip
    mei.post("/settings/disputes/new", rule)
    kept = DisputeRule.objects.get()
    address = f"/settings/disputes/{kept.pk}"
    assert "Cared for" in mei.get("/settings/disputes").text
    assert mei.post(address, {**rule, "days": ""}).status_code == 422
    mei.post(address, {**rule, "days": "7", "is_enabled": "0", "position": "3"})
    kept.refresh_from_db()
    assert (kept.days, kept.is_enabled, kept.position) == (7, False, 3)
    mei.post(f"{address}/remove")
    assert not DisputeRule.objects.exists()


def test_one_in_a_pool_that_is_protected_elsewhere_is_asked_for(sign_in, cast):
    pool = create_pool(cast.mei, name="East", lock_cap=1)
    members = [Membership(user_id=one.user_id) for one in (cast.li, cast.zhao)]
    set_members(cast.mei, pool.pk, [*members, Membership(user_id=cast.wang.user_id)])
    waiting, free = pooled(cast, pool, 2)
    Party.objects.filter(pk=waiting).update(
        phones=["13800138821"], keys=Party.objects.get(pk=cast.yunqi.pk).keys
    )
    until = clock.today() + timedelta(days=5)
    protect_customer(cast.yunqi.pk, until=until, reason="Deal", viewer=cast.li)
    zhao = sign_in("zhao")
    refused = zhao.post(f"/customers/{waiting}/claim")
    assert refused.status_code == 409
    assert f"/customers/{waiting}/collisions" in zhao.get(f"/customers/{waiting}").text
    assert zhao.get(f"/customers/{free}/collisions").text.strip() == ""
    offer = zhao.get(f"/customers/{waiting}/collisions").text
    assert "云栖" not in offer
    assert "Li" not in offer

    zhao.post("/disputes/ask", {**form_to(offer, "/disputes/ask"), "claim": "They wrote to me"})

    opened = Dispute.objects.get()
    assert (opened.party_id, opened.claimant_id) == (cast.yunqi.pk, cast.zhao.user_id)
    assert "13800138821" not in zhao.get(f"/disputes/{opened.pk}").text
