"""Customers and documents for trying things out: the same ones for the same seed."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

from billing.fake.ledger import Ledger

FIRST = ("Ana", "Ben", "Clara", "Dmytro", "Eva", "Faisal", "Grace", "Hugo", "Inês", "Jan", "Kofi", "Lucía", "Łukasz")
LAST = ("Willis", "Okafor", "Novák", "O'Brien", "Silva", "Шевченко", "Haddad", "Müller", "García", "Smith-Jones")
COMPANIES = ("Bakery", "Garage", "School", "Hotel", "Dentist")


def seed(ledger: Ledger, *, customers: int, seed: int = 1, partners: tuple[str, ...] = ("North", "South")) -> None:
    """Fill an empty ledger: one company in ten, partners in turn, none to three invoices, some proformas."""
    chance = random.Random(seed)  # noqa: S311  # the same people each time, no secret
    ids = [1, *(ledger.add_partner(name) for name in partners)]
    for n in range(customers):
        person = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
        company = f"{chance.choice(COMPANIES)} {chance.choice(LAST)}"
        is_company = chance.random() < 0.1
        customer = ledger.add_customer(
            company if is_company else person,
            category="company" if is_company else "person",
            partner_id=ids[n % len(ids)],
        )
        for month in range(chance.choice((0, 0, 1, 1, 1, 2, 3))):
            due = ledger.today() - timedelta(days=30 * month - 7)
            total = Decimal(chance.randrange(1000, 12000)) / 100
            ledger.add_invoice(customer, total, date_created=due - timedelta(days=14), date_till=due)
        if chance.random() < 0.1:
            ledger.add_proforma(customer, Decimal(chance.randrange(1000, 5000)) / 100)
        if chance.random() < 0.1:
            ledger.enter_payment(_advance(ledger, customer, Decimal(chance.randrange(500, 9000)) / 100))
    ledger.events.clear()


def _advance(ledger: Ledger, customer: int, amount: Decimal) -> dict[str, object]:
    return {
        "customer_id": customer, "invoice_id": None, "request_id": None, "credit_note_id": None, "payment_type": 2,
        "amount": amount, "date": ledger.today(), "receipt_number": "", "comment": "", "note": "", "is_sent": False,
        "field_1": "", "field_2": "",
    }  # fmt: skip
