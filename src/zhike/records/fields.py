"""The fields of a record type: what a value is, how it is read from people and programs.

`Field.clean` takes what a form, the API, an import or a rule gives and returns the stored value,
or raises Invalid naming the field. Every face parses through it, so that they can't disagree.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from urllib.parse import urlsplit
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from zhike.filters.schema import Fact, Kind, Words
from zhike.identity import normalise
from zhike.kernel import clock
from zhike.kernel.errors import Invalid
from zhike.kernel.money import CURRENCIES, parse_decimal
from zhike.kernel.text import listed

_EMPTY: tuple = (None, "", [], (), {})


class FieldKind(StrEnum):
    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    YES_NO = "yes_no"
    TAGS = "tags"
    EMAILS = "emails"
    PHONES = "phones"
    ADDRESS = "address"
    WEB = "web"
    CURRENCY = "currency"
    LINK = "link"  # a record of another type
    USER = "user"
    TEAM = "team"
    OBJECT = "object"  # values of custom fields


_FACT_KINDS = {
    FieldKind.TEXT: Kind.TEXT,
    FieldKind.LONG_TEXT: Kind.TEXT,
    FieldKind.ADDRESS: Kind.TEXT,
    FieldKind.WEB: Kind.TEXT,
    FieldKind.CURRENCY: Kind.CHOICE,
    FieldKind.CHOICE: Kind.CHOICE,
    FieldKind.NUMBER: Kind.NUMBER,
    FieldKind.DATE: Kind.DATE,
    FieldKind.TIME: Kind.TIME,
    FieldKind.YES_NO: Kind.YES_NO,
    FieldKind.TAGS: Kind.TAGS,
    FieldKind.EMAILS: Kind.TAGS,
    FieldKind.PHONES: Kind.TAGS,
    FieldKind.LINK: Kind.LINK,
    FieldKind.USER: Kind.LINK,
    FieldKind.TEAM: Kind.LINK,
}


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    label: Words
    kind: FieldKind = FieldKind.TEXT
    column: str = ""  # the model's attribute; the field's name when empty
    is_required: bool = False
    max_length: int = 200
    choices: Callable[[], Mapping[str, Words]] | None = None
    words: Callable[[], Mapping[str, Words]] | None = None  # of codes among a field's texts
    links_to: str | None = None
    help: Words = ""
    group: Words | None = None
    also_known_as: tuple[str, ...] = ()  # headings by which an import recognises the column
    is_sortable: bool = True
    is_editable: bool = True
    is_fact: bool = True
    is_bearing: bool = False  # nothing can be shown without it: it is never hidden or masked

    @property
    def attribute(self) -> str:
        return self.column or self.name

    @property
    def is_many(self) -> bool:
        return self.kind in (FieldKind.TAGS, FieldKind.EMAILS, FieldKind.PHONES)

    def clean(self, value: object) -> object:
        """The stored form of a value. Raises Invalid naming this field."""
        if isinstance(value, str):
            value = value.replace("\x00", "").strip()
        if value in _EMPTY:
            if self.is_required:
                raise self.wrong("missing", _("This is needed."))
            return _EMPTY_VALUES.get(self.kind)
        try:
            return _CLEANERS[self.kind](self, value)
        except Invalid as error:
            raise self.wrong(error.code, error.message) from None
        except (ValueError, TypeError, ArithmeticError):
            message = _("“%(value)s” can't be read.") % {"value": str(value)[:60]}
            raise self.wrong("bad_value", message) from None

    def in_words(self, value: object) -> str:
        """A text as people read it: a code that stands among them by its words."""
        return str((self.words() if self.words else {}).get(str(value), value))

    def wrong(self, code: str, message: str) -> Invalid:
        return Invalid.field(self.name, code, message)

    def as_fact(self) -> Fact:
        return Fact(
            self.name,
            self.label,
            _FACT_KINDS[self.kind],
            self.attribute,
            choices=self.choices,
            words=self.words,
            group=self.group,
            is_sortable=self.is_sortable and not self.is_many,
            is_nullable=not self.is_required,
            is_bearing=self.is_bearing,
        )


_TEXTS = (
    *(FieldKind.TEXT, FieldKind.LONG_TEXT, FieldKind.ADDRESS, FieldKind.WEB),
    *(FieldKind.CHOICE, FieldKind.CURRENCY),
)
_EMPTY_VALUES = {
    **dict.fromkeys(_TEXTS, ""),
    **dict.fromkeys((FieldKind.TAGS, FieldKind.EMAILS, FieldKind.PHONES), ()),
    FieldKind.OBJECT: {},
}


def _text(field: Field, value: object) -> str:
    if not isinstance(value, str | int | float | Decimal):
        raise ValueError
    text = normalise(_plain(value))
    if field.words:
        text = _codes(field.words, get_language()).get(text, text)
    if len(text) > field.max_length:
        raise Invalid(
            "too_long", _("At most %(length)s characters fit.") % {"length": field.max_length}
        )
    return text


@lru_cache
def _codes(words: Callable[[], Mapping[str, Words]], language: str | None) -> Mapping[str, str]:
    """Codes by their words in the active language; kept, because an import asks at every row."""
    return {str(label): code for code, label in words().items()}


def _plain(value: object) -> str:
    """A number as its digits: spreadsheets turn the code 17850 into 17850.0."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _long_text(field: Field, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    text = unicodedata.normalize("NFC", value)
    if len(text) > 20_000:
        raise Invalid("too_long", _("At most %(length)s characters fit.") % {"length": 20_000})
    return text


