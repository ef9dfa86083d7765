"""What a rule would have done over the last 90 days, read from ledger, contacts and orders: shown
before it is switched on."""

from collections.abc import Callable

Report = Callable[[int], None]  # hears how far a rehearsal is, in percent


def unheard(percent: int) -> None:
    """A report that nobody listens to."""
