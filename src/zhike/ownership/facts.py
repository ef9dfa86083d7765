"""What ownership adds to what is known of a customer, and to what others see."""

from zhike.access.queries import tells_pools
from zhike.customers.merging.pointers import Pointer, points_at_customer
from zhike.customers.pools import Pools, keeps_pools
from zhike.ownership import queries


def declare() -> None:
    tells_pools(queries.pools_of)
    keeps_pools(Pools(queries.pool_names, queries.heir_of))
    points_at_customer(
        Pointer("ownership_reminder", key_type="bigint", once_per=("owner_id", "started_at"))
    )
