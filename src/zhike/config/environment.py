"""Reading the environment: typed, with secrets from files, loud about wrong values."""

import os
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from zhike.kernel.errors import ZhikeError


class WrongEnvironment(ZhikeError):
    """A variable has a value that can't be used."""

    def __init__(self, message: str):
        super().__init__("wrong_environment", message)


def text(name: str, default: str = "") -> str:
    """The variable, or the content of the file named by the variable with ``_FILE`` behind it."""
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise WrongEnvironment(f"{name}_FILE={path}: {error.strerror}") from None
    return os.environ.get(name, default)


def one_of(name: str, allowed: tuple[str, ...], default: str) -> str:
    value = text(name, default)
    if value not in allowed:
        raise WrongEnvironment(f"{name}={value}: must be one of {', '.join(allowed)}")
    return value


def time_zone(name: str, default: str) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    value = text(name, default)
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError):
        raise WrongEnvironment(
            f"{name}={value}: no such time zone, such as Asia/Shanghai"
        ) from None
    return value


def database(url: str) -> dict:
    """Django's settings for ``postgresql://user:password@host:port/name?host=/socket/folder``."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise WrongEnvironment("ZHIKE_DATABASE_URL: must be postgresql://user@host/name")
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": str(options.pop("port", parts.port or "")),
        "OPTIONS": options,
    }
