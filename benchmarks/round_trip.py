"""From an empty database against a fake Splynx: pull, search, pay, delivered, contained, and the screen stands still.

    python -m benchmarks.round_trip [--customers 5000] [--database sqlite]

The programs are those that are shipped, in processes of their own; the cashier speaks HTTP to gunicorn.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

from bs4 import BeautifulSoup

from benchmarks import live
from billing.fake.ledger import Row
from billing.fake.seeding import seed
from billing.fake.server import FakeSplynx
from customers.models import Customer, Invoice
from payments.models import Delivery
from tests.counter import Counter
from tests.factories import OperatorFactory

PROMISED = 2.0  # seconds from the receipt until the payment stands over there
DAYS_BEFORE = timedelta(days=3)
ANNA, COMMENT, NUMBER = "Anna Round-Trip", "at the counter", "RT-2"


@dataclass
class Cashier:
    """Somebody at the counter, and what they see of one customer."""

    counter: Counter

    def find(self, text: str) -> tuple[str, float]:
        """Search and return where it leads, and the seconds until the card was there."""
        began = time.monotonic()
        answer = self.counter.client.get("/cashdesk/", params={"q": text})
        path = str(answer.headers["location"])
        self.counter.client.get(path).raise_for_status()
        return path, time.monotonic() - began

    def pay(self, path: str, amount: str) -> float:
        """Take a payment with the card's own form and return the seconds until the receipt was promised."""
        form = {**self.counter.form(path, "amount"), "amount": amount, "comment": COMMENT}
        began = time.monotonic()
        answer = self.counter.post(path, form)
        assert answer.status_code == 303, answer.text
        return time.monotonic() - began

    def screen(self, path: str) -> list[str]:
        """Return what card and hit say, without the age of the figures."""
        hits = self.counter.client.get("/cashdesk/", params={"q": ANNA, "show": "list"}).text
        card = BeautifulSoup(self.counter.client.get(path).text, "html.parser")
        for age in card.select("form.live"):
            age.decompose()
        shown = [*card.select("main"), *BeautifulSoup(hits, "html.parser").select(".hits")]
        return [" ".join(part.get_text(" ").split()) for part in shown]


def run(*, customers: int) -> live.Result:
    """Return how long each step took, and whether everything stands where it must."""
    with FakeSplynx() as fake:
        fake.ledger.now = days_before
        seed(fake.ledger, customers=customers - 1)
        anna = fake.ledger.add_customer(ANNA)
        fake.ledger.add_invoice(anna, Decimal(60), number="RT-1")
        fake.ledger.add_invoice(anna, Decimal(40), number=NUMBER)
        fake.ledger.now = datetime.now
        with live.plugged_in(fake, settle=120) as desk:
            figures: live.Result = {"pull_seconds": round(desk.run("pull_billing", "--full"), 1), **stored()}
            figures |= serve(desk, fake, anna)
            figures["calls"] = len(fake.asked)
    wrong = [name for name, value in figures.items() if value is False]
    holds = not wrong and figures["customers_stored"] == customers
    return {**figures, "wrong": wrong, "holds": holds}


def days_before(tz: tzinfo | None = None) -> datetime:
    """Return the time over there while its people are made: else everybody would have changed today."""
    return datetime.now(tz) - DAYS_BEFORE


def stored() -> live.Result:
    """Return what the first pull has brought."""
    return {"customers_stored": Customer.objects.count(), "invoices_stored": Invoice.objects.count()}


def serve(desk: live.LiveDesk, fake: FakeSplynx, anna: int) -> live.Result:
    """Serve one customer from the search to the next pull."""
    cashier = Cashier(Counter(desk.url).sign_in(OperatorFactory.create(username="alice").username))
    with desk.service("deliver_payments", "--loop"), cashier.counter:
        path, found = cashier.find(NUMBER)
        taken = cashier.pay(path, "125.00")
        delivered = live.seconds_until(lambda: len(payments_of(fake, anna)) == 3, most=30)
        live.seconds_until(lambda: live.open_parts() == 0, most=30)
        before = cashier.screen(path)
        pulled = desk.run("pull_billing")
        after = cashier.screen(path)
    return {
        "search_seconds": round(found, 3),
        "payment_seconds": round(taken, 3),
        "delivered_seconds": round(delivered, 2),
        "next_pull_seconds": round(pulled, 1),
        "delivered_in_time": delivered <= PROMISED,
        "stands_over_there": stands(fake, anna),
        "is_paid_over_there": not any(row["due"] for row in of(fake, "invoices", anna)),
        "screen_stands_still": before == after and "25.00" in before[0],
        "is_contained": not Delivery.objects.filter(reflected=False).exists(),
    }


def stands(fake: FakeSplynx, anna: int) -> bool:
    """Return whether the payments stand there with comment and document, each with a credit transaction."""
    rows = payments_of(fake, anna)
    credited = {row["id"]: row["price"] for row in of(fake, "transactions", anna) if row["type"] == "credit"}
    return (
        [row["amount"] for row in rows] == [Decimal(60), Decimal(40), Decimal(25)]
        and [bool(row["invoice_id"]) for row in rows] == [True, True, False]
        and all(row["comment"] == f"alice: {COMMENT}" for row in rows)
        and credited == {row["transaction_id"]: row["amount"] for row in rows}
    )


def payments_of(fake: FakeSplynx, anna: int) -> list[Row]:
    """Return the customer's payments over there."""
    return of(fake, "payments", anna)


def of(fake: FakeSplynx, table: str, anna: int) -> list[Row]:
    """Return the customer's rows of a table."""
    return [row for row in fake.ledger.rows(table) if row["customer_id"] == anna]


if __name__ == "__main__":
    live.alone(run, customers=5000)
