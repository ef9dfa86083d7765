"""Who holds which customer since when, and the pools in which those wait whom nobody holds."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from zhike.kernel.ids import new_id


class Verb(models.TextChoices):
    CREATED = "created", _("File opened")
    ASSIGNED = "assigned", _("Assigned")
    CLAIMED = "claimed", _("Claimed")
    RELEASED = "released", _("Released")
    RECYCLED = "recycled", _("Recycled")
    MOVED = "moved", _("Moved to another pool")
    MERGED = "merged", _("Merged")
    UNDONE = "undone", _("Undone")
    PROTECTED = "protected", _("Protected")
    UNPROTECTED = "unprotected", _("Protection ended")


class Entry(models.Model):
    """A line of the ledger: what became of a customer's owner and pool. Appended by a trigger on
    the customer file, whoever writes there, and never changed."""

    id = models.BigAutoField(primary_key=True)
    party_id = models.UUIDField()
    at = models.DateTimeField()
    verb = models.CharField(max_length=12, choices=Verb.choices)
    owner_before = models.UUIDField(null=True)
    owner_after = models.UUIDField(null=True)
    pool_before = models.UUIDField(null=True)
    pool_after = models.UUIDField(null=True)
    until = models.DateField(null=True)  # of a protection: its last day
    batch_id = models.UUIDField(null=True)
    actor_id = models.UUIDField(null=True)
    reason = models.CharField(max_length=200, default="")

    class Meta:
        indexes = [
            models.Index(fields=["party_id", "-id"], name="entry_party"),
            # What somebody has claimed today.
            models.Index(
                fields=["owner_after", "at"], condition=Q(verb="claimed"), name="entry_claims"
            ),
            # What somebody has protected.
            models.Index(
                fields=["owner_after", "until"],
                condition=Q(verb="protected"),
                name="entry_protections",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.party_id}"


class Pool(models.Model):
    """Where customers wait whom nobody holds, and the rules for taking them out again."""

    class Assignment(models.TextChoices):
        SELF = "self", _("Members claim themselves")
        ADMIN = "admin", _("The pool's administrators assign")

    id = models.UUIDField(primary_key=True, default=new_id)
    name = models.CharField(max_length=80)
    position = models.IntegerField(default=0)
    is_enabled = models.BooleanField(default=True)
    assignment = models.CharField(max_length=8, choices=Assignment.choices, default=Assignment.SELF)
    daily_cap = models.IntegerField(null=True)  # claims a person a day; null: as many as one likes
    holding_cap = models.IntegerField(null=True)  # customers a person holds
    exempt = models.JSONField(default=dict)  # a filter: those don't count as held; empty: none
    cooling_days = models.IntegerField(default=0)  # until the former owner may claim again
    freeze_hours = models.IntegerField(default=0)  # until anybody may claim what has just arrived
    protect_days = models.IntegerField(default=0)  # in which a new owner loses nothing
    lock_cap = models.IntegerField(default=0)  # customers that one person may protect at a time
    lock_days = models.IntegerField(default=30)  # the longest that they may
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)
    heir = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=Q(archived_at=None), name="pool_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A person, or everybody of a team and of those below it."""

    pool = models.ForeignKey(Pool, models.CASCADE, related_name="members")
    user_id = models.UUIDField(null=True)
    team_id = models.UUIDField(null=True)
    is_admin = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pool", "user_id"], condition=Q(team_id=None), name="member_once"
            ),
            models.UniqueConstraint(
                fields=["pool", "team_id"], condition=Q(user_id=None), name="member_team_once"
            ),
            models.CheckConstraint(
                condition=Q(user_id=None, team_id__isnull=False)
                | Q(user_id__isnull=False, team_id=None),
                name="member_is_one_or_other",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id or self.team_id} in {self.pool_id}"


class Rule(models.Model):
    """When customers of a pool's members go back into it. The first rule that holds decides."""

    class Without(models.TextChoices):
        CONTACT = "contact", _("without contact")
        ORDER = "order", _("without order")
        BOTH = "both", _("without contact and without order")

    id = models.UUIDField(primary_key=True, default=new_id)
    pool = models.ForeignKey(Pool, models.CASCADE, related_name="rules")
    position = models.IntegerField(default=0)
    name = models.CharField(max_length=80)
    filter = models.JSONField(default=dict)
    without = models.CharField(max_length=8, choices=Without.choices, default=Without.CONTACT)
    days = models.IntegerField(null=True)  # null: these are never recycled
    remind_days = models.IntegerField(default=0)  # before; 0: nobody is reminded
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["pool", "position"], name="rule_order")]

    def __str__(self) -> str:
        return self.name


class Reminder(models.Model):
    """An owner who has been told that a clock runs out: once for each clock."""

    id = models.BigAutoField(primary_key=True)
    party_id = models.UUIDField()
    owner_id = models.UUIDField()
    started_at = models.DateTimeField()  # of the clock
    task_id = models.UUIDField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["party_id", "owner_id", "started_at"], name="reminder_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.owner_id} about {self.party_id}"


class Run(models.Model):
    """One recycling: its batch is found again when it was killed."""

    id = models.UUIDField(primary_key=True, default=new_id)
    batch_id = models.UUIDField(null=True)  # once somebody has gone
    begun_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    recycled = models.IntegerField(default=0)
    reminded = models.IntegerField(default=0)
    paused = models.JSONField(default=list)  # rules that could not be asked, and why

    class Meta:
        indexes = [models.Index(fields=["-begun_at"], name="run_latest")]

    def __str__(self) -> str:
        return f"{self.begun_at}: {self.recycled}"


