"""The lists of orders and products."""

from django.utils.translation import gettext_lazy as _

from zhike.commerce.actions import create_product
from zhike.commerce.facts import ORDER, PRODUCT
from zhike.filters import Test
from zhike.web.listing import Listing, Tab, declare

ORDERS = declare(
    Listing(
        ORDER,
        columns=("number", "customer", "placed_at", "kind", "value", "paid", "currency"),
        card=("customer", "placed_at", "value"),
        suggested=("placed_at", "value", "customer", "kind", "customer.owner"),
        empty_text=_(
            "Here stand sales and returns. Bring them in from a file of your shop or till, or "
            "write down the first one: from then on value and risk of each customer are known."
        ),
        tabs=(
            Tab("month", _("Last 30 days"), lambda v: Test("placed_at", "within", "30d")),
            Tab("returns", _("Returns"), lambda v: Test("kind", "eq", "return")),
            Tab("cancelled", _("Cancelled"), lambda v: Test("is_cancelled", "eq", True)),
        ),
        tones={"kind": {"return": "warn"}},
    )
)

PRODUCTS = declare(
    Listing(
        PRODUCT,
        columns=("name", "code", "category", "price", "created_at"),
        card=("code", "category", "price"),
        suggested=("category", "price", "name"),
        empty_text=_(
            "Here stands what you sell. Products come along with imported orders; a list of "
            "products with categories and prices can be imported as well."
        ),
        bulk=("category", "price"),
        form=("code", "name", "category", "price"),
        create=create_product,
    )
)
