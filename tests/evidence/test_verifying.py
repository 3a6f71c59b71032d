"""Verifying the books: an honest ledger is sound, whatever may change beside it; a changed one is named."""

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.conf import settings
from django.db import DatabaseError, connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Operator
from customers.models import Customer, Invoice
from payments.balances import open_documents, what_is_owed
from payments.giving_up import give_up
from payments.models import Delivery, GivenUpKey, Payment
from payments.printing import print_receipt
from payments.snapshot import one_moment
from payments.verifying import Asked, documents, plain, spelling, verify_books
from tests.evidence.conftest import Told
from tests.evidence.looking import execute, faults, verified
from tests.factories import card, cash, order, pay
from tills import proofs
from tills.models import PaymentMethod, Till, Transaction

Command = Callable[..., Told]


# --- Sound -----------------------------------------------------------------------------------------------------------


def test_empty_books_are_sound(house: None, told: Command) -> None:
    assert told("verify_books") == (
        0,
        "0 lines of 0 tills verified, 0 parts, 0 deliveries, 0 printings: nothing is wrong.\n",
    )


def test_payments_reversals_and_moves_are_sound(
    ledger: list[Payment], alice: Operator, debtor: Customer, told: Command
) -> None:
    print_receipt(operator=alice, key=ledger[0].key)
    give_up(operator=alice, key=order(debtor).key)
    code, said = told("verify_books")
    assert (code, said.splitlines()[-1]) == (
        0, "6 lines of 1 tills verified, 5 parts, 5 deliveries, 1 printings: nothing is wrong.",
    )  # fmt: skip


def test_names_logins_and_customers_may_change_afterwards(ledger: list[Payment], alice: Operator) -> None:
    Operator.objects.filter(pk=alice.pk).update(username="alice2", name="Alice Married", is_active=False)
    PaymentMethod.objects.filter(pk=cash().pk).update(name="Notes and coins", order=7, is_active=False)
    Customer.objects.update(name="Another", login="another", gone_at=timezone.now(), balance=5)
    Invoice.objects.update(number="RENUMBERED", due=0)
    Till.objects.update(limit=7, is_active=False)
    assert faults() == []


