"""Who may have changed since: every change leaves a trace, and what was told is not told for ever."""

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from billing.connectors.splynx.changes import OVERLAP, local_start
from billing.connectors.splynx.system import Splynx
from billing.fake.server import FakeSplynx
from tests.connectors.parts import part

LONG_AGO = timedelta(days=3)


@pytest.fixture
def settled(fake: FakeSplynx) -> datetime:
    """Return now, long after everything about customers 1 to 9 was entered."""
    with time_machine.travel(timezone.now() - LONG_AGO):
        for _ in range(9):
            customer = fake.ledger.add_customer()
            fake.ledger.add_invoice(customer, Decimal(10))
            fake.ledger.add_proforma(customer, Decimal(10))
    return timezone.now()


def changed(splynx: Splynx, since: datetime) -> set[str]:
    """Return the ids that are told."""
    return {customer for some in splynx.changed_customers(since) for customer in some}


def test_nobody_has_changed(fake: FakeSplynx, splynx: Splynx, settled: datetime) -> None:
    assert changed(splynx, settled) == set()


def test_every_change_is_told_and_nothing_else(fake: FakeSplynx, splynx: Splynx, settled: datetime) -> None:
    fake.ledger.change_customer(1, name="Clara")
    fake.ledger.add_invoice(2, Decimal(5))
    fake.ledger.add_proforma(3, Decimal(5))
    fake.ledger.delete_invoice(4)
    fake.ledger.charge(5, Decimal(5))
    splynx.deliver(part(6))
    new = fake.ledger.add_customer()
    assert changed(splynx, settled) == {"1", "2", "3", "4", "5", "6", str(new)}


def test_change_of_a_payment_is_told(fake: FakeSplynx, splynx: Splynx, settled: datetime) -> None:
    with time_machine.travel(timezone.now() - LONG_AGO):
        splynx.deliver(part(7))
    assert changed(splynx, timezone.now()) == set()
    fake.ledger.change_payment(1, Decimal(59))
    assert "7" in changed(splynx, timezone.now())


def test_what_happened_shortly_before_is_told_again(fake: FakeSplynx, splynx: Splynx, settled: datetime) -> None:
    """A row may have been written before `since` and committed after it."""
    fake.ledger.change_customer(1, name="Clara")
    now = timezone.now()
    for later, told in ((OVERLAP / 2, {"1"}), (OVERLAP * 2, set())):
        with time_machine.travel(now + later):
            assert changed(splynx, timezone.now()) == told


def test_row_of_which_only_the_day_is_known_is_told_until_a_pull_after_it_has_ended(
    fake: FakeSplynx, splynx: Splynx, settled: datetime
) -> None:
    fake.ledger.charge(5, Decimal(5))
    begun = timezone.now()
    assert changed(splynx, begun) == {"5"}
    assert changed(splynx, begun) == {"5"}  # the first pull failed: it asks for the same time again
    assert changed(splynx, timezone.now()) == set()
    fake.ledger.charge(5, Decimal(6))
    assert changed(splynx, timezone.now()) == {"5"}


def test_row_of_a_day_that_changes_is_told_anew(fake: FakeSplynx, splynx: Splynx, settled: datetime) -> None:
    fake.ledger.charge(5, Decimal(5))
    changed(splynx, settled)
    assert changed(splynx, timezone.now()) == set()
    row = next(row for row in fake.ledger.rows("transactions") if row["total"] == 5)
    row["total"] = Decimal(7)
    assert changed(splynx, timezone.now()) == {"5"}


def test_ignored_filter_tells_nobody_who_has_not_changed(fake: FakeSplynx, splynx: Splynx, settled: datetime) -> None:
    fake.api.ignored_filters = {"last_update", "date_updated", "real_create_datetime", "date", "date_add"}
    fake.ledger.change_customer(1, name="Clara")
    assert changed(splynx, settled) == {"1"}


def test_border_is_local_time_over_there(settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Prague"
    with timezone.override(ZoneInfo("Europe/Prague")), time_machine.travel("2026-07-01 12:00:00+00:00", tick=False):
        assert local_start(timezone.now()) == datetime(2026, 7, 1, 14, 0) - OVERLAP  # noqa: DTZ001  # local


def test_hour_that_comes_twice_in_autumn_is_asked_for_from_its_beginning(settings: Settings) -> None:
    zone = ZoneInfo("Europe/Prague")
    since = datetime(2026, 10, 25, 2, 50, tzinfo=zone)  # the first 02:50, in summer time
    now = datetime(2026, 10, 25, 2, 5, fold=1, tzinfo=zone)  # 15 minutes later
    with timezone.override(zone), time_machine.travel(now, tick=False):
        assert local_start(since) == datetime(2026, 10, 25, 2, 5) - OVERLAP  # noqa: DTZ001  # local
