"""The billing system is down for an hour: payments go on as before, and the queue drains afterwards in order."""

from __future__ import annotations

from collections import defaultdict

import pytest

from accounts.models import Operator
from benchmarks import outage, round_trip
from billing.working import LONGEST_REST, Worker, drain
from customers.models import Customer
from payments.models import Delivery, Payment
from tests.factories import pay
from tests.live_billing.ledger import Ledger
from tests.live_billing.looking import Clock, balance, pulled

HOUR, EVERY = 3600, 90  # seconds: a payment each minute and a half
IDLE = 5.0  # seconds between two looks of a worker that has nothing to do


@pytest.fixture
def crowd(ledger: Ledger) -> list[Customer]:
    """Return three customers."""
    for name in "123":
        ledger.add(name, "-1000")
    return [pulled(ledger, name) for name in "123"]


def test_an_hour_without_the_billing_system_holds_up_no_payment_and_no_order(
    ledger: Ledger, crowd: list[Customer], alice: Operator, clock: Clock
) -> None:
    worker, payments, rests = Worker(ledger), list[Payment](), list[float]()
    ends, next_payment = clock.now.timestamp() + HOUR, clock.now.timestamp()
    ledger.is_down = True
    while clock.now.timestamp() < ends:
        while next_payment <= clock.now.timestamp():
            asked = len(ledger.asked)
            payments.append(pay(alice, crowd[len(payments) % 3], f"{len(payments) + 1}.00"))
            assert len(ledger.asked) == asked  # nobody waits for an answer to take money
            next_payment += EVERY
        step = worker.step()
        rests.append(worker.rest() if step.failure else IDLE)
        clock.forward(rests[-1])
    assert len(payments) == HOUR / EVERY
    assert set(Delivery.objects.values_list("state", flat=True)) == {"waiting"}
    assert max(rests) <= LONGEST_REST
    assert [balance(customer) for customer in crowd] == [
        -1000 + sum(p.transaction.amount for p in payments[n::3]) for n in range(3)
    ]

    ledger.is_down = False
    tries_before = len(ledger.told)
    for _ in range(60):  # a minute: what was tried last rests no longer
        drain(ledger)
        clock.forward(1)
    told = ledger.told[tries_before:]
    by_customer = defaultdict(list)
    for place, payment in enumerate(payments):
        by_customer[place % 3].append(f"{payment.transaction.document_number}/1")
    for n, references in by_customer.items():
        assert [reference for reference in told if reference in references] == references, n
    assert sorted(told) == sorted(reference for references in by_customer.values() for reference in references)
    assert all(len(ledger.standing(reference)) == 1 for reference in told)


def test_the_measurement_of_an_outage_runs_and_holds(
    committed_db: None, static_files: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "SETTLE", 1)
    monkeypatch.setattr(outage, "WARM_UP", 0.5)
    monkeypatch.setattr(outage, "AS_FAST", 0.2)  # seconds on a busy machine measure nothing; the full run does
    figures = outage.run(seconds=2, rounds=1, cashiers=2)
    assert figures["holds"] is True, figures
    assert figures["queue"]


def test_the_whole_way_runs_and_holds(committed_db: None, static_files: None) -> None:
    figures = round_trip.run(customers=25)
    assert figures["holds"] is True, figures
