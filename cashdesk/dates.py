"""Dates and times as people read them, in the active language; the one place where they are formatted."""

from datetime import date, datetime

from babel.dates import format_date, format_datetime, format_time
from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language, to_locale


def _locale() -> str:
    return to_locale(get_language() or settings.LANGUAGE_CODE)


def format_day(day: date) -> str:
    """Return the day with the month in letters, like 23 Nov 2026 or Nov 23, 2026."""
    return str(format_date(day, format="medium", locale=_locale()))


def format_clock(moment: datetime) -> str:
    """Return the time of day in TIME_ZONE, like 14:31."""
    return str(format_time(timezone.localtime(moment), format="short", locale=_locale(), tzinfo=None))


def format_moment(moment: datetime) -> str:
    """Return day, time and offset from UTC in TIME_ZONE, as printed on receipts: no reader can mistake it."""
    local = timezone.localtime(moment)
    written = format_datetime(local, format="medium", locale=_locale(), tzinfo=local.tzinfo)
    offset = local.isoformat()[-6:]
    return f"{written} UTC{offset}"


def format_recently(moment: datetime) -> str:
    """Return the time of day for a moment of today, else the day as well, like 10:32 or 22 Nov 2026, 10:32."""
    local = timezone.localtime(moment)
    clock = format_clock(moment)
    return clock if local.date() == timezone.localdate() else f"{format_day(local.date())}, {clock}"
