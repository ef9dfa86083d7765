"""What changes many customers, or what one customer is, is scored at once, not first at night. What
was handed to somebody who leaves waits for nobody."""

from uuid import UUID

from zhike.access.viewer import SYSTEM
from zhike.events.reactions import reacts_to
from zhike.insight.actions import (
    bring_suggestions_back,
    pass_suggestions_on,
    request_scores,
)
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


@reacts_to("user.handed_over", "user.handed_over_again", "user.handed_back", "user.updated")
def keep_no_list_of_leavers(events: list) -> None:
    """To the heir first; who leaves without one leaves theirs to the owners. A hand-over undone
    brings them back, to somebody who has left once they return."""
    for event in events:
        hand_over = UUID(event.data["hand_over"]) if "hand_over" in event.data else None
        is_active = (event.changes or {}).get("is_active")
        if event.type == "user.handed_back":
            bring_suggestions_back(event.subject_id, hand_over=hand_over)
        elif event.type != "user.updated":
            heir = UUID(event.data["heir"])
            pass_suggestions_on(event.subject_id, to=heir, hand_over=hand_over)
        elif is_active == [True, False]:
            pass_suggestions_on(event.subject_id, to=None)
        elif is_active == [False, True]:
            bring_suggestions_back(event.subject_id, hand_over=None)
