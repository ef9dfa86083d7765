"""What changes many customers, or what one customer is, is scored at once, not first at night. What
was handed to somebody who leaves waits for nobody."""

from uuid import UUID

from zhike.access.viewer import SYSTEM
from zhike.events.reactions import reacts_to
from zhike.insight.actions import pass_suggestions_on, request_scores
from zhike.insight.queries import last_run

# Where scoring takes longer, merging a pair does not start it: the night does.
QUICK = 20.0


@reacts_to("import.finished", "batch.undone")
def score_after_wholesale_change(events: list) -> None:
    if any(e.type == "import.finished" or e.data.get("kind") == "import" for e in events):
        request_scores(SYSTEM)


@reacts_to("customer.merged", "customer.unmerged")
def score_merged(events: list) -> None:
    """Two customers who are one have one history; where that is quick, it is read at once."""
    run = last_run(SYSTEM)
    if run is not None and run.seconds is not None and run.seconds <= QUICK:
        request_scores(SYSTEM)


@reacts_to("user.handed_over", "user.updated")
def keep_no_list_of_leavers(events: list) -> None:
    """To the heir first; who leaves without one leaves theirs to the owners."""
    for event in events:
        has_left = (event.changes or {}).get("is_active") == [True, False]
        if event.type == "user.handed_over" or has_left:
            heir = event.data.get("heir")
            pass_suggestions_on(event.subject_id, to=UUID(heir) if heir else None)
