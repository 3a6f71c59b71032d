"""Which business day a moment belongs to."""

from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.utils import timezone


def business_date(moment: datetime) -> date:
    """Return the calendar day of an aware moment in TIME_ZONE, less CASHDESK_DAY_STARTS on the clock on the wall.

    The clock, not the elapsed time, decides: on the day of 23 or 25 hours the day still starts when the clock says so.
    Where the clock says so twice in a night, the first time counts: no day ends, begins and comes back.
    """
    zone = timezone.get_default_timezone()  # never one that was activated for a person
    local = timezone.localtime(moment, zone)
    starts = datetime.combine(local.date(), settings.CASHDESK_DAY_STARTS, tzinfo=zone)
    if local.time() >= settings.CASHDESK_DAY_STARTS or moment >= starts.astimezone(UTC):
        return local.date()
    return local.date() - timedelta(days=1)


def today() -> date:
    """Return the business day of this moment."""
    return business_date(timezone.now())
