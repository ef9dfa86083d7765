"""Time as the firm lives it. Instants are aware UTC; a day is a date in the firm's time zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

EPOCH = date(1970, 1, 1)


def now() -> datetime:
    return timezone.now()


def firm_zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


def today(at: datetime | None = None) -> date:
    """The firm's calendar day at an instant (default: now)."""
    return (at or now()).astimezone(firm_zone()).date()


def is_first_hour(at: datetime | None = None) -> bool:
    """Whether the firm's day has just begun: what is due at night is due now."""
    return (at or now()).astimezone(firm_zone()).hour == 0


def start_of_day(day: date) -> datetime:
    """The instant at which a day begins in the firm's time zone, in UTC.

    Days of 23 and 25 hours (daylight saving) begin where the zone says they do.
    """
    return datetime.combine(day, time.min, tzinfo=firm_zone()).astimezone(UTC)


def day_number(day: date) -> int:
    """Days since 1970-01-01, the unit in which analytics counts time."""
    return (day - EPOCH).days


def from_day_number(number: int) -> date:
    return EPOCH + timedelta(days=int(number))
