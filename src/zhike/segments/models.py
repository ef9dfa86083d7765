"""Groups of customers."""

from django.db import models

from zhike.kernel.ids import new_id


class Segment(models.Model):
    """A filter that is kept up to date. The shipped ones have a key and worded names."""

    id = models.UUIDField(primary_key=True, default=new_id)
    key = models.CharField(max_length=40, default="")
    name = models.CharField(max_length=80, default="")
    description = models.CharField(max_length=300, default="")
    filter = models.JSONField()
    created_at = models.DateTimeField()
    created_by = models.UUIDField(null=True)
    archived_at = models.DateTimeField(null=True)
    size = models.IntegerField(default=0)
    evaluated_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=~models.Q(key=""), name="segment_key_once"
            )
        ]

    def __str__(self) -> str:
        return self.name or self.key


class Membership(models.Model):
    """A customer in a segment now. Who was in it before stands in the log."""

    pk = models.CompositePrimaryKey("segment_id", "party_id")
    segment = models.ForeignKey(Segment, models.CASCADE, related_name="memberships")
    party_id = models.UUIDField()
    since = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["party_id"], name="membership_party")]

    def __str__(self) -> str:
        return f"{self.party_id} in {self.segment_id}"


class Size(models.Model):
    """How large a segment was at the end of a day, and how many entered and left on it."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="sizes")
    day = models.DateField()
    size = models.IntegerField()
    entered = models.IntegerField(default=0)
    left = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment", "day"], name="size_once_a_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.size}"
