"""Who sees a customer and why, held against what each of them sees."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhike.access import actions as access
from zhike.access.models import User
from zhike.access.queries import viewer_of
from zhike.access.viewer import SYSTEM
from zhike.customers.facts import CUSTOMER
from zhike.customers.models import Party
from zhike.customers.sharing.actions import share_customer
from zhike.customers.sharing.seers import seers
from zhike.ownership.actions import Membership, create_pool, release_customers, set_members
from zhike.records.queries import visible_ids


def named(cast, party) -> dict[str, tuple[str, ...]]:
    return {one.person.name: one.reasons for one in seers(cast.mei, party.pk)}


def test_each_reason_is_told(cast):
    share_customer(cast.yunqi.pk, with_id=cast.zhao.user_id, viewer=cast.li)
    assert named(cast, cast.yunqi) == {
        "Li": ("owner",), "Wang": ("team",), "Han": ("below",), "Zhao": ("shared",),
        "Mei": ("all",), "Guest": ("all",),
    }  # fmt: skip
    share_customer(cast.chen.pk, with_id=cast.li.team_id, viewer=cast.zhao)
    assert named(cast, cast.chen)["Wang"] == ("shared_team",)
    access.change_user(SYSTEM, cast.wang.user_id, is_active=False, leaves_behind=True)
    assert "Wang" not in named(cast, cast.yunqi)


def test_members_of_a_pool_are_named(cast):
    pool = create_pool(cast.mei, name="East")
    members = [Membership(user_id=one.user_id) for one in (cast.li, cast.zhao)]
    set_members(cast.mei, pool.pk, members)
    release_customers([cast.yunqi.pk], viewer=cast.mei, reason="other", pool_id=pool.pk)

    assert named(cast, cast.yunqi) == {
        "Li": ("pool",), "Zhao": ("pool",), "Mei": ("all",), "Guest": ("all",),
    }  # fmt: skip


QUIET = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
SIGHTS = st.sampled_from(["own", "team", "below", "all"])


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    sights=st.lists(SIGHTS, min_size=6, max_size=6),
    shares=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5), st.booleans()), max_size=4),
)
def test_the_list_is_whoever_sees_the_customer(cast, sights, shares):
    users = list(User.objects.order_by("name"))
    for user, sight in zip(users, sights, strict=True):
        User.objects.filter(pk=user.pk).update(sight=sight)
    parties = [cast.yunqi, cast.lin, cast.chen]
    Party.objects.update(readers=[], writers=[])
    for which, whose, is_team in shares:
        with_id = users[whose].team_id if is_team else users[whose].pk
        if with_id is not None:
            share_customer(parties[which].pk, with_id=with_id, viewer=SYSTEM)

    for party in parties:
        told = {one.person.id for one in seers(SYSTEM, party.pk)}
        people = User.objects.filter(is_active=True)
        assert told == {
            user.pk for user in people if visible_ids(CUSTOMER, viewer_of(user), [party.pk])
        }
