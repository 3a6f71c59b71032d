"""No list and no page about the till reads the journal from end to end, however long it is.

SQLite plans without knowing how much there is. PostgreSQL plans by its statistics, and which index it walks over thirty
lines says nothing about a million: there `python -m benchmarks.lists` asks for the plans of a long journal.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Operator
from benchmarks.plans import scanning
from payments.models import Payment, Reversal
from payments.reversing import reverse_payment
from tests.factories import CustomerFactory, pay
from tests.people import grant, signed_in
from tests.shifts.desk import cash_of, closed, counted, opened, supervisor, till_with_shifts
from tills.deposits import create_deposit, refill_deposit
from tills.models import Till, Transaction


@pytest.fixture
def chief(bob: Operator) -> Operator:
    return grant(supervisor(bob), "tills.manage_deposits")


@pytest.fixture
def till(alice: Operator, chief: Operator) -> Till:
    """Return a till with some of everything: a deposit, payments, a reversal, a closed shift and one in progress."""
    till = till_with_shifts(alice)
    create_deposit(operator=chief, holder=alice, amount=Decimal(50), comment="first", key=uuid4())
    refill_deposit(operator=chief, till_id=till.pk, amount=Decimal(5), comment="by bank", key=uuid4())
    customer = CustomerFactory.create()
    shift = opened(chief, alice)
    payments: list[Payment] = [pay(alice, customer, "1.00") for _ in range(30)]
    reverse_payment(operator=alice, key=payments[0].key, reason=Reversal.Reason.WRONG_AMOUNT)
    closed(alice, counted(alice, shift, cash_of("129")))
    opened(chief, alice)
    return till


@contextmanager
def costly_scans() -> Iterator[None]:
    """Let PostgreSQL read a table from end to end only where no index helps: small tables are quicker without one."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET enable_seqscan = off")
        yield
        if connection.vendor == "postgresql":
            cursor.execute("RESET enable_seqscan")


def scans(client: Client, address: str) -> list[str]:
    with costly_scans(), CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    with costly_scans():
        return [line for query in asked.captured_queries for line in scanning(query["sql"])]


@pytest.mark.sqlite
def test_no_page_of_a_cashier_reads_the_whole_journal(alice: Operator, till: Till) -> None:
    client = signed_in(alice)
    for address in (
        "/cashdesk/", "/cashdesk/till/", "/cashdesk/till/?before=20", "/cashdesk/till/?after=5", "/cashdesk/shift/",
        "/cashdesk/history/", "/cashdesk/history/?q=nobody", "/cashdesk/history/?from=&to=",
    ):  # fmt: skip
        assert scans(client, address) == [], address


@pytest.mark.sqlite
def test_no_page_of_a_supervisor_reads_the_whole_journal(chief: Operator, alice: Operator, till: Till) -> None:
    client, middle = signed_in(chief), Transaction.objects.filter(kind="payment").order_by("pk")[15]
    shift, deposits = till.shifts.latest("pk").pk, "/cashdesk/deposits/"
    for address in (
        "/cashdesk/history/", f"/cashdesk/history/?operator={alice.pk}", f"/cashdesk/history/?before={middle.pk}",
        "/cashdesk/reports/day/", "/cashdesk/reports/accounts/", deposits, f"{deposits}{till.pk}/",
        f"{deposits}history/", f"{deposits}history/?till={till.pk}", f"{deposits}history/?operator={chief.pk}",
        f"{deposits}history/?q=bank", f"{deposits}history/?before={middle.pk}", f"{deposits}history/?from=2026-01-01",
        "/cashdesk/shifts/", f"/cashdesk/shifts/{shift}/",
    ):  # fmt: skip
        assert scans(client, address) == [], address


def test_control_a_question_without_an_index_is_seen(till: Till) -> None:
    with CaptureQueriesContext(connection) as asked:
        list(Transaction.objects.filter(comment="first"))
    with costly_scans():
        assert scanning(asked.captured_queries[0]["sql"]) != []
