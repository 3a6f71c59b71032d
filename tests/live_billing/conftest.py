"""A clock that a test moves, and a billing system over there with one customer who owes 100.00."""

import pytest
from django.utils import timezone
from pytest_django import Settings

from cashdesk.views import billing as billing_views
from cashdesk.views import refreshing
from customers.models import Customer
from tests.factories import cash
from tests.live_billing.ledger import Ledger
from tests.live_billing.looking import Clock, pulled

SECRET = "hook-secret"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock of the desk: it stands until a test moves it."""
    clock = Clock(timezone.now())
    monkeypatch.setattr(timezone, "now", lambda: clock.now)
    return clock


@pytest.fixture
def ledger(house: None) -> Ledger:
    """Return a billing system where customer 7 owes 100.00 on the invoices A (60.00) and B (40.00); cash is mapped."""
    method = cash()
    method.external_id = "1"
    method.save()
    ledger = Ledger()
    ledger.add("7")
    ledger.issue("7", "A", "60")
    ledger.issue("7", "B", "40")
    return ledger


@pytest.fixture
def anna(ledger: Ledger) -> Customer:
    """Return customer 7 as the desk has pulled them."""
    return pulled(ledger, "7")


@pytest.fixture
def live(ledger: Ledger, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """Return the billing system in memory, in the place of the one that the settings name."""
    settings.CASHDESK_BILLING, settings.CASHDESK_SPLYNX_HOOK_SECRET = "splynx", SECRET
    monkeypatch.setattr(billing_views, "billing_system", lambda: ledger)
    monkeypatch.setattr(refreshing, "system_for_cards", lambda: ledger)
    return ledger
