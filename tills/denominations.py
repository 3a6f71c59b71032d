"""The notes and coins that a count asks for: those of the setting, else those of the currency."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings

from customers.money import exponent, unit

NOTES_AND_COINS = {
    "EUR": "500 200 100 50 20 10 5 2 1 0.50 0.20 0.10 0.05 0.02 0.01",
    "USD": "100 50 20 10 5 2 1 0.50 0.25 0.10 0.05 0.01",
    "GBP": "50 20 10 5 2 1 0.50 0.20 0.10 0.05 0.02 0.01",
    "CZK": "5000 2000 1000 500 200 100 50 20 10 5 2 1",
    "PLN": "500 200 100 50 20 10 5 2 1 0.50 0.20 0.10 0.05 0.02 0.01",
    "UAH": "1000 500 200 100 50 20 10 5 2 1 0.50 0.10",
    "BRL": "200 100 50 20 10 5 2 1 0.50 0.25 0.10 0.05 0.01",
    "JPY": "10000 5000 2000 1000 500 100 50 10 5 1",
    "KWD": "20 10 5 1 0.500 0.250 0.100 0.050 0.020 0.010 0.005",
    "ZAR": "200 100 50 20 10 5 2 1 0.50 0.20 0.10",
    "INR": "500 200 100 50 20 10 5 2 1 0.50",
}
STEPS = (500, 200, 100, 50, 20, 10, 5, 2, 1)  # in whole units, and in parts of one, where nothing else is known


def denominations() -> list[Decimal]:
    """Return the notes and coins, the largest first."""
    if settings.CASHDESK_DENOMINATIONS:
        return sorted(set(settings.CASHDESK_DENOMINATIONS), reverse=True)
    known = NOTES_AND_COINS.get(settings.CASHDESK_CURRENCY)
    if known is not None:
        return [Decimal(value) for value in known.split()]
    parts = [step * unit() for step in STEPS if step * unit() < 1] if exponent() else []
    return [Decimal(step) for step in STEPS] + parts
