"""The access log, decoys among the customers, alarms."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from zhike.kernel.ids import new_id


class Viewing(models.Model):
    """A line of the access log: one customer opened, or the customers of one list. Appended only
    (a trigger), and taken away when its months are over.

    Hundreds of millions of these: narrow, found by customer, by person and by time. It is about
    ids alone; whose they are is said by the file, as long as there is one.
    """

    class Way(models.IntegerChoices):
        OPENED = 1, _("Opened")
        LISTED = 2, _("In a list")
        SEARCHED = 3, _("Found by search")
        EXPORTED = 4, _("Exported")
        UNMASKED = 5, _("Had a value shown")

    class Face(models.IntegerChoices):
        PAGE = 1, _("Page")
        API = 2, _("API")
        TOKEN = 3, _("API token")
        COMMAND = 4, _("Command")

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    user_id = models.UUIDField(null=True)
    operator = models.CharField(max_length=80, default="")  # of a command: "account: command"
    party_id = models.UUIDField(null=True)  # the one that was opened
    ids = ArrayField(models.UUIDField(), null=True)  # those that were listed
    way = models.SmallIntegerField(choices=Way.choices)
    face = models.SmallIntegerField(choices=Face.choices)

    class Meta:
        indexes = [
            models.Index(
                fields=["party_id", "-id"],
                name="viewing_party",
                condition=models.Q(party_id__isnull=False),
            ),
            models.Index(fields=["user_id", "-id"], name="viewing_user"),
            BrinIndex(fields=["at"], name="viewing_at", autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.user_id or self.operator} {self.way} {self.party_id or len(self.ids or ())}"


class Usual(models.Model):
    """How many customers somebody opens as a rule; reckoned every night."""

    user_id = models.UUIDField(primary_key=True)
    days = models.IntegerField()  # with anything opened
    an_hour = models.FloatField()  # of the hours with anything opened
    a_day = models.FloatField()

    def __str__(self) -> str:
        return f"{self.user_id} {self.a_day:.1f}"


class Canary(models.Model):
    """A customer nobody works with: whoever opens it is looking around. Not a field of the
    customer, so that nothing which shows customers can tell."""

    id = models.UUIDField(primary_key=True, default=new_id)
    party_id = models.UUIDField(unique=True)
    marked_by = models.UUIDField(null=True)
    marked_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.party_id)


class Alarm(models.Model):
    """Something an administrator should look at: one of a kind for a person and an hour (or, for
    what is counted by the day, a day), however often it happens in it."""

    class Kind(models.TextChoices):
        CANARY = "canary", _("Touched a decoy")
        OPENED_HOUR = "opened_hour", _("Opened many customers in an hour")
        OPENED_DAY = "opened_day", _("Opened many customers in a day")
        SEEN_HOUR = "seen_hour", _("Went through many customers in an hour")
        SEEN_DAY = "seen_day", _("Went through many customers in a day")
        UNUSUAL = "unusual", _("Opened many more than usual")
        EXPORTED = "exported", _("Exported many records")
        EXPORTED_DAY = "exported_day", _("Exported many records in a day")
        EXPORTS_DAY = "exports_day", _("Exported many times in a day")
        UNUSUAL_ROWS = "unusual_rows", _("Exported many more than usual")
        UNMASKED = "unmasked", _("Had many values shown")
        BRAKED = "braked", _("Stopped by the brake")

    id = models.UUIDField(primary_key=True, default=new_id)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    user_id = models.UUIDField()
    since = models.DateTimeField()  # when the hour or the day began
    at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.IntegerField(default=1)
    evidence = models.JSONField(default=dict)  # numbers and ids; no names
    settled_at = models.DateTimeField(null=True)
    settled_by = models.UUIDField(null=True)
    note = models.CharField(max_length=400, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user_id", "kind", "since"], name="alarm_once")
        ]
        indexes = [
            models.Index(
                fields=["-last_at"], name="alarm_open", condition=models.Q(settled_at=None)
            ),
            models.Index(fields=["-last_at", "-id"], name="alarm_last"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.user_id}"


class Watch(models.Model):
    """From where on an alarm is raised, as the firm has settled it: one row. 0 means never."""

    id = models.IntegerField(primary_key=True, default=1)
    opened_an_hour = models.IntegerField(default=80)
    opened_a_day = models.IntegerField(default=300)
    seen_an_hour = models.IntegerField(default=2_000)
    seen_a_day = models.IntegerField(default=6_000)
    times_usual = models.IntegerField(default=5)
    exported_rows = models.IntegerField(default=5_000)
    exported_rows_a_day = models.IntegerField(default=8_000)
    exports_a_day = models.IntegerField(default=15)
    unmasked_an_hour = models.IntegerField(default=15)
    brake_an_hour = models.IntegerField(default=0)
    braked_an_hour = models.IntegerField(default=60)  # shown to whoever was stopped; 0: none
    months = models.IntegerField(default=12)  # for which the access log is kept

    def __str__(self) -> str:
        return f"{self.opened_an_hour} an hour"
