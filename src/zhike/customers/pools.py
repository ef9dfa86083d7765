"""Pools, as far as the customer file knows of them: a floor above keeps them; whoever belongs to
one sees the customers who wait in it (`Viewer.pool_ids`)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Pools:
    names: Callable[[], Mapping[str, str]]
    heir_of: Callable[[UUID], UUID | None]  # the pool that took the place of one that is gone
    members_of: Callable[[UUID], set[UUID]]  # who belongs to a pool, themselves or by a team


_kept: list[Pools] = []


def keeps_pools(pools: Pools) -> None:
    """Declares who keeps the pools: one app does."""
    _kept[:] = [pools]


def pool_names() -> Mapping[str, str]:
    return _kept[0].names() if _kept else {}


def heir_of(pool_id: UUID) -> UUID | None:
    return _kept[0].heir_of(pool_id) if _kept else pool_id


def members_of(pool_id: UUID) -> set[UUID]:
    return _kept[0].members_of(pool_id) if _kept else set()
