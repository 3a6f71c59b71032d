"""Many workers and pulls at once, on PostgreSQL, with real commits."""

import threading
from collections import Counter as Count
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Q

from accounts.models import Operator
from billing import leases
from billing.delivering import deliver_next
from billing.ordering import CUSTOMER
from billing.pulling import pull_all, pull_customer
from billing.working import drain
from customers.models import Customer
from payments.models import Delivery
from tests.factories import pay
from tests.live_billing.ledger import Ledger
from tests.live_billing.looking import balance, pulled
from tests.racing import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("committed_db")]
WORKERS = 6


@pytest.fixture
def crowd(ledger: Ledger, alice: Operator) -> list[Customer]:
    """Ten customers with four parts each that wait."""
    for number in range(100, 110):
        ledger.add(str(number))
        ledger.issue(str(number), f"D{number}", "10")
    customers = [pulled(ledger, str(number)) for number in range(100, 110)]
    for _ in range(2):
        for customer in customers:
            pay(alice, customer, "15")
    return customers


def test_many_workers_deliver_everything_once_and_in_order(ledger: Ledger, crowd: list[Customer]) -> None:
    wanted = {
        customer.pk: list(
            Delivery.objects.filter(**{CUSTOMER: customer}).order_by("pk").values_list("reference", flat=True)
        )
        for customer in crowd
    }

    def worker() -> None:
        for _ in range(200):
            deliver_next(ledger)

    assert at_once([worker] * WORKERS) == [None] * WORKERS
    assert set(Count(ledger.told).values()) == {1}
    assert Delivery.objects.exclude(state="delivered").count() == 0
    for references in wanted.values():
        assert [reference for reference in ledger.told if reference in references] == references


def test_a_customer_whom_one_worker_has_in_hand_is_passed_over_by_the_others(
    ledger: Ledger, crowd: list[Customer]
) -> None:
    """The first worker's call does not come back while all the others work."""
    first_is_out, others_are_done = threading.Event(), threading.Event()

    def hold(what: str) -> None:
        if what == "told" and not first_is_out.is_set():
            first_is_out.set()
            others_are_done.wait(timeout=30)

    def slow_worker() -> None:
        try:
            deliver_next(ledger)
        finally:
            connection.close()

    ledger.between = hold
    thread = threading.Thread(target=slow_worker)
    thread.start()
    assert first_is_out.wait(timeout=30)
    drain(ledger)
    held = Delivery.objects.filter(state="sending").values_list(CUSTOMER, flat=True)
    waiting = Delivery.objects.filter(state="waiting").values_list(CUSTOMER, flat=True)
    assert set(waiting) == set(held)
    others_are_done.set()
    thread.join()
    drain(ledger)
    assert set(Count(ledger.told).values()) == {1}


def test_control_without_the_look_after_the_lock_two_parts_of_one_customer_are_out_at_once(
    ledger: Ledger, crowd: list[Customer], monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed = leases.claim_waiting(5)
    assert claimed is not None
    monkeypatch.setattr(leases, "_customers_in_turn", lambda waiting: [claimed.customer_id])
    assert leases.claim_waiting(5) is None  # as shipped
    monkeypatch.setattr(leases, "ON_ITS_WAY", Q(pk=None))
    assert leases.claim_waiting(5) is not None
    assert Delivery.objects.filter(state="sending", **{CUSTOMER: claimed.customer_id}).count() == 2


def test_pulls_workers_and_payments_beside_each_other_keep_every_balance_right(
    ledger: Ledger, crowd: list[Customer], alice: Operator
) -> None:
    def puller() -> None:
        for customer in crowd * 2:
            pull_customer(ledger, customer.external_id)

    def worker() -> None:
        for _ in range(60):
            deliver_next(ledger)

    def desk() -> None:
        for customer in crowd:
            pay(alice, customer, "5")

    assert at_once([puller, puller, worker, worker, desk]) == [None] * 5
    drain(ledger)
    pull_all(ledger)
    assert {balance(customer) for customer in crowd} == {Decimal(25)}
    assert Delivery.objects.filter(reflected=False).count() == 0


def test_two_full_pulls_at_once_do_no_harm(ledger: Ledger) -> None:
    for number in range(100, 160):
        ledger.add(str(number), balance="-10")
    ledger.per_page = 7
    at_once([lambda: pull_all(ledger)] * 3)
    assert Customer.objects.count() == 61
    assert Customer.objects.filter(gone_at=None, balance=-10).count() == 60
