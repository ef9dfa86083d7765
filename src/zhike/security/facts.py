"""What security keeps about customers."""

from zhike.customers.forgetting import Forgets, forgets
from zhike.customers.merging.pointers import Pointer, points_at_customer


def declare() -> None:
    # Without a label: a preview of a merge doesn't tell that one of the two is a decoy.
    points_at_customer(Pointer("security_canary", once_per=()))
    forgets(Forgets("security_canary"))
    # The access log says which file was shown, whatever became of it: a merge moves nothing, and
    # an erasure leaves ids that lead to nobody any more.
