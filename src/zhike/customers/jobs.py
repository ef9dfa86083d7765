"""Doorbells of the customer file."""

from zhike.access.viewer import SYSTEM
from zhike.customers.quality.actions import remind_of_stale_files
from zhike.customers.sharing import actions
from zhike.jobs import every


@every("20 5 * * *")
def remind_nightly() -> None:
    """Owners find the files to check among today's tasks."""
    remind_of_stale_files()


@every("*/5 * * * *")
def end_shares() -> None:
    """Shares end with their day, in the firm's time zone."""
    actions.end_shares(SYSTEM)
