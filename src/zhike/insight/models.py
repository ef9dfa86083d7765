"""What analytics found out, and what follows from it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from zhike.kernel.ids import new_id


class ScoreRun(models.Model):
    """One computation of all scores: its models, their quality, its progress."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=new_id)
    as_of = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    step = models.CharField(max_length=40, default="")
    progress = models.IntegerField(default=0)
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    customers = models.IntegerField(default=0)
    orders = models.IntegerField(default=0)
    report = models.JSONField(default=dict)
    error = models.TextField(default="")

    class Meta:
        indexes = [models.Index(fields=["-requested_at"])]

    def __str__(self) -> str:
        return f"{self.as_of} {self.state}"

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        if self.started_at is None or self.finished_at is None:
            return None
        return round((self.finished_at - self.started_at).total_seconds(), 2)


class Standing(models.Model):
    """The scores of one customer, as of the last run. Amounts in minor units of the firm's
    currency; what could not be computed is empty, never guessed."""

    party_id = models.UUIDField(primary_key=True)
    run = models.ForeignKey(ScoreRun, models.PROTECT, related_name="+")
    orders = models.IntegerField(default=0)
    first_on = models.DateField(null=True)
    last_on = models.DateField(null=True)
    recency_days = models.IntegerField(null=True)
    value = models.BigIntegerField(default=0)
    average = models.BigIntegerField(null=True)
    usual_gap = models.FloatField(null=True)
    recency_grade = models.SmallIntegerField(null=True)
    frequency_grade = models.SmallIntegerField(null=True)
    money_grade = models.SmallIntegerField(null=True)
    rfm_group = models.CharField(max_length=24, default="")
    abc = models.CharField(max_length=1, default="")
    tier = models.CharField(max_length=12, default="")
    alive = models.FloatField(null=True)
    overdue = models.FloatField(null=True)
    orders_3 = models.FloatField(null=True)
    orders_6 = models.FloatField(null=True)
    orders_12 = models.FloatField(null=True)
    value_3 = models.BigIntegerField(null=True)
    value_6 = models.BigIntegerField(null=True)
    value_12 = models.BigIntegerField(null=True)
    value_12_low = models.BigIntegerField(null=True)
    value_12_high = models.BigIntegerField(null=True)
    next_on = models.DateField(null=True)
    next_spread = models.IntegerField(null=True)
    stage = models.CharField(max_length=16, default="prospect")
    relation = models.CharField(max_length=12, default="")
    evidence = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["value_12", "party_id"], name="standing_value_12"),
            models.Index(fields=["value", "party_id"], name="standing_value"),
            models.Index(fields=["alive", "party_id"], name="standing_alive"),
            models.Index(fields=["recency_days", "party_id"], name="standing_recency"),
            models.Index(fields=["stage", "value_12", "party_id"], name="standing_stage_value"),
        ]

    def __str__(self) -> str:
        return f"{self.party_id}: {self.stage}"


class Suggestion(models.Model):
    """A customer who deserves a contact, and why. One at a time for each customer."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        DONE = "done", _("Done")
        SNOOZED = "snoozed", _("Later")
        DISMISSED = "dismissed", _("Not now")

    party_id = models.UUIDField(primary_key=True)
    run = models.ForeignKey(ScoreRun, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=20)
    value = models.BigIntegerField()
    facts = models.JSONField(default=dict)
    assignee_id = models.UUIDField(null=True)  # set when handed over; else the customer's owner
    left_by = models.UUIDField(null=True)  # whose list it was on before they left
    hand_over_id = models.UUIDField(null=True)  # in which it left that list
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    until = models.DateField(null=True)  # quiet until this day
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "-value"], name="suggestion_rank")]

    def __str__(self) -> str:
        return f"{self.reason} {self.party_id}"


class StageDay(models.Model):
    """The stage of a customer as of a day on which it changed: the ledger behind stage flows."""

    id = models.BigAutoField(primary_key=True)
    party_id = models.UUIDField()
    as_of = models.DateField()
    before = models.CharField(max_length=16)
    stage = models.CharField(max_length=16)

    class Meta:
        indexes = [models.Index(fields=["as_of"], name="stage_day")]

    def __str__(self) -> str:
        return f"{self.party_id}: {self.stage}"
