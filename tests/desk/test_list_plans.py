"""No list and no page about the till reads the journal from end to end, however long it is.

SQLite plans without knowing how much there is, so a journal of thirty lines will do. PostgreSQL plans by its
statistics, and over thirty lines any index is as good as another: it is asked over some thousand lines of sixty days.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Operator
from benchmarks import lists
from benchmarks.plans import LONG, scanning
from payments.models import Payment, Reversal
from payments.reversing import reverse_payment
from tests.factories import CustomerFactory, pay
from tests.house.books import switch_off_triggers
from tests.people import grant, signed_in
from tests.shifts.desk import cash_of, closed, counted, opened, supervisor, till_with_shifts
from tills.deposits import create_deposit, refill_deposit
from tills.models import Till, Transaction

HISTORY, DEPOSITS = "/cashdesk/history/", "/cashdesk/deposits/"
LINES = 4000


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


@pytest.fixture
def long_journal(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[datetime]:
    """Write a journal of twenty tills over sixty days, and let it be its last moment."""
    monkeypatch.setattr(lists, "SECONDS", 60 * 86400 // LINES)
    for table in LONG:
        switch_off_triggers(table)  # planned for the few rows of other tests they would take minutes for so many
    lists.Journal().fill(LINES)
    newest = Transaction.objects.latest("pk").recorded_at
    with time_machine.travel(newest, tick=True):
        yield newest


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
        HISTORY, f"{HISTORY}?q=nobody", f"{HISTORY}?from=&to=",
    ):  # fmt: skip
        assert scans(client, address) == [], address


@pytest.mark.sqlite
def test_no_page_of_a_supervisor_reads_the_whole_journal(chief: Operator, alice: Operator, till: Till) -> None:
    client, middle = signed_in(chief), Transaction.objects.filter(kind="payment").order_by("pk")[15]
    shift = till.shifts.latest("pk").pk
    for address in (
        HISTORY, f"{HISTORY}?operator={alice.pk}", f"{HISTORY}?before={middle.pk}",
        "/cashdesk/reports/day/", "/cashdesk/reports/accounts/", DEPOSITS, f"{DEPOSITS}{till.pk}/",
        f"{DEPOSITS}history/", f"{DEPOSITS}history/?till={till.pk}", f"{DEPOSITS}history/?operator={chief.pk}",
        f"{DEPOSITS}history/?q=bank", f"{DEPOSITS}history/?before={middle.pk}", f"{DEPOSITS}history/?from=2026-01-01",
        "/cashdesk/shifts/", f"/cashdesk/shifts/{shift}/",
    ):  # fmt: skip
        assert scans(client, address) == [], address


@pytest.mark.postgres
def test_no_list_of_a_long_journal_reads_the_whole_of_it(chief: Operator, long_journal: datetime) -> None:
    till, middle = Till.objects.exclude(operator=None).order_by("pk")[0], Transaction.objects.get(pk=LINES // 2)
    assert till.operator is not None
    own = signed_in(till.operator)
    for address in ("/cashdesk/", "/cashdesk/till/", "/cashdesk/till/?before=90", "/cashdesk/shift/", HISTORY):
        assert of_many_rows(scans(own, address)) == [], address
    client, day = signed_in(chief), (long_journal - timedelta(days=30)).date()
    for address in (
        HISTORY, f"{HISTORY}?operator={till.operator_id}", f"{HISTORY}?from={day}&to={day}",
        "/cashdesk/reports/day/", "/cashdesk/reports/accounts/", DEPOSITS, f"{DEPOSITS}{till.pk}/",
        f"{DEPOSITS}history/", f"{DEPOSITS}history/?till={till.pk}", f"{DEPOSITS}history/?before={middle.pk}",
        f"{DEPOSITS}history/?q=bank&from={day}", "/cashdesk/shifts/",
    ):  # fmt: skip
        assert of_many_rows(scans(client, address)) == [], address


def of_many_rows(steps: list[str]) -> list[str]:
    """Return the steps without those over reversals: of so few it is quicker to read all."""
    return [step for step in steps if " payments_reversal " not in step]


def test_control_a_question_without_an_index_is_seen(till: Till) -> None:
    with CaptureQueriesContext(connection) as asked:
        list(Transaction.objects.filter(comment="first"))
    with costly_scans():
        assert scanning(asked.captured_queries[0]["sql"]) != []
