"""Many claim at the same time, each on a connection of their own: of every customer exactly one
person is the owner, and nobody gets past a cap."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from cast import build_cast
from django.db import connection

from ownership.conftest import again, pooled
from zhike.access.actions import create_user
from zhike.access.queries import viewer_of
from zhike.access.viewer import SYSTEM
from zhike.customers.models import Party
from zhike.kernel.errors import Conflict, NotFound
from zhike.ownership.actions import (
    Membership,
    change_pool,
    claim_customer,
    claim_customers,
    create_pool,
    release_customers,
    set_members,
)
from zhike.ownership.models import Entry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def company():
    cast = build_cast()
    pool = create_pool(cast.mei, name="East")
    users = [
        create_user(
            SYSTEM, email=f"c{n}@teahouse.example", name=f"C{n}", role="staff", sight="own",
            team_id=None, password="green-tea-2026",
        )
        for n in range(6)
    ]  # fmt: skip
    members = [*(user.pk for user in users), cast.wang.user_id]
    set_members(cast.mei, pool.pk, [Membership(user_id=pk) for pk in members])
    return cast, pool, [viewer_of(user) for user in users]


def at_once(tasks) -> list:
    """Runs all tasks as simultaneously as threads can; a refusal is an answer too."""
    barrier = Barrier(len(tasks))

    def run(task):
        try:
            barrier.wait()
            return task()
        except (Conflict, NotFound) as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return [one.result() for one in [pool.submit(run, task) for task in tasks]]


def test_of_one_customer_exactly_one_gets_it(company):
    cast, pool, people = company
    for party_id in pooled(cast, pool, 8):
        answers = at_once(
            [lambda one=one, pk=party_id: claim_customer(pk, viewer=one) for one in people]
        )
        won = [a for a in answers if not isinstance(a, Exception)]
        assert len(won) == 1
        assert Entry.objects.filter(party_id=party_id, verb="claimed").count() == 1


def test_of_many_each_goes_to_one_and_no_cap_is_exceeded(company):
    cast, pool, people = company
    ids = pooled(cast, pool, 40)
    change_pool(cast.mei, pool.pk, daily_cap=5)
    tasks = []
    for turn, one in enumerate(people):
        shifted = ids[turn * 3 :] + ids[: turn * 3]
        # Each person from two windows at once, in chunks that overlap with everybody's.
        tasks.append(lambda one=one, mine=shifted: _in_chunks(one, mine, 2))
        tasks.append(lambda one=one, mine=shifted[::-1]: _in_chunks(one, mine, 3))

    at_once(tasks)

    owners = Counter(Party.objects.filter(pk__in=ids).values_list("owner_id", flat=True))
    assert all(number <= 5 for owner, number in owners.items() if owner)
    claims = Entry.objects.filter(verb="claimed", party_id__in=ids)
    assert claims.count() == claims.values("party_id").distinct().count()
    assert Party.objects.filter(pk__in=ids, owner_id=None).count() == 40 - claims.count()
    assert claims.count() >= 25


def _in_chunks(viewer, ids, size) -> None:
    for start in range(0, len(ids), size):
        try:
            claim_customers(ids[start : start + size], viewer=viewer)
        except (Conflict, NotFound):
            continue


def test_the_holding_cap_holds_from_two_windows(company):
    cast, pool, people = company
    ids = pooled(cast, pool, 20)
    change_pool(cast.mei, pool.pk, holding_cap=3)
    one = people[0]

    at_once([lambda pk=pk: claim_customer(pk, viewer=one) for pk in ids[:12]])

    assert Party.objects.filter(owner_id=one.user_id).count() == 3


def test_claiming_and_releasing_at_once_leaves_one_holder(company):
    cast, pool, people = company
    [party_id] = pooled(cast, pool, 1)
    for _turn in range(5):
        claim_customer(party_id, viewer=again(people[0]))
        answers = at_once(
            [
                lambda: release_customers([party_id], viewer=people[0], reason="other"),
                lambda: claim_customer(party_id, viewer=people[1]),
                lambda: release_customers([party_id], viewer=cast.mei, reason="other"),
            ]
        )
        party = Party.objects.get(pk=party_id)
        assert (party.owner_id is None) != (party.pool_id is None)
        assert any(not isinstance(answer, Exception) for answer in answers)
        last = Entry.objects.filter(party_id=party_id).latest("pk")
        assert (last.owner_after, last.pool_after) == (party.owner_id, party.pool_id)
        if party.owner_id:
            release_customers([party_id], viewer=cast.mei, reason="other", pool_id=pool.pk)
