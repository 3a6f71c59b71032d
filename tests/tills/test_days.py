"""Business days: every moment belongs to exactly one, whatever zone, clock change and hour the day starts with."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Operator
from tests.factories import CustomerFactory, pay
from tills.days import business_date, today
from tills.models import Transaction

# The zone and the days of 2026 on which its clocks change; Lord Howe by half an hour, Casablanca around Ramadan.
CHANGES = {
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25)),
    "Europe/Kyiv": (date(2026, 3, 29), date(2026, 10, 25)),
    "Europe/Lisbon": (date(2026, 3, 29), date(2026, 10, 25)),
    "Pacific/Chatham": (date(2026, 4, 5), date(2026, 9, 27)),
    "Asia/Kathmandu": (date(2026, 3, 29), date(2026, 10, 25)),  # none; a quarter of an hour beside all others
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),
    "Africa/Casablanca": (date(2026, 2, 15), date(2026, 3, 22)),
    "UTC": (date(2026, 3, 29), date(2026, 10, 25)),
}
STARTS = [time(0), time(4), time(2, 30), time(23, 59)]
CASES = [(zone, day) for zone, days in CHANGES.items() for day in days]


def quarters_around(day: date) -> list[datetime]:
    """Return each quarter of an hour, in UTC, from the evening two days before to the morning two days after."""
    start = datetime.combine(day - timedelta(days=2), time(18), tzinfo=UTC)
    return [start + timedelta(minutes=15 * step) for step in range(4 * 84)]


def days_of(moments: list[datetime]) -> list[date]:
    """Return the business day of each moment as it passes."""
    return [business_date(moment) for moment in moments]


@pytest.mark.parametrize("starts", STARTS, ids=str)
@pytest.mark.parametrize(("zone", "day"), CASES)
def test_days_follow_each_other_without_gap_or_return(zone: str, day: date, starts: time, settings: Settings) -> None:
    settings.TIME_ZONE = zone
    settings.CASHDESK_DAY_STARTS = starts
    stretches = [found for found, _ in groupby(days_of(quarters_around(day)))]

    assert stretches == [stretches[0] + timedelta(days=step) for step in range(len(stretches))]
    assert len(stretches) >= 4


@pytest.mark.parametrize(("zone", "day"), CASES)
def test_a_day_is_as_long_as_the_clock_on_the_wall_makes_it(zone: str, day: date, settings: Settings) -> None:
    settings.TIME_ZONE = zone
    settings.CASHDESK_DAY_STARTS = time(0)
    first, last = (
        datetime.combine(which, time(0), tzinfo=ZoneInfo(zone)).astimezone(UTC) for which in (day, day + timedelta(1))
    )

    taken = [moment for moment in quarters_around(day) if business_date(moment) == day]

    assert len(taken) * timedelta(minutes=15) == last - first


def test_the_days_of_the_table_really_have_other_lengths() -> None:
    """Where none of them did, the tests above would say nothing about clock changes."""
    lengths = set()
    for zone, day in CASES:
        first, last = (datetime.combine(d, time(0), tzinfo=ZoneInfo(zone)) for d in (day, day + timedelta(1)))
        lengths.add((last.astimezone(UTC) - first.astimezone(UTC)) / timedelta(hours=1))

    assert lengths == {23, 23.5, 24, 24.5, 25}


@pytest.mark.parametrize("zone", CHANGES)
@pytest.mark.parametrize("starts", STARTS, ids=str)
def test_the_last_microsecond_belongs_to_the_day_before(zone: str, starts: time, settings: Settings) -> None:
    settings.TIME_ZONE = zone
    settings.CASHDESK_DAY_STARTS = starts
    begins = datetime.combine(date(2026, 6, 15), starts, tzinfo=ZoneInfo(zone))

    assert business_date(begins) == date(2026, 6, 15)
    assert business_date(begins - timedelta(microseconds=1)) == date(2026, 6, 14)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-03-10 03:59:59", "2026-03-09"),
        ("2026-03-10 04:00:00", "2026-03-10"),
        ("2026-03-11 03:59:59", "2026-03-10"),
        ("2026-03-29 03:59:59", "2026-03-28"),  # 02:00 to 03:00 does not exist in this night
        ("2026-03-29 04:00:00", "2026-03-29"),
        ("2026-10-25 02:30:00", "2026-10-24"),  # 02:00 to 03:00 comes twice in this one
        ("2026-10-25 04:00:00", "2026-10-25"),
        ("2026-01-01 00:30:00", "2025-12-31"),
    ],
)
def test_a_desk_that_opens_at_four_counts_the_night_to_the_day_before(
    moment: str, day: str, settings: Settings
) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    settings.CASHDESK_DAY_STARTS = time(4)
    for fold in (0, 1):
        wall = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo("Europe/Berlin"), fold=fold)
        assert business_date(wall.astimezone(UTC)) == date.fromisoformat(day)


def test_the_zone_of_the_installation_decides_and_not_that_of_the_moment(settings: Settings) -> None:
    settings.TIME_ZONE = "Pacific/Chatham"
    settings.CASHDESK_DAY_STARTS = time(0)
    moment = datetime(2026, 6, 14, 12, tzinfo=UTC)

    for zone in CHANGES:
        assert business_date(moment.astimezone(ZoneInfo(zone))) == date(2026, 6, 15)


def test_a_person_in_another_zone_does_not_move_the_day(settings: Settings) -> None:
    """A page may activate a zone for one person; the books must not follow it."""
    settings.TIME_ZONE = "UTC"
    settings.CASHDESK_DAY_STARTS = time(0)
    with timezone.override("Pacific/Chatham"):
        assert business_date(datetime(2026, 6, 14, 12, tzinfo=UTC)) == date(2026, 6, 14)


def test_a_line_keeps_the_day_it_was_written_on(alice: Operator, settings: Settings) -> None:
    """Stored, never recomputed: the administrator moves the zone and the start of the day later."""
    settings.TIME_ZONE = "Europe/Berlin"
    settings.CASHDESK_DAY_STARTS = time(4)
    with time_machine.travel(datetime(2026, 3, 10, 2, 30, tzinfo=UTC), tick=False):
        assert today() == date(2026, 3, 9)
        pay(alice, CustomerFactory.create())
    settings.TIME_ZONE = "Pacific/Chatham"
    settings.CASHDESK_DAY_STARTS = time(0)

    line = Transaction.objects.get()
    assert line.business_date == date(2026, 3, 9)
    assert line.recorded_at == datetime(2026, 3, 10, 2, 30, tzinfo=UTC)


def test_the_days_of_the_books_sum_to_the_books(alice: Operator, settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    settings.CASHDESK_DAY_STARTS = time(4)
    customer = CustomerFactory.create()
    start = datetime(2026, 10, 24, 21, tzinfo=UTC)  # the night that is an hour longer
    for step in range(10):
        with time_machine.travel(start + timedelta(hours=step), tick=False):
            pay(alice, customer, "1.00")

    by_day = [str(day) for day in Transaction.objects.order_by("pk").values_list("business_date", flat=True)]
    assert by_day == ["2026-10-24"] * 6 + ["2026-10-25"] * 4
