"""What changes users, teams and tokens."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from zhike.access.models import (
    FieldRight,
    IdempotentReply,
    Role,
    Sight,
    SignInAttempt,
    Team,
    Token,
    Unmasking,
    User,
)
from zhike.access.policies import SCOPES, can, require
from zhike.access.viewer import SYSTEM, Viewer
from zhike.events.actions import Draft, Origin, record
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from zhike.kernel.text import listed

SHORTEST_PASSWORD = 10
ATTEMPTS = 8
UNMASKINGS_AN_HOUR = 30
UNMASKED_FOR = timedelta(minutes=10)
ATTEMPT_WINDOW = timedelta(minutes=15)
_ABSENT_USER_HASH = "!" + "x" * 40


def create_first_administrator() -> tuple[str, str] | None:
    """Makes the administrator of a new firm; None when there are users already."""
    if User.objects.exists():
        return None
    email, password = "admin@zhike.local", secrets.token_urlsafe(9)
    name = _("Administrator")
    create_user(
        SYSTEM, email=email, name=name, role="administrator", sight="all", password=password
    )
    return email, password


@transaction.atomic
def create_user(
    viewer: Viewer,
    *,
    email: str,
    name: str,
    role: str,
    sight: str,
    team_id: UUID | None = None,
    password: str | None = None,
) -> User:
    """A new user. Without a password the account can't sign in until one is set."""
    require(viewer, "administer")
    email, name = email.strip().lower(), name.strip()
    _check_email(email)
    _check_choice("role", role, Role.values)
    _check_choice("sight", sight, Sight.values)
    if not name or len(name) > 80:
        raise Invalid.field("name", "missing", _("Give a name of at most 80 characters."))
    if password is not None:
        _check_password(password)
    if team_id is not None and not Team.objects.filter(pk=team_id).exists():
        raise Invalid.field("team", "unknown_team", _("There is no such team."))
    try:
        with transaction.atomic():
            user = User.objects.create(
                email=email,
                name=name,
                role=role,
                sight=sight,
                team_id=team_id,
                password=make_password(password),
            )
    except IntegrityError:
        raise Conflict("email_taken", _("There is a user with this e-mail already.")) from None
    record(
        Draft("user.created", "user", user.pk, data={"name": name, "role": role, "sight": sight}),
        origin=viewer.origin(),
    )
    return user


# Why somebody can't leave yet: floors above know what people have. User id → words, or None.
_objections: list[Callable[[UUID], str | None]] = []


def objects_to_leaving(function: Callable[[UUID], str | None]) -> None:
    """Declares something that has to be done before somebody leaves."""
    _objections.append(function)


@transaction.atomic
def change_user(viewer: Viewer, user_id: UUID, *, leaves_behind: bool = False, **values) -> User:
    """Changes name, role, sight, team_id, is_active or password of a user.

    The last active administrator can't be taken away. Raises Conflict for somebody who leaves and
    still has customers, unless they are left behind on purpose.
    """
    require(viewer, "administer")
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotFound("not_found", _("There is no such user."))
    if user.is_active and values.get("is_active") is False and not leaves_behind:
        for why in filter(None, (objection(user.pk) for objection in _objections)):
            raise Conflict("still_holds", why)
    changes = _apply_user_changes(user, values)
    user.save()
    if not User.objects.filter(role="administrator", is_active=True).exists():
        raise Conflict("last_administrator", _("One active administrator must remain."))
    if changes:
        record(
            Draft("user.updated", "user", user.pk, data={"name": user.name}, changes=changes),
            origin=viewer.origin(),
        )
    return user


def _apply_user_changes(user: User, values: dict) -> dict:
    changes = {}
    for name, value in values.items():
        if name == "password":
            _check_password(value)
            user.password = make_password(value)
            changes["password"] = ["…", "…"]
            continue
        if name == "role":
            _check_choice("role", value, Role.values)
        if name == "sight":
            _check_choice("sight", value, Sight.values)
        if name not in ("name", "role", "sight", "team_id", "is_active"):
            raise Invalid.field(name, "unknown_field", _("This can't be changed."))
        before = getattr(user, name)
        if before != value:
            changes[name] = [before, value]
            setattr(user, name, value)
    return changes


@transaction.atomic
def brake_user(viewer: Viewer, user_id: UUID) -> None:
    """Lets somebody open no more customers until an administrator lifts that."""
    _set_brake(viewer, user_id, "user.braked", clock.now())


@transaction.atomic
def release_user(viewer: Viewer, user_id: UUID) -> None:
    _set_brake(viewer, user_id, "user.released", None)


