"""What security keeps about customers."""

from django.db.models import Case, IntegerField, When
from django.db.models.expressions import RawSQL

from zhike.access.queries import reads_along
from zhike.customers.forgetting import Forgets, forgets
from zhike.customers.merging.pointers import Pointer, points_at_customer
from zhike.records.queries import restrains_braked
from zhike.security.queries import restrain_braked

_OPEN_ALARMS = RawSQL("(SELECT count(*) FROM security_alarm WHERE settled_at IS NULL)", ())


def declare() -> None:
    restrains_braked(restrain_braked)
    # For administrators' sidebars: read along with the person, so that no page asks for it.
    is_told = When(role="administrator", then=_OPEN_ALARMS)
    reads_along("open_alarms", Case(is_told, default=0, output_field=IntegerField()))
    # Without a label: a preview of a merge doesn't tell that one of the two is a decoy.
    points_at_customer(Pointer("security_canary", once_per=()))
    forgets(Forgets("security_canary"))
    # The access log says which file was shown, whatever became of it: a merge moves nothing, and
    # an erasure leaves ids that lead to nobody any more.
