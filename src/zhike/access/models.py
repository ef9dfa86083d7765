"""Users, teams, tokens."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from zhike.kernel.ids import new_id


class Role(models.TextChoices):
    ADMINISTRATOR = "administrator", _("Administrator")
    MANAGER = "manager", _("Manager")
    STAFF = "staff", _("Staff")
    READ_ONLY = "read_only", _("Read-only")


class Sight(models.TextChoices):
    OWN = "own", _("Own customers")
    TEAM = "team", _("Own team's customers")
    BELOW = "below", _("Own team's and all teams' below")
    ALL = "all", _("All customers")


class Team(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id)
    name = models.CharField(max_length=80, unique=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    id = models.UUIDField(primary_key=True, default=new_id)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=80)
    role = models.CharField(max_length=16, choices=Role.choices)
    sight = models.CharField(max_length=8, choices=Sight.choices)
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="members")
    language = models.CharField(max_length=10, blank=True)
    theme = models.CharField(max_length=8, default="system")
    density = models.CharField(max_length=12, default="comfortable")
    is_active = models.BooleanField(default=True)
    braked_at = models.DateTimeField(null=True)  # since when they are shown few customers
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    objects = UserManager()

    class Meta:
        indexes = [models.Index(fields=["team"])]

    def __str__(self) -> str:
        return self.name


class Token(models.Model):
    """A key for another program. Only its hash is kept."""

    id = models.UUIDField(primary_key=True, default=new_id)
    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class FieldRight(models.Model):
    """What a role may do with one fact of a record type, where that is less than everything."""

    class Level(models.TextChoices):
        HIDE = "hide", _("Hidden")
        MASK = "mask", _("Masked")
        READ = "read", _("Read")
        WRITE = "write", _("Read and write")

    role = models.CharField(max_length=16, choices=Role.choices)
    record_type = models.CharField(max_length=40)
    fact = models.CharField(max_length=80)
    level = models.CharField(max_length=5, choices=Level.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["role", "record_type", "fact"], name="field_right_once")
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.record_type}.{self.fact} {self.level}"


class Unmasking(models.Model):
    """One fact of one record, shown in full to one person for a while. Appended, never edited."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    record_type = models.CharField(max_length=40)
    record_id = models.UUIDField()
    fact = models.CharField(max_length=80)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["user", "-at"]),
            models.Index(fields=["record_id", "user", "until"]),
        ]

    def __str__(self) -> str:
        return f"{self.record_type}.{self.fact} of {self.record_id}"


class IdempotentReply(models.Model):
    """The answer once given to a POST with an Idempotency-Key, given again when it is repeated."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    key = models.CharField(max_length=120)
    fingerprint = models.CharField(max_length=64)
    status = models.IntegerField(null=True)
    body = models.TextField(default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="reply_once")]

    def __str__(self) -> str:
        return self.key


class SignInAttempt(models.Model):
    """A failed sign-in: after too many, an address has to wait."""

    email = models.CharField(max_length=254)
    address = models.CharField(max_length=64)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["email", "at"])]

    def __str__(self) -> str:
        return self.email
