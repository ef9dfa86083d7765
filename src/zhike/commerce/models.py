"""Products, orders and payments."""

from django.db import models
from django.db.models import Q

from zhike.kernel.ids import new_id
from zhike.records.models import Record


class Product(Record):
    code = models.CharField(max_length=80)
    name = models.CharField(max_length=200)
    category = models.CharField(max_length=80, default="")
    price = models.DecimalField(max_digits=18, decimal_places=4, null=True)

    class Meta:
        indexes = [models.Index(fields=["batch_id"], name="product_batch")]
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=Q(archived_at=None), name="product_code_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Order(Record):
    """A sale or a return. Amounts are integer minor units; those of a return are negative."""

    party = models.ForeignKey(
        "customers.Party", models.PROTECT, related_name="+", db_index=False
    )  # order_of_party
    number = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, default="sale")
    placed_at = models.DateTimeField()
    currency = models.CharField(max_length=3)
    rate = models.DecimalField(max_digits=18, decimal_places=8, default=1)  # to the firm's currency
    total = models.BigIntegerField()  # in the order's currency
    value = models.BigIntegerField()  # in the firm's currency
    paid = models.BigIntegerField(default=0)  # in the order's currency
    is_cancelled = models.BooleanField(default=False)
    remark = models.TextField(default="")

    class Meta:
        indexes = [
            # What facts about a customer's orders add up stands in the index itself.
            models.Index(
                fields=["party", "-placed_at"],
                include=["value", "kind", "is_cancelled", "archived_at"],
                name="order_of_party",
            ),
            models.Index(fields=["placed_at", "id"], name="order_placed"),
            models.Index(fields=["value", "id"], name="order_value"),
            models.Index(fields=["batch_id"], name="order_batch"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["number"], condition=Q(archived_at=None), name="order_number_once"
            )
        ]

    def __str__(self) -> str:
        return self.number


class Line(models.Model):
    """One line of an order; the quantity of something returned is negative."""

    id = models.UUIDField(primary_key=True, default=new_id)
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    position = models.IntegerField()
    product = models.ForeignKey(Product, models.PROTECT, null=True, related_name="+")
    description = models.CharField(max_length=200, default="")
    quantity = models.DecimalField(max_digits=18, decimal_places=4)
    unit_price = models.DecimalField(max_digits=18, decimal_places=4)
    amount = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["order", "position"], name="line_order")]

    def __str__(self) -> str:
        return self.description


class Payment(models.Model):
    """Money that came in for an order, or went back (negative)."""

    id = models.UUIDField(primary_key=True, default=new_id)
    order = models.ForeignKey(Order, models.CASCADE, related_name="payments")
    amount = models.BigIntegerField()
    paid_at = models.DateTimeField()
    method = models.CharField(max_length=20, default="")
    batch_id = models.UUIDField()

    class Meta:
        indexes = [models.Index(fields=["order"], name="payment_order")]

    def __str__(self) -> str:
        return str(self.amount)