def _choice(field: Field, value: object) -> str:
    choices = field.choices() if field.choices else {}
    text = normalise(str(value))
    if text in choices:
        return text
    for key, label in choices.items():
        if text.casefold() in (key.casefold(), str(label).casefold()):
            return key
    known = listed(list(choices.values())[:12])
    raise Invalid("unknown_choice", _("Choose one of: %(known)s.") % {"known": known})


def _currency(field: Field, value: object) -> str:
    code = str(value).strip().upper()
    code = {"RMB": "CNY", "人民币": "CNY", "美元": "USD", "欧元": "EUR", "英镑": "GBP"}.get(
        code, code
    )
    if code not in CURRENCIES:
        raise Invalid("unknown_currency", _("This is not a known currency code, such as CNY."))
    return code


def _number(field: Field, value: object) -> Decimal:
    if isinstance(value, bool):
        raise ValueError
    return parse_decimal(_plain(value))


_DATE = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:[T\s]+(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})(?:\.\d+)?)?秒?)?"
)
_COMPACT_DATE = re.compile(r"(19\d\d|20\d\d)(\d\d)(\d\d)")
_FOREIGN_DATE = re.compile(
    r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?:\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?"
)


def read_moment(value: object, *, is_day_first: bool | None = None) -> datetime | date:
    """A date or a local time as files write it; an aware instant when the zone is given.

    ``12/1/2010`` is month first (as spreadsheets in English write it) unless said otherwise or
    impossible; raises ValueError for what is no date.
    """
    if isinstance(value, datetime | date):
        return value
    text = unicodedata.normalize("NFKC", str(value)).strip()
    if match := _DATE.fullmatch(text):
        numbers = [int(part) for part in match.groups() if part is not None]
        return _local(*numbers)
    if match := _COMPACT_DATE.fullmatch(text):
        return date(*map(int, match.groups()))
    if match := _FOREIGN_DATE.fullmatch(text):
        first, second, year, *rest = (int(part) for part in match.groups() if part is not None)
        if is_day_first is None:
            is_day_first = first > 12 or "." in text.split()[0]
        day, month = (first, second) if is_day_first else (second, first)
        return _local(year, month, day, *rest)
    return datetime.fromisoformat(text)


def _local(year: int, month: int, day: int, *time: int) -> datetime | date:
    """A day, or a time of day that is still to be placed in the firm's time zone."""
    if not time:
        return date(year, month, day)
    hour, minute, second = (*time, 0, 0)[:3]
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001


def _date(field: Field, value: object) -> date:
    moment = read_moment(value)
    day = moment.date() if isinstance(moment, datetime) else moment
    if not 1850 <= day.year <= 2200:
        raise Invalid("bad_date", _("This date can't be right."))
    return day


def _time(field: Field, value: object) -> datetime:
    return to_instant(read_moment(value))


