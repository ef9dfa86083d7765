"""What privacy adds to what is known of a customer."""

from django.conf import settings
from django.db.models import Case, IntegerField, When
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from zhike.access.queries import reads_along
from zhike.customers.forgetting import Forgets, forgets, knows_erased
from zhike.customers.keeping import keeps_customer
from zhike.customers.merging.pointers import Pointer, keeps_in_row, points_at_customer
from zhike.customers.telling import Tells, tells
from zhike.filters.schema import Fact, Kind
from zhike.privacy import queries
from zhike.privacy.actions.consenting import refresh_consents
from zhike.records.types import extend

HELD = "EXISTS (SELECT FROM privacy_legalhold h WHERE h.party_id = p.id AND h.lifted_at IS NULL)"

_SOON_DUE = RawSQL(
    "(SELECT count(*) FROM privacy_subjectrequest WHERE state = 'open' "
    "AND due_on <= (now() AT TIME ZONE %s)::date + %s)",
    (settings.TIME_ZONE, queries.SOON.days),
)


def declare() -> None:
    # For administrators' sidebars: overdue or due within days.
    is_told = When(role="administrator", then=_SOON_DUE)
    reads_along("requests_due", Case(is_told, default=0, output_field=IntegerField()))
    extend(
        "customer",
        facts=(
            Fact("consents", _("Has agreed to"), Kind.TAGS, "consents",
                 choices=queries.agreeable, group=_("Privacy"), is_sortable=False,
                 is_nullable=False),
        ),
    )  # fmt: skip
    points_at_customer(
        Pointer("privacy_consent", label=_("Consents"), key_type="bigint"),
        Pointer("privacy_subjectrequest", label=_("Requests")),
        Pointer("privacy_legalhold"),
    )
    keeps_in_row(refresh_consents)
    # What was agreed when is proof that the past was lawful; words about the person go.
    forgets(
        Forgets("privacy_consent", empties={"note": "''", "proof_id": "NULL"}),
        # That it was answered in time is to be shown later, too.
        Forgets("privacy_legalhold"),
        Forgets("privacy_subjectrequest", empties={"described": "''", "reason": "''"}),
    )
    named = "(SELECT u.key FROM privacy_purpose u WHERE u.id = t.purpose_id)"
    mistaken = "EXISTS (SELECT FROM privacy_consent b WHERE b.takes_back_id = t.id)"
    tells(
        Tells(
            "privacy_consent", "t.party_id = ANY(%(ids)s) AND t.takes_back_id IS NULL",
            adds={"purpose": named, "taken_back": mistaken},
            labels={"purpose": _("Purpose"), "is_given": _("Given"), "is_separate": _("Separate"),
                    "taken_back": _("Written by mistake, taken back")},
        ),
        # That there is a hold is told; why concerns a dispute, not only the person.
        Tells("privacy_legalhold", adds={"reason": "''"}),
    )  # fmt: skip
    keeps_customer("held", _("A legal hold"), HELD)
    keeps_customer(
        "asking", _("An open request, or a restriction in force"),
        "EXISTS (SELECT FROM privacy_subjectrequest r WHERE r.party_id = p.id AND (r.state = 'open'"
        " OR (r.kind = 'restriction' AND r.state = 'fulfilled' AND r.lifted_on IS NULL)))",
    )  # fmt: skip
    knows_erased(queries.were_erased)
