"""What customers agreed to, and who was erased."""

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from zhike.filters.schema import Words
from zhike.kernel import clock
from zhike.kernel.ids import new_id
from zhike.privacy.words import purpose_label


def both_laws() -> list[str]:
    return ["pipl", "gdpr"]


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
    rule_id = models.UUIDField(null=True)  # of retention that asked for it
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


class Basis(models.TextChoices):
    """What makes a purpose lawful. PIPL Art. 13, GDPR Art. 6(1)."""

    CONSENT = "consent", _("Consent")
    CONTRACT = "contract", _("Contract")
    LEGAL = "legal", _("Legal duty")
    INTERESTS = "interests", _("Legitimate interests (GDPR only)")
    VITAL = "vital", _("Vital interests")
    PUBLIC = "public", _("Public interest")


class Purpose(models.Model):
    """What a person's data are used for. The shipped ones have worded names."""

    id = models.UUIDField(primary_key=True, default=new_id)
    key = models.SlugField(max_length=30, unique=True, allow_unicode=False, db_index=False)
    name = models.CharField(max_length=80, default="")
    chinese_name = models.CharField(max_length=80, default="")
    about = models.CharField(max_length=400, default="")  # for colleagues; people read the texts
    pipl = models.CharField(max_length=10, choices=Basis.choices, default=Basis.CONSENT)
    gdpr = models.CharField(max_length=10, choices=Basis.choices, default=Basis.CONSENT)
    is_by_channel = models.BooleanField(default=False)
    is_separate = models.BooleanField(default=False)  # asked for apart (PIPL Art. 14, 23, 29, 39)
    position = models.IntegerField(default=0)
    is_enabled = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name or self.key

    @property
    def label(self) -> Words:
        return purpose_label(self.key, self.name, self.chinese_name)


class ConsentText(models.Model):
    """The words that people agreed to; never changed, followed by a next version."""

    id = models.UUIDField(primary_key=True, default=new_id)
    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="texts")
    version = models.IntegerField()
    chinese = models.TextField(default="")
    english = models.TextField(default="")
    created_at = models.DateTimeField()
    created_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purpose", "version"], name="consent_text_once")
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.version}"


class Consent(models.Model):
    """A line of the ledger: given or withdrawn. Appended, never changed; a trigger sees to that."""

    class Source(models.TextChoices):
        FORM = "form", _("Form")
        CALL = "call", _("Call")
        PAPER = "paper", _("Paper")
        MESSAGE = "message", _("Message")
        IMPORT = "import", _("Import")
        API = "api", _("API")

    id = models.BigAutoField(primary_key=True)
    party_id = models.UUIDField()
    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="+")
    channel = models.CharField(max_length=10, default="")  # empty: every channel
    is_given = models.BooleanField()
    is_separate = models.BooleanField(default=False)  # asked for by itself
    text = models.ForeignKey(ConsentText, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    source = models.CharField(max_length=10, choices=Source.choices)
    proof_id = models.UUIDField(null=True)  # of a file kept with the customer
    note = models.CharField(max_length=400, default="")
    recorded_by = models.UUIDField(null=True)
    recorded_at = models.DateTimeField()
    batch_id = models.UUIDField(null=True)
    # A line written by mistake, which the undo of its batch takes back: neither counts then.
    takes_back = models.OneToOneField("self", models.PROTECT, null=True, related_name="taken_back")

    class Meta:
        indexes = [
            models.Index(fields=["party_id", "-at", "-id"], name="consent_party"),
            models.Index(
                fields=["batch_id"], condition=models.Q(batch_id__isnull=False),
                name="consent_batch",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.party_id} {self.purpose_id} {self.is_given}"


class SubjectRequest(models.Model):
    """What a person asks of the firm concerning their data, and what was answered."""

    class Kind(models.TextChoices):
        ACCESS = "access", _("Access (PIPL Art. 45, GDPR Art. 15)")
        COPY = "copy", _("Copy to take along (PIPL Art. 45(3), GDPR Art. 20)")
        CORRECTION = "correction", _("Correction (PIPL Art. 46, GDPR Art. 16)")
        ERASURE = "erasure", _("Erasure (PIPL Art. 47, GDPR Art. 17)")
        RESTRICTION = "restriction", _("Restriction (PIPL Art. 44, GDPR Art. 18)")
        OBJECTION = "objection", _("Objection (PIPL Art. 44, GDPR Art. 21)")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        FULFILLED = "fulfilled", _("Fulfilled")
        REFUSED = "refused", _("Refused")

    class Way(models.TextChoices):
        CALL = "call", _("Call")
        FORM = "form", _("Form")
        PAPER = "paper", _("Paper")
        MESSAGE = "message", _("Message")

    id = models.UUIDField(primary_key=True, default=new_id)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    party_id = models.UUIDField(null=True)  # none while nobody knows who it is
    described = models.CharField(max_length=200, default="")  # who says to be asking, by what sign
    purpose = models.CharField(max_length=30, default="")  # objected to
    way = models.CharField(max_length=10, choices=Way.choices, default=Way.CALL)
    received_on = models.DateField()
    due_on = models.DateField()
    responsible_id = models.UUIDField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    answered_on = models.DateField(null=True)
    reason = models.CharField(max_length=400, default="")
    lifted_on = models.DateField(null=True)  # since when a restriction holds no longer
    created_at = models.DateTimeField()
    created_by = models.UUIDField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_on", "id"], condition=models.Q(state="open"),
                         name="request_open"),
            models.Index(fields=["party_id"], name="request_party"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"R-{self.id.hex[-8:].upper()}"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.due_on < clock.today()

    @property
    def is_in_force(self) -> bool:
        """Whether it is a restriction that holds."""
        granted = self.kind == self.Kind.RESTRICTION and self.state == self.State.FULFILLED
        return granted and self.lifted_on is None


class RetentionRule(models.Model):
    """Customers of a filter are erased after so many months without activity."""

    id = models.UUIDField(primary_key=True, default=new_id)
    name = models.CharField(max_length=80)
    filter = models.JSONField(default=dict)
    months = models.IntegerField(default=36)
    is_enabled = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class LegalHold(models.Model):
    """While it stands, the customer is not erased."""

    id = models.UUIDField(primary_key=True, default=new_id)
    party_id = models.UUIDField()
    reason = models.CharField(max_length=200)
    placed_by = models.UUIDField(null=True)
    placed_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["party_id"], name="hold_party")]

    def __str__(self) -> str:
        return str(self.party_id)


class Policy(models.Model):
    """What the firm has settled: one row."""

    id = models.IntegerField(primary_key=True, default=1)
    answer_days = models.IntegerField(default=15)  # within which people are answered
    backup_days = models.IntegerField(default=30)  # after which the firm deletes its backups
    import_months = models.IntegerField(default=12)  # for which imported files are kept
    laws = ArrayField(models.CharField(max_length=4), default=both_laws)  # that bind the firm

    def __str__(self) -> str:
        return f"backups {self.backup_days} days"
