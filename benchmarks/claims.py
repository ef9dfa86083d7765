"""Claims under contention, and what the ledger costs a COPY of 200,000 customers.

Eight clients claim from the same 400 customers, each on a connection of its own. The peer is a
plain conditional UPDATE, committed, by the same eight. The COPY is measured with the ledger's
trigger and without.
"""

import time
from concurrent.futures import ThreadPoolExecutor

import machine

CLIENTS, CUSTOMERS, COPIED = 8, 400, 200_000


def main() -> None:
    options = machine.arguments(__doc__)
    with machine.base(options.customers):
        machine.headline("Claiming", options.customers)
        people, pool, ids = _prepare()
        peer = _contend(people, ids, _plain_update)
        _put_back(pool, ids)
        ours = _contend(people, ids, _claim)
        _tell("plain conditional UPDATE", peer)
        _tell("claim_customer", ours)
        print(f"ratio of seconds: {ours[0] / peer[0]:.1f}")
        _clear_away(pool)
        for name, is_on in (("COPY without the trigger", False), ("COPY with it", True)):
            print(f"{name}: {_copy(is_on):.2f} s for {COPIED:,} customers")


def _prepare():
    from zhike.access.actions import create_user
    from zhike.access.queries import viewer_of
    from zhike.access.viewer import SYSTEM
    from zhike.customers.models import Party
    from zhike.kernel import clock
    from zhike.ownership.actions import Membership, create_pool, set_members

    stamp = f"{clock.now():%H%M%S}"
    users = [
        create_user(SYSTEM, email=f"bench-{stamp}-{n}@chayuli.example", name=f"Bench {n}",
                    role="staff", sight="own", team_id=None)
        for n in range(CLIENTS)
    ]  # fmt: skip
    pool = create_pool(SYSTEM, name=f"Benchmark {stamp}", daily_cap=10_000)
    set_members(SYSTEM, pool.pk, [Membership(user_id=user.pk) for user in users])
    unowned = Party.objects.filter(owner_id=None, pool_id=None, archived_at=None)
    ids = list(unowned.values_list("pk", flat=True)[:CUSTOMERS])
    _put_back(pool, ids)
    return [viewer_of(user) for user in users], pool, ids


def _put_back(pool, ids) -> None:
    from zhike.customers.models import Party

    Party.objects.filter(pk__in=ids).update(owner_id=None, pool_id=pool.pk)


def _clear_away(pool) -> None:
    from django.db.models import Q

    from zhike.access.viewer import SYSTEM
    from zhike.customers.models import Party
    from zhike.ownership.actions import remove_pool
    from zhike.ownership.models import Member

    people = Member.objects.filter(pool=pool).values_list("user_id", flat=True)
    mine = Q(pool_id=pool.pk) | Q(owner_id__in=list(people))
    Party.objects.filter(mine).update(owner_id=None, pool_id=None)
    remove_pool(SYSTEM, pool.pk)


def _contend(people, ids, attempt) -> tuple[float, int, int]:
    """Seconds, customers won, attempts."""
    from django.db import connection

    def work(number: int) -> int:
        try:
            # Each begins elsewhere, so that they meet, but don't queue in step.
            start = number * len(ids) // CLIENTS
            return sum(attempt(people[number], pk) for pk in ids[start:] + ids[:start])
        finally:
            connection.close()

    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as threads:
        won = sum(threads.map(work, range(CLIENTS)))
    return time.perf_counter() - began, won, CLIENTS * len(ids)


def _plain_update(viewer, pk) -> int:
    from zhike.customers.models import Party

    return Party.objects.filter(pk=pk, owner_id=None).update(owner_id=viewer.user_id, pool_id=None)


def _claim(viewer, pk) -> int:
    from zhike.kernel.errors import Conflict, NotFound
    from zhike.ownership.actions import claim_customer

    try:
        return len(claim_customer(pk, viewer=viewer).ids)
    except (Conflict, NotFound):
        return 0


def _tell(name: str, measured: tuple[float, int, int]) -> None:
    seconds, won, attempts = measured
    each = seconds / attempts * 1000 * CLIENTS
    print(f"{name}: {won} of {CUSTOMERS} won, {attempts} attempts in {seconds:.2f} s, "
          f"{each:.1f} ms each")  # fmt: skip


def _copy(is_on: bool) -> float:
    """In a transaction that is rolled back."""
    from django.db import connection, transaction

    from zhike.access.viewer import SYSTEM
    from zhike.customers.facts import CUSTOMER
    from zhike.kernel.ids import new_id
    from zhike.records.actions import copy_rows, new_instances, open_batch

    with transaction.atomic():
        batch, owner = open_batch(SYSTEM, kind="edit", label="benchmark"), new_id()
        values = [{"name": f"Copied {n}", "kind": "person", "owner": owner} for n in range(COPIED)]
        rows = new_instances(CUSTOMER, values, batch=batch, source="benchmark")
        if not is_on:
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE customers_party DISABLE TRIGGER ownership_created")
        began = time.perf_counter()
        copy_rows(CUSTOMER.model, rows)
        seconds = time.perf_counter() - began
        transaction.set_rollback(True)
    return seconds


if __name__ == "__main__":
    main()
