"""Everything that can be refused, as one small family of errors.

Each says what is wrong and how to mend it in the language of whoever asked; the faces translate
the class once (HTTP status, exit code, form error) and nobody else catches them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong with one field."""

    field: str
    code: str
    message: str


class ZhikeError(Exception):
    """Something was refused for a reason that the person can understand."""

    status = 422

    def __init__(self, code: str, message, errors: tuple[FieldError, ...] = ()):
        super().__init__(code, message)
        self.code = code
        self._message = message
        self.errors = tuple(errors)

    @property
    def message(self) -> str:
        return str(self._message)

    def __str__(self) -> str:
        return self.message


class Invalid(ZhikeError):
    """The values given can't be taken: 422."""

    @classmethod
    def field(cls, field: str, code: str, message) -> "Invalid":
        return cls(code, message, (FieldError(field, code, str(message)),))


class NotAllowed(ZhikeError):
    """The person may not do this: 403."""

    status = 403


class NotFound(ZhikeError):
    """There is no such thing, or it may not be seen: 404."""

    status = 404


class Conflict(ZhikeError):
    """It contradicts what is there: 409."""

    status = 409


class Stale(ZhikeError):
    """Somebody changed it in the meantime: 412."""

    status = 412


class TooLarge(ZhikeError):
    """It is larger than the system takes: 413."""

    status = 413


class TooSlow(ZhikeError):
    """The answer took longer than anybody should wait for: 503."""

    status = 503
