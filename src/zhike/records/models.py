"""What every record has, and what the record service keeps about its work."""

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from zhike.kernel.ids import new_id


class Record(models.Model):
    """The columns that every record type shares."""

    id = models.UUIDField(primary_key=True, default=new_id)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=1)
    batch_id = models.UUIDField()  # the batch that wrote it last
    source = models.CharField(max_length=40, default="")
    custom = models.JSONField(default=dict)

    concealed: frozenset[str] = frozenset()  # the facts that whoever it was read for isn't shown
    shown_to: object = None  # the viewer whom it was read for

    class Meta:
        abstract = True


class Batch(models.Model):
    """One piece of work that is undone as a whole: an edit, an import, a merge, an undo."""

    class Kind(models.TextChoices):
        EDIT = "edit", _("Edit")
        BULK = "bulk", _("Bulk edit")
        IMPORT = "import", _("Import")
        DEMO = "demo", _("Demo data")
        UNDO = "undo", _("Undo")
        RULE = "rule", _("Rule")
        MERGE = "merge", _("Merge")
        CLAIM = "claim", _("Claim")
        RELEASE = "release", _("Release")
        ASSIGN = "assign", _("Assignment")
        RECYCLE = "recycle", _("Recycling")
        ERASURE = "erasure", _("Erasure")
        HANDOVER = "handover", _("Hand-over")
        DISPUTE = "dispute", _("Decided dispute")
        SHARE = "share", _("Sharing")

    id = models.UUIDField(primary_key=True, default=new_id)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    label = models.CharField(max_length=200, default="")
    user_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    undoes = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["-created_at"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.label}"


class Errand(models.Model):
    """Work on more records than somebody waits for: asked by one person, carried out by a job,
    whole or not at all."""

    class Doing(models.TextChoices):
        CHANGE = "change", _("Bulk edit")
        ARCHIVE = "archive", _("Archiving")
        UNDO = "undo", _("Undo")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=new_id)
    user_id = models.UUIDField(null=True)
    doing = models.CharField(max_length=8, choices=Doing.choices)
    record_type = models.CharField(max_length=40, blank=True)
    ids = ArrayField(models.UUIDField(), default=list)  # which records; emptied once it has ended
    values = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    undoes = models.ForeignKey(Batch, models.CASCADE, null=True, related_name="+")
    language = models.CharField(max_length=10, blank=True)  # for what is refused
    source = models.CharField(max_length=40, default="page")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    rows = models.IntegerField()  # how many records it is about
    written = models.IntegerField(default=0)  # how far it has come
    tries = models.IntegerField(default=0)
    heartbeat_at = models.DateTimeField()
    error = models.CharField(max_length=500, default="")
    batch = models.ForeignKey(Batch, models.SET_NULL, null=True, related_name="+")
    done = models.IntegerField(default=0)
    left = models.IntegerField(default=0)  # changed since, or out of sight

    class Meta:
        indexes = [models.Index(fields=["user_id", "-asked_at"], name="errand_latest")]

    def __str__(self) -> str:
        return f"{self.doing} for {self.user_id}"


class SavedView(models.Model):
    """A list as somebody keeps it: filter, columns, order."""

    id = models.UUIDField(primary_key=True, default=new_id)
    record_type = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    owner_id = models.UUIDField(null=True)  # null: for everybody
    filter = models.JSONField(default=dict)
    columns = models.JSONField(default=list)
    sort = models.CharField(max_length=80, default="")
    position = models.IntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["record_type", "position"])]

    def __str__(self) -> str:
        return self.name


class Import(models.Model):
    """A file on its way in. Everything about it stands here, so that it survives a kill."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("Waiting for its columns")
        READING = "reading", _("Reading")
        CHECKED = "checked", _("Checked")
        APPLYING = "applying", _("Importing")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=new_id)
    record_type = models.CharField(max_length=40)
    file_name = models.CharField(max_length=200)
    path = models.CharField(max_length=300)
    size = models.BigIntegerField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.UPLOADED)
    headings = models.JSONField(default=list)
    sample = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)  # field name → heading
    options = models.JSONField(default=dict)
    encoding = models.CharField(max_length=20, default="")
    is_dry_run = models.BooleanField(default=False)
    user_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, related_name="+")
    bytes_read = models.BigIntegerField(default=0)
    rows = models.IntegerField(default=0)
    groups = models.IntegerField(default=0)
    position = models.TextField(default="")  # the last key that was applied
    applied = models.IntegerField(default=0)
    created = models.IntegerField(default=0)
    updated = models.IntegerField(default=0)
    skipped = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    asked = models.IntegerField(default=0)  # records about which somebody has to decide
    error = models.TextField(default="")
    heartbeat_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-created_at"])]

    def __str__(self) -> str:
        return self.file_name


class ImportRow(models.Model):
    """A row of a file, read and typed, waiting to be applied; or refused, with the reason; or
    waiting for somebody's answer to a question."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Import, models.CASCADE, related_name="+")
    number = models.IntegerField()
    key = models.TextField()
    values = models.JSONField(null=True)
    error = models.TextField(db_default="")
    question = models.JSONField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["run", "key", "number"]),
            models.Index(
                fields=["run", "number"], condition=~models.Q(error=""), name="import_row_refused"
            ),
        ]

    def __str__(self) -> str:
        return f"row {self.number}"


class ImportMapping(models.Model):
    """A mapping that was used before, found again by the file's headings."""

    record_type = models.CharField(max_length=40)
    fingerprint = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record_type", "fingerprint"], name="mapping_once")
        ]

    def __str__(self) -> str:
        return self.fingerprint


class Firm(models.Model):
    """The firm itself: one row. What people may change about the whole installation."""

    id = models.IntegerField(primary_key=True, default=1)
    name = models.CharField(max_length=120, default="")
    currency = models.CharField(max_length=3, default="CNY")

    def __str__(self) -> str:
        return self.name