def test_what_was_just_written_is_spelled_the_same_and_is_not_read_twice(
    ledger: list[Payment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The quick comparison is what makes it quick: a column added to the document must be added to the spelling."""
    read: list[str] = []
    reader = documents.read_document

    def counting(payload: str) -> documents.Signed:
        read.append(payload)
        return reader(payload)

    monkeypatch.setattr(documents, "read_document", counting)
    assert faults() == []
    assert read == []
    monkeypatch.setattr(plain, "is_plain", lambda *_: False)
    assert faults() == []
    assert len(read) == Transaction.objects.filter(kind="reversal").count() == 2
    monkeypatch.setattr(spelling, "parts_between", lambda *_: None)
    read.clear()
    assert faults() == []
    assert len(read) == 6


def test_text_in_another_unicode_form_is_the_same_text(alice: Operator, debtor: Customer) -> None:
    pay(alice, debtor, comment="e\u0301te\u0301")
    assert Transaction.objects.get().comment != json.loads(Transaction.objects.get().payload)["line"]["comment"]
    assert faults() == []


def test_the_number_of_questions_does_not_grow_with_the_lines(
    ledger: list[Payment], alice: Operator, debtor: Customer
) -> None:
    with CaptureQueriesContext(connection) as few:
        verified()
    for _payment in range(20):
        pay(alice, debtor, "1.00")
    with CaptureQueriesContext(connection) as many:
        verified()
    assert len(many) == len(few)


def test_a_clock_that_went_back_is_strange_and_not_wrong(alice: Operator, debtor: Customer) -> None:
    pay(alice, debtor, "1.00")
    with time_machine.travel(timezone.now() - timedelta(hours=1), tick=False):
        pay(alice, debtor, "1.00")
    report = verified()
    assert report.is_sound
    assert ["the clock went back" in str(warning) for warning in report.warnings] == [True]


def test_lines_beyond_one_stretch_are_chained_across_it(ledger: list[Payment], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payments.verifying.rows.STRETCH", 2)
    report = verified()
    assert (report.faults, report.tally.lines) == ([], 6)


# --- Named -----------------------------------------------------------------------------------------------------------


def test_the_first_broken_line_is_named_and_the_others_are_counted(bare: list[Payment], told: Command) -> None:
    execute("UPDATE tills_transaction SET amount = amount + 10000 WHERE number = 2")
    execute("UPDATE payments_payment SET customer_name = 'Somebody Else' WHERE key = %s", db_key(bare[3]))
    code, said = told("verify_books")
    assert code == 1
    assert said.splitlines()[0] == (
        f"WRONG: A{alice_till()}-000002: kind, amount, effect on the balance and cash do not fit each other"
    )
    assert "amount is 11.0000, signed was 10.0000" in said
    assert "customer name is Somebody Else, signed was Customer" in said
    assert "faults in 6 lines of 1 tills." in said.splitlines()[-1]


def alice_till() -> str:
    return Till.objects.get().code.removeprefix("A")


def db_key(payment: Payment) -> str:
    return str(payment.key) if connection.vendor == "postgresql" else payment.key.hex


def test_a_machine_gets_one_object(bare: list[Payment], told: Command) -> None:
    code, said = told("verify_books", json=True)
    found = json.loads(said)
    assert (code, found["sound"], found["lines"], found["faults"]) == (0, True, 6, [])
    execute("DELETE FROM payments_reversal WHERE reason = 'amount'")
    code, said = told("verify_books", json=True)
    found = json.loads(said)
    assert (code, found["sound"], found["faults_in_all"]) == (1, False, len(found["faults"]))
    assert found["faults"][0] == {
        "where": f"{Till.objects.get().code}-000002",
        "what": "part 1: the billing system will not be told of it, although the payment stands",
    }


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE tills_transaction SET number = 9 WHERE number = 2", "lines are missing between them"),
        ("UPDATE tills_transaction SET balance_before = 5 WHERE number = 2", "balance before is not the balance after"),
        ("UPDATE tills_transaction SET key_id = 'unknown' WHERE number = 2", "The proof key unknown is not configured"),
        ("UPDATE tills_transaction SET payload = payload || ' ' WHERE number = 2", "its digest does not fit"),
        ("UPDATE tills_transaction SET business_date = '2001-01-01' WHERE number = 1", "its business day is not about"),
        ("UPDATE payments_payment SET reference = 'x'", "reference is x, signed was nothing"),
        ("UPDATE payments_allocation SET amount = amount + 1", "the parts do not sum to the amount"),
        ("UPDATE payments_delivery SET reference = reference || '0'", "the billing system is told of it as"),
        ("DELETE FROM payments_delivery", "the billing system is not told of it exactly once"),
        ("UPDATE payments_reversal SET reason = 'other'", "reason is other, signed was"),
        ("UPDATE payments_reversal SET replacement_id = NULL", "replacement is nothing, signed was"),
        ("DELETE FROM payments_payment", "no payment belongs to it"),
        ("UPDATE tills_till SET code = 'X'", "document is X-000001, signed was"),
        ("UPDATE tills_till SET operator_id = NULL", "till operator is nothing, signed was"),
        ("DELETE FROM tills_till", "a line belongs to a till that is not there"),
        ("DELETE FROM accounts_operator", "lines name it, but it is not there"),
        ("UPDATE customers_customer SET external_id = external_id || 'x'", "customer is id"),
        ("DELETE FROM tills_transaction WHERE number > 4", "a payment belongs to no line"),
        ("UPDATE tills_transaction SET comment = 'x' WHERE kind = 'reversal'", "comment is x, signed was"),
        ("UPDATE tills_transaction SET effect = 0, cash = 0 WHERE number = 4", "does not undo exactly what"),
        ("UPDATE tills_transaction SET digest = previous_digest WHERE number = 4", "its digest does not fit"),
        ("UPDATE tills_transaction SET digest = previous_digest WHERE number = 6", "its digest does not fit"),
        ("UPDATE payments_delivery SET state = 'cancelled'", "will not be told of it, although the payment stands"),
        ("UPDATE payments_payment SET customer_balance_before = 1", "customer balance before is"),
    ],
)  # fmt: skip
def test_it_is_said_in_plain_words_what_is_wrong_and_one_glance_passes_over_nothing(
    bare: list[Payment], statement: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert faults() == []
    execute(statement)
    found = faults()
    assert any(expected in fault for fault in found), found
    monkeypatch.setattr(plain, "is_plain", lambda *_: False)
    assert faults() == found


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("tills_usedform", "this form was given up, and yet it could still do something to a till"),
        ("payments_givenupkey", "this form was given up by nobody"),
    ],
)
def test_a_given_up_form_of_which_half_is_gone_is_a_fault(
    bare: list[Payment], alice: Operator, table: str, expected: str
) -> None:
    key = uuid4()
    give_up(operator=alice, key=key)
    assert faults() == []
    execute(f"DELETE FROM {table}")
    assert faults() == [f"{key}: {expected}"]


def test_a_given_up_form_with_a_payment_is_a_fault(bare: list[Payment], alice: Operator) -> None:
    GivenUpKey.objects.create(operator=alice, key=bare[0].key, recorded_at=timezone.now())
    assert any("there is a payment of the same operator with it" in fault for fault in faults())


def test_printings_that_skip_a_number_are_a_fault(bare: list[Payment], alice: Operator) -> None:
    for _paper in range(3):
        print_receipt(operator=alice, key=bare[0].key)
    assert faults() == []
    execute("DELETE FROM payments_printing WHERE number = 2")
    assert faults() == [f"{bare[0].transaction.document_number}: its printings are not numbered 1, 2, 3 without a gap"]


def test_a_reversed_payment_of_which_the_billing_system_is_still_told_is_a_fault(bare: list[Payment]) -> None:
    Delivery.objects.filter(allocation__payment=bare[1]).update(state="waiting")
    assert [fault.split(": ", 1)[1] for fault in faults()] == [
        "part 1: the billing system would still be told of it, although the payment is reversed",
        "part 1: the billing system is not told that the payment is reversed",
    ]


def test_a_document_that_took_more_than_was_due_is_named(
    alice: Operator, bob: Operator, debtor: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two desks that read the same open due, as if the customer had not been locked."""
    open_before = open_documents(debtor, alice)
    pay(alice, debtor, "60.00")
    assert faults() == []
    monkeypatch.setattr("payments.recording.what_is_owed", lambda *who: (what_is_owed(*who)[0], open_before))
    late = pay(bob, debtor, "60.00")
    assert faults() == [f"{late.transaction.document_number}: it paid more on a document than was still due on it"]


def test_a_method_that_now_does_something_else_is_strange(bare: list[Payment]) -> None:
    execute("UPDATE tills_paymentmethod SET in_drawer = %s, stays_with_operator = %s WHERE name = 'Cash'", False, False)
    report = verified()
    assert report.is_sound
    assert [warning.where for warning in report.warnings] == ["Cash"]


def test_sums_that_history_shows_are_those_of_the_lines(
    ledger: list[Payment], monkeypatch: pytest.MonkeyPatch, alice: Operator, debtor: Customer
) -> None:
    pay(alice, debtor, "3.00", method_id=card().pk)
    assert faults() == []
    monkeypatch.setattr("payments.history.KINDS", (Transaction.Kind.PAYMENT,))
    assert faults() == ["Cash: history does not show what the lines sum to"]


# --- As of one moment ------------------------------------------------------------------------------------------------


def test_nothing_can_be_written_while_reading(committed_db: None, alice: Operator) -> None:
    with one_moment(), pytest.raises(DatabaseError):
        Till.objects.create(code="X")
    assert not Till.objects.exists()
    Till.objects.create(code="Y", operator=alice)  # and the connection is as before


def test_the_desk_goes_on_and_what_it_writes_meanwhile_is_not_seen(
    committed_db: None, alice: Operator, debtor: Customer, beside: Callable[[Callable[[], object]], None]
) -> None:
    pay(alice, debtor, "1.00")
    with one_moment():
        assert Transaction.objects.count() == 1
        beside(lambda: pay(alice, debtor, "2.00"))
        assert Transaction.objects.count() == 1
    assert Transaction.objects.count() == 2


@pytest.mark.postgres
def test_several_processes_find_what_one_finds(bare: list[Payment], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payments.verifying.rows.STRETCH", 2)
    assert verify_books(Asked(processes=2)).tally == verify_books(Asked()).tally
    execute("UPDATE tills_transaction SET comment = 'x' WHERE number IN (2, 5)")
    report = verify_books(Asked(processes=2))
    assert report.faults == verify_books(Asked()).faults
    assert len(report.faults) == 2


# --- Keys ------------------------------------------------------------------------------------------------------------

OLD, NEW = settings.CASHDESK_PROOF_KEY, "another proof key, for everything from now on"


def test_lines_signed_with_a_former_key_verify_when_it_is_kept(alice: Operator, debtor: Customer) -> None:
    pay(alice, debtor, "1.00")
    with override_settings(CASHDESK_PROOF_KEY=NEW, CASHDESK_PROOF_KEYS_OLD=(OLD,)):
        pay(alice, debtor, "2.00")
        report = verified()
    assert (report.faults, report.warnings) == ([], [])
    assert len(set(Transaction.objects.values_list("key_id", flat=True))) == 2


def test_a_line_whose_key_is_not_kept_is_a_fault_that_says_what_to_do(alice: Operator, debtor: Customer) -> None:
    line = pay(alice, debtor, "1.00").transaction
    with override_settings(CASHDESK_PROOF_KEY=NEW):
        assert faults() == [f"{line.document_number}: {proofs.UnknownKey(line.key_id)}"]
    assert "Add the former key to CASHDESK_PROOF_KEYS_OLD" in str(proofs.UnknownKey(line.key_id))


def test_a_former_key_that_signs_again_is_strange(alice: Operator, debtor: Customer) -> None:
    pay(alice, debtor, "1.00")
    with override_settings(CASHDESK_PROOF_KEY=NEW, CASHDESK_PROOF_KEYS_OLD=(OLD,)):
        pay(alice, debtor, "2.00")
    late = pay(alice, debtor, "3.00")
    with override_settings(CASHDESK_PROOF_KEY=NEW, CASHDESK_PROOF_KEYS_OLD=(OLD,)):
        report = verified()
    assert report.is_sound
    assert [str(warning) for warning in report.warnings] == [
        f"{late.transaction.document_number}: a former key signed it, after a newer one had signed the line before"
    ]
