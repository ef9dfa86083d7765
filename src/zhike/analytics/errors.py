"""What the library refuses, and how it says so.

A refusal is an answer: "these data cannot tell". It carries a stable ``code`` and the numbers that
decided in ``details``, so that a product can word it in any language. The English message is for
notebooks and logs.
"""


class AnalyticsError(Exception):
    """Every refusal of this library.

    Attributes
    ----------
    code : str
        Stable, lower-case words joined by underscores; part of the public interface.
    details : dict
        The numbers (or names) that decided, JSON-ready.

    >>> error = NotEnoughData("too_few_repeaters", "…", repeaters=3, needed=10)
    >>> error.code, error.details
    ('too_few_repeaters', {'repeaters': 3, 'needed': 10})
    """

    def __init__(self, code: str, message: str, **details):
        super().__init__(message)
        self.code = code
        self.details = details


class InvalidInput(AnalyticsError, ValueError):
    """The input contradicts itself or its unit (money that is not whole, recency beyond age)."""


class NotEnoughData(AnalyticsError):
    """Too few customers, purchases or days for the method to say anything."""


class NotIdentified(AnalyticsError):
    """Enough rows, but they cannot tell the parameters apart; use the plain rule, and say so."""