def _set_brake(viewer: Viewer, user_id: UUID, event: str, at: datetime | None) -> None:
    require(viewer, "administer")
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotFound("not_found", _("There is no such user."))
    if (user.braked_at is None) == (at is None):
        return
    user.braked_at = at
    user.save(update_fields=["braked_at"])
    record(Draft(event, "user", user.pk, data={"name": user.name}), origin=viewer.origin())


@transaction.atomic
def change_own_password(user_id: UUID, *, current: str, password: str) -> None:
    """A user's own password, for whoever knows the present one."""
    user = User.objects.select_for_update().get(pk=user_id)
    if not check_password(current, user.password):
        raise Invalid.field("current", "wrong_password", _("This is not your password."))
    _check_password(password)
    user.password = make_password(password)
    user.save(update_fields=["password"])
    record(
        Draft("user.updated", "user", user.pk, data={"name": user.name},
              changes={"password": ["…", "…"]}),
        origin=Origin("user", user.pk, source="page"),
    )  # fmt: skip


def set_preferences(user_id: UUID, **values: str) -> None:
    """A user's own language, theme and density. Not an event: it concerns nobody else."""
    allowed = {
        "language": {"", *(code for code, _name in settings.LANGUAGES)},
        "theme": {"system", "light", "dark"},
        "density": {"comfortable", "compact"},
    }
    for name, value in values.items():
        _check_choice(name, value, allowed[name])
    User.objects.filter(pk=user_id).update(**values)


@transaction.atomic
def create_team(viewer: Viewer, *, name: str, parent_id: UUID | None = None) -> Team:
    require(viewer, "administer")
    name = name.strip()
    if not name or len(name) > 80:
        raise Invalid.field("name", "missing", _("Give a name of at most 80 characters."))
    if parent_id is not None and not Team.objects.filter(pk=parent_id).exists():
        raise Invalid.field("parent", "unknown_team", _("There is no such team."))
    if Team.objects.filter(name=name).exists():
        raise Conflict("name_taken", _("There is a team with this name already."))
    team = Team.objects.create(name=name, parent_id=parent_id)
    record(Draft("team.created", "team", team.pk, data={"name": name}), origin=viewer.origin())
    return team


@transaction.atomic
def create_token(
    viewer: Viewer, *, user_id: UUID, name: str, scopes: list[str]
) -> tuple[Token, str]:
    """A token for a user and its secret, which is shown once."""
    require(viewer, "keep" if viewer.user_id == user_id else "administer")
    _check_scopes(viewer, scopes)
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        known = listed(SCOPES)
        raise Invalid.field(
            "scopes", "unknown_scope", _("Scopes are some of: %(known)s.") % {"known": known}
        )
    secret = "zk_" + secrets.token_urlsafe(32)
    token = Token.objects.create(
        user_id=user_id, name=name.strip()[:80] or "–", digest=digest(secret), scopes=scopes
    )
    record(
        Draft("token.created", "token", token.pk, data={"name": token.name, "scopes": scopes}),
        origin=viewer.origin(),
    )
    return token, secret


def create_own_token(viewer: Viewer, *, name: str, scopes: list[str]) -> tuple[Token, str]:
    if viewer.user_id is None:
        raise NotAllowed("not_allowed", _("Only people have tokens."))
    return create_token(viewer, user_id=viewer.user_id, name=name, scopes=scopes)


def _check_scopes(viewer: Viewer, scopes: list[str]) -> None:
    """A token can't make one that may do more than itself."""
    if viewer.scopes is not None and set(scopes) - viewer.scopes:
        raise NotAllowed("not_allowed", _("A token can't give more than it has."))


@transaction.atomic
def revoke_token(viewer: Viewer, token_id: UUID) -> None:
    require(viewer, "keep")
    token = Token.objects.filter(pk=token_id).first()
    if token is None or not (token.user_id == viewer.user_id or can(viewer, "administer")):
        raise NotFound("not_found", _("There is no such token."))
    Token.objects.filter(pk=token_id, revoked_at=None).update(revoked_at=clock.now())
    record(
        Draft("token.revoked", "token", token.pk, data={"name": token.name}),
        origin=viewer.origin(),
    )


@transaction.atomic
def set_field_right(
    viewer: Viewer, *, role: str, record_type: str, fact: str, level: str, label: str
) -> None:
    """What a role may do with a fact. Whether there is such a fact is checked by
    `records.actions.limit_fact`, which knows them."""
    require(viewer, "administer")
    _check_choice("role", role, [one for one in Role.values if one != Role.ADMINISTRATOR])
    _check_choice("level", level, FieldRight.Level.values)
    rights = FieldRight.objects.filter(role=role, record_type=record_type, fact=fact)
    known = rights.select_for_update().first()
    before = known.level if known else FieldRight.Level.WRITE.value
    if before == level:
        return
    if level == FieldRight.Level.WRITE:
        rights.delete()
    else:
        FieldRight.objects.update_or_create(
            role=role, record_type=record_type, fact=fact, defaults={"level": level}
        )
    record(
        Draft(
            "field_right.set", "field_right", None, data={"role": role, "fact": label},
            changes={"level": [before, level]},
        ),
        origin=viewer.origin(),
    )  # fmt: skip


