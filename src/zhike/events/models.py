"""The log and what the dispatcher remembers."""

from django.db import models


class Event(models.Model):
    """Something that happened. Appended once, never edited.

    The table is partitioned by the month in which we learnt of it; the column `tx` (the writing
    transaction, filled by the database) orders readers so that late commits are never skipped.
    """

    id = models.BigAutoField(primary_key=True)
    type = models.CharField(max_length=60)
    party_id = models.UUIDField(null=True)
    subject_type = models.CharField(max_length=40)
    subject_id = models.UUIDField(null=True)
    actor_kind = models.CharField(max_length=12)
    actor_id = models.UUIDField(null=True)
    cause_id = models.BigIntegerField(null=True)
    batch_id = models.UUIDField(null=True)
    source = models.CharField(max_length=40)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    data = models.JSONField(default=dict)
    changes = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"{self.type} #{self.pk}"


class ReactionCursor(models.Model):
    """How far a reaction has read: everything up to (tx, event_id) is done or parked."""

    reaction = models.CharField(max_length=120, primary_key=True)
    tx = models.BigIntegerField(default=0)
    event_id = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.reaction


class Failure(models.Model):
    """An event that a reaction could not handle: parked, visible, tried again."""

    reaction = models.CharField(max_length=120)
    event_id = models.BigIntegerField()
    error = models.TextField()
    attempts = models.IntegerField(default=1)
    next_try_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reaction", "event_id"], name="failure_once")
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=models.Q(resolved_at=None),
                name="failure_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.reaction} on {self.event_id}"