class AssignmentRule(models.Model):
    """To whom customers go whom nobody holds. The first rule that holds decides."""

    class Way(models.TextChoices):
        PERSON = "person", _("to one person")
        TURN = "turn", _("in turn")
        LOAD = "load", _("to whoever has fewest customers")
        TERRITORY = "territory", _("by a table of territories")

    id = models.UUIDField(primary_key=True, default=new_id)
    position = models.IntegerField(default=0)
    name = models.CharField(max_length=80)
    filter = models.JSONField(default=dict)
    way = models.CharField(max_length=10, choices=Way.choices, default=Way.TURN)
    people = models.JSONField(default=list)  # ids of users
    teams = models.JSONField(default=list)  # ids of teams: everybody in them and below
    territory = models.CharField(max_length=20, default="")  # the fact that the table is about
    table = models.JSONField(default=dict)  # value of that fact → id of a user
    takes_new = models.BooleanField(default=True)  # opened without an owner
    takes_pooled = models.BooleanField(default=False)  # waiting in a pool
    last_given = models.UUIDField(null=True)  # whose turn it was last
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["position", "created_at"], name="assignment_order")]

    def __str__(self) -> str:
        return self.name


class Rehearsal(models.Model):
    """What a rule would have done: asked by one person, reckoned by a job, kept a while for them.
    No customer is named in it."""

    class Kind(models.TextChoices):
        RECYCLING = "recycling", _("Recycling rule")
        ASSIGNMENT = "assignment", _("Assignment rule")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=new_id)
    user_id = models.UUIDField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    pool_id = models.UUIDField(null=True)  # of a recycling rule
    rule_id = models.UUIDField(null=True)  # in whose place; null: a new one
    values = models.JSONField(default=dict)  # as they stood in the form
    language = models.CharField(max_length=10, blank=True)  # for what is refused
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    progress = models.IntegerField(default=0)  # percent
    tries = models.IntegerField(default=0)
    heartbeat_at = models.DateTimeField()
    error = models.CharField(max_length=500, default="")
    result = models.JSONField(null=True, encoder=DjangoJSONEncoder)

    class Meta:
        indexes = [models.Index(fields=["user_id", "-asked_at"], name="rehearsal_latest")]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"


class HandOver(models.Model):
    """What went from somebody who left to their heir beside records, so that it can go back."""

    batch_id = models.UUIDField(primary_key=True)
    user_id = models.UUIDField()
    heir_id = models.UUIDField()
    at = models.DateTimeField()
    shares = models.JSONField(default=list)  # ids of the customers whose share went over
    memberships = models.JSONField(default=list)  # pool, is_admin, and whether the heir was there
    is_undone = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.user_id} to {self.heir_id}"


class DisputeRule(models.Model):
    """What is proposed when two want the same customer. The first rule that holds decides."""

    class When(models.TextChoices):
        PROTECTED = "protected", _("the owner protects the customer")
        HELD = "held", _("the owner has held the customer for at least so many days")
        CONTACT = "contact", _("there was a contact within so many days")
        ORDER = "order", _("there was an order within so many days")
        NEGLECTED = "neglected", _("there was neither contact nor order for so many days")
        RIVAL_CONTACT = "rival_contact", _("the claimant had a contact within so many days")
        RIVAL_ORDER = "rival_order", _("the claimant had an order within so many days")
        RIVAL_FIRST = "rival_first", _("the claimant's file is the older one")
        FREE = "free", _("nobody holds the customer")
        ALWAYS = "always", _("in all other cases")

    class Verdict(models.TextChoices):
        KEEP = "keep", _("Stays with the owner")
        GIVE = "give", _("Goes to the claimant")
        SHARE = "share", _("Both work on it")

    id = models.UUIDField(primary_key=True, default=new_id)
    position = models.IntegerField(default=0)
    name = models.CharField(max_length=80)
    filter = models.JSONField(default=dict)  # which customers it is about
    when = models.CharField(max_length=16, choices=When.choices, default=When.ALWAYS)
    days = models.IntegerField(null=True)  # where the condition speaks of days
    verdict = models.CharField(max_length=8, choices=Verdict.choices, default=Verdict.KEEP)
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["position", "created_at"], name="dispute_rule_order")]

    def __str__(self) -> str:
        return self.name


class Dispute(models.Model):
    """Somebody wants a customer whom a colleague has, and says why; somebody else decides."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        DECIDED = "decided", _("Decided")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    id = models.UUIDField(primary_key=True, default=new_id)
    party_id = models.UUIDField()
    rival_id = models.UUIDField(null=True)  # the claimant's own file of the same customer
    claimant_id = models.UUIDField()
    owner_id = models.UUIDField(null=True)  # when it was opened
    sign = models.CharField(max_length=20, default="")  # by which the claimant came upon it
    typed = models.CharField(max_length=200, default="")  # that sign, as the claimant knows it
    claim = models.CharField(max_length=1000)
    answer = models.CharField(max_length=1000, default="")  # of the owner
    opened_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    verdict = models.CharField(max_length=8, choices=DisputeRule.Verdict.choices, default="")
    proposed = models.CharField(max_length=8, choices=DisputeRule.Verdict.choices, default="")
    rule = models.CharField(max_length=80, default="")  # that proposed it
    reason = models.CharField(max_length=1000, default="")
    evidence = models.JSONField(default=dict)  # as it stood when it was decided
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    batch_id = models.UUIDField(null=True)  # of the decision

    class Meta:
        indexes = [
            models.Index(fields=["state", "-id"], name="dispute_latest"),
            models.Index(fields=["claimant_id", "-id"], name="dispute_claimant"),
            models.Index(fields=["party_id"], name="dispute_party"),
            models.Index(
                fields=["rival_id"], condition=Q(rival_id__isnull=False), name="dispute_rival"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.claimant_id} about {self.party_id}"
