"""The customer file."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from zhike.customers.quality.measure import completeness
from zhike.kernel.ids import new_id
from zhike.records.models import Batch, Record


class Tokens(SearchVectorField):
    """A tsvector of ready-made tokens: what is searched for is cut up in Python."""

    def get_db_prep_save(self, value, connection):
        if hasattr(value, "as_sql"):
            return value
        return " ".join(f"'{token}'" for token in sorted(value or ()))

    def get_placeholder(self, value, compiler, connection):
        return "%s" if hasattr(value, "as_sql") else "%s::tsvector"


class Party(Record):
    """A customer: a company or a person."""

    kind = models.CharField(max_length=8, default="person")
    name = models.CharField(max_length=200)
    name_key = models.CharField(max_length=400)  # pinyin, by which lists are sorted
    code = models.CharField(max_length=80, default="")  # its number in the firm's other systems
    emails = ArrayField(models.CharField(max_length=254), default=list)
    phones = ArrayField(models.CharField(max_length=24), default=list)
    company = models.ForeignKey("self", models.PROTECT, null=True, related_name="people")
    job_title = models.CharField(max_length=80, default="")
    birthday = models.DateField(null=True)
    gender = models.CharField(max_length=8, default="")
    industry = models.CharField(max_length=80, default="")
    registration_no = models.CharField(max_length=40, default="")
    website = models.CharField(max_length=300, default="")
    country = models.CharField(max_length=60, default="")
    province = models.CharField(max_length=60, default="")
    city = models.CharField(max_length=60, default="")
    street = models.CharField(max_length=200, default="")
    owner_id = models.UUIDField(null=True)
    team_id = models.UUIDField(null=True)
    pool_id = models.UUIDField(null=True)  # where it waits for an owner, if anywhere
    tags = ArrayField(models.CharField(max_length=40), default=list)
    remark = models.TextField(default="")
    # What it has agreed to, as purpose or purpose:channel, kept by privacy from the ledger.
    consents = ArrayField(models.CharField(max_length=60), default=list)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    erased_at = models.DateTimeField(null=True)  # since when it is a stub without a person
    verified_at = models.DateTimeField(null=True)  # when somebody last said that the file is right
    completeness = models.GeneratedField(
        expression=completeness(), output_field=models.SmallIntegerField(), db_persist=True
    )
    # The ids of people and teams whom it is shared with, kept by `sharing.py` from the shares in
    # force: sight is decided from the row itself.
    readers = ArrayField(models.CharField(max_length=36), default=list)
    writers = ArrayField(models.CharField(max_length=36), default=list)  # readers, too
    search = Tokens(default=tuple)
    keys = ArrayField(models.BigIntegerField(), default=list)  # of `profiles.keys_of`

    class Meta:
        indexes = [
            GinIndex(fields=["search"], name="party_search"),
            # Without a list of pending entries: imports look values up by the thousand, and each
            # would read that list as a whole.
            GinIndex(fields=["keys"], name="party_keys", fastupdate=False),
            GinIndex(fields=["tags"], name="party_tags"),
            GinIndex(fields=["emails"], name="party_emails", fastupdate=False),
            GinIndex(fields=["phones"], name="party_phones", fastupdate=False),
            GinIndex(fields=["readers"], name="party_readers"),
            GinIndex(fields=["consents"], name="party_consents"),
            models.Index(fields=["name_key", "id"], name="party_name"),
            models.Index(fields=["created_at", "id"], name="party_created"),
            models.Index(fields=["updated_at", "id"], name="party_updated"),
            models.Index(fields=["owner_id", "name_key"], name="party_owner"),
            models.Index(fields=["team_id"], name="party_team"),
            models.Index(
                fields=["pool_id", "name_key"],
                condition=Q(pool_id__isnull=False),
                name="party_pool",
            ),
            models.Index(fields=["city", "name_key"], name="party_city"),
            models.Index(fields=["batch_id"], name="party_batch"),
            models.Index(
                fields=["code"],
                condition=Q(merged_into__isnull=False) & ~Q(code=""),
                name="party_former_code",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(archived_at=None) & ~Q(code=""),
                name="party_code_once",
            ),
            models.CheckConstraint(
                condition=Q(owner_id=None) | Q(pool_id=None), name="party_owner_or_pool"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Share(models.Model):
    """A customer shown to somebody who would not see it: one person or one team, to read or to
    work on, for good or until a day has passed."""

    class Level(models.TextChoices):
        READ = "read", _("May read")
        WRITE = "write", _("May work on it")

    id = models.UUIDField(primary_key=True, default=new_id)
    party = models.ForeignKey(Party, models.CASCADE, related_name="shares")
    with_id = models.UUIDField()  # of a user or a team
    is_team = models.BooleanField()
    level = models.CharField(max_length=5, choices=Level.choices)
    until = models.DateField(null=True)
    shared_by = models.UUIDField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["party", "with_id"], name="share_once"),
        ]
        indexes = [
            models.Index(fields=["until"], condition=Q(until__isnull=False), name="share_until")
        ]

    def __str__(self) -> str:
        return f"{self.party_id} with {self.with_id}"


class LearntWeights(models.Model):
    """What two customers of one kind who agree in a sign weigh in this base, as the last scan for
    duplicates learnt it."""

    kind = models.CharField(max_length=8, primary_key=True)
    # Sign → for each level how often the same agree so, and how often different ones do.
    signs = models.JSONField(default=dict)
    learnt_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.kind


class Duplicate(models.Model):
    """Two customers who are probably one, and what was decided about them."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        SAME = "same", _("The same")
        DIFFERENT = "different", _("Different")

    id = models.UUIDField(primary_key=True, default=new_id)
    party = models.ForeignKey(Party, models.CASCADE, related_name="+")  # the older file
    other = models.ForeignKey(Party, models.CASCADE, related_name="+")
    probability = models.FloatField()
    reasons = models.JSONField(default=list)  # sign, level, weight in bits
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "-probability", "id"], name="duplicate_rank"),
            models.Index(fields=["other"], name="duplicate_other"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["party", "other"], name="duplicate_once"),
            models.CheckConstraint(condition=Q(party__lt=F("other")), name="duplicate_ordered"),
        ]

    def __str__(self) -> str:
        return f"{self.party_id} {self.other_id}"


