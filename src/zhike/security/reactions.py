"""Exports of many rows are looked at as soon as they are told."""

from zhike.events.reactions import reacts_to
from zhike.security.actions import weigh_exports


@reacts_to("records.exported")
def watch_exports(events: list) -> None:
    weigh_exports([event for event in events if event.actor_id is not None])
