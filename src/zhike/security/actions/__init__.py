"""What keeps the access log, and what raises and settles alarms."""

from zhike.security.actions.alarming import raise_alarm, settle_alarm, weigh_exports
from zhike.security.actions.decoying import mark_canary, unmark_canary
from zhike.security.actions.keeping import Seen, bring_viewings, forget_old_viewings, write_down
from zhike.security.actions.watching import lift_brake, reckon_usual, set_watch, watch_viewings

__all__ = [
    "Seen",
    "bring_viewings",
    "forget_old_viewings",
    "lift_brake",
    "mark_canary",
    "raise_alarm",
    "reckon_usual",
    "set_watch",
    "settle_alarm",
    "unmark_canary",
    "watch_viewings",
    "weigh_exports",
    "write_down",
]