class Relation(models.Model):
    """A typed relation between two customers."""

    id = models.UUIDField(primary_key=True, default=new_id)
    kind = models.CharField(max_length=20)
    party = models.ForeignKey(Party, models.PROTECT, related_name="relations_out")
    other = models.ForeignKey(Party, models.PROTECT, related_name="relations_in")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "party", "other"], name="relation_once")
        ]

    def __str__(self) -> str:
        return self.kind


class Task(Record):
    """Something to do for a customer, by somebody, by a day."""

    party = models.ForeignKey(Party, models.PROTECT, related_name="tasks")
    title = models.CharField(max_length=200)
    due_on = models.DateField(null=True)
    assignee_id = models.UUIDField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["assignee_id", "due_on"], condition=Q(done_at=None), name="task_open"
            ),
            models.Index(fields=["party"], name="task_party"),
        ]

    def __str__(self) -> str:
        return self.title


class Attachment(models.Model):
    """A file kept with a customer. Its bytes lie under ZHIKE_HOME."""

    id = models.UUIDField(primary_key=True, default=new_id)
    party = models.ForeignKey(Party, models.PROTECT, related_name="attachments")
    name = models.CharField(max_length=200)
    size = models.BigIntegerField()
    content_type = models.CharField(max_length=100)
    created_at = models.DateTimeField()
    user_id = models.UUIDField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["party", "-created_at"], name="attachment_party")]

    def __str__(self) -> str:
        return self.name


class Merge(models.Model):
    """Two files that became one, and what is needed to take them apart again."""

    id = models.BigAutoField(primary_key=True)  # the later, the larger
    batch = models.OneToOneField(Batch, models.PROTECT, related_name="+")
    winner = models.ForeignKey(Party, models.PROTECT, related_name="+")
    loser = models.ForeignKey(Party, models.PROTECT, related_name="+")
    choices = models.JSONField(default=dict)
    # The winner's columns that the merge wrote.
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    def __str__(self) -> str:
        return f"{self.loser_id} into {self.winner_id}"


class Displaced(models.Model):
    """A row that belongs to a merge's loser: moved to the winner (its id), or set aside (all of it)
    because the winner has its like already."""

    id = models.BigAutoField(primary_key=True)
    merge = models.ForeignKey(Merge, models.CASCADE, related_name="+", db_index=False)
    pointer = models.CharField(max_length=80)
    row_id = models.CharField(max_length=40, default="")
    row = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["merge", "pointer"], name="displaced_merge")]

    def __str__(self) -> str:
        return f"{self.pointer} {self.row_id}"
