"""A customer to whom something happened is looked at again in every segment."""

from zhike.events.reactions import reacts_to
from zhike.segments.actions import evaluate_customers

# What comes in by the hundred thousand is followed by a full evaluation instead.
_WHOLESALE = ("import", "demo")


@reacts_to(
    "customer.created", "customer.updated", "customer.archived", "customer.restored",
    "customer.merged", "customer.absorbed", "customer.unmerged", "customer.released",
    "order.created", "order.updated", "order.archived", "order.restored", "order.paid",
    "order.refunded", "contact.logged", "note.added", "task.created", "task.updated", "task.done",
    "task.archived", "task.restored", "suggestion.resolved",
)  # fmt: skip
def reevaluate(events: list) -> None:
    touched = {e.party_id for e in events if e.party_id and e.source not in _WHOLESALE}
    if touched:
        evaluate_customers(sorted(touched))
