"""A pool of the east, and customers who wait in it."""

import pytest

from zhike.access.models import User
from zhike.access.queries import viewer_of
from zhike.customers.actions import create_customer
from zhike.ownership.actions import Membership, create_pool, release_customers, set_members


@pytest.fixture
def east(cast):
    """Li and Wang belong to it; Zhao of the west doesn't."""
    pool = create_pool(cast.mei, name="East")
    members = [Membership(user_id=one.user_id) for one in (cast.li, cast.wang)]
    set_members(cast.mei, pool.pk, members)
    return pool


def again(viewer):
    """The person as their next request finds them."""
    return viewer_of(User.objects.get(pk=viewer.user_id))


def pooled(cast, pool, number: int) -> list:
    """Customers whom Wang has let go."""
    parties = [create_customer({"name": f"Pooled {n}"}, viewer=cast.wang).pk for n in range(number)]
    release_customers(parties, viewer=cast.wang, reason="other", pool_id=pool.pk)
    return parties
