"""New orders by the thousand are scored at once, not first at night."""

from zhike.access.viewer import SYSTEM
from zhike.events.reactions import reacts_to
from zhike.insight.actions import request_scores


@reacts_to("import.finished", "batch.undone")
def score_after_wholesale_change(events: list) -> None:
    if any(e.type == "import.finished" or e.data.get("kind") == "import" for e in events):
        request_scores(SYSTEM)
