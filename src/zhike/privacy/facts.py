"""What privacy adds to what is known of a customer."""

from zhike.customers.forgetting import knows_erased
from zhike.privacy import queries


def declare() -> None:
    knows_erased(queries.were_erased)
