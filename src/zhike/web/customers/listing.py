"""The list of customers."""

from django.utils.translation import gettext_lazy as _

from zhike.commerce.queries import sales_by_month
from zhike.customers.actions import change_customer
from zhike.customers.facts import CUSTOMER
from zhike.filters import Not, Test
from zhike.web.listing import Command, Drawing, Listing, Tab, declare
from zhike.web.listing.sparkline import sparkline
from zhike.web.pools.claiming import claim_chosen, is_claiming_offered

STAGE_TONES = {
    "prospect": "", "exploration": "", "build_up": "good", "stability": "good",
    "decline": "warn", "lost": "bad",
}  # fmt: skip
TIER_TONES = {"key": "good", "potential": "", "ordinary": ""}

CUSTOMERS = declare(
    Listing(
        CUSTOMER,
        columns=(
            "name", "owner", "stage", "value_12", "alive", "orders.count", "orders.total",
            "orders.last", "city", "phones",
        ),
        card=("stage", "value_12", "orders.last"),
        suggested=(
            "owner", "stage", "value_12", "alive", "tags", "city", "orders.total", "orders.last",
        ),
        empty_text=_(
            "Here stand the people and companies you do business with: who they are, what they "
            "bought, what comes next. Bring them in from a file, or write down the first one."
        ),
        tabs=(
            Tab("mine", _("My customers"), lambda v: Test("owner", "eq", str(v.user_id))),
            Tab("new", _("New in the last 30 days"), lambda v: Test("created_at", "within", "30d"),
                "-created_at"),
            Tab("slipping", _("Slipping away"), lambda v: Test("stage", "eq", "decline"), "-value"),
            Tab("pooled", _("In pools"), lambda v: Not(Test("pool", "is_empty")), "name"),
            Tab("unowned", _("Without an owner"), lambda v: Test("owner", "is_empty")),
        ),
        drawings=(
            Drawing("orders.year", _("Orders, last 12 months"), sales_by_month, "orders.total",
                    sparkline),
        ),
        bulk=("owner", "team", "tags", "industry", "source", "city"),
        commands=(Command("claim", _("Claim"), claim_chosen, is_claiming_offered),),
        form=(
            "name", "kind", "phones", "emails", "company", "job_title", "city", "street",
            "owner", "tags", "source", "remark",
        ),
        tones={"stage": STAGE_TONES, "tier": TIER_TONES, "abc": {}},
        low={"alive": 0.5},
        change=change_customer,
    )
)  # fmt: skip
