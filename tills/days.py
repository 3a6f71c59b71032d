"""Which business day a moment belongs to."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils import timezone


def business_date(moment: datetime) -> date:
    """Return the calendar day of an aware moment in TIME_ZONE, less CASHDESK_DAY_STARTS on the clock on the wall.

    The clock, not the elapsed time, decides: on the day of 23 or 25 hours the day still starts when the clock says so.
    """
    local = timezone.localtime(moment)
    if local.time() < settings.CASHDESK_DAY_STARTS:
        return local.date() - timedelta(days=1)
    return local.date()


def today() -> date:
    """Return the business day of this moment."""
    return business_date(timezone.now())