def to_instant(moment: datetime | date) -> datetime:
    """An aware instant; local times and days are the firm's."""
    if not 1900 <= moment.year <= 2200:
        raise Invalid("bad_date", _("This date can't be right."))
    if not isinstance(moment, datetime):
        return clock.start_of_day(moment)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=clock.firm_zone())
    return moment.astimezone(clock.UTC)


def _yes_no(field: Field, value: object) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).casefold()
    if text in ("1", "yes", "y", "true", "on", "是", "对", "有"):
        return True
    if text in ("0", "no", "n", "false", "off", "否", "没有", "无"):
        return False
    raise ValueError


def _listed(value: object) -> list[str]:
    if isinstance(value, str):
        value = re.split(r"[,;，；、\n|]+", value)
    if not isinstance(value, list | tuple):
        value = [_plain(value)]
    if any(not isinstance(item, str | int | float) for item in value):
        raise ValueError
    return [text for item in value if (text := normalise(_plain(item)))]


def _tags(field: Field, value: object) -> list[str]:
    tags = list(dict.fromkeys(_listed(value)))
    if len(tags) > 50 or any(len(tag) > 40 for tag in tags):
        raise Invalid("too_many", _("At most 50 tags of 40 characters fit."))
    return tags


def _emails(field: Field, value: object) -> list[str]:
    emails = [email.lower() for email in _listed(value)]
    for email in emails:
        try:
            validate_email(email)
        except ValidationError:
            message = _("“%(email)s” is not an e-mail address.") % {"email": email}
            raise Invalid("bad_email", message) from None
    return _few(list(dict.fromkeys(emails)))


def _phones(field: Field, value: object) -> list[str]:
    return _few(list(dict.fromkeys(clean_phone(phone) for phone in _listed(value))))


def _few(values: list[str]) -> list[str]:
    if len(values) > 20:
        raise Invalid("too_many", _("At most 20 fit."))
    return values


def clean_phone(text: str) -> str:
    """A phone number in one form: digits, with + and country code when given.

    ``138 0013 8000``, ``+86-13800138000`` and ``0086 138…`` are the same Chinese mobile number.
    """
    folded = unicodedata.normalize("NFKC", text)
    digits = re.sub(r"\D", "", folded)
    if re.search(r"[^\d\s()+\-./转extEXT#*]", folded) or not 3 <= len(digits) <= 20:
        raise Invalid("bad_phone", _("“%(text)s” is not a phone number.") % {"text": text[:30]})
    if folded.strip().startswith("+"):
        digits = "+" + digits
    elif digits.startswith("00"):
        digits = "+" + digits[2:]
    if re.fullmatch(r"\+861[3-9]\d{9}", digits):
        return digits[3:]
    return digits


def _web(field: Field, value: object) -> str:
    text = normalise(str(value))
    parts = urlsplit(text if "://" in text else f"https://{text}")
    if parts.scheme not in ("http", "https") or "." not in parts.netloc or len(text) > 300:
        raise Invalid("bad_web", _("This is not a web address."))
    return parts.geturl()


def _link(field: Field, value: object) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))


def _object(field: Field, value: object) -> dict:
    if not isinstance(value, dict) or len(value) > 200:
        raise ValueError
    for key, item in value.items():
        if not isinstance(key, str) or len(key) > 60:
            raise ValueError
        if not isinstance(item, str | int | float | bool | list | None) or len(str(item)) > 5000:
            raise Invalid("bad_value", _("“%(key)s” can't be kept.") % {"key": key})
    return value


_CLEANERS: dict[FieldKind, Callable[[Field, object], object]] = {
    FieldKind.TEXT: _text,
    FieldKind.LONG_TEXT: _long_text,
    FieldKind.ADDRESS: _text,
    FieldKind.CHOICE: _choice,
    FieldKind.NUMBER: _number,
    FieldKind.DATE: _date,
    FieldKind.TIME: _time,
    FieldKind.YES_NO: _yes_no,
    FieldKind.TAGS: _tags,
    FieldKind.EMAILS: _emails,
    FieldKind.PHONES: _phones,
    FieldKind.WEB: _web,
    FieldKind.CURRENCY: _currency,
    FieldKind.LINK: _link,
    FieldKind.USER: _link,
    FieldKind.TEAM: _link,
    FieldKind.OBJECT: _object,
}
