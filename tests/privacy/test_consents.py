"""What customers agree to: a ledger, what follows from it, and who may be contacted."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhike.customers.actions import create_customer
from zhike.customers.facts import CUSTOMER
from zhike.customers.merging.actions import merge_customers, unmerge_customers
from zhike.customers.models import Party
from zhike.filters import Test as Asked
from zhike.kernel import clock
from zhike.kernel.errors import Invalid, NotAllowed, NotFound
from zhike.privacy import queries
from zhike.privacy.actions import add_text, keep_purpose, record_consent
from zhike.privacy.models import Consent, Policy
from zhike.records.queries import find


def agree(cast, party, purpose="marketing", channel="email", **values):
    values = {"is_given": True, "source": "form", **values}
    return record_consent(party.pk, purpose=purpose, channel=channel, viewer=cast.mei, **values)


def asked(cast, party, purpose="marketing", channel="email"):
    return queries.may_contact(cast.mei, party.pk, purpose=purpose, channel=channel)


def test_nobody_is_contacted_without_consent(cast):
    assert (asked(cast, cast.chen).is_allowed, asked(cast, cast.chen).code) == (
        False, "never_given",
    )  # fmt: skip
    agree(cast, cast.chen)
    assert asked(cast, cast.chen).is_allowed
    assert not asked(cast, cast.chen, channel="sms").is_allowed
    agree(cast, cast.chen, is_given=False, channel="")
    assert asked(cast, cast.chen).code == "withdrawn"


def test_another_basis_allows_until_somebody_objects(cast):
    assert asked(cast, cast.chen, "service").code == "other_basis"
    agree(cast, cast.chen, "service", is_given=False)
    assert asked(cast, cast.chen, "service").code == "withdrawn"


def test_every_law_that_binds_the_firm_must_allow_it(cast):
    assert asked(cast, cast.chen, "profiling", "").code == "never_given"
    Policy.objects.create(pk=1, laws=["gdpr"])
    assert asked(cast, cast.chen, "profiling", "").code == "other_basis"


def test_a_separate_consent_is_given_by_itself(cast):
    agree(cast, cast.chen, "transfer", "")
    assert asked(cast, cast.chen, "transfer", "").code == "not_separate"
    agree(cast, cast.chen, "transfer", "", is_separate=True)
    assert asked(cast, cast.chen, "transfer", "").code == "given"


def test_what_is_agreed_can_be_filtered_on(cast):
    agree(cast, cast.chen)
    agree(cast, cast.lin, channel="")
    agree(cast, cast.lin, is_given=False)

    def who(item):
        found = find(CUSTOMER, cast.mei, where=Asked("consents", "has_any", (item,)))
        return {party.name for party in found.items}

    assert who("marketing:email") == {"陈嘉怡"}
    assert who("marketing:sms") == {"Lin & Sons Gifts"}


def test_the_newest_text_is_what_was_agreed_to(cast):
    add_text(cast.mei, "marketing", chinese="我同意")
    add_text(cast.mei, "marketing", chinese="我同意接收", english="I agree")
    assert agree(cast, cast.chen).text.version == 2
    assert agree(cast, cast.chen, text_version=1).text.chinese == "我同意"
    with pytest.raises(Invalid):
        agree(cast, cast.chen, text_version=9)


def test_lines_are_never_changed(cast):
    line = agree(cast, cast.chen)
    for change in (
        lambda: Consent.objects.filter(pk=line.pk).update(is_given=False),
        lambda: Consent.objects.filter(pk=line.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert Consent.objects.get(pk=line.pk).is_given


def test_a_merge_takes_them_along_and_gives_them_back(cast):
    double = create_customer({"name": "陈家怡", "phones": "13912345678"}, viewer=cast.zhao)
    agree(cast, double)
    batch = merge_customers(cast.mei, cast.chen.pk, double.pk)
    assert Party.objects.get(pk=cast.chen.pk).consents == ["marketing:email"]
    unmerge_customers(cast.mei, batch.pk)
    assert Party.objects.get(pk=cast.chen.pk).consents == []
    assert Party.objects.get(pk=double.pk).consents == ["marketing:email"]


def test_who_may_write_it_down(cast):
    with pytest.raises(NotFound):
        record_consent(
            cast.chen.pk, purpose="marketing", is_given=True, source="form", viewer=cast.li
        )
    with pytest.raises(NotAllowed):
        record_consent(
            cast.chen.pk, purpose="marketing", is_given=True, source="form", viewer=cast.guest
        )
    assert Consent.objects.count() == 0


@pytest.mark.parametrize(
    "wrong",
    [{"purpose": "fun"}, {"channel": "owl"}, {"source": "rumour"},
     {"at": clock.now() + timedelta(days=400)}],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(cast, wrong):
    with pytest.raises(Invalid):
        agree(cast, cast.chen, **wrong)


def test_a_firm_adds_purposes_of_its_own(cast):
    keep_purpose(cast.mei, "newsletter", name="茶讯", is_by_channel=True)
    agree(cast, cast.chen, "newsletter", "wechat")
    assert asked(cast, cast.chen, "newsletter", "wechat").is_allowed
    assert "newsletter:wechat" in queries.agreeable()
    with pytest.raises(Invalid):
        keep_purpose(cast.mei, "newsletter", pipl="interests")
    with pytest.raises(NotAllowed):
        keep_purpose(cast.han, "other")


_LINE = st.tuples(st.sampled_from(["", "email", "sms"]), st.booleans(), st.integers(0, 5))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(lines=st.lists(_LINE, max_size=8))
def test_row_filter_and_question_say_the_same(cast, lines):
    """Whatever was written down in whatever order: the latest line for a channel decides."""
    party = create_customer({"name": "Whoever"}, viewer=cast.mei)
    start = clock.now() - timedelta(days=9)
    for channel, is_given, day in lines:
        agree(cast, party, channel=channel, is_given=is_given, at=start + timedelta(days=day))
    for channel in ("email", "sms"):
        told = [(day, n, g) for n, (c, g, day) in enumerate(lines) if c in ("", channel)]
        wanted = bool(told) and max(told)[2]
        kept = f"marketing:{channel}" in Party.objects.get(pk=party.pk).consents
        assert (kept, asked(cast, party, channel=channel).is_allowed) == (wanted, wanted)
