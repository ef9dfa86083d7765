"""What customers agreed to, and who was erased."""

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from zhike.kernel.ids import new_id


class Ground(models.TextChoices):
    """Why a person is erased. PIPL Art. 47, GDPR Art. 17(1)."""

    REQUEST = "request", _("The person asked for it (PIPL Art. 47, GDPR Art. 17)")
    WITHDRAWN = "withdrawn", _("Consent was withdrawn (PIPL Art. 47(3), GDPR Art. 17(1)(b))")
    PURPOSE = "purpose", _("The purpose has ended (PIPL Art. 47(1), GDPR Art. 17(1)(a))")
    RETENTION = "retention", _("The retention period is over (PIPL Art. 47(2), GDPR Art. 5(1)(e))")
    UNLAWFUL = "unlawful", _("It was not lawful to keep (PIPL Art. 47(4), GDPR Art. 17(1)(d))")


class Erasure(models.Model):
    """One person erased: how far that has come, and then the certificate. While it runs it knows
    who the person was (`terms`); afterwards only keyed digests are left."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        FILES = "files", _("Removing files")
        COPIES = "copies", _("Making copies again")
        DONE = "done", _("Done")

    id = models.UUIDField(primary_key=True, default=new_id)
    party_id = models.UUIDField()
    ids = ArrayField(models.UUIDField(), default=list)  # of the file and those merged into it
    ground = models.CharField(max_length=12, choices=Ground.choices)
    reference = models.CharField(
        max_length=40, default=""
    )  # of the request, in the firm's register
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    requested_by = models.UUIDField(null=True)
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    backups_until = models.DateField(null=True)
    batch_id = models.UUIDField(null=True)
    terms = models.JSONField(default=dict)
    files = models.JSONField(default=list)
    report = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    class Meta:
        indexes = [models.Index(fields=["party_id"], name="erasure_party")]
        constraints = [
            models.UniqueConstraint(
                fields=["party_id"],
                condition=~models.Q(state="done"),
                name="erasure_one_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return self.id.hex[-10:].upper()


class ErasedKey(models.Model):
    """A keyed digest of a number or an address of somebody erased: it answers whether a given
    person was erased, and doesn't say who was."""

    erasure = models.ForeignKey(Erasure, models.CASCADE, related_name="keys")
    digest = models.CharField(max_length=64, db_index=True)

    def __str__(self) -> str:
        return self.digest


class Policy(models.Model):
    """What the firm has settled: one row."""

    id = models.IntegerField(primary_key=True, default=1)
    backup_days = models.IntegerField(default=30)  # after which the firm deletes its backups

    def __str__(self) -> str:
        return f"backups {self.backup_days} days"