@transaction.atomic
def note_unmasking(
    viewer: Viewer, *, record_type: str, record_id: UUID, fact: str, reason: str
) -> Unmasking:
    """Shows a fact of a record to the viewer for a while. Only so many an hour: whoever copies
    numbers one by one is stopped."""
    require(viewer, "unmask")
    if viewer.user_id is None:
        raise NotAllowed("not_allowed", _("Only people have values shown."))
    reason = reason.strip()
    if not reason or len(reason) > 200:
        raise Invalid.field("reason", "missing", _("Say why, in at most 200 characters."))
    # One at a time for each person, so that the count can't be outrun.
    User.objects.select_for_update().filter(pk=viewer.user_id).first()
    now = clock.now()
    recent = Unmasking.objects.filter(user_id=viewer.user_id, at__gt=now - timedelta(hours=1))
    if recent.count() >= UNMASKINGS_AN_HOUR:
        raise NotAllowed("too_many", _("You have had too many values shown. Wait an hour."))
    return Unmasking.objects.create(
        user_id=viewer.user_id, record_type=record_type, record_id=record_id, fact=fact,
        reason=reason, at=now, until=now + UNMASKED_FOR,
    )  # fmt: skip


def check_sign_in(*, email: str, password: str, address: str) -> User:
    """The user with this password. Raises NotAllowed without saying which of the two was wrong.

    After too many failures for one e-mail from one address that pair has to wait; others, the
    owner of the account included, are not locked out.
    """
    email = email.strip().lower()
    recent = SignInAttempt.objects.filter(
        email=email, address=address, at__gt=clock.now() - ATTEMPT_WINDOW
    )
    if recent.count() >= ATTEMPTS:
        raise NotAllowed("too_many_attempts", _("Too many attempts. Wait fifteen minutes."))
    user = User.objects.filter(email=email, is_active=True).first()
    # The hash is computed for unknown addresses too, so that time tells nothing.
    encoded = user.password if user else make_password(_ABSENT_USER_HASH)
    if not check_password(password, encoded) or user is None:
        SignInAttempt.objects.create(email=email[:254], address=address[:64])
        raise NotAllowed("wrong_sign_in", _("E-mail and password don't match."))
    recent.delete()
    return user


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def note_token_use(token: Token) -> None:
    """Remembers the last use, at most once a minute, so that reading stays cheap."""
    now = clock.now()
    if token.last_used_at is None or now - token.last_used_at > timedelta(minutes=1):
        Token.objects.filter(pk=token.pk).update(last_used_at=now)


def claim_reply(*, user_id: UUID, key: str, fingerprint: str) -> IdempotentReply | None:
    """Reserves an Idempotency-Key, or returns the reply that it already has.

    Raises Conflict when the key was used for another request or the first one still runs.
    """
    if not key.isprintable() or not 1 <= len(key) <= 120:
        raise Invalid.field("Idempotency-Key", "bad_key", _("A key has 1 to 120 characters."))
    reply, is_new = IdempotentReply.objects.get_or_create(
        user_id=user_id, key=key, defaults={"fingerprint": fingerprint}
    )
    if is_new:
        return None
    if reply.fingerprint != fingerprint:
        raise Conflict("key_reused", _("This Idempotency-Key was used for another request."))
    if reply.status is None:
        raise Conflict("still_running", _("The first request with this key is still running."))
    return reply


def keep_reply(*, user_id: UUID, key: str, status: int, body: str) -> None:
    IdempotentReply.objects.filter(user_id=user_id, key=key).update(status=status, body=body)


def release_reply(*, user_id: UUID, key: str) -> None:
    """Frees a key whose request failed without effect."""
    IdempotentReply.objects.filter(user_id=user_id, key=key, status=None).delete()


def _check_email(email: str) -> None:
    from django.core.exceptions import ValidationError

    try:
        validate_email(email)
    except ValidationError:
        raise Invalid.field("email", "bad_email", _("This is not an e-mail address.")) from None


def _check_password(password: str) -> None:
    if len(password) < SHORTEST_PASSWORD or len(set(password)) < 5:
        raise Invalid.field(
            "password",
            "weak_password",
            _("A password has at least %(length)s characters, not all alike.")
            % {"length": SHORTEST_PASSWORD},
        )


def _check_choice(field: str, value: str, choices) -> None:
    if value not in choices:
        known = listed(sorted(filter(None, choices)))
        raise Invalid.field(
            field, "unknown_choice", _("Choose one of: %(known)s.") % {"known": known}
        )
