"""What somebody with the database in their hands does to shifts, counts and reports, the verification finds."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from pytest_django import DjangoDbBlocker

from payments.verifying import Asked, verify_books
from tests.factories import CustomerFactory, OperatorFactory, pay
from tests.house.books import run, switch_off_triggers, undone
from tests.kept import written_once
from tests.shifts.desk import cash_of, closed, counted, dropped, opened, paid_out, supervisor, till_with_shifts
from tills.closing import write_off_short
from tills.models import Kind, Transaction

TAMPERED = {
    "a Z report is taken away": "DELETE FROM tills_zreport WHERE number = 2",
    "the first of them": "DELETE FROM tills_zreport WHERE number = 1",
    "its document": "UPDATE tills_zreport SET payload = REPLACE(payload, '\"counted\":', '\"counted\":1')",
    "its digest": "UPDATE tills_zreport SET digest = REPLACE(digest, SUBSTR(digest, 1, 8), '0') WHERE number = 2",
    "its number": "UPDATE tills_zreport SET number = 3 WHERE number = 2",
    "a shift is opened again": (
        "UPDATE tills_shift SET state = 'open', closed_at = NULL, closed_by_id = NULL, last_number = NULL"
        " WHERE number = 2"
    ),
    "who closed it": "UPDATE tills_shift SET closed_by_id = issued_by_id",
    "its float": "UPDATE tills_shift SET float_amount = float_amount + 1",
    "its tolerance": "UPDATE tills_shift SET tolerance = tolerance + 1",
    "its first number": "UPDATE tills_shift SET first_number = first_number + 1 WHERE number = 2",
    "its last number": "UPDATE tills_shift SET last_number = last_number - 1 WHERE number = 2",
    "a count": "UPDATE tills_count SET cash = cash + 10000",
    "what was expected": "UPDATE tills_count SET expected = expected + 10000 WHERE purpose = 'closing'",
    "a denomination": "UPDATE tills_countrow SET pieces = pieces + 1",
    "a row of a count is taken away": "DELETE FROM tills_countrow WHERE value = 10000",
    "two rows that sum to the same": "UPDATE tills_countrow SET value = pieces * value, pieces = 1 WHERE value = 10000",
    "a line's shift": "UPDATE tills_transaction SET shift_id = NULL WHERE kind = 'pay_out'",
    "a drop": "UPDATE tills_transaction SET kind = 'pay_out' WHERE kind = 'drop'",
    "a form": "DELETE FROM tills_usedform WHERE act = 'drop'",
    "whose form it was": "UPDATE tills_usedform SET act = 'pay_in' WHERE act = 'pay_out'",
    "a write-off": "DELETE FROM tills_writeoff",
    "the form of a count": "DELETE FROM tills_usedform WHERE act = 'count'",
    "what a form asked for": "UPDATE tills_usedform SET content = REPLACE(content, 'Stamps', 'x')",
    "how a count was asked for": "UPDATE tills_usedform SET content = REPLACE(content, '50.00', '20.00')",
    "another line for a form": "UPDATE tills_usedform SET line_id = NULL WHERE act = 'drop'",
}
TABLES = (
    "tills_zreport", "tills_shift", "tills_count", "tills_countrow", "tills_transaction", "tills_usedform",
    "tills_writeoff",
)  # fmt: skip


def write_two_shifts() -> None:
    """Two shifts of Alice's, the second short, and the short written off."""
    alice, chief = OperatorFactory.create(username="alice"), supervisor(OperatorFactory.create(username="bob"))
    till_with_shifts(alice)
    customer = CustomerFactory.create()
    for cash in ("121", "119"):
        shift = opened(chief, alice, cash_of("103"))
        pay(alice, customer, "60.00")
        paid_out(alice, shift, "2.00", "Stamps")
        dropped(alice, shift, "40.00")
        closed(alice, counted(alice, shift, cash_of(cash)), "lost" if cash == "119" else "")
    short = Transaction.objects.get(kind=Kind.SHORT)
    write_off_short(operator=chief, line_id=short.pk, comment="forgiven", key=uuid4())


@pytest.fixture(scope="module")
def written_shifts(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with written_once(django_db_blocker, write_two_shifts):
        yield


@pytest.fixture
def two_shifts(written_shifts: None, db: None) -> None:
    """Two shifts of Alice's, the second short, and the short written off."""


def faults() -> list[str]:
    return [str(fault) for fault in verify_books(Asked()).faults]


def test_it_finds_nothing_where_nothing_was_done(two_shifts: None) -> None:
    assert faults() == []


def test_what_an_administrator_may_rename_is_no_fault(two_shifts: None) -> None:
    run('UPDATE tills_paymentmethod SET name = name || \'!\', "order" = 100 - "order"')
    run("UPDATE accounts_operator SET name = 'Somebody', username = username || '2'")
    assert faults() == []


@pytest.mark.parametrize("what", TAMPERED)
def test_it_finds(two_shifts: None, what: str) -> None:
    with undone():
        for table in TABLES:
            switch_off_triggers(table)
        run(TAMPERED[what])
        assert faults(), what
