"""Customers who arrive without an owner are assigned by the rules."""

from zhike.events.reactions import reacts_to
from zhike.ownership.actions import assign_arrivals

_BUILT = "demo"  # the demo company says itself who holds whom


@reacts_to("customer.created", "customer.restored", "customer.returned", "customer.recycled")
def assign_those_who_arrive(events: list) -> None:
    arrived = {e.subject_id: e.batch_id for e in events if e.subject_id and e.source != _BUILT}
    if arrived:
        assign_arrivals(arrived)
