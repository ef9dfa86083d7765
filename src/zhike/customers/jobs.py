"""Doorbells of the customer file."""

from zhike.customers.quality.actions import remind_of_stale_files
from zhike.jobs import every


@every("20 5 * * *")
def remind_nightly() -> None:
    """Owners find the files to check among today's tasks."""
    remind_of_stale_files()
